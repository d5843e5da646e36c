/* downgrade: of the whole cluster by one minor version. Source: downgrade_command.go, 3.6 and 3.7. */

#include <string.h>

#include "cli/app.h"
#include "cli/print/print_maintenance.h"
#include "etcd/maintenance.h"

static bool
downgrade(struct app *app, struct etcd_client *client, enum etcd_downgrade_action action,
          const char *word, struct error *e)
{
    const char *target = app_operand(app, 0);
    struct etcd_downgrade_request request = {action, target != NULL ? target : ""};
    struct etcd_downgrade answer;

    if (!etcd_downgrade(app->mem, client, &request, &answer, e))
        return false;
    print_downgrade(&app->out, &app->style, word, &answer);
    return true;
}

static bool
target_check(const struct app *app, struct error *e)
{
    if (app_operand(app, 0)[0] == '\0')
        return error_set(e, ERROR_USAGE, "target version not provided");
    return print_no_fields(&app->style, e);
}

/*
 * A 3.5 server takes the request, answers with a time-out, and has it applied all the same; from
 * then on a member that restarts refuses to join. So no member may be a 3.5 one.
 */
static bool
refuse_before_3_6(struct app *app, struct etcd_client *client, struct error *e)
{
    struct etcd_status_answer *answers;

    etcd_status_each(app->mem, client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        if (!answers[i].answer.ok || strverscmp(answers[i].status.version, "3.6") >= 0)
            continue;
        error_set_(e, ERROR_REFUSED, 0,
                   "endpoint '%s' runs etcd %s: before 3.6 a downgrade that is enabled only stops "
                   "members from starting again",
                   answers[i].answer.endpoint, answers[i].status.version);
        return error_hint(e, "nothing was sent; to go back from 3.5, restore a snapshot");
    }
    return true;
}

static bool
downgrade_validate_run(struct app *app, struct error *e)
{
    struct etcd_client *client;

    return target_check(app, e) && app_etcd(app, &client, e) &&
           downgrade(app, client, ETCD_DOWNGRADE_VALIDATE, "validate", e);
}

static bool
downgrade_enable_run(struct app *app, struct error *e)
{
    struct etcd_client *client;

    return target_check(app, e) && app_etcd_of_members(app, &client, e) &&
           refuse_before_3_6(app, client, e) &&
           downgrade(app, client, ETCD_DOWNGRADE_ENABLE, "enable", e);
}

static bool
downgrade_cancel_run(struct app *app, struct error *e)
{
    struct etcd_client *client;

    return print_no_fields(&app->style, e) && app_etcd(app, &client, e) &&
           downgrade(app, client, ETCD_DOWNGRADE_CANCEL, "cancel", e);
}

const struct command command_downgrade_validate = {
    .name = "downgrade validate",
    .operands = "VERSION",
    .summary = "Ask whether the cluster may be downgraded to a version",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .run = downgrade_validate_run,
    .example = "quorate downgrade validate 3.6",
    .description = "VERSION is the minor version before the cluster's own, such as 3.6 or 3.6.0.",
};

const struct command command_downgrade_enable = {
    .name = "downgrade enable",
    .operands = "VERSION",
    .summary = "Prepare the cluster's data for an older minor version",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = downgrade_enable_run,
    .example = "quorate downgrade enable 3.6",
    .description = "Members can then be replaced by the older version, one at a time; it ends by "
                   "itself when all run it. Refused while a member is older than 3.6.",
};

const struct command command_downgrade_cancel = {
    .name = "downgrade cancel",
    .summary = "Give up a downgrade that has been enabled",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = downgrade_cancel_run,
    .example = "quorate downgrade cancel",
};
