/* 'status': one screen that says how the cluster is, and in one line whether that is well. */

#include "cli/judge_days.h"
#include "cli/report_judgement.h"
#include "cli/status_all.h"
#include "cluster/rules.h"
#include "cluster/view.h"

enum { DAY_S = 24 * 60 * 60 };

static const struct option_def status_options[] = {
    {"all", OPTION_BOOL,
     .help = "A line for each cluster of quorate.yaml, and each lab, all asked at the same time"},
    JUDGE_DAYS_OPTIONS,
    OPTIONS_END,
};

static const char *
role_text(const struct cluster_view *view, const struct member_view *m)
{
    if (m->member.id == view->leader_id)
        return "leader";
    return m->member.is_learner ? "learner" : "follower";
}

static const char *
alarms_text(struct arena *mem, const struct cluster_view *view, uint64_t id)
{
    bool space = view_has_alarm(view, id, ETCD_ALARM_NOSPACE);
    bool corrupt = view_has_alarm(view, id, ETCD_ALARM_CORRUPT);

    return arena_printf(mem, "%s%s%s", space ? "NOSPACE" : "", space && corrupt ? "," : "",
                        corrupt ? "CORRUPT" : "");
}

static void
alarms_cell(struct report *r, const struct cluster_view *view, uint64_t id)
{
    const char *text = alarms_text(r->mem, view, id);

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

static void
certificate_cell(struct report *r, const struct cluster_view *view, const struct member_view *m,
                 struct judge_days days)
{
    int64_t left_days = (m->certificate_end_s - view->taken_s) / DAY_S;

    if (m->certificate_end_s == 0) {
        report_unknown(r, NULL);
        return;
    }
    report_time(r, m->certificate_end_s * 1000);
    report_mark(r, left_days < days.critical  ? MARK_BAD
                   : left_days < days.warning ? MARK_WARN
                                              : MARK_NONE);
}

static bool
has_certificates(const struct cluster_view *view)
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
    report_text(r, role_text(view, m));
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

static bool
all_is_meant(const struct app *app, struct error *e)
{
    static const char *const others[] = {"cluster", "endpoints"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (option_source(&app->options, others[i]) == OPTION_FROM_FLAG)
            return error_set(e, ERROR_USAGE, "--all and --%s exclude each other", others[i]);
    }
    return true;
}

static bool
status_report(struct app *app, struct report *report, struct error *e)
{
    const struct etcd_options *options;
    struct cluster_view view;
    struct judgement judgement;
    struct judge_days days;

    if (!app_judge_days(app, &days, e))
        return false;
    if (option_bool(&app->options, "all"))
        return all_is_meant(app, e) && status_all_report(app, report, days, e);
    if (!app_etcd_options(app, &options, e) || !cluster_view_fetch(app->mem, options, &view, e))
        return false;
    rule_judge(app->mem, &view, days, &judgement);
    report_init(report, app->mem, "members");
    report_title(report, "Cluster %llx", (unsigned long long)view.cluster_id);
    columns_add(report, has_certificates(&view));
    for (size_t i = 0; i < view.member_count; i++)
        member_row(report, &view, &view.members[i], days);
    report_judgement(report, &judgement);
    app->exit_code = (int)judgement.verdict;
    return true;
}

const struct command command_status = {
    .name = "status",
    .summary = "Show all members of a cluster and say whether it is well",
    .family = FAMILY_STATUS,
    .options = status_options,
    .needs = NEEDS_ENDPOINTS,
    .report = status_report,
    .example = "quorate status --endpoints 127.0.0.1:2379\n"
               "quorate status --all\n"
               "quorate status --cluster lab:demo -w json\n"
               "quorate status --cluster lab:demo --cert-warning 60 --cert-critical 14",
    .description =
        "Asks one endpoint for the member list and every member for its state, all at the same "
        "time; members that no endpoint was given for are asked at their own client URLs.\n\n"
        "The exit code is 0 when the cluster is well, 1 for a warning (a member is down, lags, "
        "versions differ, a certificate ends soon), 2 when it is critical (quorum lost, an alarm, "
        "a "
        "certificate that is about to end). Certificates are those that members present to "
        "clients; 'quorate tls inspect' looks at peers' and at files as well.\n\n"
        "With --all a cluster that does not answer is critical, and the exit code is that of the "
        "cluster that is worst.",
};
