/* The printers with made-up answers; that they print as etcdctl does is shown by output.bats. */

#include "expect.h"

#include <locale.h>
#include <string.h>

#include "cli/print/print_endpoint.h"
#include "cli/print/print_kv.h"
#include "cli/print/print_maintenance.h"
#include "cli/print/print_member.h"
#include "cli/print/print_snapshot.h"

static const struct output_style simple = {.output = OUTPUT_SIMPLE, .compat = COMPAT_NEWEST};
static const struct output_style json = {.output = OUTPUT_JSON, .compat = COMPAT_NEWEST};
static const struct output_style fields = {.output = OUTPUT_FIELDS, .compat = COMPAT_NEWEST};
static const struct output_style table = {.output = OUTPUT_TABLE, .compat = COMPAT_NEWEST};
static const struct output_style json_hex = {
    .output = OUTPUT_JSON, .compat = COMPAT_NEWEST, .hex = true};
static const struct output_style fields_hex = {
    .output = OUTPUT_FIELDS, .compat = COMPAT_NEWEST, .hex = true};
static const struct output_style simple_hex = {
    .output = OUTPUT_SIMPLE, .compat = COMPAT_NEWEST, .hex = true};

#define HEADER                                                                                     \
    {                                                                                              \
        .cluster_id = 0xfedcba9876543210ULL, .member_id = 1, .revision = 7, .raft_term = 2         \
    }

static const struct etcd_key_value kvs[] = {
    {.key = {(const uint8_t *)"a\0b", 3},
     .create_revision = 2,
     .mod_revision = 3,
     .version = 2,
     .value = {(const uint8_t *)"v\n", 2},
     .lease = 0x1122334455667788},
    {.key = {(const uint8_t *)"empty", 5}, .create_revision = 4, .mod_revision = 4, .version = 1},
};

#define CHECK(out, expected)                                                                       \
    do {                                                                                           \
        assert_int_equal((out)->size, sizeof(expected) - 1);                                       \
        assert_memory_equal((out)->data, expected, sizeof(expected) - 1);                          \
        buf_clear(out);                                                                            \
    } while (0)

static void
test_range(void **state)
{
    static const struct etcd_range_response full = {
        .header = HEADER, .kvs = kvs, .kv_count = 2, .more = true, .count = 9};
    static const struct etcd_range_response none = {.header = HEADER};
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_range(&out, &simple, false, &full);
    CHECK(&out, "a\0b\nv\n\nempty\n\n");
    print_range(&out, &simple, true, &full);
    CHECK(&out, "v\n\n\n");
    print_range(&out, &simple_hex, false, &full);
    CHECK(&out, "\\x61\\x00\\x62\n\\x76\\x0a\n\\x65\\x6d\\x70\\x74\\x79\n\n");
    print_range(&out, &simple, false, &none);
    assert_int_equal(out.size, 0);
    print_range(&out, &json, false, &full);
    CHECK(&out,
          "{\"header\":{\"cluster_id\":18364758544493064720,\"member_id\":1,\"revision\":7,"
          "\"raft_term\":2},\"kvs\":[{\"key\":\"YQBi\",\"create_revision\":2,"
          "\"mod_revision\":3,\"version\":2,\"value\":\"dgo=\",\"lease\":1234605616436508552},"
          "{\"key\":\"ZW1wdHk=\",\"create_revision\":4,\"mod_revision\":4,\"version\":1}],"
          "\"more\":true,\"count\":9}\n");
    print_range(&out, &json, false, &none);
    CHECK(&out, "{\"header\":{\"cluster_id\":18364758544493064720,\"member_id\":1,\"revision\":7,"
                "\"raft_term\":2}}\n");
    print_range(&out, &fields_hex, false, &full);
    CHECK(&out, "\"ClusterID\" : fedcba9876543210\n\"MemberID\" : 1\n\"Revision\" : 7\n"
                "\"RaftTerm\" : 2\n\"Key\" : \"a\\x00b\"\n\"CreateRevision\" : 2\n"
                "\"ModRevision\" : 3\n\"Version\" : 2\n\"Value\" : \"v\\n\"\n"
                "\"Lease\" : 1122334455667788\n\"Key\" : \"empty\"\n\"CreateRevision\" : 4\n"
                "\"ModRevision\" : 4\n\"Version\" : 1\n\"Value\" : \"\"\n"
                "\"Lease\" : 0000000000000000\n\"More\" : true\n\"Count\" : 9\n");
}

static void
test_put_and_delete(void **state)
{
    static const struct etcd_put_response put = {.header = HEADER, .prev_kv = &kvs[1]};
    static const struct etcd_put_response put_new = {.header = HEADER};
    static const struct etcd_delete_range_response deleted = {
        .header = HEADER, .deleted = 1, .prev_kvs = &kvs[1], .prev_kv_count = 1};
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_put(&out, &simple, &put_new);
    CHECK(&out, "OK\n");
    print_put(&out, &simple, &put);
    CHECK(&out, "OK\nempty\n\n");
    print_delete_range(&out, &simple, &deleted);
    CHECK(&out, "1\nempty\n\n");
    print_delete_range(&out, &fields, &deleted);
    CHECK(&out, "\"ClusterID\" : 18364758544493064720\n\"MemberID\" : 1\n\"Revision\" : 7\n"
                "\"RaftTerm\" : 2\n\"Deleted\" : 1\n\"PrevKey\" : \"empty\"\n"
                "\"PrevCreateRevision\" : 4\n\"PrevModRevision\" : 4\n\"PrevVersion\" : 1\n"
                "\"PrevValue\" : \"\"\n\"PrevLease\" : 0\n");
    print_put(&out, &json, &put);
    CHECK(&out, "{\"header\":{\"cluster_id\":18364758544493064720,\"member_id\":1,\"revision\":7,"
                "\"raft_term\":2},\"prev_kv\":{\"key\":\"ZW1wdHk=\",\"create_revision\":4,"
                "\"mod_revision\":4,\"version\":1}}\n");
}

static const char *const urls[] = {"http://a:1", "http://b:2"};

static const struct etcd_member members[] = {
    {.id = 0xfedcba9876543210ULL,
     .name = "m\x1b[2J",
     .peer_urls = urls,
     .peer_url_count = 2,
     .client_urls = urls,
     .client_url_count = 1},
    {.id = 5, .name = "", .peer_urls = urls + 1, .peer_url_count = 1, .is_learner = true},
};
static const struct etcd_member_list list = {
    .header = {.cluster_id = 9, .member_id = 5, .raft_term = 2},
    .members = members,
    .member_count = 2};

static void
test_members(void **state)
{
    struct output_style terminal = simple;
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_member_list(&out, &simple, &list);
    CHECK(&out, "fedcba9876543210, started, m\x1b[2J, http://a:1,http://b:2, http://a:1, false\n"
                "5, unstarted, , http://b:2, , true\n");
    terminal.terminal.tty = true;
    print_member_list(&out, &terminal, &list);
    CHECK(&out, "fedcba9876543210, started, m\\x1b[2J, http://a:1,http://b:2, http://a:1, false\n"
                "5, unstarted, , http://b:2, , true\n");
    print_member_list(&out, &table, &list);
    assert_non_null(strstr(buf_text(&out), "| fedcba9876543210 |   started | m\\x1b[2J |"));
    assert_non_null(strstr(buf_text(&out), "|                5 | unstarted |          |"));
    buf_clear(&out);
    print_member_list(&out, &fields, &list);
    CHECK(&out, "\"ClusterID\" : 9\n\"MemberID\" : 5\n\"RaftTerm\" : 2\n"
                "\"ID\" : 18364758544493064720\n\"Name\" : \"m\\x1b[2J\"\n"
                "\"PeerURL\" : \"http://a:1\"\n\"PeerURL\" : \"http://b:2\"\n"
                "\"ClientURL\" : \"http://a:1\"\n\"IsLearner\" : false\n\n"
                "\"ID\" : 5\n\"Name\" : \"\"\n\"PeerURL\" : \"http://b:2\"\n"
                "\"IsLearner\" : true\n\n");
}

static void
test_members_json(void **state)
{
    struct output_style old_hex = json_hex;
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_member_list(&out, &json, &list);
    CHECK(&out,
          "{\"header\":{\"cluster_id\":9,\"member_id\":5,\"raft_term\":2},\"members\":[{\"ID\":"
          "18364758544493064720,\"name\":\"m\\u001b[2J\",\"peerURLs\":[\"http://a:1\","
          "\"http://b:2\"],\"clientURLs\":[\"http://a:1\"]},{\"ID\":5,\"peerURLs\":["
          "\"http://b:2\"],\"isLearner\":true}]}\n");
    print_member_list(&out, &json_hex, &list);
    CHECK(&out,
          "{\"header\":{\"cluster_id\":\"9\",\"member_id\":\"5\",\"raft_term\":2},\"members\":"
          "[{\"ID\":\"fedcba9876543210\",\"name\":\"m\\u001b[2J\",\"peerURLs\":[\"http://a:1\""
          ",\"http://b:2\"],\"clientURLs\":[\"http://a:1\"]},{\"ID\":\"5\",\"peerURLs\":["
          "\"http://b:2\"],\"isLearner\":true}]}\n");
    old_hex.compat = COMPAT_3_5;
    print_member_list(&out, &old_hex, &list);
    CHECK(&out,
          "{\"header\":{\"cluster_id\":\"9\",\"member_id\":\"5\",\"raft_term\":2},\"members\":"
          "[{\"ID\":\"fedcba9876543210\",\"name\":\"m\\u001b[2J\",\"peerURLs\":[\"http://a:1\""
          ",\"http://b:2\"],\"clientURLS\":[\"http://a:1\"]},{\"ID\":\"5\",\"name\":\"\","
          "\"peerURLs\":[\"http://b:2\"],\"clientURLS\":null}]}\n");
}

static const struct etcd_member_added added = {
    .header = {.cluster_id = 9, .member_id = 5, .raft_term = 2},
    .member = {.id = 6, .name = "", .peer_urls = &urls[1], .peer_url_count = 1, .is_learner = true},
    .members = members,
    .member_count = 2,
};

static void
test_member_added(void **state)
{
    struct output_style old = simple;
    struct etcd_member_added of_members = added;
    AUTO_BUF out = BUF_INIT;

    (void)state;
    of_members.member = members[1];
    print_member_added(&out, &simple, "new\"name", "http://b:2", &of_members);
    CHECK(&out, "Member                5 added as learner to cluster                9\n\n"
                "ETCD_NAME=\"new\\\"name\"\n"
                "ETCD_INITIAL_CLUSTER=\"m\\x1b[2J=http://a:1,m\\x1b[2J=http://b:2,"
                "new\\\"name=http://b:2\"\n"
                "ETCD_INITIAL_ADVERTISE_PEER_URLS=\"http://b:2\"\n"
                "ETCD_INITIAL_CLUSTER_STATE=\"existing\"\n");
    old.compat = COMPAT_3_5;
    print_member_added(&out, &old, "n", "u", &of_members);
    assert_int_equal(memcmp(out.data, "Member                5 added to cluster", 38), 0);
    buf_clear(&out);
    print_member_added(&out, &json, "n", "u", &added);
    CHECK(&out,
          "{\"header\":{\"cluster_id\":9,\"member_id\":5,\"raft_term\":2},\"member\":{\"ID\":6,"
          "\"peerURLs\":[\"http://b:2\"],\"isLearner\":true},\"members\":[{\"ID\":"
          "18364758544493064720,\"name\":\"m\\u001b[2J\",\"peerURLs\":[\"http://a:1\","
          "\"http://b:2\"],\"clientURLs\":[\"http://a:1\"]},{\"ID\":5,\"peerURLs\":["
          "\"http://b:2\"],\"isLearner\":true}]}\n");
    print_member_added(&out, &json_hex, "n", "u", &added);
    CHECK(&out,
          "{\"header\":{\"cluster_id\":\"9\",\"member_id\":\"5\",\"raft_term\":2},\"member\":"
          "{\"ID\":\"6\",\"peerURLs\":[\"http://b:2\"],\"isLearner\":true},\"members\":"
          "[{\"ID\":\"fedcba9876543210\",\"name\":\"m\\u001b[2J\",\"peerURLs\":[\"http://a:1\""
          ",\"http://b:2\"],\"clientURLs\":[\"http://a:1\"]},{\"ID\":\"5\",\"peerURLs\":["
          "\"http://b:2\"],\"isLearner\":true}]}\n");
}

static void
test_member_changed(void **state)
{
    struct output_style old_hex = json_hex;
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_member_changed(&out, &simple, 0xfedcba9876543210ULL, "removed from", &list);
    CHECK(&out, "Member fedcba9876543210 removed from cluster                9\n");
    print_member_changed(&out, &json_hex, 1, "removed from", &list);
    assert_non_null(strstr(buf_text(&out), "\"ID\":\"fedcba9876543210\""));
    buf_clear(&out);
    old_hex.compat = COMPAT_3_6; /* only the list has them */
    print_member_changed(&out, &old_hex, 1, "removed from", &list);
    assert_non_null(strstr(buf_text(&out), "\"ID\":18364758544493064720"));
}

static void
test_leader_and_downgrade(void **state)
{
    static const struct etcd_header_only moved = {.header = {0}};
    static const struct etcd_downgrade downgrade = {.header = HEADER, .version = "3.6.0"};
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_leader_moved(&out, &simple, 0xfedcba9876543210ULL, 5, &moved);
    CHECK(&out, "Leadership transferred from fedcba9876543210 to 5\n");
    print_leader_moved(&out, &json, 1, 5, &moved);
    CHECK(&out, "{}\n");
    print_downgrade(&out, &simple, "validate", &downgrade);
    CHECK(&out, "Downgrade validate success, cluster version 3.6.0\n");
    print_downgrade(&out, &json, "validate", &downgrade);
    CHECK(&out, "{\"header\":{\"cluster_id\":18364758544493064720,\"member_id\":1,\"revision\":7,"
                "\"raft_term\":2},\"version\":\"3.6.0\"}\n");
}

static void
test_alarms(void **state)
{
    static const struct etcd_alarm alarms[] = {
        {.member_id = 0xfedcba9876543210ULL, .type = ETCD_ALARM_NOSPACE},
        {.member_id = 5, .type = ETCD_ALARM_CORRUPT},
        {.member_id = 6, .type = (enum etcd_alarm_type)9},
    };
    static const struct etcd_alarm_list some = {.alarms = alarms, .alarm_count = 3};
    static const struct etcd_alarm_list none = {.header = HEADER};
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_alarm_list(&out, &simple, &some);
    CHECK(&out, "memberID:18364758544493064720 alarm:NOSPACE\nmemberID:5 alarm:CORRUPT\n"
                "memberID:6 alarm:9\n");
    print_alarm_list(&out, &json, &some); /* 3.4 sends no header */
    CHECK(&out, "{\"alarms\":[{\"memberID\":18364758544493064720,\"alarm\":1},"
                "{\"memberID\":5,\"alarm\":2},{\"memberID\":6,\"alarm\":9}]}\n");
    print_alarm_list(&out, &simple, &none);
    assert_int_equal(out.size, 0);
}

static const char *const status_errors[] = {"etcdserver: no leader", "x"};
static const struct etcd_status status = {
    .header = HEADER,
    .version = "3.6.1",
    .db_size_bytes = 24576,
    .leader = 1,
    .raft_index = 10,
    .raft_term = 2,
    .raft_applied_index = 9,
    .errors = status_errors,
    .error_count = 2,
    .db_size_in_use_bytes = 16384,
    .storage_version = "3.6.0",
    .db_size_quota_bytes = 2147483648,
    .downgrade_info = {.enabled = true, .target_version = "3.5.0"},
};

static void
test_status(void **state)
{
    static const struct endpoint_status items[] = {{"h:1", &status}};
    struct output_style old = simple;
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_endpoint_status(&out, &simple, items, 1);
    CHECK(&out, "h:1, 1, 3.6.1, 3.6.0, 25 kB, 16 kB, 34%, 2.1 GB, true, false, 2, 10, 9, "
                "etcdserver: no leader, x, 3.5.0, true\n");
    old.compat = COMPAT_3_5;
    print_endpoint_status(&out, &old, items, 1);
    CHECK(&out, "h:1, 1, 3.6.1, 25 kB, true, false, 2, 10, 9, etcdserver: no leader, x\n");
    print_endpoint_status(&out, &json, items, 1);
    CHECK(&out,
          "[{\"Endpoint\":\"h:1\",\"Status\":{\"header\":{\"cluster_id\":18364758544493064720,"
          "\"member_id\":1,\"revision\":7,\"raft_term\":2},\"version\":\"3.6.1\","
          "\"dbSize\":24576,\"leader\":1,\"raftIndex\":10,\"raftTerm\":2,"
          "\"raftAppliedIndex\":9,\"errors\":[\"etcdserver: no leader\",\"x\"],"
          "\"dbSizeInUse\":16384,\"storageVersion\":\"3.6.0\",\"dbSizeQuota\":2147483648,"
          "\"downgradeInfo\":{\"enabled\":true,\"targetVersion\":\"3.5.0\"}}}]\n");
    print_endpoint_status(&out, &json, NULL, 0);
    CHECK(&out, "null\n");
    old.output = OUTPUT_JSON;
    print_endpoint_status(&out, &old, NULL, 0);
    CHECK(&out, "[]\n");
    print_endpoint_status(&out, &simple, NULL, 0);
    assert_int_equal(out.size, 0);
}

static void
test_health_and_hash(void **state)
{
    static const struct endpoint_health healths[] = {
        {.endpoint = "h:1", .healthy = true, .took_us = 3056, .error = ""},
        {.endpoint = "h:2", .took_us = 2001500, .error = "nobody listens"},
    };
    static const struct etcd_hash_kv hash = {
        .header = HEADER, .hash = 4294967295U, .compact_revision = -1, .hash_revision = 7};
    static const struct endpoint_hash_kv hashes[] = {{"h:1", &hash}};
    AUTO_BUF out = BUF_INIT;
    AUTO_BUF errors = BUF_INIT;

    (void)state;
    print_endpoint_health(&out, &errors, &simple, healths, 2);
    CHECK(&out, "h:1 is healthy: successfully committed proposal: took = 3.056ms\n");
    CHECK(&errors, "h:2 is unhealthy: failed to commit proposal: nobody listens\n");
    print_endpoint_health(&out, &errors, &json, healths, 2);
    CHECK(&out,
          "[{\"endpoint\":\"h:1\",\"health\":true,\"took\":\"3.056ms\"},{\"endpoint\":\"h:2\","
          "\"health\":false,\"took\":\"2.001s\",\"error\":\"nobody listens\"}]\n");
    print_endpoint_health(&out, &errors, &fields, healths, 1);
    CHECK(&out, "\"Endpoint\" : \"h:1\"\n\"Health\" : true\n\"Took\" : 3.056ms\n\"Error\" : \n\n");
    print_endpoint_hash_kv(&out, &simple, hashes, 1);
    CHECK(&out, "h:1, 4294967295, 7\n");
    print_endpoint_hash_kv(&out, &table, hashes, 1);
    CHECK(&out, "+----------+------------+---------------+\n"
                "| ENDPOINT |    HASH    | HASH REVISION |\n"
                "+----------+------------+---------------+\n"
                "|      h:1 | 4294967295 |             7 |\n"
                "+----------+------------+---------------+\n");
    print_endpoint_hash_kv(&out, &json, hashes, 1);
    CHECK(&out,
          "[{\"Endpoint\":\"h:1\",\"HashKV\":{\"header\":{\"cluster_id\":18364758544493064720,"
          "\"member_id\":1,\"revision\":7,\"raft_term\":2},\"hash\":4294967295,"
          "\"compact_revision\":-1,\"hash_revision\":7}}]\n");
}

static void
test_snapshot(void **state)
{
    static const struct snapshot_status s = {.hash = 0x0d404285,
                                             .revision = 7,
                                             .total_key = 13,
                                             .total_size_bytes = 20480,
                                             .version = ""};
    struct output_style old = simple;
    AUTO_BUF out = BUF_INIT;

    (void)state;
    print_snapshot_status(&out, &simple, &s);
    CHECK(&out, "d404285, 7, 13, 20 kB, \n");
    old.compat = COMPAT_3_5;
    print_snapshot_status(&out, &old, &s);
    CHECK(&out, "d404285, 7, 13, 20 kB\n");
    print_snapshot_status(&out, &json, &s);
    CHECK(&out, "{\"hash\":222315141,\"revision\":7,\"totalKey\":13,\"totalSize\":20480,"
                "\"version\":\"\"}\n");
    print_snapshot_status(&out, &fields, &s);
    CHECK(&out, "\"Hash\" : 222315141\n\"Revision\" : 7\n\"Keys\" : 13\n\"Size\" : 20480\n"
                "\"Version\" : \n");
}

static void
test_no_table(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(print_no_table(&simple, &e));
    EXPECT_ERROR(print_no_table(&table, &e), ERROR_FEATURE, "table not supported as output format");
    EXPECT_OK(print_no_fields(&json, &e));
    EXPECT_ERROR(print_no_fields(&table, &e), ERROR_FEATURE,
                 "table not supported as output format");
    EXPECT_ERROR(print_no_fields(&fields, &e), ERROR_FEATURE,
                 "fields not supported as output format");
}

int
main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_put_and_delete),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_members_json),
        cmocka_unit_test(test_member_added),
        cmocka_unit_test(test_member_changed),
        cmocka_unit_test(test_leader_and_downgrade),
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_health_and_hash),
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_no_table),
    };

    ASSERT(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    return cmocka_run_group_tests(all, NULL, NULL);
}
