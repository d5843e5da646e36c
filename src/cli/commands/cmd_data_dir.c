/* etcdutl's words for the data directory of a stopped member. */

#include <inttypes.h>

#include "cli/app.h"
#include "cli/db_wait.h"
#include "cli/observe.h"
#include "cli/offline_defrag.h"
#include "ops/member_backup.h"
#include "ops/migrate.h"
#include "ops/v2_check.h"

static const struct option_def defrag_options[] = {
    {"data-dir", OPTION_DIR, .arg = "DIR", .required = true,
     .help = "The data directory of a member that does not run"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

static bool
defrag_run(struct app *app, struct error *e)
{
    return offline_defrag_run(app, option_text(&app->options, "data-dir"), e);
}

const struct command command_defrag_data_dir = {
    .name = "defrag",
    .summary = "Give the free pages of a stopped member's database back to the disk",
    .family = FAMILY_MEMBERS,
    .tools = IN_ETCDUTL,
    .options = defrag_options,
    .effect = EFFECT_WRITES_FILES,
    .run = defrag_run,
    .example = "etcdutl defrag --data-dir /var/lib/etcd",
    .description = "Writes a compact copy beside the database, reads it back, and only then puts "
                   "it in its place, with the same owner. Refuses when a server has the database "
                   "open. Whatever happens in between, the directory stays bootable.",
};

static const struct option_def migrate_options[] = {
    {"data-dir", OPTION_DIR, .arg = "DIR", .required = true,
     .help = "The data directory of a member that does not run"},
    {"target-version", OPTION_TEXT, .arg = "X.Y", .required = true,
     .help = "The release that shall be able to start on it: 3.5, 3.6 or 3.7"},
    {"force", OPTION_BOOL, .help = "Write the version although the checks say no"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

static void
migrate_say(const struct app *app, const struct migrate_request *request,
            const struct migrate_result *result)
{
    if (result->forced != NULL)
        app_warn(app, "forced although %s", result->forced);
    if (!result->changed)
        app_say(app, "the storage version is %" PRIu64 ".%" PRIu64 " already", result->from.major,
                result->from.minor);
    else
        app_say(
            app, "the storage version was %" PRIu64 ".%" PRIu64 ", now it is %" PRIu64 ".%" PRIu64,
            result->from.major, result->from.minor, request->target.major, request->target.minor);
    if (result->cluster_version != NULL)
        app_warn(app,
                 "the cluster version is %s: until 'downgrade enable' has lowered it on the "
                 "running cluster, etcd %s does not start on this directory",
                 result->cluster_version, option_text(&app->options, "target-version"));
}

static bool
migrate_run(struct app *app, struct error *e)
{
    const struct options *o = &app->options;
    struct migrate_request request = {
        .data_dir = option_text(o, "data-dir"),
        .force = option_bool(o, "force"),
        .wait_ms = db_wait_ms(app),
    };
    struct migrate_result result;

    if (!migrate_target_parse(option_text(o, "target-version"), &request.target, e) ||
        !migrate_data_dir(app->mem, &request, &result, e))
        return false;
    migrate_say(app, &request, &result);
    return true;
}

const struct command command_migrate = {
    .name = "migrate",
    .summary = "Raise or lower the storage version of a stopped member's database",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDUTL,
    .options = migrate_options,
    .effect = EFFECT_WRITES_FILES,
    .run = migrate_run,
    .example = "quorate migrate --data-dir /var/lib/etcd --target-version 3.5",
    .description = "etcd 3.6 and later write the storage version into the database and refuse a "
                   "newer one. Lowering it is refused while the log holds entries that the older "
                   "release does not know.",
};

static const struct option_def backup_options[] = {
    {"data-dir", OPTION_DIR, .arg = "DIR", .required = true,
     .help = "The data directory of a member that does not run"},
    {"wal-dir", OPTION_DIR, .arg = "DIR", .help = "Its log [default: --data-dir/member/wal]"},
    {"backup-dir", OPTION_DIR, .arg = "DIR", .required = true,
     .help = "The directory to make; must not exist, or be empty"},
    {"backup-wal-dir", OPTION_DIR, .arg = "DIR",
     .help = "The log's own directory to make [default: --backup-dir/member/wal]"},
    {"with-v3", OPTION_BOOL, .fallback = "true", .help = "Take the v3 keys along"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

static bool
backup_run(struct app *app, struct error *e)
{
    const struct options *o = &app->options;
    const struct member_backup_request request = {
        .data_dir = option_text(o, "data-dir"),
        .wal_dir = option_text(o, "wal-dir"),
        .backup_dir = option_text(o, "backup-dir"),
        .backup_wal_dir = option_text(o, "backup-wal-dir"),
        .with_v3 = option_bool(o, "with-v3"),
        .wait_ms = db_wait_ms(app),
    };
    struct operation_face face;
    struct member_backup_result result;
    bool done;

    operation_face_begin(&face, app);
    done = member_backup(&request, &face.observer, &result, e);
    operation_face_end(&face);
    if (!done)
        return false;
    app_say(app,
            "copied to '%s': raft snapshot at %" PRIu64 ", %" PRIu64 " entries behind it, %" PRIu64
            " of them emptied",
            request.backup_dir, result.snapshot_index, result.entry_count, result.emptied_count);
    app_say(app, "start it with etcd 3.5 and --force-new-cluster");
    return true;
}

const struct command command_backup_data_dir = {
    .name = "backup",
    .summary = "Copy a stopped member's data directory into one of a cluster of its own",
    .family = FAMILY_BACKUP,
    .tools = IN_ETCDUTL,
    .options = backup_options,
    .effect = EFFECT_WRITES_FILES,
    .run = backup_run,
    .example = "etcdutl backup --data-dir /var/lib/etcd --backup-dir /backup/etcd",
    .description = "For keys of the v2 API, which no db snapshot has; for v3 keys 'etcdctl "
                   "snapshot save' is better. Made for etcd 3.5 and older.",
};

static const struct option_def check_v2store_options[] = {
    {"data-dir", OPTION_DIR, .arg = "DIR", .required = true, .help = "A member's data directory"},
    {"wal-dir", OPTION_DIR, .arg = "DIR", .help = "Its log [default: --data-dir/member/wal]"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

static bool
v2_content_error(struct app *app, const struct v2_check *check, struct error *e)
{
    const char *entry =
        arena_printf(app->mem, "raft index %" PRIu64 ": %s%s%s", check->wal_index,
                     check->wal_has_content ? check->wal_method : "",
                     check->wal_has_content && check->wal_path[0] != '\0' ? " " : "",
                     check->wal_has_content ? check->wal_path : "");

    if (check->store_has_content && check->wal_has_content)
        error_set_(e, ERROR_REFUSED, 0,
                   "detected custom v2 content in both v2store (%s) and WAL records (%s)",
                   check->snap_name, entry);
    else if (check->store_has_content)
        error_set_(e, ERROR_REFUSED, 0, "detected custom content in v2store (%s)",
                   check->snap_name);
    else
        error_set_(e, ERROR_REFUSED, 0, "detected custom v2 content in WAL records (%s)", entry);
    if (check->store_has_content)
        return error_hint(e, "etcd 3.6 does not start with it: remove the v2 keys with etcd 3.5, "
                             "then run it until it has made another raft snapshot");
    return error_hint(e, "etcd 3.6 does not start with it: run etcd 3.5 without --enable-v2 (whose "
                         "health checks are such requests) until it has made a raft snapshot");
}

static bool
check_v2store_run(struct app *app, struct error *e)
{
    struct v2_check check;

    if (!v2_content_check(app->mem, option_text(&app->options, "data-dir"),
                          option_text(&app->options, "wal-dir"), &check, e))
        return false;
    if (check.store_has_content || check.wal_has_content)
        return v2_content_error(app, &check, e);
    buf_append_text(&app->out, "No custom content found in both v2store and WAL records.\n");
    return true;
}

const struct command command_check_v2store = {
    .name = "check v2store",
    .summary = "Tell whether a member holds v2 data, with which etcd 3.6 does not start",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDUTL,
    .options = check_v2store_options,
    .run = check_v2store_run,
    .example = "quorate check v2store --data-dir /var/lib/etcd",
    .description = "Reads the raft snapshot and the log behind it, and may be asked of a running "
                   "member too.",
};
