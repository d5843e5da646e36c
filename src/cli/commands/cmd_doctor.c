/* 'doctor': what is wrong with a cluster, the evidence, why it matters, and the command that mends it. */

#include "cli/judge_days.h"
#include "cli/observe.h"
#include "cli/report_judgement.h"
#include "cluster/doctor/doctor.h"
#include "ops/doctor.h"
#include "ops/doctor_bundle.h"

enum { WINDOW_MOST_MS = 600 * 1000 };

static const struct option_def doctor_options[] = {
    {"over", OPTION_DURATION, .arg = "DURATION", .fallback = "3s",
     .help =
         "Time between two looks at the members' figures, for what happens now; 0 for one look"},
    JUDGE_DAYS_OPTIONS,
    {"no-hosts", OPTION_BOOL, .help = "Do not look on the members' hosts, only at the endpoints"},
    {"disk", OPTION_BOOL,
     .help =
         "Measure a synced write in each member's data directory, as etcd's log does it: a file "
         "of 230 kB that is removed again"},
    {"bundle", OPTION_TEXT, .arg = "FILE",
     .help = "Also write what was looked at into a new archive (.tar.gz) for others to look at: "
             "without keys, "
             "values, passwords and tokens"},
    {"rules", OPTION_BOOL, .help = "Show the rules instead, with thresholds and sources"},
    OPTIONS_END,
};

static const enum mark marks[] = {MARK_DIM, MARK_WARN, MARK_BAD};

static bool
for_programs(const struct app *app)
{
    return app->style.output == OUTPUT_JSON || app->style.output == OUTPUT_FIELDS;
}

static void
columns_add(struct report *r)
{
    report_column(r, COLUMN_TEXT, "SEVERITY", "severity");
    report_column(r, COLUMN_TEXT, "RULE", "rule");
    report_column(r, COLUMN_TEXT, "MEMBER", "member");
    report_column(r, COLUMN_TEXT, "FINDING", "text");
    report_detail_column(r, COLUMN_TEXT, "EVIDENCE", "evidence");
    report_detail_column(r, COLUMN_TEXT, "WHY", "why");
    report_detail_column(r, COLUMN_TEXT, "MEND", "mend");
    report_detail_column(r, COLUMN_TEXT, "NEXT", "command");
    report_detail_column(r, COLUMN_TEXT, "SOURCE", "source");
}

static void
finding_row(struct report *r, const struct doctor_finding *f)
{
    report_row(r);
    report_text(r, severity_of_verdict_word(f->severity));
    report_mark(r, marks[f->severity]);
    report_text(r, f->rule->id);
    report_text(r, f->member);
    report_text(r, f->text);
    report_text(r, f->evidence);
    report_text(r, f->rule->why);
    report_text(r, f->rule->mend);
    report_text(r, f->command);
    report_text(r, f->rule->source);
}

/* For people, under the table: the reason and the mend of a rule once, the evidence of each member. */
static void
finding_explain(struct report *r, const struct diagnosis *all, size_t i)
{
    const struct doctor_finding *f = &all->findings[i];
    bool last = i + 1 == all->finding_count || all->findings[i + 1].rule != f->rule;

    if (i == 0 || all->findings[i - 1].rule != f->rule)
        report_note(r, "%s: %s", f->rule->id, f->rule->why);
    if (f->evidence[0] != '\0')
        report_note(r, "    %s%s%s", f->member, f->member[0] != '\0' ? ": " : "", f->evidence);
    if (f->command[0] != '\0')
        report_note(r, "    $ %s", f->command);
    if (last)
        report_note(r, "    %s", f->rule->mend);
}

static void
diagnosis_fill(struct app *app, struct report *report, const struct doctor_picture *picture,
               const struct diagnosis *all, const struct doctor_bundle *bundle)
{
    struct report *findings;

    report_record_init(report, app->mem, "verdict");
    report_title(report, "Cluster %llx", (unsigned long long)picture->view->cluster_id);
    report_field_text(report, "Verdict", "word", verdict_word(all->verdict));
    report_mark(report, verdict_mark(all->verdict));
    report_field_text(report, "Because", "summary", all->summary);
    report_field_u64(report, "Critical", "critical", all->counts[VERDICT_CRITICAL]);
    report_field_u64(report, "Warnings", "warnings", all->counts[VERDICT_WARNING]);
    report_field_u64(report, "Notes", "notes", all->counts[VERDICT_WELL]);
    if (bundle != NULL) {
        report_field_text(report, "Archive", "bundle", bundle->path);
        report_field_u64(report, "Files in it", "bundle_files", bundle->file_count);
    }
    if (all->finding_count == 0 && !for_programs(app))
        return;
    findings = report_section(report, "findings");
    columns_add(findings);
    for (size_t i = 0; i < all->finding_count; i++) {
        finding_row(findings, &all->findings[i]);
        if (!for_programs(app))
            finding_explain(findings, all, i);
    }
}

static void
rules_report(struct app *app, struct report *report)
{
    const struct doctor_rule *rule;

    report_init(report, app->mem, "rules");
    report_column(report, COLUMN_TEXT, "RULE", "rule");
    report_column(report, COLUMN_TEXT, "WHEN", "when");
    report_detail_column(report, COLUMN_TEXT, "WHY", "why");
    report_detail_column(report, COLUMN_TEXT, "MEND", "mend");
    report_column(report, COLUMN_TEXT, "SOURCE", "source");
    for (size_t i = 0; (rule = doctor_rule_at(i)) != NULL; i++) {
        report_row(report);
        report_text(report, rule->id);
        report_text(report, rule->when);
        report_text(report, rule->why);
        report_text(report, rule->mend);
        report_text(report, rule->source);
    }
}

static bool
request_read(struct app *app, struct doctor_request *ret_request, struct error *e)
{
    const struct options *o = &app->options;
    struct doctor_request request = {.window_ms = option_ms(o, "over")};

    if (!app_judge_days(app, &request.days, e))
        return false;
    if (request.window_ms < 0 || request.window_ms > WINDOW_MOST_MS)
        return error_set(e, ERROR_USAGE, "--over: at most 10 minutes are possible");
    request.disk = option_bool(o, "disk");
    request.hosts = option_bool(o, "no-hosts") ? HOST_LOOKS_NONE : HOST_LOOKS_ALL;
    if (request.disk && request.hosts == HOST_LOOKS_NONE)
        return error_set(e, ERROR_USAGE, "--disk and --no-hosts exclude each other");
    if (!app_inventory(app, &request.inventory, e) || !app_etcd_options(app, &request.options, e))
        return false;
    if (request.disk && request.inventory == NULL)
        return error_set(e, ERROR_USAGE, "--disk: endpoints alone do not say where members run") ||
               error_hint(e, "name a cluster of the inventory: --cluster NAME");
    request.target = app_target_text(app, request.options);
    *ret_request = request;
    return true;
}

static bool
doctor_report(struct app *app, struct report *report, struct error *e)
{
    struct doctor_request request;
    struct doctor_picture picture;
    struct operation_face face;
    struct diagnosis diagnosis;
    struct doctor_bundle written;
    const char *bundle = option_text(&app->options, "bundle");
    bool ok;

    if (option_bool(&app->options, "rules")) {
        rules_report(app, report);
        return true;
    }
    if (!request_read(app, &request, e))
        return false;
    operation_face_begin(&face, app);
    request.observer = &face.observer;
    ok = doctor_gather(app->mem, &request, &picture, e);
    operation_face_end(&face);
    if (!ok)
        return false;
    doctor_judge(app->mem, &picture, &diagnosis);
    if (bundle[0] != '\0' &&
        !doctor_bundle_write(app->mem, bundle, &picture, &diagnosis, &written, e))
        return false;
    diagnosis_fill(app, report, &picture, &diagnosis, bundle[0] != '\0' ? &written : NULL);
    app->exit_code = (int)diagnosis.verdict;
    return true;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "Say what is wrong with a cluster, why it matters, and what mends it",
    .family = FAMILY_STATUS,
    .options = doctor_options,
    .needs = NEEDS_ENDPOINTS,
    .report = doctor_report,
    .example = "quorate doctor --endpoints 127.0.0.1:2379\n"
               "quorate doctor --cluster lab:demo --over 10s\n"
               "quorate doctor --cluster lab:demo --disk\n"
               "quorate doctor --cluster lab:demo -w json\n"
               "quorate doctor --cluster lab:demo --bundle demo.tar.gz\n"
               "quorate doctor --rules",
    .description =
        "Looks at the member list, at each member's state, its own member list, its clock and its "
        "figures (GET /metrics), twice with some time between, and judges by the thresholds that "
        "etcd's own documentation and alerts have. What is slow is judged by what happened between "
        "the two looks when there was enough of it, else by what happened since the member's "
        "start. "
        "Of a cluster of the inventory it also looks on the members' hosts: how etcd is started "
        "there, what it complained of in its log within the last hour, its disk, manifests and "
        "health checks. "
        "Nothing is changed.\n\n"
        "Each finding comes with its evidence, why it matters, the next command, and where the "
        "threshold is from; a note is worth knowing and no fault. The exit code is 0 when there is "
        "no warning, 1 when there is one, 2 when something is critical.",
};
