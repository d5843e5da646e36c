/* alarm: what the members have raised. */

#include "cli/app.h"
#include "cli/print/print_member.h"
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
