/* 'tls rotate-ca': another authority for a cluster that serves. */

#include "base/io.h"
#include "cli/app.h"
#include "cli/plan_context.h"
#include "ops/tls_rotate.h"

enum { DAYS_MOST = 36500 };

static const struct option_def rotate_options[] = {
    {"ca-key", OPTION_FILE, .arg = "FILE",
     .help = "The new authority's key [default: ca.key beside its certificate]"},
    {"keep-old", OPTION_BOOL,
     .help = "Trust both in the end, until clients have new certificates; then rotate again"},
    {"drop-others", OPTION_BOOL,
     .help = "Trust no authority any more that signed none of the members' certificates"},
    {"days", OPTION_U64, .arg = "N", .fallback = "365",
     .help = "How long the new certificates are valid; at most as long as the authority"},
    OPTIONS_END,
};

static bool
tls_rotate_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    const struct options *o = &app->options;
    const char *key = option_text(o, "ca-key");
    uint64_t days = option_u64(o, "days");
    struct tls_rotate_request request = {.keep_old = option_bool(o, "keep-old"),
                                         .drop_others = option_bool(o, "drop-others")};
    struct plan_context *context;

    if (days == 0 || days > DAYS_MOST)
        return error_set(e, ERROR_USAGE, "--days: 1 to %d are possible", DAYS_MOST);
    request.days = (unsigned)days;
    if (!app_inventory(app, &request.inventory, e) || !plan_context_of_app(app, &context, e) ||
        !path_absolute(app->mem, app_operand(app, 0), &request.ca_cert, e))
        return false;
    request.etcd = context->etcd;
    request.ca_key = path_join(app->mem, path_dir(app->mem, request.ca_cert), "ca.key");
    return (key[0] == '\0' || path_absolute(app->mem, key, &request.ca_key, e)) &&
           tls_rotate_inputs(app->mem, &request, &inputs, e) &&
           plan_new(app->mem, &tls_rotate_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_tls_rotate_ca = {
    .name = "tls rotate-ca",
    .operands = "CERTIFICATE",
    .summary = "Change to another certificate authority while the cluster serves",
    .family = FAMILY_TLS,
    .options = rotate_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = tls_rotate_plan,
    .example = "quorate tls rotate-ca new/ca.crt --cluster prod --dry-run\n"
               "quorate tls rotate-ca new/ca.crt --cluster prod --keep-old --yes\n"
               "quorate tls rotate-ca new/ca.crt --cluster prod --drop-others --yes",
    .description =
        "Three rounds: all members trust the old authority and the new one ('tls init' makes it); "
        "all show certificates of the new one, with the names that they have; all trust the new "
        "one alone. etcd reads whom it trusts when it starts, so the first and the third round "
        "restart each member, one at a time, without leadership, when all serve; the second "
        "restarts nobody. At the end a certificate of the old authority is shown to each port that "
        "asks for one, and has to be refused.\n\n"
        "Clients need a certificate of the new authority, and trust in it, before the third round: "
        "with --keep-old the plan ends before it, and the same command with --drop-others goes on "
        "from there. quorate's own files are changed by the plan. It is refused to shut out an API "
        "server on a member's host, and, without --drop-others, clients of an authority that "
        "signed none of the members' certificates.",
};
