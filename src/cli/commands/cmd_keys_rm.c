/* 'keys rm': many keys of a running cluster, without making others wait. */

#include "cli/app.h"
#include "cli/observe.h"
#include "cli/plan_context.h"
#include "keys/range.h"
#include "ops/key_removal.h"

static const struct option_def rm_options[] = {
    {"to", OPTION_TEXT, .arg = "KEY",
     .help = "PREFIX is a key: all from it up to KEY, which stays"},
    {"save", OPTION_FILE, .arg = "FILE",
     .help =
         "Write the keys to FILE first; 'quorate keys import FILE --with-leases' puts them back"},
    {"rate", OPTION_U64, .arg = "N",
     .help = "At most N keys a second [default: as many as do not make others wait]"},
    {"force", OPTION_BOOL, .help = "Also what is refused: all keys, and Kubernetes' own objects"},
    OPTIONS_END,
};

static struct key_range
range_of(const struct app *app)
{
    struct bytes start = bytes_of_text(app_operand(app, 0));

    if (!option_given(&app->options, "to"))
        return key_range_prefix(app->mem, start);
    return (struct key_range){start, bytes_of_text(option_text(&app->options, "to"))};
}

static bool
request_read(const struct app *app, struct key_removal_request *request, struct error *e)
{
    const struct options *o = &app->options;

    request->range = range_of(app);
    request->save = option_given(o, "save") ? option_text(o, "save") : NULL;
    request->per_second = option_u64(o, "rate");
    request->force = option_bool(o, "force");
    if (option_given(o, "to") && bytes_compare(request->range.start, request->range.end) >= 0)
        return error_set(e, ERROR_USAGE, "--to '%s': there is nothing from '%s' up to it",
                         option_text(o, "to"), app_operand(app, 0));
    if (option_given(o, "rate") && request->per_second == 0)
        return error_set(e, ERROR_FLAG, "--rate 0: nothing would ever be deleted");
    return true;
}

static bool
rm_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    struct operation_face face;
    struct key_removal_request request = {.etcd = NULL};
    struct plan_context *context;
    bool ok;

    if (!request_read(app, &request, e) || !app_inventory(app, &request.inventory, e) ||
        !plan_context_of_app(app, &context, e))
        return false;
    operation_face_begin(&face, app);
    request.etcd = context->etcd;
    request.observer = &face.observer;
    ok = key_removal_plan(app->mem, &request, context, ret_plan, e);
    operation_face_end(&face);
    return ok;
}

const struct command command_keys_rm = {
    .name = "keys rm",
    .operands = "PREFIX",
    .summary = "Delete many keys of a running cluster, without making others wait",
    .family = FAMILY_KEYS,
    .options = rm_options,
    .needs = NEEDS_ENDPOINTS | NEEDS_QUORUM | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_KEYS,
    .plan = rm_plan,
    .example = "quorate keys rm /registry/events/ --dry-run\n"
               "quorate keys rm /registry/events/ --save events.jsonl --yes",
    .description = "Counts the keys first, and says how large they are: of many by the values of "
                   "some hundred of them. 'etcdctl del --prefix' is one "
                   "transaction, and while "
                   "every member applies it, all others wait; this goes in transactions of some "
                   "hundred keys, and "
                   "slower when answers take long or a member falls behind. Each transaction holds "
                   "only if none "
                   "of its keys was written since the plan was made: what comes later is left, and "
                   "told. It ends "
                   "with the range read again.\n\n"
                   "Refused without --force are all keys, and of Kubernetes everything but its "
                   "events: objects are "
                   "to be deleted through its API.\n\n"
                   "A removal that was cut is continued by 'quorate plan resume'. There is no "
                   "undo, but with --save "
                   "the keys can be put back.",
};
