/* snapshot: db snapshot files. */

#include "cli/app.h"
#include "cli/db_wait.h"
#include "cli/observe.h"
#include "cli/print/print.h"
#include "cli/print/print_snapshot.h"
#include "format/db_snapshot.h"

static const struct option_def status_options[] = {
    DB_WAIT_OPTION,
    OPTIONS_END,
};

/* A database that a server has open may change while it is read. */
static bool
not_in_use(struct app *app, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;

    return db_file_open(app_operand(app, 0), DB_FILE_READ, db_wait_ms(app), &file, e) ||
           e->code != ERROR_LOCKED;
}

static bool
snapshot_status_run(struct app *app, struct error *e)
{
    const bool counts_rows = app->style.compat < COMPAT_3_6;
    struct operation_face face;
    const struct db_snapshot_options options = {.allow_no_trailer = true,
                                                .observer = &face.observer,
                                                .without = DB_SNAPSHOT_DIGEST | BACKEND_HASH_KV |
                                                           (counts_rows ? BACKEND_LIVE_KEYS : 0)};
    struct db_snapshot_report report;
    struct snapshot_status status;
    bool read;

    if (!print_no_protobuf(&app->style, e) || !not_in_use(app, e))
        return false;
    operation_face_begin(&face, app);
    read = db_snapshot_verify(app->mem, app_operand(app, 0), &options, &report, e);
    operation_face_end(&face);
    if (!read || !db_snapshot_require_good(&report, e))
        return false;
    status = (struct snapshot_status){
        .hash = report.summary.status_hash,
        .revision = report.summary.last_revision,
        .total_key = counts_rows ? report.summary.row_count : report.summary.live_key_count,
        .total_size_bytes = report.db_size,
        .version = report.info.storage_version,
    };
    print_snapshot_status(&app->out, &app->style, &status);
    if (!report.has_trailer)
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
    .options = status_options,
    .run = snapshot_status_run,
    .example = "quorate snapshot status backup.db -w table",
    .description =
        "Checks each page and each row first, but not the SHA-256 at the end of the file: "
        "'quorate snapshot verify' does. The simple form has, with commas between: hash, "
        "revision, keys, size, storage version.",
};

static bool
snapshot_save_refuse(struct app *app UNUSED, struct error *e)
{
    error_set_(e, ERROR_USAGE, 0, "etcdutl does not talk to servers");
    return error_hint(e, "to download a snapshot use: etcdctl snapshot save FILE");
}

/* etcdutl 3.5 has it to say the same. */
const struct command command_snapshot_save_elsewhere = {
    .name = "snapshot save",
    .operands = "[FILE]",
    .summary = "Say which tool saves snapshots",
    .family = FAMILY_BACKUP,
    .tools = IN_ETCDUTL,
    .run = snapshot_save_refuse,
    .example = "etcdctl snapshot save backup.db",
    .hidden = true,
};
