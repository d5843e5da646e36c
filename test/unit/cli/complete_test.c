#include "expect.h"

#include <string.h>

#include "base/io.h"
#include "cli/complete.h"
#include "scratch.h"

/* What is offered for a line (words split at blanks, the last one is completed), without the
 * descriptions: "word word :more". */
static const char *
offered(struct arena *mem, const char *line)
{
    AUTO_BUF out = BUF_INIT;
    const char *words[16];
    size_t count = 0;
    const char *result = "";

    for (;;) {
        size_t size = strcspn(line, " ");

        words[count++] = arena_printf(mem, "%.*s", (int)size, line);
        if (line[size] == '\0')
            break;
        line += size + 1;
    }
    complete_append(mem, &tool_quorate, words, count, &out);
    for (const char *at = buf_text(&out); *at != '\0'; at += strcspn(at, "\n") + 1)
        result = arena_printf(mem, "%s%s%.*s", result, result[0] != '\0' ? " " : "",
                              (int)strcspn(at, "\t\n"), at);
    return result;
}

static void
test_offers(void **state)
{
    static const struct {
        const char *line;
        const char *offers;
    } cases[] = {
        {"ge", "get :list"},
        {"mem", "member :list"},
        {"member l", "list :list"},
        {"endpoint ", "status health hashkv :list"},
        {"endpoint h", "health hashkv :list"},
        {"-w json endpoint h", "health hashkv :list"},
        {"get --lim", "--limit :list"},
        {"get k --co", "--consistency --count-only --config --command-timeout --color :list"},
        {"get -w ", "simple table json fields protobuf :list"},
        {"get --write-out = j", "json :list"},
        {"get --write-out =", "simple table json fields protobuf :list"},
        {"get --order D", "DESCEND :list"},
        {"get --limit ", ":list"},
        {"get --cacert ", ":file"},
        {"get -- --lim", ":list"},
        {"snapshot status ", ":file"},
        {"completion ", "bash zsh fish powershell :list"},
        {"help memb", "member :list"},
        {"get k ", ":list"},
        {"__com", ":list"},
    };
    AUTO_ARENA mem = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(offered(&mem, cases[i].line), cases[i].offers);
}

static void
test_labs(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&mem);

    (void)state;
    setenv("QUORATE_STATE", dir, 1);
    assert_string_equal(offered(&mem, "get --cluster "), ":list");
    EXPECT_OK(dir_make(path_join(&mem, dir, "labs/demo"), 0700, &e));
    EXPECT_OK(dir_make(path_join(&mem, dir, "labs/other"), 0700, &e));
    assert_string_equal(offered(&mem, "get --cluster "), "lab:demo lab:other :list");
    assert_string_equal(offered(&mem, "get --cluster lab:d"), "lab:demo :list");
    assert_string_equal(offered(&mem, "endpoint status --cluster lab:d"), "lab:demo :list");
}

static void
test_scripts(void **state)
{
    (void)state;
    assert_non_null(strstr(completion_script("bash"), "complete -F _quorate quorate"));
    assert_non_null(strstr(completion_script("zsh"), "#compdef quorate"));
    assert_non_null(strstr(completion_script("fish"), "complete -c quorate"));
    assert_non_null(strstr(completion_script("powershell"), "-CommandName quorate"));
    assert_null(completion_script("csh"));
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_labs),
        cmocka_unit_test(test_scripts),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
