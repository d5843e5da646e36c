#include "cli/plan_context.h"

#include "etcd/client.h"

bool
plan_context_of_app(struct app *app, struct plan_context **ret_context, struct error *e)
{
    struct plan_context *context = arena_zero(app->mem, sizeof(*context));
    const struct etcd_options *options;

    if (!app_state_dir(app, &context->state_dir, e) || !app_etcd_options(app, &options, e))
        return false;
    context->user = options->user;
    context->password = options->password;
    context->etcd = options;
    *ret_context = context;
    return true;
}
