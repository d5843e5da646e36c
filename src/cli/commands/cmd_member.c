/* member: the cluster's members. */

#include "cli/app.h"
#include "cli/print/print_member.h"
#include "etcd/cluster.h"

static const struct option_def member_list_options[] = {
    {"consistency", OPTION_CHOICE, .fallback = "l", .choices = "l|s",
     .help = "l: linearizable, asks the leader; s: serializable, what the member itself knows"},
    OPTIONS_END,
};

enum consistency { CONSISTENCY_LINEARIZABLE, CONSISTENCY_SERIALIZABLE };

static bool
member_list_run(struct app *app, struct error *e)
{
    bool linearizable = option_choice(&app->options, "consistency") == CONSISTENCY_LINEARIZABLE;
    struct etcd_client *client;
    struct etcd_member_list list;

    if (!app_etcd(app, &client, e) || !etcd_member_list(app->mem, client, linearizable, &list, e))
        return false;
    print_member_list(&app->out, &app->style, &list);
    return true;
}

const struct command command_member_list = {
    .name = "member list",
    .summary = "List the members of the cluster",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = member_list_options,
    .needs = NEEDS_ENDPOINTS,
    .run = member_list_run,
    .example = "quorate member list -w table",
    .description = "The simple form has, with commas between: id, status, name, peer URLs, client "
                   "URLs, whether it is a learner.\n\n"
                   "Without quorum only --consistency s answers.",
};
