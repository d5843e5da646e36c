/* move-leader. Source: etcdctl/ctlv3/command/move_leader_command.go, 3.4 to 3.7. */

#include <inttypes.h>

#include "base/number.h"
#include "cli/app.h"
#include "cli/print/print_maintenance.h"
#include "etcd/maintenance.h"

/* The leader's place among the client's endpoints; false, with a reason, when it has none. */
static bool
leader_endpoint(struct app *app, struct etcd_client *client, size_t *ret_endpoint,
                uint64_t *ret_leader, struct error *e)
{
    struct error first = ERROR_INIT;
    struct etcd_status_answer *answers;

    etcd_status_each(app->mem, client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        const struct etcd_status *status = &answers[i].status;

        if (answers[i].answer.ok && status->leader != 0 &&
            status->leader == status->header.member_id) {
            *ret_endpoint = i;
            *ret_leader = status->leader;
            return true;
        }
        if (!answers[i].answer.ok && first.code == ERROR_NONE)
            first = answers[i].answer.error;
    }
    if (first.code != ERROR_NONE)
        return error_set(e, first.code, "no endpoint is the leader's; %s", first.text);
    error_set_(e, ERROR_UNAVAILABLE, 0, "no endpoint is the leader's");
    return error_hint(e, "give all endpoints, or look with 'endpoint status --cluster'");
}

/* Only the leader can hand over. When it is not among the endpoints, the member list knows it. */
static bool
leader_find(struct app *app, struct etcd_client **ret_client, size_t *ret_endpoint,
            uint64_t *ret_leader, struct error *e)
{
    if (!app_etcd(app, ret_client, e))
        return false;
    if (leader_endpoint(app, *ret_client, ret_endpoint, ret_leader, e))
        return true;
    error_clear(e);
    return app_etcd_of_members(app, ret_client, e) &&
           leader_endpoint(app, *ret_client, ret_endpoint, ret_leader, e);
}

static bool
move_leader_run(struct app *app, struct error *e)
{
    struct etcd_header_only moved;
    struct etcd_client *client;
    size_t endpoint;
    uint64_t target;
    uint64_t leader;

    if (!number_parse_id(app_operand(app, 0), &target, e))
        return error_wrap(e, "member id");
    if (!print_no_fields(&app->style, e) || !leader_find(app, &client, &endpoint, &leader, e) ||
        !etcd_move_leader_at(app->mem, client, endpoint, target, &moved, e))
        return false;
    print_leader_moved(&app->out, &app->style, leader, target, &moved);
    return true;
}

const struct command command_move_leader = {
    .name = "move-leader",
    .operands = "MEMBER_ID",
    .summary = "Hand the leadership over to another member",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = move_leader_run,
    .example = "quorate move-leader 8211f1d0f64f3269",
    .description =
        "The leader is found among the endpoints, or else in the member list. The target "
        "must be a voting member.",
};
