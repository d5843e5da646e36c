/* user: who may log in. Source: etcdctl/ctlv3/command/user_command.go, 3.4 to 3.7. */

#include <string.h>

#include "cli/app.h"
#include "cli/print/print_auth.h"
#include "cli/prompt.h"
#include "etcd/auth.h"

static const struct option_def add_options[] = {
    {"interactive", OPTION_BOOL, .fallback = "true",
     .help = "Ask for the password, twice; with =false one word of standard input is it"},
    {"new-user-password", OPTION_SECRET, .arg = "TEXT",
     .help = "The password; others can see it in the list of processes"},
    {"no-password", OPTION_BOOL,
     .help = "Only a certificate with this common name lets the user in"},
    OPTIONS_END,
};

static const struct option_def passwd_options[] = {
    {"interactive", OPTION_BOOL, .fallback = "true",
     .help = "Ask for the password, twice; with =false one word of standard input is it"},
    OPTIONS_END,
};

static const struct option_def get_options[] = {
    {"detail", OPTION_BOOL, .help = "Also what the user's roles permit"},
    OPTIONS_END,
};

static bool
ask_password(struct app *app, const char *name, struct secret *ret_password, struct error *e)
{
    return option_bool(&app->options, "interactive")
               ? prompt_new_password(name, &app->out, ret_password, e)
               : prompt_read_word(name, ret_password, e);
}

/*
 * NAME or NAME:PASSWORD; a password from elsewhere makes ':' part of the name. ret_name is in
 * app->mem.
 */
static bool
add_credentials(struct app *app, const char **ret_name, struct secret *ret_password,
                struct error *e)
{
    const char *operand = app_operand(app, 0);
    const char *flag = option_text(&app->options, "new-user-password");
    const char *colon = strchr(operand, ':');

    *ret_name = operand;
    if (option_bool(&app->options, "no-password"))
        return true;
    if (flag[0] != '\0') {
        secret_set(ret_password, bytes_of_text(flag));
        return true;
    }
    if (colon == NULL)
        return ask_password(app, operand, ret_password, e);
    if (colon == operand)
        return error_set(e, ERROR_USAGE, "empty user name is not allowed");
    *ret_name = arena_printf(app->mem, "%.*s", (int)(colon - operand), operand);
    secret_set(ret_password, bytes_of_text(colon + 1));
    return true;
}

static bool
user_add_run(struct app *app, struct error *e)
{
    AUTO_SECRET password = SECRET_INIT;
    struct etcd_user_add_request request = {
        .options.no_password = option_bool(&app->options, "no-password"),
    };
    struct etcd_header_only added;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !add_credentials(app, &request.name, &password, e) ||
        !app_etcd(app, &client, e))
        return false;
    request.password = password.text != NULL ? password.text : "";
    if (!etcd_user_add(app->mem, client, &request, &added, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &added))
        buf_printf(&app->out, "User %s created\n", request.name);
    return true;
}

static bool
user_delete_run(struct app *app, struct error *e)
{
    const char *name = app_operand(app, 0);
    struct etcd_header_only deleted;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_user_delete(app->mem, client, name, &deleted, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &deleted))
        buf_printf(&app->out, "User %s deleted\n", name);
    return true;
}

static bool
roles_print(struct app *app, struct etcd_client *client, const struct etcd_user *user,
            struct error *e)
{
    for (size_t i = 0; i < user->role_count; i++) {
        struct etcd_role role;

        buf_append_byte(&app->out, '\n');
        if (!etcd_role_get(app->mem, client, user->roles[i], &role, e))
            return error_wrap(e, "role '%s'", user->roles[i]);
        print_role(&app->out, &app->style, user->roles[i], &role);
    }
    return true;
}

static bool
user_get_run(struct app *app, struct error *e)
{
    bool detail = option_bool(&app->options, "detail");
    const char *name = app_operand(app, 0);
    struct etcd_client *client;
    struct etcd_user user;

    if (!(detail ? print_no_table : print_no_fields)(&app->style, e) ||
        !app_etcd(app, &client, e) || !etcd_user_get(app->mem, client, name, &user, e))
        return false;
    if (!detail) {
        print_user(&app->out, &app->style, name, &user);
        return true;
    }
    buf_printf(&app->out, "User: %s\n", name); /* in every form, as etcdctl */
    return roles_print(app, client, &user, e);
}

static bool
user_list_run(struct app *app, struct error *e)
{
    struct etcd_user_list list;
    struct etcd_client *client;

    if (!print_no_fields(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_user_list(app->mem, client, &list, e))
        return false;
    print_user_list(&app->out, &app->style, &list);
    return true;
}

static bool
user_passwd_run(struct app *app, struct error *e)
{
    AUTO_SECRET password = SECRET_INIT;
    const char *name = app_operand(app, 0);
    struct etcd_header_only changed;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !ask_password(app, name, &password, e) ||
        !app_etcd(app, &client, e) ||
        !etcd_user_change_password(app->mem, client, name, password.text, &changed, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &changed))
        buf_append_text(&app->out, "Password updated\n");
    return true;
}

static bool
user_grant_role_run(struct app *app, struct error *e)
{
    const char *user = app_operand(app, 0);
    const char *role = app_operand(app, 1);
    struct etcd_header_only granted;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_user_grant_role(app->mem, client, user, role, &granted, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &granted))
        buf_printf(&app->out, "Role %s is granted to user %s\n", role, user);
    return true;
}

static bool
user_revoke_role_run(struct app *app, struct error *e)
{
    const char *user = app_operand(app, 0);
    const char *role = app_operand(app, 1);
    struct etcd_header_only revoked;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_user_revoke_role(app->mem, client, user, role, &revoked, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &revoked))
        buf_printf(&app->out, "Role %s is revoked from user %s\n", role, user);
    return true;
}

const struct command command_user_add = {
    .name = "user add",
    .operands = "NAME[:PASSWORD]",
    .summary = "Add a user",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = add_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = user_add_run,
    .example = "quorate user add root",
    .description = "The password is asked for twice: on the terminal, or when standard input is "
                   "none, as two lines of it.",
};

const struct command command_user_delete = {
    .name = "user delete",
    .operands = "NAME",
    .summary = "Delete a user",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = user_delete_run,
    .example = "quorate user delete alice",
};

const struct command command_user_get = {
    .name = "user get",
    .operands = "NAME",
    .summary = "Show a user's roles",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = get_options,
    .needs = NEEDS_ENDPOINTS,
    .run = user_get_run,
    .example = "quorate user get alice --detail",
};

const struct command command_user_list = {
    .name = "user list",
    .summary = "List the users",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .run = user_list_run,
    .example = "quorate user list",
};

const struct command command_user_passwd = {
    .name = "user passwd",
    .operands = "NAME",
    .summary = "Change a user's password",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = passwd_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = user_passwd_run,
    .example = "quorate user passwd alice",
    .description = "The password is asked for as by 'user add'.",
};

const struct command command_user_grant_role = {
    .name = "user grant-role",
    .operands = "USER ROLE",
    .summary = "Give a user a role",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = user_grant_role_run,
    .example = "quorate user grant-role alice reader",
};

const struct command command_user_revoke_role = {
    .name = "user revoke-role",
    .operands = "USER ROLE",
    .summary = "Take a role from a user",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = user_revoke_role_run,
    .example = "quorate user revoke-role alice reader",
};
