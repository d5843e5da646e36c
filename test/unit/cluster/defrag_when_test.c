/* Expressions over a database's sizes. */
#include "cluster/defrag_when.h"

#include <string.h>

#include "expect.h"

static const struct defrag_sizes sizes = {.size = 1000e6, .in_use = 600e6, .quota = 2e9};

static void
test_holds(UNUSED void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"size == 1000000000", true},
        {"size == 1GB && dbSize == 1000MB", true},
        {"inuse == 600MB", true},
        {"free == 400MB", true},
        {"dbSizeFree > dbSizeInUse", false},
        {"quota == 2GB && dbQuota == 2GB", true},
        {DEFRAG_WHEN_DEFAULT, false},
        {"free >= 100MB && free >= 40% * size", true},
        {"size > 80%*quota || free > 200 * 1024 * 1024", true},
        {"size > 80%*quota", false},
        {"!(size > 80%*quota)", true},
        {"! ! (1 < 2)", true},
        {"1 < 2 || 1 > 2 && 1 > 2", true},
        {"(1 < 2 || 1 > 2) && 1 > 2", false},
        {"1KiB == 1024 && 1MiB == 1024KiB && 1GiB == 1024 MiB", true},
        {"1 + 2 * 3 == 7 && 10 - 4 - 3 == 3 && 100 / 10 / 5 == 2", true},
        {"0.5 < 1 && 1.25 * 4 == 5", true},
        {"1 != 2", true},
        {"2 <= 2 && 2 >= 2", true},
        {"size / 2 < inuse", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error e = ERROR_INIT;
        bool holds = !cases[i].holds;

        EXPECT_OK(defrag_when_holds(cases[i].text, &sizes, &holds, &e));
        if (holds != cases[i].holds)
            fail_msg("'%s'", cases[i].text);
    }
}

static void
expect_refused(const char *text, const struct defrag_sizes *of, const char *part)
{
    struct error e = ERROR_INIT;
    bool holds;

    assert_false(defrag_when_holds(text, of, &holds, &e));
    assert_int_equal(e.code, ERROR_USAGE);
    if (strstr(e.text, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, e.text);
}

static void
test_refused(UNUSED void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        {"", "at character 1: neither a number"},
        {"size", "it compares nothing"},
        {"size >", "at character 7: neither"},
        {"size > 1 2", "at character 10: nothing more"},
        {"sise > 1", "at character 1: neither"},
        {"size > 1 &&", "at character 12"},
        {"size > 1 && 5", "a comparison is wanted"},
        {"(size > 1", "a ')' is missing"},
        {"size > 1)", "nothing more"},
        {"1 < 2 < 3", "nothing more"},
        {"(1 < 2) + 1 > 0", "a number is wanted"},
        {"!size", "a comparison is wanted"},
        {"size / 0 > 1", "a division by 0"},
        {"size > 99999999999999999999", "too large"},
        {"size & 1", "nothing more"},
        {"-1 < size", "at character 1"},
    };
    char deep[300];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_refused(cases[i].text, &sizes, cases[i].part);
    memset(deep, '(', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    expect_refused(deep, &sizes, "parentheses");
    memset(deep, '!', sizeof(deep) - 1);
    expect_refused(deep, &sizes, "parentheses");
}

static void
test_a_quota_that_is_not_known(UNUSED void **state)
{
    const struct defrag_sizes without = {.size = 10, .in_use = 5};
    struct error e = ERROR_INIT;
    bool holds;

    EXPECT_OK(defrag_when_holds("free == 5", &without, &holds, &e));
    expect_refused("quota > 1", &without, "does not tell its quota");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_a_quota_that_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
