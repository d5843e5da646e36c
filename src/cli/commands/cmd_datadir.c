/* 'datadir check': would etcd start on this directory, and if not, why? */

#include "cli/app.h"
#include "cli/observe.h"
#include "cli/report.h"
#include "cluster/data_dir_rules.h"
#include "ops/data_dir_read.h"

static const struct option_def check_options[] = {
    {"version", OPTION_TEXT, .arg = "X.Y",
     .help = "The etcd that shall start: 3.4 to 3.7 [default: the one that the data are of]"},
    {"wal-dir", OPTION_DIR, .arg = "DIR", .help = "The log's own directory, when it has one"},
    {"user", OPTION_TEXT, .arg = "USER",
     .help = "The user that etcd runs as [default: who owns the directory]"},
    {"quota-backend-bytes", OPTION_U64, .arg = "N",
     .help = "The quota that etcd is started with [default: etcd's, 2 GiB]"},
    OPTIONS_END,
};

/* Exit codes of a check that could be done, as base/error_codes.list has them. */
static int
exit_code_of(const struct data_dir_picture *picture, const struct dir_judgement *judgement)
{
    if (picture->db_lock.is_held || picture->wal_lock.is_held)
        return error_code_exit(ERROR_LOCKED);
    switch (judgement->worst) {
    case SEVERITY_NOTE:
        return 0;
    case SEVERITY_LOSS:
        return error_code_exit(ERROR_FAILED);
    case SEVERITY_STOP:
        return error_code_exit(ERROR_REFUSED);
    case SEVERITY_BLIND:
        break;
    }
    return error_code_exit(ERROR_PERMISSION);
}

/* Evidence and remedy are long: columns for programs, lines under the table for people. */
static void
finding_explain(struct report *r, const struct dir_finding *f, bool in_columns)
{
    if (in_columns) {
        report_text(r, f->evidence);
        report_text(r, f->remedy);
        report_text(r, f->command);
        return;
    }
    if (f->evidence[0] != '\0')
        report_note(r, "%s: %s", f->rule, f->evidence);
    if (f->remedy[0] != '\0')
        report_note(r, "%s: %s", f->rule, f->remedy);
    if (f->command[0] != '\0')
        report_note(r, "    %s", f->command);
}

static void
findings_fill(struct report *r, const struct dir_judgement *judgement, bool in_columns)
{
    static const enum mark marks[] = {
        [SEVERITY_NOTE] = MARK_NONE,
        [SEVERITY_LOSS] = MARK_WARN,
        [SEVERITY_STOP] = MARK_BAD,
        [SEVERITY_BLIND] = MARK_WARN,
    };

    report_column(r, COLUMN_TEXT, "SEVERITY", "severity");
    report_column(r, COLUMN_TEXT, "RULE", "rule");
    report_column(r, COLUMN_TEXT, "FINDING", "text");
    if (in_columns) {
        report_column(r, COLUMN_TEXT, "EVIDENCE", "evidence");
        report_column(r, COLUMN_TEXT, "REMEDY", "remedy");
        report_column(r, COLUMN_TEXT, "NEXT", "command");
    }
    for (size_t i = 0; i < judgement->finding_count; i++) {
        const struct dir_finding *f = &judgement->findings[i];

        report_row(r);
        report_text(r, severity_word(f->severity));
        report_mark(r, marks[f->severity]);
        report_text(r, f->rule);
        report_text(r, f->text);
        finding_explain(r, f, in_columns);
    }
}

static void
verdict_fill(struct report *r, const struct data_dir_picture *picture,
             const struct dir_judgement *judgement)
{
    static const char *const words[] = {
        [SEVERITY_NOTE] = "starts",
        [SEVERITY_LOSS] = "loses-data",
        [SEVERITY_STOP] = "does-not-start",
        [SEVERITY_BLIND] = "unknown",
    };
    static const enum mark marks[] = {
        [SEVERITY_NOTE] = MARK_GOOD,
        [SEVERITY_LOSS] = MARK_WARN,
        [SEVERITY_STOP] = MARK_BAD,
        [SEVERITY_BLIND] = MARK_WARN,
    };
    const struct db_picture *db = &picture->db;
    const struct wal_summary *log = &picture->wal.summary;

    report_field_text(r, "Directory", "path", picture->path);
    report_field_text(r, "Verdict", "verdict", words[judgement->worst]);
    report_mark(r, marks[judgement->worst]);
    report_field_text(r, "Because", "summary", judgement->summary);
    if (log->has_metadata) {
        report_field_id(r, "Member", "memberId", log->metadata.node_id);
        report_field_id(r, "Cluster", "clusterId", log->metadata.cluster_id);
    }
    if (picture->wal.state == FACT_KNOWN)
        report_field_u64(r, "Log ends at", "lastIndex", log->last_index);
    if (db->info_state == FACT_KNOWN) {
        report_field_u64(r, "Database at", "consistentIndex", db->info.consistent_index);
        report_field_text(r, "Cluster version", "clusterVersion", db->info.cluster_version);
        report_field_text(r, "Storage version", "storageVersion", db->info.storage_version);
    }
    if (db->state == FACT_KNOWN)
        report_field_size(r, "Database size", "dbSizeBytes", db->size_bytes);
}

static bool
check_report(struct app *app, struct report *report, struct error *e)
{
    const struct options *o = &app->options;
    struct operation_face face;
    struct minor_version version;
    struct data_dir_read_request request = {
        .path = app_operand(app, 0),
        .wal_dir = option_given(o, "wal-dir") ? option_text(o, "wal-dir") : NULL,
        .user = option_given(o, "user") ? option_text(o, "user") : NULL,
        .observer = &face.observer,
    };
    struct dir_request asked = {.quota_bytes = option_given(o, "quota-backend-bytes")
                                                   ? option_u64(o, "quota-backend-bytes")
                                                   : 0};
    struct data_dir_picture picture;
    struct dir_judgement judgement;
    bool for_programs = app->style.output == OUTPUT_JSON || app->style.output == OUTPUT_FIELDS;
    bool done;

    if (option_given(o, "version")) {
        if (!minor_version_parse(option_text(o, "version"), &version, e)) {
            e->code = ERROR_USAGE;
            return error_wrap(e, "--version");
        }
        asked.version = &version;
    }
    operation_face_begin(&face, app);
    done = data_dir_read(app->mem, &request, &picture, e);
    operation_face_end(&face);
    if (!done)
        return false;
    data_dir_judge(app->mem, &picture, &asked, &judgement);
    report_record_init(report, app->mem, "dataDir");
    verdict_fill(report, &picture, &judgement);
    if (judgement.finding_count > 0 || for_programs)
        findings_fill(report_section(report, "findings"), &judgement, for_programs);
    app->exit_code = exit_code_of(&picture, &judgement);
    return true;
}

const struct command command_datadir_check = {
    .name = "datadir check",
    .operands = "DIR",
    .summary = "Say whether etcd would start on a data directory, and if not, why",
    .family = FAMILY_MEMBERS,
    .options = check_options,
    .report = check_report,
    .example = "quorate datadir check /var/lib/etcd\n"
               "quorate datadir check /var/lib/etcd --version 3.6 -w json",
    .description =
        "Looks and changes nothing: owner and permissions, locks, the database's pages and "
        "buckets, "
        "the log, the raft snapshots, and whether they belong together; then judges as the given "
        "release of etcd would at its start. Each finding stops etcd, loses data, or is worth "
        "knowing, and comes with evidence, a remedy and the next command.\n\n"
        "The exit code is 0 when etcd would start, 1 when it would start and data would be lost, 3 "
        "when it would not start, 8 when not everything could be looked at, 19 when a member runs "
        "there.",
};
