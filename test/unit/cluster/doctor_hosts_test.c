/* Rules of 'doctor' about members' hosts: configuration, disk, manifests, health checks and logs. */
#include "doctor_patient.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cluster/doctor/log_digest.h"

/* All hosts were looked at, and nothing is wrong there. */
static void
hosts_init(struct patient *p, struct host_picture *hosts, size_t count)
{
    patient_init(p, count);
    for (size_t i = 0; i < count; i++) {
        hosts[i] = (struct host_picture){
            .state = FACT_KNOWN,
            .name = "db1",
            .settings_state = FACT_KNOWN,
            .settings = ETCD_SETTINGS_INIT,
            .log = {.state = FACT_KNOWN},
            .disk_state = FACT_KNOWN,
            .disk = {.free_bytes = 40ULL << 30,
                     .size_bytes = 100ULL << 30,
                     .file_system = "ext2/ext3",
                     .exists = "/var/lib/etcd"},
            .data_dir = "/var/lib/etcd",
            .data_dir_mode = 0700,
            .sync_state = FACT_ABSENT,
        };
        p->pictures[i].host = &hosts[i];
    }
}

/* Flags of m1's unit: "NAME", "VALUE", ..., each on the next line. */
static void
flags_set(struct patient *p, struct host_picture *host, const char *const *flags, size_t count)
{
    host->settings = (struct etcd_settings)ETCD_SETTINGS_INIT;
    for (size_t i = 0; i + 1 < count; i += 2)
        settings_add(&p->mem, &host->settings,
                     (struct etcd_setting){.name = flags[i],
                                           .value = flags[i + 1],
                                           .origin = SETTING_ARGV,
                                           .file = "/etc/etcd.service",
                                           .line = (unsigned)(i / 2 + 1)});
    settings_resolve(&host->settings);
}

static void
test_healthy(void **state)
{
    struct patient p;
    struct host_picture hosts[3];

    (void)state;
    hosts_init(&p, hosts, 3);
    expect(&p, "");
}

static void
test_settings(void **state)
{
    static const struct {
        const char *flags[4];
        const char *found;
    } cases[] = {
        {{"force-new-cluster", "true"},
         "critical force-new-cluster-left m1: member m1 makes a cluster of its own at its next "
         "start | --force-new-cluster=true (/etc/etcd.service:1)"},
        {{"force-new-cluster", "false"}, ""},
        {{"unsafe-no-fsync", "true"},
         "critical unsafe-no-fsync m1: member m1 does not wait until its log is on the disk | "
         "--unsafe-no-fsync=true (/etc/etcd.service:1)"},
        {{"strict-reconfig-check", "false"},
         "warning reconfig-check-off m1: member m1 takes changes of membership that lose the "
         "quorum | --strict-reconfig-check=false (/etc/etcd.service:1)"},
        {{"pre-vote", "false"},
         "note pre-vote-off m1: member m1 calls an election before it knows that it could win it "
         "| --pre-vote=false (/etc/etcd.service:1)"},
        {{"peer-auto-tls", "true"},
         "warning self-made-certificates m1: member m1 makes its own certificate, which peers "
         "cannot verify | --peer-auto-tls=true (/etc/etcd.service:1)"},
        {{"listen-client-urls", "http://127.0.0.1:2379,http://[::1]:2379"}, ""},
        {{"listen-client-urls", "http://127.0.0.1:2379,http://0.0.0.0:2379"},
         "warning open-without-tls m1: member m1 is open to clients of the network without TLS | "
         "--listen-client-urls=http://127.0.0.1:2379,http://0.0.0.0:2379 (/etc/etcd.service:1) $ "
         "quorate tls enable --dry-run --cluster prod"},
        {{"listen-peer-urls", "http://10.0.0.1:2380"},
         "warning open-without-tls m1: member m1 is open to peers of the network without TLS | "
         "--listen-peer-urls=http://10.0.0.1:2380 (/etc/etcd.service:1) $ quorate tls enable "
         "--dry-run --cluster prod"},
        {{"listen-client-urls", "https://10.0.0.1:2379"},
         "note any-client m1: member m1 asks clients for no certificate | "
         "--client-cert-auth=false (etcd's default)"},
        {{"listen-client-urls", "https://10.0.0.1:2379", "client-cert-auth", "true"}, ""},
        {{"snapshot-count", "100"},
         "warning snapshot-count m1: member m1 writes a snapshot of raft every 100 entries | "
         "--snapshot-count=100 (/etc/etcd.service:1)"},
        {{"snapshot-count", "5000000"},
         "warning snapshot-count m1: member m1 keeps 5000000 entries of raft in memory | "
         "--snapshot-count=5000000 (/etc/etcd.service:1)"},
        {{"enable-v2", "true"},
         "critical flag-unknown m1: member m1 will not start again as etcd 3.6: no --enable-v2 "
         "there | /etc/etcd.service:1"},
        {{"experimental-initial-corrupt-check", "true"},
         "note flag-ends m1: member m1 would not start as etcd 3.7: no "
         "--experimental-initial-corrupt-check there | /etc/etcd.service:1; it is "
         "--feature-gates=InitialCorruptCheck=true now"},
    };
    struct patient p;
    struct host_picture hosts[3];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hosts_init(&p, hosts, 3);
        flags_set(&p, &hosts[0], cases[i].flags, cases[i].flags[2] != NULL ? 4 : 2);
        expect(&p, cases[i].found);
    }
}

static void
test_a_flag_and_a_variable(void **state)
{
    static const char *const flags[] = {"name", "m1"};
    struct patient p;
    struct host_picture hosts[1];

    (void)state;
    hosts_init(&p, hosts, 1);
    flags_set(&p, &hosts[0], flags, 2);
    settings_add_variable(&p.mem, &hosts[0].settings, "ETCD_NAME", "m1", "/etc/default/etcd", 7);
    settings_resolve(&hosts[0].settings);
    expect(&p, "critical will-not-start m1: member m1 will not start again: --name is given as a "
               "flag and as a variable | /etc/default/etcd:7");
}

static void
test_timeouts(void **state)
{
    static const char *const flags[] = {"election-timeout", "5000"};
    struct patient p;
    struct host_picture hosts[3];

    (void)state;
    hosts_init(&p, hosts, 3);
    flags_set(&p, &hosts[0], flags, 2);
    expect(&p, "warning timeouts-differ m1: member m1 has another --election-timeout than m2: "
               "5000 ms and 1000 ms | /etc/etcd.service:1");
}

static void
test_disks(void **state)
{
    struct patient p;
    struct host_picture hosts[3];

    (void)state;
    hosts_init(&p, hosts, 3);
    hosts[0].disk.free_bytes = 4ULL << 30;
    hosts[1].data_dir_mode = 0755;
    hosts[2].disk.file_system = "nfs";
    expect(&p,
           "critical disk-space m1: the disk of member m1 has 4.3 GB free | of 107 GB, in "
           "/var/lib/etcd; the database takes 21 MB\n"
           "warning file-system-of-network m3: the data of member m3 lie on 'nfs' | /var/lib/etcd\n"
           "warning data-directory-open m2: others may look into the data of member m2 | "
           "/var/lib/etcd has mode 0755; chmod 0700 it");
    hosts_init(&p, hosts, 3);
    p.members[0].status.db_size_bytes = 50LL << 30;
    p.members[0].status.db_size_in_use_bytes = 50LL << 30;
    page_set(&p, &p.pictures[0].metrics.now,
             "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 0\n"
             "etcd_disk_backend_commit_duration_seconds_bucket{le=\"+Inf\"} 0\n");
    expect(&p, "warning disk-space m1: the disk of member m1 has 43 GB free | of 107 "
               "GB, in /var/lib/etcd; the database takes 54 GB");
    hosts_init(&p, hosts, 3);
    for (size_t i = 0; i < 3; i++) {
        hosts[i].sync_state = FACT_KNOWN;
        hosts[i].sync_mean_us = (int64_t[]){9000, 30000, 200000}[i];
    }
    expect(&p, "critical disk-slow m3: a synced write on the disk of member m3 takes 200ms | the "
               "mean of 100 writes of 2300 bytes in /var/lib/etcd\n"
               "warning disk-slow m2: a synced write on the disk of member m2 takes 30ms | the "
               "mean of 100 writes of 2300 bytes in /var/lib/etcd");
}

static void
test_static_pods(void **state)
{
    static const char *copies[] = {"/etc/kubernetes/manifests/etcd.yaml.bak"};
    static const struct tls_probe probe = {.member = "m1",
                                           .where = "db1:/etc/cron.d/check:1",
                                           .asks = "http://127.0.0.1:2379/health",
                                           .word = "probe-plain-http",
                                           .text = "speaks plain HTTP to a port with TLS",
                                           .remedy = "ask http://127.0.0.1:2381/livez"};
    static const char *const good[] = {NULL, "/livez", "/health?exclude=NOSPACE&serializable=true"};
    struct patient p;
    struct host_picture hosts[1];

    (void)state;
    hosts_init(&p, hosts, 1);
    hosts[0].other_manifests = (struct inventory_urls){copies, 1};
    hosts[0].liveness_path = "/health";
    hosts[0].probes = &probe;
    hosts[0].probe_count = 1;
    expect(&p, "critical manifest-twice m1: a second manifest of etcd on the host of member m1 | "
               "/etc/kubernetes/manifests/etcd.yaml.bak\n"
               "warning liveness-needs-quorum m1: the kubelet kills member m1 when the cluster "
               "has no leader | livenessProbe: /health\n"
               "warning probe-in-vain m1: db1:/etc/cron.d/check:1: speaks plain HTTP to a port "
               "with TLS | it asks http://127.0.0.1:2379/health; ask "
               "http://127.0.0.1:2381/livez $ quorate tls probes --cluster prod");
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        hosts_init(&p, hosts, 1);
        hosts[0].liveness_path = good[i];
        expect(&p, "");
    }
}

static void
test_what_was_not_seen(void **state)
{
    struct patient p;
    struct host_picture hosts[3];

    (void)state;
    hosts_init(&p, hosts, 3);
    hosts[0] = (struct host_picture){.state = FACT_UNKNOWN, .because = "db1: connection refused"};
    hosts[1].log = (struct log_picture){.state = FACT_UNKNOWN, .because = "no journal"};
    hosts[2].sync_state = FACT_UNKNOWN;
    hosts[2].sync_because = "read-only";
    expect(&p, "note not-looked-at m1: the host of member m1 was not looked at | db1: connection "
               "refused\n"
               "note not-looked-at m2: the log of member m2 was not looked at | no journal\n"
               "note not-looked-at m3: the speed of the disk of member m3 was not looked at | "
               "read-only");
}

/* --- logs --- */

#define AT(time, level, message)                                                                   \
    "{\"level\":\"" level "\",\"ts\":\"2026-11-23T" time ".000Z\",\"msg\":\"" message "\"}\n"

static const int64_t noon_ms = 1795435200000; /* 2026-11-23T12:00:00Z */

static size_t
count_of(const char *text, enum etcd_log_kind kind)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct log_picture log;

    log_digest(&mem, text, noon_ms, &log);
    return log.seen[kind].count;
}

static void
test_what_counts_of_a_log(void **state)
{
    (void)state;
    /* The last hour, by our clock, too, where the lines have a zone. */
    assert_int_equal(count_of(AT("10:59:59", "warn", "slow fdatasync") AT(
                                  "11:30:00", "warn", "slow fdatasync") AT("11:40:00", "info", "x"),
                              ETCD_LOG_SLOW_SYNC),
                     1);
    assert_int_equal(count_of(AT("10:30:00", "warn", "slow fdatasync"), ETCD_LOG_SLOW_SYNC), 0);
    /* 3.4 writes local time: its last line is now. */
    assert_int_equal(count_of("2026-11-23 03:11:44.992203 W | wal: sync duration of 1.6s, expected "
                              "less than 1s\n2026-11-23 04:11:44.992203 I | etcdserver: x\n",
                              ETCD_LOG_SLOW_SYNC),
                     1);
    /* Lines without a time are as old as the one before. */
    assert_int_equal(count_of("panic: x\n", ETCD_LOG_END), 1);
    assert_int_equal(count_of(AT("11:30:00", "info", "x") "panic: x\n", ETCD_LOG_END), 1);
    assert_int_equal(count_of(AT("09:30:00", "info", "x") "panic: x\n", ETCD_LOG_END), 0);
    /* Of an earlier process only how it ended. */
    assert_int_equal(count_of(AT("11:30:00", "warn", "slow fdatasync")
                                  AT("11:31:00", "info", "starting an etcd server"),
                              ETCD_LOG_SLOW_SYNC),
                     0);
    assert_int_equal(count_of(AT("11:30:00", "fatal", "x")
                                  AT("11:31:00", "info", "starting an etcd server"),
                              ETCD_LOG_END),
                     1);
    assert_int_equal(count_of("", ETCD_LOG_OTHER), 0);
}

static void
log_set(struct patient *p, struct host_picture *host, const char *text)
{
    log_digest(&p->mem, text, noon_ms, &host->log);
}

static void
test_logs(void **state)
{
    static const char sync[] = AT("11:30:00", "warn", "slow fdatasync");
    struct patient p;
    struct host_picture hosts[1];

    (void)state;
    hosts_init(&p, hosts, 1);
    log_set(&p, &hosts[0], sync);
    assert_string_equal(findings_text(&p),
                        "note log-slow-sync m1: the log of member m1: 1 syncs "
                        "of more than a second | last at "
                        "2026-11-23T11:30:00Z $ quorate check perf --cluster prod");
    log_set(&p, &hosts[0], arena_printf(&p.mem, "%s%s%s", sync, sync, sync));
    assert_true(strncmp(findings_text(&p), "warning log-slow-sync m1", 24) == 0);
    log_set(&p, &hosts[0],
            "{\"level\":\"fatal\",\"ts\":\"2026-11-23T11:30:00.000Z\",\"msg\":\"discovery "
            "failed\",\"error\":\"walpb: crc mismatch\"}\n");
    expect(&p, "critical log-wal-damaged m1: the log of member m1: 1 times a damaged log of raft | "
               "last at 2026-11-23T11:30:00Z: 'discovery failed: walpb: crc mismatch'");
}

/* The keys in a slow request's line stay there. */
static void
test_no_keys(void **state)
{
    struct patient p;
    struct host_picture hosts[1];

    (void)state;
    hosts_init(&p, hosts, 1);
    log_set(&p, &hosts[0],
            "2026-11-23 03:11:44.992203 W | etcdserver: read-only range request "
            "\"key:\\\"password\\\" \" with result \"x\" took too long (1.6s) to execute\n");
    expect(&p, "note log-slow-applies m1: the log of member m1: 1 requests of more than 100 ms | "
               "last at 2026-11-23T03:11:44Z");
}

/* Every rule about logs has a sign, and no other has one; no kind is counted by two. */
static void
test_signs(void **state)
{
    size_t rules[ETCD_LOG_KINDS] = {0};
    const struct doctor_rule *rule;

    (void)state;
    for (size_t i = 0; (rule = doctor_rule_at(i)) != NULL; i++) {
        assert_int_equal(strncmp(rule->id, "log-", 4) == 0, rule->sign != NULL);
        if (rule->sign != NULL)
            rules[rule->sign->kind]++;
    }
    for (size_t kind = 0; kind < ETCD_LOG_KINDS; kind++)
        assert_int_equal(rules[kind], kind != ETCD_LOG_OTHER && kind != ETCD_LOG_START);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_a_flag_and_a_variable),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_disks),
        cmocka_unit_test(test_static_pods),
        cmocka_unit_test(test_what_was_not_seen),
        cmocka_unit_test(test_what_counts_of_a_log),
        cmocka_unit_test(test_logs),
        cmocka_unit_test(test_no_keys),
        cmocka_unit_test(test_signs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
