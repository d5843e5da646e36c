/* Findings and facts go in and come out in their order, and what has no room is left out whole. */
#include "expect.h"

#include <string.h>

#include "base/evidence.h"

static void
is_next(const struct error *e, size_t *at, enum evidence_kind kind, const char *key,
        const char *value)
{
    struct evidence one;

    assert_true(evidence_next(e, at, &one));
    assert_int_equal(one.kind, kind);
    assert_string_equal(one.key, key);
    assert_string_equal(one.value, value);
}

static void
test_facts_come_back_in_order(void **state)
{
    struct error e = ERROR_INIT;
    struct evidence none;
    size_t at = 0;

    (void)state;
    assert_false(evidence_next(&e, &at, &none));
    evidence_begin(&e, "refused");
    evidence_text(&e, "endpoint", "http://a:1");
    evidence_text(&e, "errno", "");
    evidence_number(&e, "size", INT64_MIN);
    evidence_date(&e, "never", 0);
    evidence_item(&e, "names", "");
    assert_string_equal(e.cause, "refused");
    is_next(&e, &at, EVIDENCE_FINDING, "cause", "refused");
    is_next(&e, &at, EVIDENCE_TEXT, "endpoint", "http://a:1");
    is_next(&e, &at, EVIDENCE_NUMBER, "size", "-9223372036854775808");
    is_next(&e, &at, EVIDENCE_ITEM, "names", "");
    assert_false(evidence_next(&e, &at, &none));
    assert_string_equal(evidence_value(&e, "size"), "-9223372036854775808");
    assert_string_equal(evidence_value(&e, "sizes"), "");
}

static void
test_findings_are_joined(void **state)
{
    struct error all = ERROR_INIT;
    struct error one = ERROR_INIT;
    size_t at = 0;

    (void)state;
    evidence_begin(&one, "refused");
    evidence_append(&all, &one);
    error_set(&one, ERROR_TLS, "another");
    assert_null(one.cause);
    evidence_begin(&one, "tls-expired");
    evidence_append(&all, &one);
    assert_string_equal(all.cause, "refused");
    is_next(&all, &at, EVIDENCE_FINDING, "cause", "refused");
    is_next(&all, &at, EVIDENCE_FINDING, "cause", "tls-expired");
}

static void
test_what_has_no_room_is_left_out(void **state)
{
    struct error e = ERROR_INIT;
    struct evidence one;
    char large[ERROR_EVIDENCE_SIZE];
    size_t at = 0;
    size_t count = 0;

    (void)state;
    memset(large, 'x', sizeof(large));
    large[sizeof(large) - 1] = '\0';
    evidence_begin(&e, "first");
    evidence_text(&e, "large", large);
    evidence_text(&e, "later", "small");
    for (at = 0; evidence_next(&e, &at, &one);)
        count++;
    assert_int_equal(count, 1);

    error_clear(&e);
    for (int i = 0; i < 1000; i++)
        evidence_item(&e, "k", "0123456789");
    for (count = 0, at = 0; evidence_next(&e, &at, &one); count++)
        assert_string_equal(one.value, "0123456789");
    assert_int_equal(count, ERROR_EVIDENCE_SIZE / 14);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_come_back_in_order),
        cmocka_unit_test(test_findings_are_joined),
        cmocka_unit_test(test_what_has_no_room_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
