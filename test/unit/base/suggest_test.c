#include "expect.h"

#include <string.h>

#include "base/suggest.h"

static void
test_distance(void **state)
{
    (void)state;
    assert_int_equal(edit_distance("", ""), 0);
    assert_int_equal(edit_distance("get", "get"), 0);
    assert_int_equal(edit_distance("", "get"), 3);
    assert_int_equal(edit_distance("get", ""), 3);
    assert_int_equal(edit_distance("gte", "get"), 1); /* neighbours swapped */
    assert_int_equal(edit_distance("gett", "get"), 1);
    assert_int_equal(edit_distance("git", "get"), 1);
    assert_int_equal(edit_distance("member lits", "member list"), 1);
    assert_int_equal(edit_distance("kitten", "sitting"), 3);
}

static void
test_long_words_are_compared_as_far_as_63(void **state)
{
    char a[100];
    char b[100];

    (void)state;
    memset(a, 'x', sizeof(a) - 1);
    memset(b, 'x', sizeof(b) - 1);
    a[99] = b[99] = '\0';
    b[80] = 'y';
    assert_int_equal(edit_distance(a, b), 0);
    b[10] = 'y';
    assert_int_equal(edit_distance(a, b), 1);
}

static const char *
nearest(const char *typed)
{
    static const char *const words[] = {"endpoints", "endpoint", "cert", "cacert", "key"};
    struct suggestion s;

    suggestion_init(&s, typed);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        suggestion_offer(&s, words[i]);
    return s.best;
}

static void
test_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest("end"), "endpoints"); /* a beginning: the first that fits */
    assert_string_equal(nearest("endpiont"), "endpoint");
    assert_string_equal(nearest("certt"), "cert");
    assert_string_equal(nearest("kye"), "key");
    assert_null(nearest("password"));
    assert_null(nearest("zzz"));
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_long_words_are_compared_as_far_as_63),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(all, NULL, NULL);
}
