/* 'snapshot save': etcdctl's word, with the checks it leaves out. */

#include "base/json_writer.h"
#include "cli/app.h"
#include "cli/observe.h"
#include "ops/snapshot_save.h"

static void
saved_print_json(struct app *app, const char *path, const struct snapshot_saved *saved)
{
    struct json_writer w;

    json_writer_init(&w, &app->out, 0);
    json_object_begin(&w);
    json_key_text(&w, "path", path);
    json_key_text(&w, "member", saved->source_label);
    json_key_text(&w, "endpoint", saved->source_endpoint);
    json_key_u64(&w, "sizeBytes", saved->size_bytes);
    json_key_i64(&w, "revision", saved->revision);
    json_key_text(&w, "storageVersion", saved->storage_version);
    json_key_i64(&w, "streamMs", saved->stream_ms);
    json_key_i64(&w, "checkMs", saved->check_ms);
    json_object_end(&w);
    buf_append_byte(&app->out, '\n');
}

static bool
snapshot_save_run(struct app *app, struct error *e)
{
    const char *path = app_operand(app, 0);
    const struct etcd_options *options;
    struct operation_face face;
    struct snapshot_saved saved;
    bool done;

    if (!app_etcd_options(app, &options, e))
        return false;
    operation_face_begin(&face, app);
    done = snapshot_save(app->mem, options, path, &face.observer, &saved, e);
    operation_face_end(&face);
    if (!done) {
        /* Source: etcdctl/ctlv3/command/snapshot_command.go: whatever went wrong. */
        app->failure_code = ETCD_EXIT_INTERRUPTED;
        return false;
    }
    if (app->style.output == OUTPUT_JSON) {
        saved_print_json(app, path, &saved);
        return true;
    }
    /* etcdctl's own lines: scripts read them. */
    buf_printf(&app->out, "Snapshot saved at %s\n", path);
    if (saved.storage_version[0] != '\0')
        buf_printf(&app->out, "Server version %s\n", saved.storage_version);
    return true;
}

const struct command command_snapshot_save = {
    .name = "snapshot save",
    .operands = "FILE",
    .summary = "Save a snapshot of a running cluster, checked before it gets its name",
    .family = FAMILY_BACKUP,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_WRITES_FILES,
    .run = snapshot_save_run,
    .example = "quorate snapshot save backup.db --cluster lab:demo",
    .description =
        "Writes FILE.part, checks the digest while it streams and the structure and every row "
        "afterwards, syncs it, and renames it to FILE; an older FILE stays until then. Several "
        "endpoints are a choice: the best member is asked, and the next when that fails; never a "
        "learner, never a member with a CORRUPT alarm.",
};
