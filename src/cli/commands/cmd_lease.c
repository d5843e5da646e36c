/* lease: granting, revoking, looking. */

#include "base/number.h"
#include "cli/app.h"
#include "cli/lease_id.h"
#include "cli/print/print_lease.h"
#include "etcd/lease.h"

static bool
lease_grant_run(struct app *app, struct error *e)
{
    struct etcd_lease_grant_response response;
    struct etcd_client *client;
    int64_t ttl_s;

    if (!number_parse_i64(app_operand(app, 0), &ttl_s, e))
        return error_wrap(e, "TTL");
    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_lease_grant(app->mem, client, ttl_s, &response, e))
        return false;
    print_lease_grant(&app->out, &app->style, &response);
    return true;
}

const struct command command_lease_grant = {
    .name = "lease grant",
    .operands = "TTL",
    .summary = "Create a lease that expires TTL seconds after its last renewal",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = lease_grant_run,
    .example = "quorate lease grant 60",
    .description =
        "The server may make it longer: a lease lives longer than an election takes. Keys "
        "are attached to it with 'put --lease', and go with it.",
};

static bool
lease_revoke_run(struct app *app, struct error *e)
{
    struct etcd_lease_revoke_response response;
    struct etcd_client *client;
    int64_t id;

    if (!lease_id_parse(app_operand(app, 0), &id, e) || !print_no_table(&app->style, e) ||
        !print_no_protobuf(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_lease_revoke(app->mem, client, id, &response, e))
        return false;
    print_lease_revoke(&app->out, &app->style, id, &response);
    return true;
}

const struct command command_lease_revoke = {
    .name = "lease revoke",
    .operands = "LEASE_ID",
    .summary = "Delete a lease and all keys that are attached to it",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = lease_revoke_run,
    .example = "quorate lease revoke 32695410dcc0ca06",
};

static const struct option_def lease_timetolive_options[] = {
    {"keys", OPTION_BOOL, .help = "Show the keys that are attached to it, too"},
    OPTIONS_END,
};

static bool
lease_timetolive_run(struct app *app, struct error *e)
{
    struct etcd_lease_time_to_live_response response;
    bool keys = option_bool(&app->options, "keys");
    struct etcd_client *client;
    int64_t id;

    if (!lease_id_parse(app_operand(app, 0), &id, e) || !print_no_table(&app->style, e) ||
        !app_etcd(app, &client, e))
        return false;
    app->failure_code = ETCD_EXIT_BAD_CONNECTION;
    if (!etcd_lease_time_to_live(app->mem, client, id, keys, &response, e))
        return false;
    print_lease_time_to_live(&app->out, &app->style, keys, &response);
    return true;
}

const struct command command_lease_timetolive = {
    .name = "lease timetolive",
    .operands = "LEASE_ID",
    .summary = "Show a lease: how long it was granted for, how long is left",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = lease_timetolive_options,
    .needs = NEEDS_ENDPOINTS,
    .run = lease_timetolive_run,
    .example = "quorate lease timetolive 32695410dcc0ca06 --keys",
    .description = "A lease that does not exist is shown as expired.",
};

static bool
lease_list_run(struct app *app, struct error *e)
{
    struct etcd_lease_leases_response response;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e))
        return false;
    app->failure_code = ETCD_EXIT_BAD_CONNECTION;
    if (!etcd_lease_leases(app->mem, client, &response, e))
        return false;
    print_lease_leases(&app->out, &app->style, &response);
    return true;
}

const struct command command_lease_list = {
    .name = "lease list",
    .summary = "List all leases",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .run = lease_list_run,
    .example = "quorate lease list",
};
