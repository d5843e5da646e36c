/* 'tls renew': certificates of members issued anew, delivered and seen at their ports. */

#include "base/io.h"
#include "cli/app.h"
#include "cli/plan_context.h"
#include "ops/tls_renew.h"

enum { DAYS_MOST = 36500 };

static const struct option_def renew_options[] = {
    {"within", OPTION_U64, .arg = "N", .fallback = "30",
     .help = "What ends within N days is renewed"},
    {"all", OPTION_BOOL, .help = "Everything is renewed"},
    {"ca-cert", OPTION_FILE, .arg = "FILE",
     .help = "The authority's certificate [default: the cluster's]"},
    {"ca-key", OPTION_FILE, .arg = "FILE", .help = "Its key [default: a lab's own]"},
    {"days", OPTION_U64, .arg = "N", .fallback = "365",
     .help = "How long the new ones are valid; at most as long as the authority"},
    OPTIONS_END,
};

/* NULL when it is not given. */
static bool
file_option(struct app *app, const char *name, const char **ret_path, struct error *e)
{
    const char *given = option_text(&app->options, name);

    return given[0] == '\0' || path_absolute(app->mem, given, ret_path, e);
}

static bool
tls_renew_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    const struct options *o = &app->options;
    uint64_t days = option_u64(o, "days"), within = option_u64(o, "within");
    struct tls_renew_request request = {.all = option_bool(o, "all")};
    struct plan_context *context;

    if (days == 0 || days > DAYS_MOST || within > DAYS_MOST)
        return error_set(e, ERROR_USAGE, "--days, --within: 1 to %d days are possible", DAYS_MOST);
    request.days = (unsigned)days;
    request.within_days = (unsigned)within;
    return app_inventory(app, &request.inventory, e) && plan_context_of_app(app, &context, e) &&
           file_option(app, "ca-cert", &request.ca_cert, e) &&
           file_option(app, "ca-key", &request.ca_key, e) &&
           tls_renew_inputs(app->mem, &request, &inputs, e) &&
           plan_new(app->mem, &tls_renew_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_tls_renew = {
    .name = "tls renew",
    .summary = "Issue certificates that end soon anew, and bring them to the members",
    .family = FAMILY_TLS,
    .options = renew_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = tls_renew_plan,
    .example = "quorate tls renew --cluster prod --ca-key /media/safe/etcd-ca.key --dry-run\n"
               "quorate tls renew --cluster prod --ca-key /media/safe/etcd-ca.key --all --yes",
    .description =
        "The same authority signs new keys with the common names, names and kinds of key that "
        "there "
        "are, and with the names that the member's URLs have meanwhile. One member after the other "
        "gets its own, and the plan goes on when all its ports show them in a new handshake; "
        "quorate's "
        "own certificate comes last. Nothing is restarted: etcd reads certificates at each "
        "handshake.\n\n"
        "Clients' certificates that are elsewhere, as kube-apiserver's, are not renewed: 'quorate "
        "tls "
        "issue --client NAME'.",
};
