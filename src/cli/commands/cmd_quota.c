/* 'quota recover': from a cluster that has no space to one that takes writes; 'quota raise': more space. */

#include "cli/app.h"
#include "cli/observe.h"
#include "cli/plan_context.h"
#include "ops/quota_raise.h"
#include "ops/quota_recover.h"

static const struct option_def recover_options[] = {
    {"rm", OPTION_TEXT, .arg = "PREFIX",
     .help = "Delete all keys that begin so first, as 'quorate keys rm' does"},
    {"save", OPTION_FILE, .arg = "FILE", .help = "Write what --rm deletes to FILE before"},
    {"force", OPTION_BOOL, .help = "With --rm: also all keys, and Kubernetes' own objects"},
    OPTIONS_END,
};

static bool
removal_read(const struct app *app, struct key_removal_request *removal, struct error *e)
{
    const struct options *o = &app->options;

    if (!option_given(o, "rm") && (option_given(o, "save") || option_bool(o, "force")))
        return error_set(e, ERROR_USAGE,
                         "--save and --force say how --rm deletes, which is not given");
    removal->range = key_range_prefix(app->mem, bytes_of_text(option_text(o, "rm")));
    removal->save = option_given(o, "save") ? option_text(o, "save") : NULL;
    removal->force = option_bool(o, "force");
    return true;
}

static bool
quota_recover_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct key_removal_request removal = {.etcd = NULL};
    struct quota_recover_request request = {.removal = NULL};
    struct operation_face face;
    struct plan_context *context;
    bool ok;

    if (!removal_read(app, &removal, e) || !app_inventory(app, &request.inventory, e) ||
        !plan_context_of_app(app, &context, e))
        return false;
    operation_face_begin(&face, app);
    removal.etcd = context->etcd;
    removal.inventory = request.inventory;
    removal.observer = request.observer = &face.observer;
    if (option_given(&app->options, "rm"))
        request.removal = &removal;
    ok = quota_recover_inputs(app->mem, &request, context, &inputs, e);
    operation_face_end(&face);
    return ok && plan_new(app->mem, &quota_recover_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_quota_recover = {
    .name = "quota recover",
    .summary = "Bring a cluster back that refuses writes for lack of space (NOSPACE)",
    .family = FAMILY_MEMBERS,
    .options = recover_options,
    .needs = NEEDS_CLUSTER | NEEDS_QUORUM | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = quota_recover_plan,
    .example =
        "quorate quota recover --cluster prod --dry-run\n"
        "quorate quota recover --cluster prod --rm /registry/events/ --save events.jsonl --yes",
    .description =
        "Shows what fills the key space. Then, in the only order that works: keys "
        "deleted where --rm says "
        "so, all history given up, every database defragmented (one member after the "
        "other, the leader "
        "last), a look whether each leaves a tenth of its quota free, and only then the alarm "
        "disarmed; at the end a key is "
        "written through each member. An alarm that is disarmed before comes back with "
        "the next write.\n\n"
        "Often history alone is enough. Where it is not, the plan stops before the "
        "alarm, and says by how much.",
};

/* --- raise ------------------------------------------------------------------------------------- */

static const struct option_def raise_options[] = {
    {"force", OPTION_BOOL, .help = "Also above 8 GiB, the most that etcd suggests"},
    OPTIONS_END,
};

static bool
quota_raise_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct quota_raise_request request = {.force = option_bool(&app->options, "force")};
    struct plan_context *context;
    uint64_t bytes;

    if (!size_parse(app_operand(app, 0), &bytes, e))
        return error_wrap(e, "SIZE");
    if (bytes == 0 || bytes > INT64_MAX)
        return error_set(e, ERROR_USAGE, "SIZE: %s is no quota", app_operand(app, 0));
    request.bytes = (int64_t)bytes;
    return app_inventory(app, &request.inventory, e) && plan_context_of_app(app, &context, e) &&
           quota_raise_inputs(app->mem, &request, context, &inputs, e) &&
           plan_new(app->mem, &quota_raise_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_quota_raise = {
    .name = "quota raise",
    .operands = "SIZE",
    .summary = "Give the databases of a cluster more space, one member after the other",
    .family = FAMILY_MEMBERS,
    .options = raise_options,
    .needs = NEEDS_CLUSTER | NEEDS_QUORUM | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = quota_raise_plan,
    .example = "quorate quota raise 4GiB --cluster prod --dry-run\n"
               "quorate quota raise 8GiB --cluster prod --yes",
    .description = "Each member's --quota-backend-bytes is changed where its settings say it "
                   "(environment file, flags, etcd's "
                   "YAML, a static pod's manifest), and it is restarted when all others serve; "
                   "etcd reads it at its start only. "
                   "A NOSPACE alarm is disarmed in the end, and a key is written through each "
                   "member. Undo gives the old quota "
                   "back, files byte for byte.\n\n"
                   "It is the quick way when nothing can be deleted. What fills the database shows "
                   "'quorate keys du'; free pages "
                   "come back with 'quorate maintain defrag'. Refused where a disk could not hold "
                   "a database of that size.",
};
