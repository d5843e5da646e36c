/* alarm: what the members have raised. */

#include <inttypes.h>

#include "cli/app.h"
#include "cli/print/print_maintenance.h"
#include "etcd/maintenance.h"

static bool
alarm_list_run(struct app *app, struct error *e)
{
    struct etcd_client *client;
    struct etcd_alarm_list list;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_alarm_list(app->mem, client, &list, e))
        return false;
    print_alarm_list(&app->out, &app->style, &list);
    return true;
}

/*
 * The server disarms one alarm at a time, by member and kind: all that are listed, one by one. The
 * answer is what was disarmed, without a header, as etcdctl's.
 */
static bool
alarms_disarm(struct app *app, struct etcd_client *client, struct etcd_alarm_list *ret_disarmed,
              struct error *e)
{
    ARRAY(struct etcd_alarm) disarmed = ARRAY_INIT;
    struct etcd_alarm_list list;

    if (!etcd_alarm_list(app->mem, client, &list, e))
        return false;
    for (size_t i = 0; i < list.alarm_count; i++) {
        struct etcd_alarm_list one;

        if (!etcd_alarm_deactivate(app->mem, client, list.alarms[i], &one, e))
            return error_wrap(e, "%s of member %" PRIx64, alarm_word(app->mem, list.alarms[i].type),
                              list.alarms[i].member_id);
        for (size_t k = 0; k < one.alarm_count; k++)
            *ARRAY_PUSH(app->mem, &disarmed) = one.alarms[k];
    }
    *ret_disarmed = (struct etcd_alarm_list){
        .alarms = disarmed.items,
        .alarm_count = disarmed.count,
    };
    return true;
}

static bool
alarm_disarm_run(struct app *app, struct error *e)
{
    struct etcd_client *client;
    struct etcd_alarm_list disarmed;

    if (!print_no_table(&app->style, e) || !app_etcd(app, &client, e) ||
        !alarms_disarm(app, client, &disarmed, e))
        return false;
    print_alarm_list(&app->out, &app->style, &disarmed);
    return true;
}

const struct command command_alarm_list = {
    .name = "alarm list",
    .summary = "List all alarms",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .run = alarm_list_run,
    .example = "quorate alarm list",
    .description = "NOSPACE: the database has reached its quota, and writes are refused. CORRUPT: "
                   "members disagree about the data.",
};

const struct command command_alarm_disarm = {
    .name = "alarm disarm",
    .summary = "Disarm all alarms",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = alarm_disarm_run,
    .example = "quorate alarm disarm",
    .description = "Prints the alarms that were active. Make space first, or NOSPACE comes back.",
};
