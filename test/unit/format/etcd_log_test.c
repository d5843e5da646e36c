/* Lines of real logs (test/golden/logs) and of each form; what is none of etcd's. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "format/etcd_log.h"
#include "format/etcd_log_redact.h"

static struct error e;

static struct etcd_log_line
line_of(struct arena *mem, const char *text)
{
    struct etcd_log_line line;

    assert_true(etcd_log_line_read(mem, text, &line));
    return line;
}

static void
test_forms(void **state)
{
    static const struct {
        const char *text;
        enum etcd_log_level level;
        int64_t time_ms;
        bool has_zone;
        const char *message, *error;
    } lines[] = {
        {"{\"level\":\"warn\",\"ts\":\"2026-11-23T03:10:59.705118Z\",\"caller\":\"a/b.go:1\","
         "\"msg\":\"said\",\"error\":\"EOF\"}",
         ETCD_LOG_WARN, 1795403459000, true, "said", "EOF"},
        {"{\"level\":\"dpanic\",\"msg\":\"said\"}", ETCD_LOG_FATAL, 0, true, "said", ""},
        {"2026-11-23 03:10:39.437233 C | etcdmain: said", ETCD_LOG_FATAL, 1795403439000, false,
         "etcdmain: said", ""},
        {"2026-11-23 03:10:39.437233 N | a: b | c", ETCD_LOG_INFO, 1795403439000, false, "a: b | c",
         ""},
        {"raft2026/11/23 03:06:10 INFO: 8e9e05c52164694d became leader at term 2", ETCD_LOG_INFO,
         1795403170000, false, "8e9e05c52164694d became leader at term 2", ""},
        {"2026-11-23T03:06:10.123456Z\twarn\tsnap/db.go:1\tsaid\t{\"error\": \"EOF\"}",
         ETCD_LOG_WARN, 1795403170000, true, "said", "EOF"},
        {"2026-11-23T03:06:10.123456Z\tinfo\traft\tv3/raft.go:1\tsaid", ETCD_LOG_INFO,
         1795403170000, true, "said", ""},
        {"panic: runtime error: slice bounds out of range", ETCD_LOG_FATAL, 0, false,
         "panic: runtime error: slice bounds out of range", ""},
    };
    AUTO_ARENA mem = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct etcd_log_line line = line_of(&mem, lines[i].text);

        assert_int_equal(line.level, lines[i].level);
        assert_int_equal(line.time_ms, lines[i].time_ms);
        assert_string_equal(line.message, lines[i].message);
        assert_string_equal(line.error, lines[i].error);
        assert_int_equal(line.has_zone, lines[i].has_zone);
    }
}

static void
test_others(void **state)
{
    static const char *const lines[] = {
        "",
        "{",
        "{}",
        "{\"level\":5}",
        "[WARNING] Deprecated '--logger=capnslog' flag is set; use '--logger=zap' flag instead",
        "goroutine 1 [running]:",
        "\t/go/src/main.go:200 +0x1d",
        "2026-11-23 03:10:39.437233 X | a: b",
        "2026-11-23 | ",
        "2026-13-23 03:10:39.437233 I | a",
        "raft2026/11/23 03:06:10",
        "raft2026/11/23 03:06:10 INFO",
        "raft2026/11/23 03:06:",
        "\t\t\t\t",
        "a\tb\tc.go:1",
    };
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_log_line line;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_false(etcd_log_line_read(&mem, lines[i], &line));
}

static void
count_kinds(const char *name, size_t counts[ETCD_LOG_KINDS], size_t *ret_unread)
{
    AUTO_ARENA mem = ARENA_INIT;
    const char *dir = getenv("QUORATE_GOLDEN");
    struct bytes text;
    char *rest;

    assert_non_null(dir);
    memset(counts, 0, ETCD_LOG_KINDS * sizeof(*counts));
    *ret_unread = 0;
    EXPECT_OK(file_read_all(&mem, arena_printf(&mem, "%s/logs/%s", dir, name), 1 << 20, &text, &e));
    rest = arena_text_of_bytes(&mem, text);
    while (rest != NULL && rest[0] != '\0') {
        const char *one = strsep(&rest, "\n");
        struct etcd_log_line line;

        if (etcd_log_line_read(&mem, one, &line))
            counts[etcd_log_kind_of(&line)]++;
        else
            (*ret_unread)++;
    }
}

/* Counts that grep -c has of the same files. */
static void
test_real_logs(void **state)
{
    size_t counts[ETCD_LOG_KINDS], unread;

    (void)state;
    count_kinds("overloaded-leader-3.4.23.log", counts, &unread);
    assert_int_equal(unread, 2); /* [WARNING] Deprecated */
    assert_int_equal(counts[ETCD_LOG_START], 1);
    assert_int_equal(counts[ETCD_LOG_SLOW_SYNC], 2);
    assert_int_equal(counts[ETCD_LOG_LATE_HEARTBEAT], 6);
    assert_int_equal(counts[ETCD_LOG_SLOW_READ_INDEX], 2);
    assert_int_equal(counts[ETCD_LOG_SLOW_APPLY], 2);

    count_kinds("overloaded-leader-3.5.30.log", counts, &unread);
    assert_int_equal(unread, 0);
    assert_int_equal(counts[ETCD_LOG_LATE_HEARTBEAT], 8);

    count_kinds("cluster-leader-loss-and-id-mismatch-3.4.23.log", counts, &unread);
    assert_int_equal(unread, 2);
    assert_int_equal(counts[ETCD_LOG_OTHER_CLUSTER], 120);
    assert_int_equal(counts[ETCD_LOG_PEER_SILENT], 2);

    count_kinds("cluster-leader-loss-and-id-mismatch-3.5.30.log", counts, &unread);
    assert_int_equal(unread, 0);
    assert_int_equal(counts[ETCD_LOG_OTHER_CLUSTER], 78);
    assert_int_equal(counts[ETCD_LOG_LEADER_LOST], 1);
}

/* What the golden logs do not have: the text is in the error of a start that failed, or in another form. */
static void
test_kinds(void **state)
{
    static const struct {
        enum etcd_log_kind kind;
        const char *text;
    } lines[] = {
        {ETCD_LOG_WAL_DAMAGED, "{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":"
                               "\"walpb: crc mismatch: expected: 1 computed: 2\"}"},
        {ETCD_LOG_END, "{\"level\":\"fatal\",\"msg\":\"discovery failed\",\"error\":\"other\"}"},
        {ETCD_LOG_END, "panic: assertion failed"},
        {ETCD_LOG_RAFT_LOST, "{\"level\":\"panic\",\"logger\":\"raft\",\"msg\":\"tocommit(9) is "
                             "out of range [lastIndex(3)]. Was the raft log corrupted, truncated, "
                             "or lost?\"}"},
        {ETCD_LOG_CLOCK_DRIFT, "2026-11-23 03:10:39.437233 W | rafthttp: the clock difference "
                               "against peer a44287dd98dc2a80 is too high [2s > 1s]"},
        {ETCD_LOG_REJECTED_CONNECTION,
         "{\"level\":\"warn\",\"msg\":\"rejected connection on client endpoint\"}"},
        {ETCD_LOG_OTHER, "{\"level\":\"error\",\"msg\":\"serving /health false\"}"},
    };
    AUTO_ARENA mem = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct etcd_log_line line = line_of(&mem, lines[i].text);

        assert_int_equal(etcd_log_kind_of(&line), lines[i].kind);
    }
}

static void
test_redacted(void **state)
{
    static const struct {
        const char *line, *shown;
    } cases[] = {
        {"{\"level\":\"warn\",\"msg\":\"apply request took too long\",\"took\":\"1s\",\"prefix\":"
         "\"read-only range \",\"request\":\"key:\\\"pin\\\" \",\"size\":5,\"args\":[\"--x\"]}",
         "{\"level\":\"warn\",\"msg\":\"apply request took too long\",\"took\":\"1s\",\"prefix\":"
         "\"(left out)\",\"request\":\"(left out)\",\"size\":5,\"args\":\"(left out)\"}"},
        {"2026-11-23 03:11:44.992203 W | etcdserver: read-only range request \"key:\\\"pin\\\" \" "
         "with "
         "result \"x\" took too long (1.6s) to execute",
         "2026-11-23 03:11:44.992203 W | etcdserver: read-only range request (left out) took too "
         "long (1.6s) to execute"},
        {"2026-11-23 03:11:44.992203 W | etcdserver: server is likely overloaded",
         "2026-11-23 03:11:44.992203 W | etcdserver: server is likely overloaded"},
        {"2026-11-23T03:06:10.123456Z\twarn\ta/b.go:1\tsaid\t{\"key\": \"pin\"}",
         "2026-11-23T03:06:10.123456Z\twarn\ta/b.go:1\tsaid\t{\"key\":\"(left out)\"}"},
        {"goroutine 1 [running]:", "goroutine 1 [running]:"},
        {"\t/go/src/main.go:200 +0x1d", "\t/go/src/main.go:200 +0x1d"},
    };
    AUTO_ARENA mem = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(etcd_log_redacted(&mem, cases[i].line), cases[i].shown);
    assert_null(etcd_log_redacted(&mem, "pin = 1234"));
    assert_null(etcd_log_redacted(&mem, "{\"pin\": \"1234\"}"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),     cmocka_unit_test(test_others),
        cmocka_unit_test(test_real_logs), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_redacted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
