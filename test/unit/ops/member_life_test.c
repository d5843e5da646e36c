#include "expect.h"

#include <string.h>

#include "base/evidence.h"
#include "ops/member_life.h"

static struct error e;

/* A service whose state and log the test says. */
static enum service_state state_now;
static const char *log_now;
static const char *start_cause;

static bool
fake_state(const struct service *service UNUSED, enum service_state *ret_state,
           struct error *e_ UNUSED)
{
    *ret_state = state_now;
    return true;
}

static bool
fake_start(const struct service *service UNUSED, struct error *e_)
{
    if (start_cause == NULL)
        return true;
    error_set_(e_, ERROR_FAILED, 0, "it did not start");
    evidence_begin(e_, start_cause);
    return false;
}

static bool
fake_log_tail(struct arena *mem, const struct service *service UNUSED, unsigned lines UNUSED,
              const char **ret_text, struct error *e_)
{
    if (log_now == NULL)
        return error_set(e_, ERROR_CONNECTION, "no way to the log");
    *ret_text = arena_text(mem, log_now);
    return true;
}

static const struct service_class fake = {
    .word = "fake", .state = fake_state, .start = fake_start, .log_tail = fake_log_tail};
static const struct service service = {.class = &fake, .name = "db4", .place = "etcd"};

#define FATAL                                                                                      \
    "{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"bind: address already in "      \
    "use\"}\n"

static const char *
words(struct arena *mem, const char *log)
{
    log_now = log;
    return member_last_words(mem, &service);
}

static void
test_last_words_are_those_that_say_most(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    assert_string_equal(words(&tmp, "{\"level\":\"info\",\"msg\":\"starting\"}\n" FATAL
                                    "{\"level\":\"info\",\"msg\":\"closed\"}\n"
                                    "etcd.service: Failed with result 'exit-code'.\n"),
                        "discovery failed: bind: address already in use");
    /* 3.4 writes lines like these, unless told otherwise. */
    assert_string_equal(words(&tmp, "2026-11-27 01:00:00 I | etcdmain: starting\n"
                                    "2026-11-27 01:00:00 C | etcdmain: no permission\n"
                                    "Stopped etcd.\n"),
                        "2026-11-27 01:00:00 C | etcdmain: no permission");
    assert_string_equal(words(&tmp, "Stopped etcd.\n"), "Stopped etcd.");
    assert_string_equal(words(&tmp, ""), "");
    assert_string_equal(words(&tmp, NULL), "");
}

static void
test_one_that_ends_again_and_again_is_given_up(void **state)
{
    unsigned failures = 0;

    (void)state;
    log_now = FATAL;
    state_now = SERVICE_RUNNING;
    EXPECT_OK(member_life_check(&service, &failures, &e));
    state_now = SERVICE_FAILED;
    EXPECT_OK(member_life_check(&service, &failures, &e));
    EXPECT_OK(member_life_check(&service, &failures, &e));
    state_now = SERVICE_IDLE;
    EXPECT_OK(member_life_check(&service, &failures, &e));
    EXPECT_ERROR(member_life_check(&service, &failures, &e), ERROR_FAILED,
                 "member 'db4' ends as soon as it is started: discovery failed: bind: address "
                 "already in use");
    assert_string_equal(e.cause, "member-ends");
    assert_string_equal(e.hint, "the host's journal, or the pod's log, says more");
    error_clear(&e);
}

static void
test_a_start_that_fails_is_told_by_what_was_said(void **state)
{
    (void)state;
    log_now = FATAL;
    start_cause = NULL;
    EXPECT_OK(member_life_start(&service, &e));
    start_cause = "unit-failed";
    EXPECT_ERROR(member_life_start(&service, &e), ERROR_FAILED,
                 "member 'db4' ends as soon as it is started: discovery failed: bind: address "
                 "already in use");
    start_cause = "unreachable";
    EXPECT_ERROR(member_life_start(&service, &e), ERROR_FAILED,
                 "start of member 'db4': it did not start");
    error_clear(&e);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_words_are_those_that_say_most),
        cmocka_unit_test(test_one_that_ends_again_and_again_is_given_up),
        cmocka_unit_test(test_a_start_that_fails_is_told_by_what_was_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
