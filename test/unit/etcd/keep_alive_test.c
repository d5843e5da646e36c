/* A lease that is renewed by members that answer, are silent, die, or do not know it. */
#include "etcd/keep_alive.h"

#include <string.h>

#include "base/time.h"
#include "etcd/fake_etcd.h"
#include "expect.h"

enum { LEASE_ID = 0x1234 };

struct scene {
    struct fake_cluster cluster;
    struct etcd_keep_alive keep_alive;
    int64_t ttl_s;   /* what members answer; -1: nothing */
    bool first_mute; /* member 0 answers nothing */
    bool no_leader;  /* all say so */
    unsigned asked[FAKE_MEMBERS_MAX];
    unsigned renewed;
    bool stops; /* at the first renewal */
    struct error why;
    bool lost;
    bool flag;
};

static void
server_message(struct fake_member *m, struct fake_stream *stream, struct bytes message)
{
    struct scene *s = m->cluster->note;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_lease_keep_alive_request request;
    struct etcd_lease_keep_alive_response response = {.id = LEASE_ID, .ttl = s->ttl_s};
    struct error e;

    EXPECT_OK(message_decode(&tmp, &etcd_lease_keep_alive_request_message, message, &request, &e));
    assert_int_equal(request.id, LEASE_ID);
    s->asked[m - s->cluster.members]++;
    if (s->no_leader && !stream->finishing) {
        stream->finishing = true;
        fake_answer_trailers_only(stream, "14", "etcdserver: no leader");
    } else if (!s->no_leader && s->ttl_s >= 0 && !(s->first_mute && m == s->cluster.members)) {
        fake_send_value(stream, &etcd_lease_keep_alive_response_message, &response);
    }
}

static void
on_renewed(void *context, const struct etcd_lease_keep_alive_response *response)
{
    struct scene *s = context;

    assert_int_equal(response->ttl, s->ttl_s);
    s->renewed++;
    s->flag = true;
    if (s->stops)
        etcd_keep_alive_stop(&s->keep_alive);
}

static void
on_lost(void *context, const struct error *e)
{
    struct scene *s = context;

    assert_false(s->lost);
    s->lost = true;
    s->why = *e;
    s->flag = true;
}

static void
scene_open(struct scene *s, size_t members)
{
    *s = (struct scene){.ttl_s = 60};
    fake_cluster_open(&s->cluster, members, NULL, server_message);
    s->cluster.note = s;
}

static void
start(struct scene *s, int64_t ttl_s)
{
    const struct etcd_keep_alive_options options = {
        .id = LEASE_ID,
        .ttl_s = ttl_s,
        .on_renewed = on_renewed,
        .on_lost = on_lost,
        .context = s,
    };

    etcd_keep_alive_start(&s->keep_alive, s->cluster.client, &options);
}

static void
scene_close(struct scene *s)
{
    etcd_keep_alive_stop(&s->keep_alive);
    etcd_keep_alive_stop(&s->keep_alive); /* twice is fine */
    fake_cluster_close(&s->cluster);
}

static void
renews_after_each_third(void **state UNUSED)
{
    struct scene s;
    int64_t before_ms = time_monotonic_ms();

    scene_open(&s, 1);
    s.ttl_s = 1;
    start(&s, 0);
    while (s.renewed < 3) {
        s.flag = false;
        fake_run_until(&s.cluster, &s.flag);
    }
    assert_in_range(time_monotonic_ms() - before_ms, 660, 1500);
    assert_false(s.lost);
    scene_close(&s);
}

static void
goes_to_another_member_when_its_own_dies(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2);
    start(&s, 60);
    fake_run_until(&s.cluster, &s.flag);
    s.flag = false;
    fake_member_kill(&s.cluster.members[0]);
    fake_run_until(&s.cluster, &s.flag);
    assert_int_equal(s.renewed, 2);
    assert_int_equal(s.asked[1], 1);
    assert_int_equal(s.cluster.client->preferred, 1);
    scene_close(&s);
}

static void
leaves_a_silent_member_in_time(void **state UNUSED)
{
    struct scene s;
    int64_t before_ms = time_monotonic_ms();

    scene_open(&s, 2);
    s.first_mute = true;
    start(&s, 6);
    fake_run_until(&s.cluster, &s.flag);
    assert_int_equal(s.renewed, 1);
    assert_int_equal(s.asked[0], 1);
    assert_int_equal(s.asked[1], 1);
    assert_in_range(time_monotonic_ms() - before_ms, 2000, 2900);
    scene_close(&s);
}

static void
a_lease_that_is_not_there_is_lost(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 1);
    s.ttl_s = 0;
    start(&s, 60);
    fake_run_until(&s.cluster, &s.flag);
    assert_true(s.lost);
    assert_int_equal(s.why.code, ERROR_NOT_FOUND);
    assert_string_equal(s.why.text, "lease 1234: requested lease not found");
    scene_close(&s);
}

static void
a_lease_runs_out_when_nobody_answers(void **state UNUSED)
{
    struct scene s;
    int64_t before_ms = time_monotonic_ms();

    scene_open(&s, 2);
    s.ttl_s = -1;
    start(&s, 3);
    fake_run_until(&s.cluster, &s.flag);
    assert_true(s.lost);
    assert_int_equal(s.why.code, ERROR_TIMEOUT);
    assert_non_null(strstr(s.why.text, "lease 1234 was not renewed for 3 s: endpoint 'unix://"));
    assert_int_equal(s.renewed, 0);
    assert_in_range(time_monotonic_ms() - before_ms, 2990, 3900);
    scene_close(&s);
}

static void
nobody_at_the_start_is_known_at_once(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 2);
    fake_member_kill(&s.cluster.members[0]);
    fake_member_kill(&s.cluster.members[1]);
    start(&s, 60);
    fake_run_until(&s.cluster, &s.flag);
    assert_true(s.lost);
    assert_int_equal(s.why.code, ERROR_CONNECTION);
    assert_non_null(strstr(s.why.text, s.cluster.members[1].path));
    scene_close(&s);
}

static void
an_election_at_the_start_is_waited_for(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 1);
    s.no_leader = true;
    start(&s, 60);
    fake_run_for(&s.cluster, 100);
    assert_false(s.lost);
    s.no_leader = false;
    fake_run_until(&s.cluster, &s.flag);
    assert_int_equal(s.renewed, 1);
    scene_close(&s);
}

static void
may_be_stopped_by_its_own_callback(void **state UNUSED)
{
    struct scene s;

    scene_open(&s, 1);
    s.stops = true;
    start(&s, 60);
    fake_run_until(&s.cluster, &s.flag);
    fake_run_for(&s.cluster, 30);
    assert_int_equal(s.renewed, 1);
    scene_close(&s);
}

static void
once_is_once(void **state UNUSED)
{
    struct etcd_lease_keep_alive_response response;
    struct scene s;
    struct error e;

    scene_open(&s, 1);
    EXPECT_OK(etcd_keep_alive_once(s.cluster.client, LEASE_ID, &response, &e));
    assert_int_equal(response.ttl, 60);
    assert_int_equal(s.asked[0], 1);
    s.ttl_s = 0;
    EXPECT_ERROR(etcd_keep_alive_once(s.cluster.client, LEASE_ID, &response, &e), ERROR_NOT_FOUND,
                 "lease 1234: requested lease not found");
    s.ttl_s = -1;
    s.cluster.client->command_timeout_ms = 50;
    EXPECT_ERROR(etcd_keep_alive_once(s.cluster.client, LEASE_ID, &response, &e), ERROR_TIMEOUT,
                 "no answer to the renewal of lease 1234 within 50 ms");
    scene_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renews_after_each_third),
        cmocka_unit_test(goes_to_another_member_when_its_own_dies),
        cmocka_unit_test(leaves_a_silent_member_in_time),
        cmocka_unit_test(a_lease_that_is_not_there_is_lost),
        cmocka_unit_test(a_lease_runs_out_when_nobody_answers),
        cmocka_unit_test(nobody_at_the_start_is_known_at_once),
        cmocka_unit_test(an_election_at_the_start_is_waited_for),
        cmocka_unit_test(may_be_stopped_by_its_own_callback),
        cmocka_unit_test(once_is_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
