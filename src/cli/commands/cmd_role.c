/* role: what users may do. Source: etcdctl/ctlv3/command/role_command.go, 3.4 to 3.7. */

#include <strings.h>

#include "cli/app.h"
#include "cli/print/print_auth.h"
#include "etcd/auth.h"
#include "etcd/kv.h"

static const struct option_def permission_options[] = {
    {"prefix", OPTION_BOOL, .help = "All keys that begin with KEY"},
    {"from-key", OPTION_BOOL, .help = "All keys from KEY on, in byte order"},
    OPTIONS_END,
};

static bool
role_add_run(struct app *app, struct error *e)
{
    const char *name = app_operand(app, 0);
    struct etcd_header_only added;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_role_add(app->mem, client, name, &added, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &added))
        buf_printf(&app->out, "Role %s created\n", name);
    return true;
}

static bool
role_delete_run(struct app *app, struct error *e)
{
    const char *name = app_operand(app, 0);
    struct etcd_header_only deleted;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_role_delete(app->mem, client, name, &deleted, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &deleted))
        buf_printf(&app->out, "Role %s deleted\n", name);
    return true;
}

static bool
role_get_run(struct app *app, struct error *e)
{
    const char *name = app_operand(app, 0);
    struct etcd_client *client;
    struct etcd_role role;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_role_get(app->mem, client, name, &role, e))
        return false;
    print_role(&app->out, &app->style, name, &role);
    return true;
}

static bool
role_list_run(struct app *app, struct error *e)
{
    struct etcd_role_list list;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_role_list(app->mem, client, &list, e))
        return false;
    print_role_list(&app->out, &app->style, &list);
    return true;
}

static bool
permission_type(const char *word, enum etcd_permission_type *ret_type, struct error *e)
{
    static const char *const words[] = {
        [ETCD_PERMISSION_READ] = "READ",
        [ETCD_PERMISSION_WRITE] = "WRITE",
        [ETCD_PERMISSION_READWRITE] = "READWRITE",
    };

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(word, words[i]) == 0) {
            *ret_type = (enum etcd_permission_type)i;
            return true;
        }
    }
    return error_set(e, ERROR_USAGE,
                     "invalid permission type: '%s' is not read, write or readwrite", word);
}

/*
 * KEY [END_KEY] from the operand 'at' on, with --prefix or --from-key. Permissions are ranges that
 * cannot begin with nothing: an empty KEY is "\0", with a flag up to the last key.
 */
static bool
permission_range(const struct app *app, size_t at, struct bytes *ret_key,
                 struct bytes *ret_range_end, struct error *e)
{
    static const struct bytes nul = BYTES_LITERAL("\0");
    bool prefix = option_bool(&app->options, "prefix");
    bool from_key = option_bool(&app->options, "from-key");
    const char *end = app_operand(app, at + 1);

    *ret_key = bytes_of_text(app_operand(app, at));
    *ret_range_end = BYTES_NONE;
    if (prefix && from_key)
        return error_set(e, ERROR_USAGE, "--prefix and --from-key exclude each other");
    if (end != NULL && (prefix || from_key))
        return error_set(e, ERROR_USAGE, "an END_KEY ('%s') cannot go with --%s", end,
                         prefix ? "prefix" : "from-key");
    if (from_key || (prefix && ret_key->size == 0))
        *ret_range_end = nul;
    else if (prefix)
        *ret_range_end = etcd_prefix_end(app->mem, *ret_key);
    else if (end != NULL && ret_key->size > 0)
        *ret_range_end = bytes_of_text(end);
    if (ret_key->size == 0)
        *ret_key = nul;
    return true;
}

static bool
role_grant_permission_run(struct app *app, struct error *e)
{
    struct etcd_role_grant_request request = {.role = app_operand(app, 0)};
    struct etcd_header_only granted;
    struct etcd_client *client;

    if (!permission_type(app_operand(app, 1), &request.permission.type, e) ||
        !permission_range(app, 2, &request.permission.key, &request.permission.range_end, e) ||
        !print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_role_grant(app->mem, client, &request, &granted, e))
        return false;
    if (!print_header_only(&app->out, &app->style, &granted))
        buf_printf(&app->out, "Role %s updated\n", request.role);
    return true;
}

static bool
role_revoke_permission_run(struct app *app, struct error *e)
{
    struct etcd_role_revoke_request request = {.role = app_operand(app, 0)};
    struct etcd_header_only revoked;
    struct etcd_client *client;

    if (!permission_range(app, 1, &request.key, &request.range_end, e) ||
        !print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_role_revoke(app->mem, client, &request, &revoked, e))
        return false;
    print_role_revoked(&app->out, &app->style, request.role, app_operand(app, 1), request.range_end,
                       &revoked);
    return true;
}

const struct command command_role_add = {
    .name = "role add",
    .operands = "NAME",
    .summary = "Add a role",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = role_add_run,
    .example = "quorate role add reader",
};

const struct command command_role_delete = {
    .name = "role delete",
    .operands = "NAME",
    .summary = "Delete a role",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = role_delete_run,
    .example = "quorate role delete reader",
    .description = "It is taken from all users that have it.",
};

const struct command command_role_get = {
    .name = "role get",
    .operands = "NAME",
    .summary = "Show what a role permits",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .run = role_get_run,
    .example = "quorate role get reader",
};

const struct command command_role_list = {
    .name = "role list",
    .summary = "List the roles",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .run = role_list_run,
    .example = "quorate role list",
};

const struct command command_role_grant_permission = {
    .name = "role grant-permission",
    .operands = "ROLE TYPE KEY [END_KEY]",
    .summary = "Permit a role to read or write a key, or the keys from KEY up to END_KEY",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = permission_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = role_grant_permission_run,
    .example = "quorate role grant-permission reader read /app/ --prefix",
    .description = "TYPE is read, write or readwrite. END_KEY itself is not permitted. The empty "
                   "key with --prefix or --from-key means all keys.",
};

const struct command command_role_revoke_permission = {
    .name = "role revoke-permission",
    .operands = "ROLE KEY [END_KEY]",
    .summary = "Take a permission from a role",
    .family = FAMILY_USERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = permission_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = role_revoke_permission_run,
    .example = "quorate role revoke-permission reader /app/ --prefix",
    .description = "KEY, END_KEY and flags must be the ones that were granted.",
};
