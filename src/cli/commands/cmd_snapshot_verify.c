/* 'snapshot verify': everything that a file can prove about itself. */

#include "base/time.h"
#include "cli/app.h"
#include "cli/observe.h"
#include "cli/report.h"
#include "cli/verification.h"

static const struct option_def verify_options[] = {
    {"skip-hash-check", OPTION_BOOL,
     .help = "Accept a file without a SHA-256 at its end: a copied db file"},
    OPTIONS_END,
};

static bool
snapshot_verify_report(struct app *app, struct report *report, struct error *e)
{
    struct operation_face face;
    const struct db_snapshot_options options = {
        .allow_no_trailer = option_bool(&app->options, "skip-hash-check"),
        .observer = &face.observer,
    };
    const char *path = app_operand(app, 0);
    int64_t started_ms = time_monotonic_ms();
    struct db_snapshot_report checked;
    bool read;

    operation_face_begin(&face, app);
    read = db_snapshot_verify(app->mem, path, &options, &checked, e);
    operation_face_end(&face);
    if (!read)
        return false;
    report_record_init(report, app->mem, "verification");
    report_field_text(report, "File", "file", path);
    if (!db_snapshot_require_good(&checked, e)) {
        app->exit_code = verification_bad(report, &checked, e);
        return true;
    }
    verification_good(report, &checked);
    report_field_duration(report, "Checked in", "tookMs", time_monotonic_ms() - started_ms);
    verification_findings(report, &checked);
    return true;
}

const struct command command_snapshot_verify = {
    .name = "snapshot verify",
    .operands = "FILE",
    .summary = "Check a db snapshot file: digest, structure, every row, HashKV",
    .family = FAMILY_BACKUP,
    .options = verify_options,
    .report = snapshot_verify_report,
    .example = "quorate snapshot verify backup.db",
    .description =
        "Reads the file once and tells everything that is wrong with it, each finding with its "
        "page, its byte and what to do: the SHA-256 at the end, the meta pages, every page of "
        "every tree, the order of the revisions, each row of \"key\". Of a good file it shows "
        "what it holds: HashKV is the number by which members compare themselves.\n\n"
        "The exit code is 0 only for a file that a restore may rely on.",
};
