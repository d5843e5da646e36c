/* Several reasons become one error: who says the same is told once, and a server's word leads. */
#include "expect.h"

#include "base/evidence.h"
#include "etcd/reasons.h"

static struct error
error_of(enum error_code code, const char *cause, const char *text)
{
    struct error e = ERROR_INIT;

    error_set_(&e, code, 0, "%s", text);
    evidence_begin(&e, cause);
    return e;
}

static void
test_one_is_left_as_it_is(void **state)
{
    struct error all = ERROR_INIT;
    struct error one = error_of(ERROR_TLS, "tls-other", "endpoint 'a': TLS error");

    (void)state;
    error_hint(&one, "do");
    reasons_add(&all, &one);
    assert_string_equal(all.text, "endpoint 'a': TLS error");
    assert_string_equal(all.hint, "do");
    assert_string_equal(all.cause, "tls-other");
}

static void
test_the_same_reason_is_told_once(void **state)
{
    struct error all = ERROR_INIT;
    struct error a = error_of(ERROR_CONNECTION, "refused", "endpoint 'a': connection refused");
    struct error b = error_of(ERROR_CONNECTION, "refused", "endpoint 'b': connection refused");
    struct error c = error_of(ERROR_CONNECTION, "refused", "endpoint 'c': connection refused");
    struct error d = error_of(ERROR_TIMEOUT, "no-answer", "endpoint 'd': no answer; it hangs");
    struct error d2 = error_of(ERROR_TIMEOUT, "no-answer", "endpoint 'd2': no answer; it hangs");

    (void)state;
    reasons_add(&all, &a);
    reasons_add(&all, &b);
    assert_string_equal(all.text, "endpoints 'a', 'b': connection refused");
    reasons_add(&all, &c);
    assert_string_equal(all.text, "endpoints 'a', 'b', 'c': connection refused");
    reasons_add(&all, &d);
    reasons_add(&all, &d2);
    assert_string_equal(all.text, "endpoints 'a', 'b', 'c': connection refused; endpoints 'd', "
                                  "'d2': no answer; it hangs");
    assert_int_equal(all.code, ERROR_CONNECTION);
}

static void
test_no_subject_no_grouping(void **state)
{
    struct error all = ERROR_INIT;
    struct error a = error_of(ERROR_AUTH, "wrong-password", "authenticate as 'x': wrong");
    struct error b = error_of(ERROR_AUTH, "wrong-password", "endpoint 'b': wrong");

    (void)state;
    reasons_add(&all, &a);
    reasons_add(&all, &a);
    reasons_add(&all, &b);
    assert_string_equal(all.text, "authenticate as 'x': wrong; authenticate as 'x': wrong; "
                                  "endpoint 'b': wrong");
}

static void
test_a_servers_word_leads(void **state)
{
    struct error all = ERROR_INIT;
    struct error a = error_of(ERROR_CONNECTION, "refused", "endpoint 'a': connection refused");
    struct error b = error_of(ERROR_UNAVAILABLE, "no-leader", "endpoint 'b': no leader");
    struct error c = error_of(ERROR_CONFLICT, "learner", "endpoint 'c': learner");

    (void)state;
    evidence_number(&b, "grpc_code", 14);
    evidence_number(&c, "grpc_code", 14);
    reasons_add(&all, &a);
    reasons_add(&all, &b);
    assert_string_equal(all.text, "endpoint 'b': no leader; endpoint 'a': connection refused");
    assert_int_equal(all.code, ERROR_UNAVAILABLE);
    assert_string_equal(all.cause, "no-leader");
    reasons_add(&all, &c);
    assert_int_equal(all.code, ERROR_UNAVAILABLE);
    reasons_decide(&all, &c);
    assert_int_equal(all.code, ERROR_CONFLICT);
    assert_string_equal(all.cause, "learner");
    assert_string_equal(all.text, "endpoint 'c': learner; endpoint 'b': no leader; endpoint 'a': "
                                  "connection refused; endpoint 'c': learner");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_is_left_as_it_is),
        cmocka_unit_test(test_the_same_reason_is_told_once),
        cmocka_unit_test(test_no_subject_no_grouping),
        cmocka_unit_test(test_a_servers_word_leads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
