/* The table of etcd's errors: the words decide, not the code, and each line does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/evidence.h"
#include "etcd/rpc_error.h"

static struct grpc_status
status_of(enum grpc_code code, const char *message)
{
    struct grpc_status status = {.code = code};

    snprintf(status.message, sizeof(status.message), "%s", message);
    return status;
}

static void
error_is(enum grpc_code code, const char *message, enum error_code want, const char *text,
         const char *hint, unsigned flags)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct grpc_status status = status_of(code, message);
    struct error e = ERROR_INIT;

    assert_false(rpc_error_set(&e, &status, "a"));
    assert_int_equal(e.code, want);
    assert_string_equal(e.text, arena_printf(&tmp, "endpoint 'a': %s", text));
    assert_string_equal(evidence_value(&e, "endpoint"), "a");
    assert_string_equal(evidence_value(&e, "server_said"), message);
    assert_string_equal(e.hint, hint);
    assert_int_equal(rpc_error_flags(&status), flags);
}

static void
words_decide(void **state UNUSED)
{
    error_is(GRPC_INVALID_ARGUMENT, "etcdserver: user name is empty", ERROR_AUTH,
             "user name is empty", "authentication is on in this cluster: give --user",
             RPC_NEEDS_TOKEN);
    /* Maintenance calls say the same with another prefix and code. */
    error_is(GRPC_UNKNOWN, "auth: user name is empty", ERROR_AUTH, "auth: user name is empty",
             "authentication is on in this cluster: give --user", RPC_NEEDS_TOKEN);
    error_is(GRPC_UNKNOWN, "auth: permission denied", ERROR_AUTH, "auth: permission denied",
             "the user's roles do not allow this; maintenance needs the role root", 0);
    error_is(GRPC_FAILED_PRECONDITION,
             "rpc error: code = PermissionDenied desc = etcdserver: permission denied", ERROR_AUTH,
             "permission denied",
             "the user's roles do not allow this; maintenance needs the role root", 0);
    /* UNAVAILABLE up to 3.5, FAILED_PRECONDITION since. */
    error_is(GRPC_UNAVAILABLE, "etcdserver: rpc not supported for learner", ERROR_CONFLICT,
             "rpc not supported for learner", "this endpoint is a learner: ask a voting member",
             RPC_RETRY_READ | RPC_NOT_DONE);
    error_is(GRPC_FAILED_PRECONDITION, "etcdserver: rpc not supported for learner", ERROR_CONFLICT,
             "rpc not supported for learner", "this endpoint is a learner: ask a voting member",
             RPC_RETRY_READ | RPC_NOT_DONE);
    error_is(GRPC_RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded", ERROR_NO_SPACE,
             "mvcc: database space exceeded",
             "free space: 'compaction REVISION', then 'defrag --cluster', then 'alarm disarm'", 0);
    error_is(GRPC_RESOURCE_EXHAUSTED,
             "grpc: received message larger than max (2097800 vs. 2097152)", ERROR_LIMIT,
             "grpc: received message larger than max (2097800 vs. 2097152)",
             "send less at once, or raise --max-request-bytes (1.5 MiB) on the servers", 0);
    error_is(GRPC_UNAVAILABLE, "etcdserver: request timed out, possibly due to connection lost",
             ERROR_TIMEOUT, "request timed out, possibly due to connection lost",
             "the cluster has no leader, or a disk stalled: look at status and logs of all members",
             RPC_RETRY_READ | RPC_OUTCOME_UNKNOWN);
}

static void
longer_words_come_first(void **state UNUSED)
{
    error_is(GRPC_FAILED_PRECONDITION,
             "etcdserver: can only promote a learner member which is in sync with leader",
             ERROR_CONFLICT, "can only promote a learner member which is in sync with leader",
             "the learner has not caught up yet: wait, then run it again", 0);
    error_is(GRPC_FAILED_PRECONDITION, "etcdserver: can only promote a learner member",
             ERROR_CONFLICT, "can only promote a learner member", "the member votes already", 0);
}

static void
codes_decide_the_rest(void **state UNUSED)
{
    error_is(GRPC_UNAVAILABLE, "etcdserver: etcdserver: never seen", ERROR_UNAVAILABLE,
             "never seen", "", RPC_RETRY_READ | RPC_OUTCOME_UNKNOWN);
    error_is(GRPC_NOT_FOUND, "", ERROR_NOT_FOUND, "gRPC status 5, without a message", "", 0);
    error_is((enum grpc_code)99, "strange", ERROR_RPC, "strange", "", 0);
    error_is(GRPC_UNAUTHENTICATED, "x", ERROR_AUTH, "x", "", RPC_NEEDS_TOKEN);
    error_is(GRPC_DEADLINE_EXCEEDED, "x", ERROR_TIMEOUT, "x", "",
             RPC_RETRY_READ | RPC_OUTCOME_UNKNOWN);
    error_is(GRPC_INTERNAL, "x", ERROR_RPC, "x", "", RPC_OUTCOME_UNKNOWN);
}

/* No line is hidden by an earlier, shorter one: each gives its own code. */
static void
every_line_is_reached(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum error_code code;
        unsigned flags;
        const char *hint;
    } lines[] = {
#define RPC_ERROR(text_, cause_, code_, flags_, hint_) {text_, ERROR_##code_, flags_, hint_},
#include "etcd/rpc_errors.list"
#undef RPC_ERROR
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        error_is(GRPC_UNKNOWN, lines[i].text, lines[i].code, lines[i].text, lines[i].hint,
                 lines[i].flags);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_decide),
        cmocka_unit_test(longer_words_come_first),
        cmocka_unit_test(codes_decide_the_rest),
        cmocka_unit_test(every_line_is_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
