/* 'snapshot restore': etcdutl's word; all members at once with --all. */

#include "base/interrupt.h"
#include "base/json_writer.h"
#include "base/number.h"
#include "base/time.h"
#include "cli/app.h"
#include "cli/db_wait.h"
#include "cli/progress.h"
#include "cluster/inventory.h"
#include "format/db_snapshot.h"
#include "ops/recover.h"
#include "ops/restore.h"

#include <string.h>

static const struct option_def restore_options[] = {
    {"name", OPTION_TEXT, .arg = "NAME", .fallback = "default",
     .help = "Name of the member whose data directory is built"},
    {"data-dir", OPTION_DIR, .arg = "DIR",
     .help = "The data directory to build [default: NAME.etcd]"},
    {"wal-dir", OPTION_DIR, .arg = "DIR",
     .help = "A directory of its own for the WAL [default: DIR/member/wal]"},
    {"initial-cluster", OPTION_TEXT, .arg = "NAME=URL[,...]",
     .help = "All members of the new cluster with their peer URLs "
             "[default: those of --cluster, else default=http://localhost:2380]"},
    {"initial-cluster-token", OPTION_TEXT, .arg = "TOKEN",
     .help = "Token of the new cluster "
             "[default: a fresh one; members built one by one from one file share it]"},
    {"initial-advertise-peer-urls", OPTION_TEXT, .arg = "URL[,...]",
     .help = "The member's peer URLs, checked against the initial cluster "
             "[default: those of the initial cluster]"},
    {"skip-hash-check", OPTION_BOOL,
     .help = "Accept a file without a digest at its end (copied from a data directory), or with a "
             "wrong one"},
    {"bump-revision", OPTION_TEXT, .arg = "N|auto",
     .help = "Raise the revision by N, so that no client has seen a later one"},
    {"mark-compacted", OPTION_BOOL,
     .help = "Mark everything up to the bumped revision as compacted (comes with --bump-revision)"},
    {"keep-alarms", OPTION_BOOL,
     .help = "Keep the alarms in the snapshot, which are of members "
             "that will not exist"},
    {"all", OPTION_BOOL, .help = "Build the data directories of all members"},
    {"output-dir", OPTION_DIR, .arg = "DIR", .help = "With --all: build DIR/NAME for each member"},
    {"initial-memory-map-size", OPTION_U64, .arg = "BYTES",
     .help = "Accepted as etcdutl does; has no meaning here"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

/* The initial cluster as text: the option, the inventory's, etcdutl's default. */
static bool
cluster_wanted(struct app *app, struct initial_cluster *ret_cluster, struct error *e)
{
    const struct inventory *inventory;
    const char *text = option_text(&app->options, "initial-cluster");

    if (!app_inventory(app, &inventory, e))
        return false;
    if (!option_given(&app->options, "initial-cluster"))
        text = inventory != NULL ? inventory_initial_cluster(app->mem, inventory)
                                 : arena_printf(app->mem, "%s=http://localhost:2380",
                                                option_text(&app->options, "name"));
    return initial_cluster_parse(app->mem, text, ret_cluster, e);
}

static bool
targets_wanted(struct app *app, struct restore_request *request, struct error *e)
{
    const struct options *o = &app->options;
    struct restore_target *target;

    if (option_bool(o, "all")) {
        if (!option_given(o, "output-dir")) {
            error_set(e, ERROR_USAGE, "--all needs --output-dir");
            return error_hint(e,
                              "as in: quorate snapshot restore FILE --all --output-dir restored");
        }
        if (option_given(o, "data-dir") || option_given(o, "wal-dir") || option_given(o, "name"))
            return error_set(e, ERROR_USAGE,
                             "--all builds every member: --name, --data-dir and --wal-dir are for "
                             "one");
        if (!restore_targets_all(app->mem, &request->cluster, option_text(o, "output-dir"), &target,
                                 e))
            return false;
        request->targets = target;
        request->target_count = request->cluster.count;
        return true;
    }
    target = arena_zero(app->mem, sizeof(*target));
    target->name = option_text(o, "name");
    target->data_dir = option_given(o, "data-dir")
                           ? option_text(o, "data-dir")
                           : arena_printf(app->mem, "%s.etcd", target->name);
    target->wal_dir = option_given(o, "wal-dir") ? option_text(o, "wal-dir") : NULL;
    request->targets = target;
    request->target_count = 1;
    return true;
}

static bool
bump_wanted(struct app *app, struct restore_request *request, struct error *e)
{
    const char *text = option_text(&app->options, "bump-revision");

    request->mark_compacted = option_bool(&app->options, "mark-compacted");
    if (text[0] == '\0')
        return restore_bump_check(request, e);
    if (strcmp(text, "auto") == 0) {
        request->bump_revision = bump_revision_auto(0, 0);
        request->mark_compacted = true;
        return true;
    }
    if (!number_parse_u64(text, &request->bump_revision, e)) {
        e->code = ERROR_FLAG;
        return error_wrap(e, "--bump-revision");
    }
    return restore_bump_check(request, e);
}

/* Members that are built one by one have to get the same token without being told. */
static bool
token_wanted(struct app *app, struct restore_request *request, struct error *e)
{
    if (option_given(&app->options, "initial-cluster-token")) {
        request->token = option_text(&app->options, "initial-cluster-token");
        return true;
    }
    request->token = NULL;
    return request->target_count == request->cluster.count ||
           restore_shared_token(app->mem, request->snapshot_path, &request->cluster,
                                &request->token, e);
}

static void
restore_progress_show(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    progress_update(context, done_bytes, total_bytes);
}

static void
result_json(struct app *app, const struct restore_result *result)
{
    struct json_writer w;

    json_writer_init(&w, &app->out, 0);
    json_object_begin(&w);
    json_key_id(&w, "clusterId", result->cluster_id);
    json_key_text(&w, "token", result->token);
    json_key_i64(&w, "revision", result->revision);
    json_key_i64(&w, "revisionAfter", result->revision_after);
    json_key_u64(&w, "sizeBytes", result->size_bytes);
    json_key(&w, "members");
    json_array_begin(&w);
    for (size_t i = 0; i < result->member_count; i++) {
        json_object_begin(&w);
        json_key_text(&w, "name", result->members[i].name);
        json_key_id(&w, "id", result->members[i].id);
        json_key_text(&w, "dataDir", result->members[i].data_dir);
        json_key_text(&w, "walDir", result->members[i].wal_dir);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(&app->out, '\n');
}

/* etcdutl logs what it does to stderr and prints nothing. */
static void
result_say(const struct app *app, const struct restore_result *result)
{
    for (size_t i = 0; i < result->member_count; i++)
        app_say(app, "built %s for member %s (%llx)", result->members[i].data_dir,
                result->members[i].name, (unsigned long long)result->members[i].id);
    if (result->revision_after != result->revision)
        app_say(app, "cluster %llx, token %s, revision %lld, bumped to %lld and compacted there",
                (unsigned long long)result->cluster_id, result->token, (long long)result->revision,
                (long long)result->revision_after);
    else
        app_say(app, "cluster %llx, token %s, revision %lld",
                (unsigned long long)result->cluster_id, result->token, (long long)result->revision);
}

static void
remarks_say(struct app *app, const struct restore_request *request,
            const struct restore_result *result)
{
    if (option_given(&app->options, "initial-cluster-token"))
        app_warn(app,
                 "the token '%s' was given: if a member of an older cluster with this token and "
                 "these URLs still runs, it joins and its data diverges silently; leave the "
                 "option out for a fresh token",
                 request->token);
    for (size_t i = 0; i < result->alarm_count; i++)
        app_say(app, "alarm %s of member %llx: %s", result->alarms[i].word,
                (unsigned long long)result->alarms[i].member_id,
                request->keep_alarms ? "kept; writes are refused until it is disarmed"
                                     : "cleared, as that member will not exist");
    if (result->hash_differs)
        app_warn(app,
                 "'%s' is not what was saved: its SHA-256 is another. Its pages and rows "
                 "are sound, but keys or values may be wrong",
                 request->snapshot_path);
    if (!result->had_trailer)
        app_warn(app, "the file has no digest, so nothing proves that it is whole; what the WAL of "
                      "its member held beyond it is not in it");
}

static bool
request_fill(struct app *app, struct restore_request *request, struct error *e)
{
    const char *advertised = option_text(&app->options, "initial-advertise-peer-urls");

    if (!cluster_wanted(app, &request->cluster, e) || !targets_wanted(app, request, e) ||
        !token_wanted(app, request, e))
        return false;
    if (advertised[0] != '\0' && !peer_urls_parse(app->mem, advertised, &request->advertised, e))
        return error_wrap(e, "--initial-advertise-peer-urls");
    return true;
}

static bool
restore_go(struct app *app, struct restore_request *request, struct restore_result *ret_result,
           struct error *e)
{
    struct progress_line line;
    bool done;

    request->progress = restore_progress_show;
    request->progress_context = &line;
    progress_start(&line, app, "restoring");
    interrupt_begin();
    done = restore_run(app->mem, request, ret_result, e);
    interrupt_end();
    progress_end(&line);
    /* Nothing half-made is left: now it may end as the signal wants it. */
    if (!done && e->code == ERROR_CANCELLED)
        interrupt_die();
    return done;
}

static bool
snapshot_restore_run(struct app *app, struct error *e)
{
    struct restore_request request = {
        .snapshot_path = app_operand(app, 0),
        .skip_hash_check = option_bool(&app->options, "skip-hash-check"),
        .keep_alarms = option_bool(&app->options, "keep-alarms"),
    };
    struct restore_result result;

    if (!bump_wanted(app, &request, e))
        return false;
    if (!request_fill(app, &request, e) || !restore_go(app, &request, &result, e)) {
        /* To etcdutl only the number of operands and the bump are matters of usage. */
        if (e->code == ERROR_USAGE)
            e->code = ERROR_REFUSED;
        return false;
    }
    if (app->style.output == OUTPUT_JSON)
        result_json(app, &result);
    else
        result_say(app, &result);
    remarks_say(app, &request, &result);
    return true;
}

const struct command command_snapshot_restore = {
    .name = "snapshot restore",
    .operands = "FILE",
    .summary = "Build the data directory of one member, or of all, from a snapshot",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE | IN_ETCDCTL | IN_ETCDUTL,
    .options = restore_options,
    .effect = EFFECT_WRITES_FILES,
    .run = snapshot_restore_run,
    .example = "quorate snapshot restore backup.db --all --output-dir restored \\\n"
               "  --initial-cluster m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,"
               "m3=http://10.0.0.3:2380",
    .description =
        "The digest is checked while the file is read, once for all members; only then do the "
        "directories get their names. They boot on etcd 3.4 to 3.7. Existing directories are "
        "refused, and after a failure nothing half-made stays.\n\n"
        "Without --initial-cluster-token the new cluster gets a fresh token, so that a forgotten "
        "member of the old cluster cannot join. --bump-revision auto raises the revision by a "
        "week of heavy writes, so that no client sees revisions go backwards.",
};
