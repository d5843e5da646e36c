#include "cli/plan_context.h"

#include "base/io.h"
#include "etcd/client.h"
#include "ops/plan_cluster.h"

/* What needs no cluster. */
static bool
places_of_app(struct app *app, struct plan_context *context, struct error *e)
{
    if (!app_state_dir(app, &context->state_dir, e))
        return false;
    return option_source(&app->options, "config") != OPTION_FROM_FLAG ||
           path_absolute(app->mem, app_config(app), &context->config, e);
}

bool
plan_context_of_app(struct app *app, struct plan_context **ret_context, struct error *e)
{
    struct plan_context *context = arena_zero(app->mem, sizeof(*context));
    const struct etcd_options *options;

    if (!places_of_app(app, context, e) || !app_etcd_options(app, &options, e))
        return false;
    context->user = options->user;
    context->password = options->password;
    context->etcd = options;
    *ret_context = context;
    return true;
}

/* Where the plan's cluster is asked, for its lock too, whatever the command line says; a quorate.yaml
 * may say as whom. */
static bool
inventory_of_journal(struct app *app, struct bytes inputs, struct error *e)
{
    struct plan_context context = {0};
    struct plan_cluster cluster;
    struct inventory *inventory;
    const struct json *doc;

    if (!places_of_app(app, &context, e) || !json_parse(app->mem, inputs, &doc, e))
        return false;
    if (json_get(doc, "cluster") == NULL)
        return true;
    if (!plan_cluster_decode(app->mem, doc, &context, &cluster, e))
        return false;
    if (plan_cluster_inventory(app->mem, &cluster, &inventory, e)) {
        app->inventory = inventory;
        return true;
    }
    /* Its inventory is gone: who says where the cluster is can go on all the same. */
    if (e->code != ERROR_NOT_FOUND || option_source(&app->options, "endpoints") != OPTION_FROM_FLAG)
        return false;
    error_clear(e);
    return true;
}

bool
plan_context_of_journal(struct app *app, struct bytes inputs, struct plan_context **ret_context,
                        struct error *e)
{
    return inventory_of_journal(app, inputs, e) && plan_context_of_app(app, ret_context, e);
}
