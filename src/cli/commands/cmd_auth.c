/* auth: authentication on and off. Source: etcdctl/ctlv3/command/auth_command.go, 3.4 to 3.7. */

#include <string.h>

#include "cli/app.h"
#include "cli/print/print_auth.h"
#include "etcd/auth.h"

/*
 * etcd demands a role root that the user root has; etcdctl adds and grants it without being asked,
 * and fails when only the grant is missing. The user root, with its password, is the caller's.
 */
static bool
root_role_provide(struct app *app, struct etcd_client *client, struct error *e)
{
    struct etcd_header_only done;

    if (!etcd_role_add(app->mem, client, "root", &done, e)) {
        if (e->code != ERROR_EXISTS)
            return error_wrap(e, "add the role root");
        error_clear(e);
    }
    return etcd_user_grant_role(app->mem, client, "root", "root", &done, e) ||
           error_wrap(e, "grant the role root to the user root");
}

static bool
auth_enable_run(struct app *app, struct error *e)
{
    struct etcd_client *client;

    if (!app_etcd(app, &client, e))
        return false;
    if (!etcd_auth_enable(client, e)) {
        if (strstr(e->text, "root user does not have root role") == NULL)
            return false;
        error_clear(e);
        if (!root_role_provide(app, client, e) || !etcd_auth_enable(client, e))
            return false;
    }
    buf_append_text(&app->out, "Authentication Enabled\n");
    return true;
}

static bool
auth_disable_run(struct app *app, struct error *e)
{
    struct etcd_client *client;

    if (!app_etcd(app, &client, e) || !etcd_auth_disable(client, e))
        return false;
    buf_append_text(&app->out, "Authentication Disabled\n");
    return true;
}

static bool
auth_status_run(struct app *app, struct error *e)
{
    struct etcd_auth_status status;
    struct etcd_client *client;

    if (!print_no_fields(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_auth_status(app->mem, client, &status, e))
        return false;
    print_auth_status(&app->out, &app->style, &status);
    return true;
}

const struct command command_auth_enable = {
    .name = "auth enable",
    .summary = "Demand a user and a password, or a certificate, of every client",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = auth_enable_run,
    .example = "quorate auth enable",
    .description = "There must be a user root. The role root is added and granted to it when that "
                   "was not done yet.",
};

const struct command command_auth_disable = {
    .name = "auth disable",
    .summary = "Let every client in without a user",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = auth_disable_run,
    .example = "quorate auth disable --user root",
    .description = "Users and roles stay as they are.",
};

const struct command command_auth_status = {
    .name = "auth status",
    .summary = "Show whether authentication is on",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .run = auth_status_run,
    .example = "quorate auth status",
    .description = "The revision counts the changes of users and roles. Servers before 3.5 do not "
                   "know this call.",
};
