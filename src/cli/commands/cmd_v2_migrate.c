/* v2 migrate: the keys of the v2 API into v3. */

#include "cli/app.h"
#include "cli/plan_context.h"
#include "ops/v2_migrate.h"

static const struct option_def migrate_options[] = {
    {"overwrite", OPTION_BOOL,
     .help = "Where v3 has a key with another value, take v2's; there is no undo then"},
    {"keep-dirs", OPTION_BOOL,
     .help = "For each directory a key with '/' at its end and an empty value"},
    {"hidden", OPTION_TEXTS, .arg = "KEY[,...]",
     .help = "Also these keys or directories, whose names begin with '_': etcd lists them nowhere"},
    OPTIONS_END,
};

static bool
migrate_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    const char *root = app_operand(app, 0);
    struct v2_migrate_request request = {
        .root = root != NULL ? root : "/",
        .keep_dirs = option_bool(&app->options, "keep-dirs"),
        .overwrite = option_bool(&app->options, "overwrite"),
    };
    struct plan_context *context;

    if (request.root[0] != '/')
        return error_set(e, ERROR_USAGE, "'%s' does not begin with '/'", request.root);
    request.hidden = option_list(&app->options, "hidden", &request.hidden_count);
    if (!app_inventory(app, &request.inventory, e) || !plan_context_of_app(app, &context, e))
        return false;
    request.etcd = context->etcd;
    return v2_migrate_inputs(app->mem, &request, &inputs, e) &&
           plan_new(app->mem, &v2_migrate_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_v2_migrate = {
    .name = "v2 migrate",
    .operands = "[DIRECTORY]",
    .summary = "Copy the keys of the v2 API to v3, on the running cluster",
    .family = FAMILY_KEYS,
    .options = migrate_options,
    .needs = NEEDS_ENDPOINTS | NEEDS_QUORUM | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_KEYS,
    .plan = migrate_plan,
    .example = "quorate v2 migrate --dry-run\n"
               "quorate v2 migrate /config --yes",
    .description =
        "A key keeps its name, directories are dropped, a TTL becomes a lease. Nothing that v3 has "
        "is overwritten unless --overwrite says so. It ends with every key read back and compared. "
        "v2 keeps its keys.\n\n"
        "A copy that was cut is continued by 'quorate plan resume', with the same --endpoints, or "
        "taken back by 'quorate plan undo', which deletes what it wrote. --user is taken for both "
        "APIs.",
};
