/*
 * The steps of a recovery that hold API servers down while the data changes, one a host, and let them back
 * in at the end: those that were asked for (--stop-clients).
 */
#include <string.h>

#include "node/api_server.h"
#include "ops/recover_state.h"

static bool
client_host(const struct recover_client *c, const struct host **ret_host, struct error *e)
{
    const struct inventory_member as_member = {.name = c->url, .host = c->url};

    return site_host(&c->recover->site, &as_member, ret_host, e);
}

static bool
is_recorded(const struct recover_client *c, const struct step *step)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return plan_step_recorded(c->recover->plan, arena_printf(&tmp, "%s %s", step->name, c->url));
}

static bool
client_state(const struct recover_client *c, enum api_server_state *ret_state, struct error *e)
{
    const struct host *host;

    return client_host(c, &host, e) && api_server_look(host, ret_state, e);
}

/* Whom this plan has released is not to be held again. */
static bool
hold_check(void *op, enum progress *ret_progress, struct error *e)
{
    const struct recover_client *c = op;
    enum api_server_state state;

    *ret_progress = PROGRESS_DONE;
    if (is_recorded(c, &recover_step_release))
        return true;
    if (!client_state(c, &state, e))
        return false;
    if (state != API_SERVER_HELD)
        *ret_progress = PROGRESS_TODO;
    return true;
}

static bool
hold(void *op, struct error *e)
{
    const struct host *host;

    return client_host(op, &host, e) && api_server_hold(host, e);
}

static bool
release(void *op, struct error *e)
{
    const struct host *host;

    return client_host(op, &host, e) && api_server_release(host, e);
}

static bool
release_check(void *op, enum progress *ret_progress, struct error *e)
{
    enum api_server_state state;

    if (!client_state(op, &state, e))
        return false;
    *ret_progress = state == API_SERVER_FREE ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

static const char *
client_field(const void *op, struct arena *mem, const char *name)
{
    const struct recover_client *c = op;

    return strcmp(name, "host") == 0 ? arena_text(mem, c->url) : NULL;
}

const struct step recover_step_hold = {
    .name = "hold-clients",
    .intent = "move the API server's manifest on %{host} aside, and wait until its process is gone",
    .field = client_field,
    .check = hold_check,
    .run = hold,
    .undo = release,
};

const struct step recover_step_release = {
    .name = "release-clients",
    .intent = "put the API server's manifest on %{host} back",
    .field = client_field,
    .check = release_check,
    .run = release,
    .undo = hold,
};
