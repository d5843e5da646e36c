/* 'tls deliver': certificates to the hosts of members. */

#include "base/io.h"
#include "cli/app.h"
#include "cli/plan_context.h"
#include "ops/tls_deliver.h"

static const struct option_def deliver_options[] = {
    {"member", OPTION_TEXTS, .arg = "NAME[,NAME...]",
     .help = "Only to these members of the cluster [default: all]"},
    OPTIONS_END,
};

static bool
tls_deliver_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct tls_deliver_request request = {0};
    struct plan_context *context;

    request.names = option_list(&app->options, "member", &request.name_count);
    return app_inventory(app, &request.inventory, e) && plan_context_of_app(app, &context, e) &&
           path_absolute(app->mem, app_operand(app, 0), &request.dir, e) &&
           tls_deliver_inputs(app->mem, &request, &inputs, e) &&
           plan_new(app->mem, &tls_deliver_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_tls_deliver = {
    .name = "tls deliver",
    .operands = "DIR",
    .summary = "Bring the certificates that 'tls issue DIR' made to the members' hosts",
    .family = FAMILY_TLS,
    .options = deliver_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = tls_deliver_plan,
    .example = "quorate tls deliver pki --cluster prod --dry-run\n"
               "quorate tls deliver pki --cluster prod --member db4 --yes",
    .description =
        "To where the member's settings name them; where they name none, to /etc/etcd/pki of a "
        "systemd unit's host, and to kubeadm's /etc/kubernetes/pki/etcd of a static pod's. Keys "
        "belong to etcd's user with mode 0600, unless what is there is as private and readable "
        "to it. All files of a member are sent first, checked by their SHA-256 on the host, and "
        "then "
        "renamed at once.\n\n"
        "Refused is a certificate that is not fit for its member: another authority than the one "
        "on "
        "its host, another key, names, usages, dates by the host's clock. An authority's "
        "certificate "
        "goes only to hosts that have none. etcd reads certificates anew at each handshake, so "
        "members that run show them from then on.\n\n"
        "What was there is kept on its host, for root alone, and comes back byte for byte by "
        "'quorate plan undo'.",
};
