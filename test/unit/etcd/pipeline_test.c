/*
 * The pipeline's book-keeping, at an endpoint where nobody listens: each call fails at once, which
 * is all that is needed to see how many there are, whom they ask and in which order they are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/time.h"
#include "etcd/call.h"
#include "etcd/kv.h"
#include "etcd/pipeline.h"

/* Port 1 is below the range that anybody is given, and tcpmux is long gone. */
static const char *const nobody[] = {"127.0.0.1:1", "[::1]:1"};

enum { TOLD_MOST = 64 };

struct told {
    uint64_t tags[TOLD_MOST];
    char endpoints[TOLD_MOST][24];
    size_t count;
    size_t stop_at; /* 0: never */
};

static bool
answered(void *context, const struct etcd_pipeline_answer *answer, struct error *e)
{
    struct told *told = context;
    const char *quoted = strchr(answer->error.text, '\'');

    assert_true(told->count < TOLD_MOST);
    assert_false(answer->ok);
    assert_false(answer->outcome_unknown);
    assert_int_equal(answer->error.code, ERROR_CONNECTION);
    assert_true(answer->request.size > 0);
    assert_non_null(quoted);
    snprintf(told->endpoints[told->count], sizeof(told->endpoints[0]), "%.*s",
             (int)strcspn(quoted + 1, "'"), quoted + 1);
    told->tags[told->count++] = answer->tag;
    if (told->count == told->stop_at)
        return error_set(e, ERROR_REFUSED, "enough of it");
    return true;
}

static struct etcd_client *
client_of_nobody(size_t endpoint_count)
{
    struct etcd_options o = ETCD_OPTIONS_INIT;
    struct etcd_client *client;
    struct error e = ERROR_INIT;

    o.endpoints = nobody;
    o.endpoint_count = endpoint_count;
    if (!etcd_client_open(&o, &client, &e))
        fail_msg("%s", e.text);
    return client;
}

static void
begin(struct etcd_pipeline *p, struct etcd_client *client, struct told *told,
      struct etcd_pipeline_options options)
{
    options.timeout_ms = 5000;
    options.answered = answered;
    options.context = told;
    etcd_pipeline_begin(p, client, &options);
}

static bool
put(struct etcd_pipeline *p, uint64_t tag, struct error *e)
{
    const struct etcd_put_request request = {.key = BYTES_LITERAL("key"),
                                             .value = BYTES_LITERAL("value")};

    return etcd_pipeline_put(p, &request, tag, e);
}

static void
each_request_is_told_once(void **state UNUSED)
{
    AUTO_ETCD_CLIENT client = client_of_nobody(1);
    struct told told = {0};
    struct etcd_pipeline p;
    struct error e = ERROR_INIT;
    bool seen[40] = {false};

    begin(&p, client, &told, (struct etcd_pipeline_options){.calls = 3});
    for (uint64_t i = 0; i < 40; i++) {
        assert_true(put(&p, i, &e));
        assert_true(p.in_flight <= 3);
    }
    assert_true(etcd_pipeline_finish(&p, &e));
    assert_int_equal(p.in_flight, 0);
    assert_int_equal(p.bytes, 0);
    assert_int_equal(told.count, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_false(seen[told.tags[i]]);
        seen[told.tags[i]] = true;
    }
    etcd_pipeline_end(&p);
}

static void
bytes_are_a_limit_too(void **state UNUSED)
{
    AUTO_ETCD_CLIENT client = client_of_nobody(1);
    struct told told = {0};
    struct etcd_pipeline p;
    struct error e = ERROR_INIT;

    begin(&p, client, &told, (struct etcd_pipeline_options){.calls = 8, .bytes = 25});
    assert_true(etcd_pipeline_has_room(&p, 1000)); /* one alone may be larger */
    assert_true(put(&p, 0, &e));                   /* 12 bytes each */
    assert_true(etcd_pipeline_has_room(&p, 12));
    assert_true(put(&p, 1, &e));
    assert_false(etcd_pipeline_has_room(&p, 12));
    assert_int_equal(told.count, 0);
    assert_true(put(&p, 2, &e));
    assert_true(told.count > 0);
    assert_true(etcd_pipeline_finish(&p, &e));
    assert_int_equal(told.count, 3);
    etcd_pipeline_end(&p);
}

static void
spread_takes_turns(void **state UNUSED)
{
    AUTO_ETCD_CLIENT client = client_of_nobody(2);
    struct told told = {0};
    struct etcd_pipeline p;
    struct error e = ERROR_INIT;
    size_t first = 0;

    begin(&p, client, &told, (struct etcd_pipeline_options){.calls = 2, .spread = true});
    for (uint64_t i = 0; i < 20; i++)
        assert_true(put(&p, i, &e));
    assert_true(etcd_pipeline_finish(&p, &e));
    for (size_t i = 0; i < told.count; i++)
        first += strstr(told.endpoints[i], nobody[0]) != NULL ? 1 : 0;
    assert_int_equal(told.count, 20);
    assert_int_equal(first, 10);
    etcd_pipeline_end(&p);
}

static void
the_callback_can_stop_it(void **state UNUSED)
{
    AUTO_ETCD_CLIENT client = client_of_nobody(1);
    struct told told = {.stop_at = 2};
    struct etcd_pipeline p;
    struct error e = ERROR_INIT;
    uint64_t i = 0;

    begin(&p, client, &told, (struct etcd_pipeline_options){.calls = 4});
    while (put(&p, i, &e) && i < 40)
        i++;
    assert_true(i < 40);
    assert_string_equal(e.text, "enough of it");
    assert_int_equal(told.count, 2);
    error_clear(&e);
    assert_false(put(&p, 99, &e));
    assert_string_equal(e.text, "enough of it");
    error_clear(&e);
    assert_false(etcd_pipeline_finish(&p, &e));
    assert_string_equal(e.text, "enough of it");
    assert_false(etcd_pipeline_wait(&p, LOOP_FOREVER, &e));
    etcd_pipeline_end(&p);
    assert_int_equal(told.count, 2);
}

static void
waiting_ends_at_its_time(void **state UNUSED)
{
    AUTO_ETCD_CLIENT client = client_of_nobody(1);
    struct told told = {0};
    struct etcd_pipeline p;
    struct error e = ERROR_INIT;
    int64_t started_ms = time_monotonic_ms();

    begin(&p, client, &told, (struct etcd_pipeline_options){.calls = 1});
    assert_true(etcd_pipeline_wait(&p, started_ms + 30, &e));
    assert_true(time_monotonic_ms() >= started_ms + 30);
    etcd_pipeline_wake(&p);
    assert_true(etcd_pipeline_wait(&p, LOOP_FOREVER, &e));
    etcd_pipeline_end(&p);
}

static void
a_client_runs_in_the_loop_of_another(void **state UNUSED)
{
    AUTO_ETCD_CLIENT first = client_of_nobody(1);
    AUTO_ETCD_CLIENT second = NULL;
    struct etcd_options o = ETCD_OPTIONS_INIT;
    struct told told = {0};
    struct etcd_pipeline p;
    struct error e = ERROR_INIT;
    struct etcd_range_request range = {.key = BYTES_LITERAL("a")};
    struct etcd_range_response response;
    AUTO_ARENA mem = ARENA_INIT;

    o.endpoints = nobody;
    o.endpoint_count = 1;
    o.beside = first;
    assert_true(etcd_client_open(&o, &second, &e));
    assert_ptr_equal(etcd_client_loop(first), etcd_client_loop(second));
    begin(&p, second, &told, (struct etcd_pipeline_options){.calls = 2});
    assert_true(put(&p, 1, &e));
    assert_false(etcd_range(&mem, first, &range, &response, &e));
    /* What was not waited for went on all the same. */
    assert_int_equal(p.in_flight, 0);
    assert_true(etcd_pipeline_finish(&p, &e));
    assert_int_equal(told.count, 1);
    etcd_pipeline_end(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_told_once),
        cmocka_unit_test(bytes_are_a_limit_too),
        cmocka_unit_test(spread_takes_turns),
        cmocka_unit_test(the_callback_can_stop_it),
        cmocka_unit_test(waiting_ends_at_its_time),
        cmocka_unit_test(a_client_runs_in_the_loop_of_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
