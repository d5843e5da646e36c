/* snapshot: db snapshot files. */

#include "cli/app.h"
#include "cli/print/print.h"
#include "cli/print/print_snapshot.h"
#include "format/db_snapshot.h"

static bool
snapshot_status_run(struct app *app, struct error *e)
{
    static const struct db_snapshot_options options = {.allow_no_trailer = true};
    struct db_snapshot_report report;
    struct snapshot_status status;

    if (!print_no_protobuf(&app->style, e))
        return false;
    if (!db_snapshot_verify(app->mem, app_operand(app, 0), &options, &report, e) ||
        !db_snapshot_require_good(&report, e))
        return false;
    status = (struct snapshot_status){
        .hash = report.summary.status_hash,
        .revision = report.summary.last_revision,
        .total_key = app->style.compat < COMPAT_3_6 ? report.summary.row_count
                                                    : report.summary.live_key_count,
        .total_size_bytes = report.db_size,
        .version = report.info.storage_version,
    };
    print_snapshot_status(&app->out, &app->style, &status);
    if (report.verdict == DB_SNAPSHOT_UNPROVEN)
        app_warn(app, "'%s' has no checksum at its end: nothing proves that it is whole",
                 app_operand(app, 0));
    return true;
}

const struct command command_snapshot_status = {
    .name = "snapshot status",
    .operands = "FILE",
    .summary = "Show what a db snapshot file holds",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE | IN_ETCDCTL | IN_ETCDUTL,
    .run = snapshot_status_run,
    .example = "quorate snapshot status backup.db -w table",
    .description = "Checks the checksum at the end of the file, each page and each row first. The "
                   "simple form has, with commas between: hash, revision, keys, size, storage "
                   "version.",
};
