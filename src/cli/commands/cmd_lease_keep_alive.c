/* lease keep-alive: renews until the lease is gone, or once. */

#include "cli/app.h"
#include "cli/lease_id.h"
#include "cli/print/print_lease.h"
#include "etcd/keep_alive.h"

static const struct option_def lease_keep_alive_options[] = {
    {"once", OPTION_BOOL, .help = "Renew it once"},
    OPTIONS_END,
};

struct renewing {
    struct app *app;
    struct etcd_keep_alive keep_alive;
    bool worked;
    bool ok;
    bool done;
    struct error *e;
};

static void
lease_renewed(void *context, const struct etcd_lease_keep_alive_response *response)
{
    struct renewing *r = context;

    r->worked = true;
    print_lease_keep_alive(&r->app->out, &r->app->style, response);
    if (app_flush(r->app, r->e))
        return;
    r->ok = false;
    r->done = true;
}

/* A lease that ran out ends the command well, as in etcdctl: its line is the result. One that was
 * never renewed, because nobody could be asked, is an error. */
static void
lease_lost(void *context, const struct error *e)
{
    struct renewing *r = context;

    r->done = true;
    if (e->code != ERROR_NOT_FOUND && !r->worked) {
        *r->e = *e;
        r->ok = false;
        return;
    }
    if (e->code != ERROR_NOT_FOUND)
        app_warn(r->app, "%s", e->text);
    print_lease_lost(&r->app->out, &r->app->style, r->keep_alive.options.id);
}

static bool
renew_until_lost(struct app *app, struct etcd_client *client, int64_t id, struct error *e)
{
    struct renewing r = {.app = app, .ok = true, .e = e};
    const struct etcd_keep_alive_options options = {
        .id = id,
        .on_renewed = lease_renewed,
        .on_lost = lease_lost,
        .context = &r,
    };

    etcd_keep_alive_start(&r.keep_alive, client, &options);
    ASSERT(loop_run(etcd_client_loop(client), &r.done, LOOP_FOREVER));
    etcd_keep_alive_stop(&r.keep_alive);
    return r.ok;
}

static bool
lease_keep_alive_run(struct app *app, struct error *e)
{
    struct etcd_lease_keep_alive_response response;
    struct etcd_client *client;
    int64_t id;

    if (!lease_id_parse(app_operand(app, 0), &id, e) || !print_no_table(&app->style, e) ||
        !app_etcd(app, &client, e))
        return false;
    app->failure_code = ETCD_EXIT_BAD_CONNECTION;
    if (!option_bool(&app->options, "once"))
        return renew_until_lost(app, client, id, e);
    if (!etcd_keep_alive_once(client, id, &response, e))
        return false;
    print_lease_keep_alive(&app->out, &app->style, &response);
    return true;
}

const struct command command_lease_keep_alive = {
    .name = "lease keep-alive",
    .operands = "LEASE_ID",
    .summary = "Renew a lease again and again, until it is gone",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = lease_keep_alive_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = lease_keep_alive_run,
    .example = "quorate lease keep-alive 32695410dcc0ca06",
    .description =
        "It is renewed after each third of its time. When the server is lost or does not "
        "answer, another endpoint is asked.",
};
