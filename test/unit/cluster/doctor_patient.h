/* A healthy cluster, to be made ill, and what 'doctor' finds in it. */
#ifndef QUORATE_TEST_DOCTOR_PATIENT_H
#define QUORATE_TEST_DOCTOR_PATIENT_H

#include "expect.h"

#include "base/buf.h"
#include "cluster/doctor/doctor.h"

static struct error e;

enum { MEMBERS_MOST = 5, NOW_S = 1700000000 };

/* A cluster to be made ill. */
struct patient {
    struct arena mem;
    struct cluster_view view;
    struct member_view members[MEMBERS_MOST];
    struct member_picture pictures[MEMBERS_MOST];
    struct etcd_alarm alarm;
    struct stray_endpoint stray;
    uint64_t ids[MEMBERS_MOST];
    struct doctor_picture picture;
    struct diagnosis diagnosis;
};

/* A page of a member that is well, an hour after its start. */
static const char well_page[] =
    "process_start_time_seconds 1.6999964e+09\n"
    "process_open_fds 20\nprocess_max_fds 1024\n"
    "etcd_server_quota_backend_bytes 2.147483648e+09\n"
    "etcd_server_leader_changes_seen_total 1\n"
    "etcd_server_proposals_pending 0\netcd_server_proposals_failed_total 0\n"
    "etcd_server_heartbeat_send_failures_total 0\netcd_server_slow_apply_total 0\n"
    "etcd_debugging_mvcc_current_revision 5000\netcd_debugging_mvcc_compact_revision 0\n"
    "etcd_cluster_version{cluster_version=\"3.0\"} 0\n"
    "etcd_cluster_version{cluster_version=\"3.6\"} 1\n"
    "etcd_network_active_peers{Local=\"1\",Remote=\"2\"} 2\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.008\"} 1000\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 1000\n"
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"0.008\"} 1000\n"
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"+Inf\"} 1000\n";

static void
page_set(struct patient *p, struct metrics *page, const char *text)
{
    EXPECT_OK(metrics_parse(&p->mem, bytes_of_text(text), page, &e));
}

static void
patient_init(struct patient *p, size_t count)
{
    static const char *const names[] = {"m1", "m2", "m3", "m4", "m5"};
    static const char *const urls[] = {"http://127.0.0.1:2379"};

    *p = (struct patient){.mem = ARENA_INIT};
    for (size_t i = 0; i < count; i++) {
        p->ids[i] = i + 1;
        p->members[i] = (struct member_view){
            .member = {.id = i + 1,
                       .name = names[i],
                       .peer_urls = urls,
                       .peer_url_count = 1,
                       .client_urls = urls,
                       .client_url_count = 1},
            .endpoint = urls[0],
            .given = true,
            .asked = true,
            .known = true,
            .status = {.version = "3.6.16",
                       .leader = 1,
                       .raft_applied_index = 100000,
                       .raft_index = 100000,
                       .raft_term = 2,
                       .db_size_bytes = 20 << 20,
                       .db_size_in_use_bytes = 19 << 20},
        };
        p->pictures[i] = (struct member_picture){.view = &p->members[i], .label = names[i]};
        p->pictures[i].metrics =
            (struct metrics_picture){.state = FACT_KNOWN, .has_clock = true, .window_s = 2};
        page_set(p, &p->pictures[i].metrics.now, well_page);
        p->pictures[i].list_state = FACT_KNOWN;
        p->pictures[i].list_ids = p->ids;
        p->pictures[i].list_count = count;
    }
    p->view = (struct cluster_view){.taken_s = NOW_S,
                                    .cluster_id = 0xc,
                                    .leader_id = 1,
                                    .applied_most = 100000,
                                    .members = p->members,
                                    .member_count = count};
    p->picture = (struct doctor_picture){.view = &p->view,
                                         .target = "--cluster prod",
                                         .days = {.warning = 30, .critical = 7},
                                         .members = p->pictures,
                                         .member_count = count};
}

/* "severity id member: text" of each, and the evidence behind a bar. */
static const char *
findings_text(struct patient *p)
{
    AUTO_BUF text = BUF_INIT;

    doctor_judge(&p->mem, &p->picture, &p->diagnosis);
    for (size_t i = 0; i < p->diagnosis.finding_count; i++) {
        const struct doctor_finding *f = &p->diagnosis.findings[i];

        assert_true(f->severity <= p->diagnosis.verdict);
        buf_printf(&text, "%s%s %s %s: %s", i > 0 ? "\n" : "",
                   severity_of_verdict_word(f->severity), f->rule->id, f->member, f->text);
        if (f->evidence[0] != '\0')
            buf_printf(&text, " | %s", f->evidence);
        if (f->command[0] != '\0')
            buf_printf(&text, " $ %s", f->command);
    }
    return arena_text(&p->mem, buf_text(&text));
}

static void
expect(struct patient *p, const char *text)
{
    assert_string_equal(findings_text(p), text);
    arena_release(&p->mem);
}

#endif
