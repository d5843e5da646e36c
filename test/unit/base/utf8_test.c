#include "base/utf8.h"

#include "expect.h"

#define VALID(text) utf8_valid(bytes_of((text), sizeof(text) - 1))

static void
test_only_utf8_is_valid(void **state UNUSED)
{
    assert_true(VALID(""));
    assert_true(VALID("a\0b\x7f"));
    assert_true(VALID("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"));
    assert_false(VALID("\x80"));
    assert_false(VALID("\xc0\x80"));
    assert_false(VALID("\xe0\x80\x80"));
    assert_false(VALID("\xed\xa0\x80"));
    assert_false(VALID("\xf4\x90\x80\x80"));
    assert_false(VALID("ok\xc3"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_utf8_is_valid),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
