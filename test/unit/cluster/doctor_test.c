/* Each rule of 'doctor' over a picture made by hand: what it says, and that a healthy cluster has nothing. */
#include "doctor_patient.h"

#include <string.h>

/* The page of m1 now, with the lines in front of the healthy ones: the first of a name counts for sums, so
 * these come instead. */
static void
page_now(struct patient *p, const char *text)
{
    page_set(p, &p->pictures[0].metrics.now, text);
}

#define HISTOGRAMS                                                                                 \
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.008\"} 1000\n"                             \
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 1000\n"                              \
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"0.008\"} 1000\n"                        \
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"+Inf\"} 1000\n"

static void
test_healthy(void **state)
{
    static const size_t sizes[] = {1, 3, 5};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct patient p;

        patient_init(&p, sizes[i]);
        assert_string_equal(findings_text(&p), "");
        assert_int_equal(p.diagnosis.verdict, VERDICT_WELL);
        arena_release(&p.mem);
    }
}

static void
silence(struct patient *p, size_t i, enum error_code code, const char *text)
{
    p->members[i].known = false;
    error_set(&p->members[i].unknown_because, code, "%s", text);
    p->pictures[i].metrics = (struct metrics_picture){.state = FACT_UNKNOWN};
    p->pictures[i].list_state = FACT_UNKNOWN;
}

static void
test_silent_members(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    silence(&p, 1, ERROR_CONNECTION, "connection refused");
    silence(&p, 2, ERROR_TIMEOUT, "no answer in 5s");
    expect(&p, "critical quorum-lost : quorum is lost: 1 of 3 voters serve, 2 are needed"
               " $ quorate member rescue m1 --dry-run --cluster prod\n"
               "warning member-down m2: member m2 does not answer: connection refused"
               " | 1 of 3 voters serve, 2 are needed"
               " $ quorate endpoint health --endpoints http://127.0.0.1:2379\n"
               "warning member-frozen m3: member m3 does not answer: no answer in 5s"
               " | 1 of 3 voters serve, 2 are needed"
               " $ quorate endpoint health --endpoints http://127.0.0.1:2379");
}

static void
test_how_a_member_is_started_again(void **state)
{
    struct inventory_member members[] = {{.name = "m2",
                                          .host = "ssh://root@db2",
                                          .runner = INVENTORY_RUNNER_SYSTEMD,
                                          .runner_name = "etcd.service"}};
    static const struct inventory_lab lab = {.dir = "/x"};
    struct inventory inventory = {.name = "prod", .members = {members, 1, 1}};
    struct patient p;

    (void)state;
    for (int round = 0; round < 3; round++) {
        static const char *const commands[] = {"ssh ssh://root@db2 systemctl restart etcd.service",
                                               "quorate member replace m2 --dry-run --cluster prod",
                                               "quorate lab start --name demo m2"};

        patient_init(&p, 3);
        p.picture.inventory = &inventory;
        if (round == 1)
            members[0].runner = INVENTORY_RUNNER_UNKNOWN;
        if (round == 2) {
            inventory.lab = &lab;
            inventory.name = "lab:demo";
        }
        silence(&p, 1, ERROR_CONNECTION, "connection refused");
        findings_text(&p);
        assert_int_equal(p.diagnosis.finding_count, 1);
        assert_string_equal(p.diagnosis.findings[0].command, commands[round]);
        assert_string_equal(p.diagnosis.summary, "2 of 3 voters serve; no further member may fail");
        arena_release(&p.mem);
    }
}

/* Two of how many? */
static void
test_no_member_list(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 2);
    error_set(&p.view.unlisted_because, ERROR_AUTH, "user name is empty");
    expect(&p, "warning members-unknown : the member list cannot be had: user name is empty"
               " | there may be more members than those that answer"
               " $ quorate member list --cluster prod");
    patient_init(&p, 2);
    error_set(&p.view.unlisted_because, ERROR_AUTH, "user name is empty");
    p.members[0].member.is_learner = p.members[1].member.is_learner = true;
    findings_text(&p);
    assert_string_equal(p.diagnosis.findings[0].rule->id, "members-unknown");
    assert_string_equal(p.diagnosis.summary,
                        "2 members answer; whether there are more is not known");
    arena_release(&p.mem);
}

static void
test_leaders(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    silence(&p, 0, ERROR_TIMEOUT, "no answer");
    p.members[1].status.leader = 0;
    p.members[2].status.leader = 1;
    findings_text(&p);
    assert_string_equal(p.diagnosis.findings[0].rule->id, "quorum-lost");
    assert_string_equal(p.diagnosis.findings[1].rule->id, "leader-silent");
    assert_string_equal(p.diagnosis.findings[2].rule->id, "no-leader");
    arena_release(&p.mem);

    patient_init(&p, 5);
    p.members[2].status.leader = 3;
    expect(&p, "warning other-leader m3: member m3 names another leader (3)"
               " | most name 1; its raft term is 2 $ quorate endpoint status --cluster prod");
}

static void
test_members_that_are_not_right(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 4);
    silence(&p, 3, ERROR_UNAVAILABLE, "never started");
    p.members[3].member.client_url_count = 0;
    p.members[3].member.is_learner = true;
    expect(&p, "warning member-never-started m4: member m4 was added but never started"
               " | its peer URL is http://127.0.0.1:2379, its id 4"
               " $ quorate member remove 4 --cluster prod");

    patient_init(&p, 4);
    p.members[3].member.is_learner = true;
    expect(&p, "warning learner-not-promoted m4: member m4 is a learner that has caught up and was "
               "never promoted | it is 0 raft entries behind"
               " $ quorate member promote 4 --cluster prod");

    patient_init(&p, 2);
    expect(&p, "warning even-voters : 2 voters: an even number"
               " | when either of the two fails, the cluster stands still"
               " $ quorate member grow --to 3 --dry-run --cluster prod");

    patient_init(&p, 3);
    p.ids[2] = 9;
    p.pictures[0].list_count = p.pictures[1].list_count = 0;
    p.pictures[0].list_state = p.pictures[1].list_state = FACT_ABSENT;
    expect(&p, "warning member-lists-differ m3: member m3 has another member list than the leader"
               " | its own: 1 2 9; the leader's has 3"
               " $ quorate member list -w table --cluster prod");
}

static void
test_lag(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    p.members[1].status.raft_applied_index = p.members[1].status.raft_index = 98999;
    p.members[2].status.raft_applied_index = 99000;
    expect(&p, "warning raft-lag m2: member m2 is 1001 raft entries behind"
               " | it has applied 98999, another one 100000 $ quorate status --cluster prod");

    patient_init(&p, 3);
    p.members[2].status.raft_index = 105001;
    expect(&p, "critical apply-gap m3: member m3 has 5001 entries that it has not applied yet"
               " | more than 5000, and it answers 'too many requests'"
               " $ quorate endpoint status --cluster prod");
}

static void
test_endpoints(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    p.view.strays = &p.stray;
    p.view.stray_count = 1;
    p.stray = (struct stray_endpoint){.endpoint = "x:1", .member_id = 9, .cluster_id = 0xd};
    assert_string_equal(
        findings_text(&p),
        "warning endpoint-of-another-cluster : endpoint x:1 belongs to another cluster (d)"
        " | this cluster is c; it answers as member 9 $ quorate status --endpoints x:1");
    p.stray.cluster_id = 0xc;
    assert_string_equal(
        findings_text(&p),
        "warning zombie-member : endpoint x:1 answers as member 9, which is not in the member list"
        " | the list has 3 members $ quorate member list --cluster prod");
    p.stray.member_id = 0;
    error_set(&p.stray.error, ERROR_CONNECTION, "refused");
    expect(&p,
           "warning endpoint-silent : endpoint x:1: refused $ quorate member list --cluster prod");
}

static void
test_certificates(void **state)
{
    enum { DAY_S = 86400 };
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    p.members[0].certificate_end_s = NOW_S + 30 * DAY_S;
    p.members[1].certificate_end_s = NOW_S + 29 * DAY_S;
    p.members[2].certificate_end_s = NOW_S - 1;
    expect(&p, "critical certificate-ends m3: the certificate of member m3 has ended"
               " | it ends at 2023-11-14T22:13:19Z"
               " $ quorate tls renew --ca-key FILE --dry-run --cluster prod\n"
               "warning certificate-ends m2: the certificate of member m2 ends in 29 days"
               " | it ends at 2023-12-13T22:13:20Z"
               " $ quorate tls renew --ca-key FILE --dry-run --cluster prod");
}

static void
test_clocks(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    /* All are the same hour away from the clock here: that is not theirs. */
    for (size_t i = 0; i < 3; i++)
        p.pictures[i].metrics.clock_ms = 3600 * 1000;
    p.pictures[1].metrics.clock_ms -= 2000;
    p.pictures[1].metrics.clock_uncertainty_ms = 1;
    assert_string_equal(findings_text(&p), "");
    p.pictures[1].metrics.clock_ms -= 3000;
    expect(&p, "warning clock-skew m2: the clock of member m2 is 5.0 s behind the others'"
               " | +3595000 ms to the clock here, the others' +3600000 ms"
               " $ timedatectl set-ntp true");
}

static void
test_space(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    p.view.alarms = &p.alarm;
    p.view.alarm_count = 1;
    p.alarm = (struct etcd_alarm){2, ETCD_ALARM_NOSPACE};
    assert_string_equal(findings_text(&p),
                        "critical nospace-alarm m2: alarm NOSPACE by member m2: writes are refused"
                        " $ quorate quota recover --dry-run --cluster prod");
    p.alarm.type = ETCD_ALARM_CORRUPT;
    expect(&p, "critical corrupt-alarm m2: alarm CORRUPT by member m2: its data differs"
               " $ quorate check corruption --cluster prod");

    patient_init(&p, 3);
    for (size_t i = 0; i < 3; i++)
        p.members[i].status.db_size_quota_bytes = 100 * 1000 * 1000;
    p.members[0].status.db_size_bytes = 69 * 1000 * 1000;
    p.members[0].status.db_size_in_use_bytes = 69 * 1000 * 1000;
    p.members[1].status.db_size_bytes = 70 * 1000 * 1000;
    p.members[1].status.db_size_in_use_bytes = 60 * 1000 * 1000;
    p.members[2].status.db_size_bytes = 90 * 1000 * 1000;
    p.members[2].status.db_size_in_use_bytes = 10 * 1000 * 1000;
    expect(&p, "critical quota m3: the database of member m3 takes 90 % of its quota"
               " | 90 MB of 100 MB, and 10 MB of it in use"
               " $ quorate maintain defrag --when 'free > 0' --dry-run --cluster prod\n"
               "warning quota m2: the database of member m2 takes 70 % of its quota"
               " | 70 MB of 100 MB, and 60 MB of it in use $ quorate keys du --cluster prod");

    patient_init(&p, 3);
    p.members[0].status.db_size_bytes = 400 * 1000 * 1000;
    p.members[0].status.db_size_in_use_bytes = 200 * 1000 * 1000;
    p.members[1].status.db_size_quota_bytes = 9ll << 30;
    expect(&p, "warning fragmented m1: 50 % of the database of member m1 is free pages"
               " | 400 MB, of which 200 MB are in use"
               " $ quorate maintain defrag --dry-run --cluster prod\n"
               "warning quotas-differ : members m1 and m2 have different quotas"
               " | 2.1 GB and 9.7 GB\n"
               "note quota-large m2: the quota of member m2 is larger than 8 GiB | it is 9.7 GB");
}

static void
test_a_full_quota(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 1);
    p.members[0].status.db_size_quota_bytes = 20 << 20;
    expect(&p, "critical quota m1: the database of member m1 is over its quota (100 %): the next "
               "write is refused | 21 MB of 21 MB, and 20 MB of it in use"
               " $ quorate keys du --cluster prod");
}

static void
test_history(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    page_now(&p, HISTOGRAMS "etcd_debugging_mvcc_current_revision 100001\n"
                            "etcd_debugging_mvcc_compact_revision 0\n");
    assert_string_equal(findings_text(&p),
                        "warning history-kept : 100001 revisions were written, and none was ever "
                        "given up | revision 100001, compacted at 0"
                        " $ quorate compaction 1 --cluster prod");
    page_now(&p, HISTOGRAMS "etcd_debugging_mvcc_current_revision 2000000\n"
                            "etcd_debugging_mvcc_compact_revision 1e+06\n");
    assert_string_equal(findings_text(&p), "");
    page_now(&p, HISTOGRAMS "etcd_debugging_mvcc_current_revision 2000002\n"
                            "etcd_debugging_mvcc_compact_revision 1e+06\n");
    expect(&p, "warning history-kept : 1000002 revisions of history are kept"
               " | revision 2000002, compacted at 1000000"
               " $ quorate compaction 1900002 --cluster prod");
}

static const char *
first_of_version(struct patient *p, size_t count, const char *version)
{
    patient_init(p, count);
    for (size_t i = 0; i < count; i++)
        p->members[i].status.version = version;
    for (size_t i = 0; i < count; i++)
        page_set(p, &p->pictures[i].metrics.now, HISTOGRAMS);
    findings_text(p);
    return p->diagnosis.finding_count > 0 ? p->diagnosis.findings[0].text : "";
}

static void
test_releases(void **state)
{
    static const struct {
        const char *version;
        size_t members;
        enum verdict verdict;
        const char *first;
    } rows[] = {
        {"3.4.45", 3, VERDICT_WELL, "member m1 runs etcd 3.4.45, which is no longer mended"},
        {"3.5.0", 3, VERDICT_CRITICAL,
         "etcd 3.5.0 to 3.5.2: a crash under load can leave members with different data"},
        {"3.5.2", 1, VERDICT_CRITICAL,
         "etcd 3.5.0 to 3.5.2: a crash under load can leave members with different data"},
        {"3.5.3", 1, VERDICT_WARNING,
         "etcd 3.5.0 to 3.5.4: a single member acknowledges writes before they are on the disk"},
        {"3.5.3", 3, VERDICT_WARNING,
         "etcd 3.5.0 to 3.5.5: a crash while it defragments can make its data differ"},
        {"3.5.13", 3, VERDICT_WARNING,
         "etcd 3.5.0 to 3.5.13: after a crash during a compaction its revision can go backwards"},
        {"3.5.22", 3, VERDICT_WARNING,
         "etcd 3.5.0 to 3.5.22: a snapshot that arrives while it defragments can damage its "
         "database"},
        {"3.5.30", 3, VERDICT_WELL,
         "etcd 3.5.0 to 3.5.30: 'member update' makes a voter of a learner, silently"},
        {"3.5.31", 3, VERDICT_WELL, ""},
        {"3.6.4", 3, VERDICT_WARNING,
         "etcd 3.6.0 to 3.6.4: a snapshot that arrives while it defragments can damage its "
         "database"},
        {"3.6.12", 3, VERDICT_WELL, ""},
        {"3.7.3", 3, VERDICT_WELL, ""},
        {"three", 3, VERDICT_WELL, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct patient p;

        assert_string_equal(first_of_version(&p, rows[i].members, rows[i].version), rows[i].first);
        assert_int_equal(p.diagnosis.verdict, rows[i].verdict);
        arena_release(&p.mem);
    }
}

static void
test_versions_of_a_cluster(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    p.members[2].status.version = "3.7.3";
    expect(&p, "warning version-skew : members run different versions (3.6.16 and 3.7.3)"
               " | m1 runs 3.6.16, m3 runs 3.7.3 $ quorate endpoint status --cluster prod");

    patient_init(&p, 3);
    for (size_t i = 0; i < 3; i++)
        p.members[i].status.version = "3.7.3";
    p.members[1].status.downgrade_info.enabled = true;
    p.members[1].status.downgrade_info.target_version = "3.6.0";
    expect(&p, "warning cluster-version-behind : the cluster's version is 3.6, and all members run "
               "a newer one | m1 runs 3.7.3 $ quorate downgrade cancel --cluster prod\n"
               "warning downgrade-enabled : a downgrade to 3.6.0 is enabled"
               " $ quorate downgrade cancel --cluster prod");

    /* The leader has not asked yet. */
    patient_init(&p, 3);
    for (size_t i = 0; i < 3; i++)
        p.members[i].status.version = "3.7.3";
    page_now(&p, HISTOGRAMS "process_start_time_seconds 1.69999999e+09\n"
                            "etcd_cluster_version{cluster_version=\"3.0\"} 1\n");
    expect(&p, "");
}

#define FSYNC(le, count) "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"" le "\"} " count "\n"
#define COMMIT(le, count)                                                                          \
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"" le "\"} " count "\n"
#define FSYNC_WELL  FSYNC("0.008", "100") FSYNC("+Inf", "100")
#define COMMIT_WELL COMMIT("0.008", "100") COMMIT("+Inf", "100")

static void
test_disks(void **state)
{
    struct patient p;

    (void)state;
    /* 49 are too few to judge by. */
    patient_init(&p, 3);
    page_now(&p, FSYNC("0.001", "0") FSYNC("0.512", "49") FSYNC("+Inf", "49") COMMIT_WELL);
    assert_string_equal(findings_text(&p), "");
    page_now(&p, FSYNC("0.001", "0") FSYNC("0.512", "50") FSYNC("+Inf", "50") COMMIT_WELL);
    expect(&p, "warning wal-fsync-slow m1: synced writes of the log of member m1 take 507 ms "
               "(p99) | p50 256 ms, p90 461 ms, p99 507 ms of 50 since its start");

    /* What happens now counts, where it is enough. */
    patient_init(&p, 3);
    p.pictures[0].metrics.has_before = true;
    page_set(&p, &p.pictures[0].metrics.before,
             FSYNC("0.001", "0") FSYNC("2", "1000") FSYNC("+Inf", "1000") COMMIT_WELL);
    page_now(&p, FSYNC("0.001", "60") FSYNC("2", "1060") FSYNC("+Inf", "1060") COMMIT_WELL);
    assert_string_equal(findings_text(&p), "");
    page_now(&p, FSYNC("0.001", "40") FSYNC("2", "1040") FSYNC("+Inf", "1040") COMMIT_WELL);
    findings_text(&p);
    assert_int_equal(p.diagnosis.findings[0].severity, VERDICT_CRITICAL);
    arena_release(&p.mem);

    patient_init(&p, 3);
    page_now(&p, FSYNC("0.008", "0") FSYNC("0.016", "50") FSYNC("+Inf", "50") COMMIT("0.016", "0")
                     COMMIT("0.032", "50") COMMIT("+Inf", "50"));
    expect(&p, "note wal-fsync-slow m1: synced writes of the log of member m1 take 15.9 ms (p99)"
               " | p50 12 ms, p90 15.2 ms, p99 15.9 ms of 50 since its start\n"
               "note backend-commit-slow m1: commits of the database of member m1 take 31.8 ms "
               "(p99) | p50 24 ms, p90 30.4 ms, p99 31.8 ms of 50 since its start");
}

#define ROUND_TRIP(to, le, count)                                                                  \
    "etcd_network_peer_round_trip_time_seconds_bucket{To=\"" to "\",le=\"" le "\"} " count "\n"
#define ROUND_TRIPS(to, count)                                                                     \
    "etcd_network_peer_round_trip_time_seconds_count{To=\"" to "\"} " count "\n"

static void
test_peers(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    page_now(&p, HISTOGRAMS ROUND_TRIP("2", "0.2", "0") ROUND_TRIP("2", "0.3", "10")
                     ROUND_TRIP("2", "+Inf", "10") ROUND_TRIPS("2", "10")
                         ROUND_TRIP("3", "0.001", "10") ROUND_TRIP("3", "+Inf", "10")
                             ROUND_TRIPS("3", "10") ROUND_TRIPS("ffff", "10"));
    expect(&p,
           "warning peer-round-trip-slow m1: the way from member m1 to m2 and back takes 299 ms "
           "(p99) | p50 250 ms, p90 290 ms, p99 299 ms of 10 since its start");

    patient_init(&p, 3);
    silence(&p, 1, ERROR_CONNECTION, "refused");
    page_now(&p, HISTOGRAMS "etcd_network_active_peers{Local=\"1\",Remote=\"2\"} 0\n"
                            "etcd_network_active_peers{Local=\"1\",Remote=\"3\"} 0\n"
                            "etcd_network_active_peers{Local=\"1\",Remote=\"7\"} 0\n");
    findings_text(&p);
    assert_int_equal(p.diagnosis.finding_count, 2);
    assert_string_equal(p.diagnosis.findings[1].text,
                        "member m1 has no connection to m3, which serves");
    arena_release(&p.mem);
}

static void
test_counters(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    p.pictures[0].metrics.has_before = true;
    page_set(&p, &p.pictures[0].metrics.before,
             HISTOGRAMS "etcd_server_proposals_failed_total 5\n"
                        "etcd_server_heartbeat_send_failures_total 5\n"
                        "etcd_server_slow_apply_total 5\netcd_server_slow_read_indexes_total 5\n"
                        "etcd_network_peer_sent_failures_total{To=\"2\"} 5\n");
    page_now(&p, HISTOGRAMS "etcd_server_proposals_failed_total 16\n"
                            "etcd_server_proposals_pending 1001\n"
                            "etcd_server_heartbeat_send_failures_total 8\n"
                            "etcd_server_slow_apply_total 8\n"
                            "etcd_server_slow_read_indexes_total 7\n"
                            "etcd_network_peer_sent_failures_total{To=\"2\"} 8\n");
    expect(&p,
           "warning peer-send-failures m1: member m1: messages to peers get lost"
           " | 3 in the last 2.0 s, 8 since its start\n"
           "warning failed-proposals m1: 5.5 proposals a second fail at member m1"
           " | 11 in the last 2.0 s\n"
           "warning pending-proposals m1: 1001 proposals wait at member m1"
           " | they wait for the quorum: the leader's disk, or the network\n"
           "warning heartbeats-late m1: member m1: heartbeats go out too late"
           " | 3 in the last 2.0 s, 8 since its start\n"
           "warning slow-applies m1: member m1: requests take more than 100 ms to apply"
           " | 3 in the last 2.0 s, 8 since its start\n"
           "warning slow-read-indexes m1: member m1: reads wait for the leader to confirm itself"
           " | 2 in the last 2.0 s, 7 since its start");

    /* An hour after the start. */
    patient_init(&p, 3);
    page_now(&p, HISTOGRAMS "process_start_time_seconds 1.6999964e+09\n"
                            "etcd_server_heartbeat_send_failures_total 10\n"
                            "etcd_server_slow_apply_total 99\n"
                            "etcd_server_slow_read_indexes_total 9\n");
    expect(&p, "note heartbeats-late m1: member m1: heartbeats go out too late"
               " | 10 since its start 1 h 0 min ago");
}

static void
test_leader_changes(void **state)
{
    static const char page[] = HISTOGRAMS "process_start_time_seconds 1.6999964e+09\n"
                                          "etcd_server_leader_changes_seen_total ";
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    page_now(&p, arena_printf(&p.mem, "%s15\n", page));
    assert_string_equal(findings_text(&p), "");
    page_now(&p, arena_printf(&p.mem, "%s16\n", page));
    assert_string_equal(findings_text(&p),
                        "warning leader-changes : the leader has changed 16 times since member m1 "
                        "started | since its start 1 h 0 min ago; raft term 2");
    page_now(&p, arena_printf(&p.mem, "%s3\n", page));
    page_set(&p, &p.pictures[0].metrics.before, arena_printf(&p.mem, "%s2\n", page));
    p.pictures[0].metrics.has_before = true;
    expect(&p, "warning leader-changes : the leader has just changed (3 times since member m1 "
               "started) | since its start 1 h 0 min ago; raft term 2");
}

static void
test_pages(void **state)
{
    struct patient p;

    (void)state;
    patient_init(&p, 3);
    page_now(&p, HISTOGRAMS "process_open_fds 81\nprocess_max_fds 100\n");
    assert_string_equal(findings_text(&p),
                        "warning file-descriptors m1: member m1 has 81 % of its file descriptors "
                        "open | 81 of 100");
    page_now(&p, HISTOGRAMS "os_fd_used 96\nos_fd_limit 100\n");
    assert_string_equal(findings_text(&p),
                        "critical file-descriptors m1: member m1 has 96 % of its file descriptors "
                        "open | 96 of 100");
    page_now(&p, COMMIT_WELL "x 1\n");
    assert_string_equal(findings_text(&p),
                        "warning histograms-missing m1: member m1 does not tell how long its disk "
                        "takes | etcd_disk_wal_fsync_duration_seconds is missing, or no histogram");
    p.pictures[0].metrics =
        (struct metrics_picture){.state = FACT_UNKNOWN, .because = "HTTP status 404"};
    expect(&p, "warning metrics-unreadable m1: the figures of member m1 cannot be had"
               " | HTTP status 404");
}

/* Each rule says when, why, how to mend it and from where; no id is there twice. */
static void
test_the_table(void **state)
{
    const struct doctor_rule *rule;

    (void)state;
    for (size_t i = 0; (rule = doctor_rule_at(i)) != NULL; i++) {
        assert_true(rule->when[0] != '\0' && rule->source[0] != '\0');
        assert_true(rule->why[0] != '\0' && rule->mend[0] != '\0');
        assert_int_equal(strspn(rule->id, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(rule->id));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rule->id, doctor_rule_at(k)->id);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_silent_members),
        cmocka_unit_test(test_how_a_member_is_started_again),
        cmocka_unit_test(test_no_member_list),
        cmocka_unit_test(test_leaders),
        cmocka_unit_test(test_members_that_are_not_right),
        cmocka_unit_test(test_lag),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_space),
        cmocka_unit_test(test_a_full_quota),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_releases),
        cmocka_unit_test(test_versions_of_a_cluster),
        cmocka_unit_test(test_disks),
        cmocka_unit_test(test_peers),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_leader_changes),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
