/* What a failed call allows next: may it go to another endpoint, was it perhaps done, what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "etcd/call.h"

static struct etcd_endpoint endpoint = {.url = "http://a:2379"};
static const struct etcd_method reading = {.path = "/read", .read_only = true};
static const struct etcd_method changing = {.path = "/change"};

static struct etcd_call
call_of_status(enum grpc_code code, const char *message)
{
    struct etcd_call call = {.endpoint = &endpoint};

    call.result.status.code = code;
    snprintf(call.result.status.message, sizeof(call.result.status.message), "%s", message);
    return call;
}

static struct etcd_call
call_of_failure(enum net_failure_kind kind, bool not_processed)
{
    struct etcd_call call = call_of_status(GRPC_UNAVAILABLE, "");

    call.result.failure.kind = kind;
    call.result.failure.not_processed = not_processed;
    snprintf(call.result.failure.text, sizeof(call.result.failure.text),
             "endpoint 'http://a:2379': trouble");
    return call;
}

/* The verdicts for the call as a read, and as a change. */
static void
verdicts_are(struct etcd_call call, bool read_moves, bool change_moves, bool change_unknown)
{
    call.method = &reading;
    assert_int_equal(etcd_call_may_move(&call), read_moves);
    assert_false(etcd_call_outcome_unknown(&call));
    call.method = &changing;
    assert_int_equal(etcd_call_may_move(&call), change_moves);
    assert_int_equal(etcd_call_outcome_unknown(&call), change_unknown);
}

static void
changes_move_only_when_not_done(void **state UNUSED)
{
    verdicts_are(call_of_failure(NET_FAILURE_REFUSED, true), true, true, false);
    verdicts_are(call_of_failure(NET_FAILURE_CLOSED, false), true, false, true);
    verdicts_are(call_of_failure(NET_FAILURE_DEADLINE, false), true, false, true);
    verdicts_are(call_of_status(GRPC_UNAVAILABLE, "etcdserver: rpc not supported for learner"),
                 true, true, false);
    verdicts_are(call_of_status(GRPC_UNAVAILABLE, "etcdserver: leader changed"), true, false, true);
    verdicts_are(call_of_status(GRPC_UNAVAILABLE, "etcdserver: request timed out"), true, false,
                 true);
    verdicts_are(call_of_status(GRPC_UNAVAILABLE, "etcdserver: unhealthy cluster"), true, false,
                 false);
    verdicts_are(call_of_status(GRPC_PERMISSION_DENIED, "etcdserver: permission denied"), false,
                 false, false);
    verdicts_are(call_of_status(GRPC_INVALID_ARGUMENT, "etcdserver: key is not provided"), false,
                 false, false);
    /* OK without a message is no answer. */
    verdicts_are(call_of_status(GRPC_OK, ""), true, false, true);
}

static void
calls_without_token_were_not_made(void **state UNUSED)
{
    struct etcd_call call = call_of_status(GRPC_INVALID_ARGUMENT, "etcdserver: user name is empty");

    error_set(&call.auth_error, ERROR_AUTH, "authenticate as 'root': wrong");
    verdicts_are(call, false, false, false);
    error_set(&call.auth_error, ERROR_TIMEOUT, "authenticate as 'root': no leader");
    verdicts_are(call, true, true, false);
}

static void
error_is(const struct etcd_call *call, enum error_code code, const char *text)
{
    struct error e = ERROR_INIT;

    assert_false(etcd_call_error(call, &e));
    assert_int_equal(e.code, code);
    assert_string_equal(e.text, text);
}

static void
errors_name_the_endpoint(void **state UNUSED)
{
    struct etcd_call call = call_of_status(GRPC_UNKNOWN, "etcdserver: too many requests");

    error_is(&call, ERROR_UNAVAILABLE, "endpoint 'http://a:2379': too many requests");
    call = call_of_failure(NET_FAILURE_REFUSED, true);
    error_is(&call, ERROR_CONNECTION, "endpoint 'http://a:2379': trouble");
    call = call_of_status(GRPC_OK, "");
    error_is(&call, ERROR_RPC,
             "endpoint 'http://a:2379': the server ended the call without an answer");
    error_set(&call.auth_error, ERROR_AUTH, "authenticate as 'root': wrong");
    error_is(&call, ERROR_AUTH, "authenticate as 'root': wrong");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_move_only_when_not_done),
        cmocka_unit_test(calls_without_token_were_not_made),
        cmocka_unit_test(errors_name_the_endpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
