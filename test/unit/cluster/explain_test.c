/* What is concluded from what the cluster told after an error. */
#include "expect.h"

#include "base/evidence.h"
#include "cluster/explain_parts.h"

static struct member_view
answering(uint64_t id, const char *name, uint64_t leader)
{
    return (struct member_view){.member = {.id = id, .name = name},
                                .endpoint = "http://h:1",
                                .known = true,
                                .status = {.leader = leader}};
}

static struct member_view
silent(uint64_t id, const char *name, const char *text)
{
    struct member_view m = {.member = {.id = id, .name = name}, .endpoint = "http://h:2"};

    error_set_(&m.unknown_because, ERROR_CONNECTION, 0, "%s", text);
    return m;
}

static void
judged(const struct cluster_view *view, bool enough, const char *text, const char *hint)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;

    error_set_(&e, ERROR_UNAVAILABLE, 0, "no leader");
    evidence_begin(&e, "no-leader");
    assert_int_equal(quorum_judge(&tmp, view, &e), enough);
    assert_string_equal(e.text, text);
    assert_string_equal(e.hint, hint);
    assert_string_equal(e.cause, enough ? "no-leader" : "quorum-lost");
}

static void
test_quorum(void **state)
{
    struct member_view members[] = {
        answering(1, "m1", 0),
        silent(2, "m2", "endpoint 'http://h:2': connection refused"),
        silent(0xc3, "", "it has no client URL: never started"),
        answering(4, "m4", 0),
    };
    struct cluster_view view = {.members = members, .member_count = 3};

    (void)state;
    members[2].endpoint = NULL;
    judged(&view, false,
           "no leader; quorum is lost: 1 of 3 voting members answers, 2 are needed; no answer from "
           "'c3' (it has no client URL: never started), 'm2' (http://h:2: connection refused)",
           "start the members that do not answer; if they are lost for good, restore the cluster "
           "from a snapshot");
    /* A learner has no vote, neither silent nor answering. */
    members[1].member.is_learner = true;
    members[3].member.is_learner = true;
    view.member_count = 4;
    judged(&view, false,
           "no leader; quorum is lost: 1 of 2 voting members answers, 2 are needed; no answer from "
           "'c3' (it has no client URL: never started)",
           "start the members that do not answer; if they are lost for good, restore the cluster "
           "from a snapshot");
    /* Who refuses to tell a status is there. */
    evidence_begin(&members[2].unknown_because, "no-user");
    evidence_number(&members[2].unknown_because, "grpc_code", 3);
    judged(&view, true, "no leader; no member knows a leader, though 2 of 2 voting members answer",
           "an election is running, or they do not reach one another's peer URLs");
    view.leader_id = 1;
    judged(&view, true, "no leader; 2 of 2 voting members answer, the leader is 'm1'",
           "the cluster is there: look at this member's disk and load");
    view.member_count = 0;
    judged(&view, true, "no leader", "");
}

static void
test_a_full_database(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct etcd_status status = {
        .header = {.revision = 77}, .db_size_bytes = 20000000, .db_size_in_use_bytes = 1500000};

    (void)state;
    error_set(&e, ERROR_NO_SPACE, "full");
    space_judge(&tmp, &status, &e);
    assert_string_equal(e.text, "full; the database has 20 MB (1.5 MB in use)");
    assert_string_equal(
        e.hint, "free space: 'compaction 77', then 'defrag --cluster', then 'alarm disarm'");
    assert_string_equal(evidence_value(&e, "db_size_in_use"), "1500000");
    status.db_size_quota_bytes = 16000000;
    error_set(&e, ERROR_NO_SPACE, "full");
    space_judge(&tmp, &status, &e);
    assert_string_equal(e.text,
                        "full; the database has 20 MB (1.5 MB in use), and its quota is 16 MB");
}

static void
test_since_when_there_are_calls(void **state)
{
    (void)state;
    assert_string_equal(call_since("unknown method Downgrade for service etcdserverpb.Maintenance"),
                        "3.5");
    assert_string_equal(call_since("unknown method AuthStatus for service etcdserverpb.Auth"),
                        "3.5");
    assert_null(call_since("unknown method Other"));
}

static void
peer_port_is(const char *body, bool peers, const char *client_url)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_member_list list = {.member_count = 0};

    assert_int_equal(peer_members_decode(&tmp, bytes_of_text(body), &list), peers);
    assert_string_equal(client_url_of_peer(&list, "http://10.0.0.1:2380"), client_url);
}

static void
test_a_port_for_peers(void **state)
{
    (void)state;
    peer_port_is(
        "[{\"id\":1,\"peerURLs\":[\"http://10.0.0.2:2380\"],\"clientURLs\":[\"http://a:1\"]},"
        "{\"id\":2,\"peerURLs\":[\"http://10.0.0.1:23800\",\"http://10.0.0.1:2380/\"],"
        "\"clientURLs\":[\"http://b:1\",\"http://c:1\"]}]",
        true, "http://b:1");
    peer_port_is("[{\"id\":2,\"peerURLs\":[\"http://10.0.0.1:2380\"]}]", true, "");
    peer_port_is("[{\"id\":2,\"peerURLs\":[\"http://10.0.0.3:2380\", 7],\"clientURLs\":[\"x\"]}]",
                 true, "");
    peer_port_is("[]", false, "");
    peer_port_is("[7]", false, "");
    peer_port_is("{\"members\":[]}", false, "");
    peer_port_is("<html>", false, "");
}

static void
test_members_of_a_port_for_peers(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_member_list list;

    (void)state;
    assert_true(peer_members_decode(
        &tmp,
        bytes_of_text(
            "[{\"id\":1,\"peerURLs\":[\"http://a:2\"],\"name\":\"m1\",\"isLearner\":true}]"),
        &list));
    assert_int_equal(list.member_count, 1);
    assert_string_equal(list.members[0].name, "m1");
    assert_true(list.members[0].is_learner);
}

static void
test_the_next_port(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    assert_string_equal(next_port(&tmp, "http://[::1]:2379"), "http://[::1]:2380");
    assert_string_equal(next_port(&tmp, "db1:2379"), "db1:2380");
    assert_null(next_port(&tmp, "unix:///etcd.sock"));
    assert_null(next_port(&tmp, "http://h"));
    assert_null(next_port(&tmp, "http://h:65535"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quorum),
        cmocka_unit_test(test_a_full_database),
        cmocka_unit_test(test_since_when_there_are_calls),
        cmocka_unit_test(test_a_port_for_peers),
        cmocka_unit_test(test_members_of_a_port_for_peers),
        cmocka_unit_test(test_the_next_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
