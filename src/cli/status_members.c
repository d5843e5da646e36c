#include "cli/status_members.h"

#include "cli/report_judgement.h"

enum { DAY_S = 24 * 60 * 60 };

const char *
member_role_word(const struct cluster_view *view, const struct member_view *m)
{
    if (m->member.id == view->leader_id)
        return "leader";
    return m->member.is_learner ? "learner" : "follower";
}

const char *
member_alarms_text(struct arena *mem, const struct cluster_view *view, uint64_t id)
{
    bool space = view_has_alarm(view, id, ETCD_ALARM_NOSPACE);
    bool corrupt = view_has_alarm(view, id, ETCD_ALARM_CORRUPT);

    return arena_printf(mem, "%s%s%s", space ? "NOSPACE" : "", space && corrupt ? "," : "",
                        corrupt ? "CORRUPT" : "");
}

static void
alarms_cell(struct report *r, const struct cluster_view *view, uint64_t id)
{
    const char *text = member_alarms_text(r->mem, view, id);

    report_text(r, text);
    report_mark(r, text[0] != '\0' ? MARK_BAD : MARK_NONE);
}

static void
columns_add(struct report *r, bool with_tls)
{
    report_column(r, COLUMN_TEXT, "MEMBER", "name");
    report_column(r, COLUMN_ID, "ID", "id");
    report_column(r, COLUMN_TEXT, "ENDPOINT", "endpoint");
    report_column(r, COLUMN_TEXT, "ROLE", "role");
    report_column(r, COLUMN_TEXT, "VERSION", "version");
    report_column(r, COLUMN_SIZE, "DB SIZE", "dbSizeBytes");
    report_column(r, COLUMN_SIZE, "IN USE", "dbSizeInUseBytes");
    report_column(r, COLUMN_I64, "REVISION", "revision");
    report_column(r, COLUMN_U64, "LAG", "lagEntries");
    report_column(r, COLUMN_TEXT, "ALARMS", "alarms");
    report_column(r, COLUMN_TEXT, "ANSWERED IN", "answeredIn");
    if (with_tls)
        report_column(r, COLUMN_TIME, "CERTIFICATE ENDS", "certificateEnds");
    else
        report_detail_column(r, COLUMN_TIME, "CERTIFICATE ENDS", "certificateEnds");
}

bool
member_certificate_days(const struct cluster_view *view, const struct member_view *m,
                        int64_t *ret_days)
{
    if (m->certificate_end_s == 0)
        return false;
    *ret_days = (m->certificate_end_s - view->taken_s) / DAY_S;
    return true;
}

enum mark
certificate_mark(int64_t days_left, struct judge_days days)
{
    return days_left < days.critical ? MARK_BAD : days_left < days.warning ? MARK_WARN : MARK_NONE;
}

static void
certificate_cell(struct report *r, const struct cluster_view *view, const struct member_view *m,
                 struct judge_days days)
{
    int64_t left;

    if (!member_certificate_days(view, m, &left)) {
        report_unknown(r, NULL);
        return;
    }
    report_time(r, m->certificate_end_s * 1000);
    report_mark(r, certificate_mark(left, days));
}

bool
members_have_certificates(const struct cluster_view *view)
{
    for (size_t i = 0; i < view->member_count; i++) {
        if (view->members[i].certificate_end_s != 0)
            return true;
    }
    return false;
}

static void
member_row(struct report *r, const struct cluster_view *view, const struct member_view *m,
           struct judge_days days)
{
    const struct etcd_status *s = &m->status;
    const char *reason = m->unknown_because.text;

    report_row(r);
    report_text(r, view_member_label(r->mem, view, m->member.id));
    report_id(r, m->member.id);
    report_text(r, m->endpoint != NULL ? m->endpoint : "");
    if (!m->known) {
        report_text(r, "no answer");
        report_mark(r, MARK_BAD);
        for (int i = 0; i < 5; i++)
            report_unknown(r, reason);
        alarms_cell(r, view, m->member.id);
        report_unknown(r, reason);
        report_unknown(r, NULL);
        return;
    }
    report_text(r, member_role_word(view, m));
    report_mark(r, m->member.id == view->leader_id ? MARK_GOOD : MARK_NONE);
    report_text(r, s->version);
    report_size(r, (uint64_t)s->db_size_bytes);
    report_size(r, (uint64_t)s->db_size_in_use_bytes);
    report_i64(r, s->header.revision);
    report_u64(r, view_lag(view, m));
    report_mark(r, view_lag(view, m) > CAUGHT_UP_ENTRIES ? MARK_WARN : MARK_NONE);
    alarms_cell(r, view, m->member.id);
    report_textf(r, "%.1f ms", (double)m->took_us / 1000);
    certificate_cell(r, view, m, days);
}

void
status_members_report(struct report *r, struct arena *mem, const struct cluster_view *view,
                      const struct judgement *judgement, struct judge_days days)
{
    report_init(r, mem, "members");
    report_title(r, "Cluster %llx", (unsigned long long)view->cluster_id);
    columns_add(r, members_have_certificates(view));
    for (size_t i = 0; i < view->member_count; i++)
        member_row(r, view, &view->members[i], days);
    report_judgement(r, judgement);
}
