/* 'keys import': the file of 'keys export' into a live cluster. */

#include "cli/app.h"
#include "cli/observe.h"
#include "cli/plan_context.h"
#include "ops/key_import.h"

static const struct option_def import_options[] = {
    {"overwrite", OPTION_BOOL,
     .help = "Where the cluster has another value, take the file's; there is no undo then"},
    {"with-leases", OPTION_BOOL,
     .help = "Also keys with a lease, under a lease of the same id and time, granted anew"},
    OPTIONS_END,
};

static bool
import_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct operation_face face;
    struct key_import_request request = {
        .path = app_operand(app, 0),
        .overwrite = option_bool(&app->options, "overwrite"),
        .with_leases = option_bool(&app->options, "with-leases"),
    };
    struct plan_context *context;
    bool ok;

    if (!app_inventory(app, &request.inventory, e) || !plan_context_of_app(app, &context, e))
        return false;
    operation_face_begin(&face, app);
    request.etcd = context->etcd;
    request.observer = &face.observer;
    ok = key_import_inputs(app->mem, &request, &inputs, e);
    operation_face_end(&face);
    return ok && plan_new(app->mem, &key_import_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_keys_import = {
    .name = "keys import",
    .operands = "FILE",
    .summary = "Write the keys of an export into a running cluster",
    .family = FAMILY_KEYS,
    .options = import_options,
    .needs = NEEDS_ENDPOINTS | NEEDS_QUORUM | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_KEYS,
    .plan = import_plan,
    .example = "quorate keys import keys.jsonl --dry-run\n"
               "quorate keys import keys.jsonl --yes",
    .description =
        "The file is checked as a whole before anything is written. A key that the cluster has "
        "with the same value is left alone; with another value everything is refused, unless "
        "--overwrite says otherwise. Keys with a lease are left out unless --with-leases is given. "
        "It ends with every key read back and compared. Revisions and versions are the cluster's "
        "own.\n\n"
        "An import that was cut is continued by 'quorate plan resume', or taken back by 'quorate "
        "plan undo', which deletes what it wrote and nothing else.",
};
