/* 'tls enable' and 'tls disable': a live cluster goes to TLS, and back, as a plan. */

#include "base/io.h"
#include "cli/app.h"
#include "cli/plan_context.h"
#include "ops/tls_switch.h"

#define SPARE_OPTION                                                                               \
    {                                                                                              \
        "spare-peer-port", OPTION_U64,                                                             \
            .arg = "PORT",                                                                         \
            .help = "On the way, members listen for peers here, too [default: a free one]"         \
    }

static const struct option_def enable_options[] = {
    {"client-cert-auth", OPTION_BOOL,
     .help = "In the end, ask clients for certificates; peers are asked anyway"},
    {"keep-plain", OPTION_BOOL, .help = "In the end, still take clients that come without TLS"},
    SPARE_OPTION,
    {"ca-cert", OPTION_FILE, .arg = "FILE",
     .help = "Who issues the certificates that are missing [default: a lab's own]"},
    {"ca-key", OPTION_FILE, .arg = "FILE", .help = "Its key; it stays where it is"},
    {"days", OPTION_U64, .arg = "N", .fallback = "365",
     .help = "How long they are valid; at most as long as the authority"},
    OPTIONS_END,
};

static const struct option_def disable_options[] = {SPARE_OPTION, OPTIONS_END};

enum { PORT_MOST = 65535, DAYS_MOST = 36500 };

static bool
spare_port_of(struct app *app, const char **ret_port, struct error *e)
{
    uint64_t port = option_u64(&app->options, "spare-peer-port");

    if (port > PORT_MOST)
        return error_set(e, ERROR_USAGE, "--spare-peer-port: %llu is no port",
                         (unsigned long long)port);
    *ret_port = port > 0 ? arena_printf(app->mem, "%llu", (unsigned long long)port) : NULL;
    return true;
}

static bool
switch_plan(struct app *app, const struct plan_kind *kind, struct tls_switch_request *request,
            struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    struct plan_context *context;

    if (!spare_port_of(app, &request->spare_port, e) ||
        !app_inventory(app, &request->inventory, e) || !plan_context_of_app(app, &context, e))
        return false;
    request->state_dir = context->state_dir;
    request->etcd = context->etcd;
    return tls_switch_inputs(app->mem, request, &inputs, e) &&
           plan_new(app->mem, kind, buf_bytes(&inputs), context, ret_plan, e);
}

/* Both, or neither. */
static bool
authority_of(struct app *app, struct tls_switch_request *request, struct error *e)
{
    const char *cert = option_text(&app->options, "ca-cert");
    const char *key = option_text(&app->options, "ca-key");
    uint64_t days = option_u64(&app->options, "days");

    if (days == 0 || days > DAYS_MOST)
        return error_set(e, ERROR_USAGE, "--days: 1 to %d days are possible", DAYS_MOST);
    if ((cert[0] == '\0') != (key[0] == '\0'))
        return error_set(e, ERROR_USAGE, "--ca-cert and --ca-key go together");
    request->days = (unsigned)days;
    return cert[0] == '\0' || (path_absolute(app->mem, cert, &request->ca_cert, e) &&
                               path_absolute(app->mem, key, &request->ca_key, e));
}

static bool
tls_enable_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    struct tls_switch_request request = {
        .to = TLS_SECURE,
        .client_auth = option_bool(&app->options, "client-cert-auth"),
        .keep_plain = option_bool(&app->options, "keep-plain"),
    };

    return authority_of(app, &request, e) &&
           switch_plan(app, &tls_enable_kind, &request, ret_plan, e);
}

static bool
tls_disable_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    struct tls_switch_request request = {.to = TLS_PLAIN};

    return switch_plan(app, &tls_disable_kind, &request, ret_plan, e);
}

const struct command command_tls_enable = {
    .name = "tls enable",
    .summary = "Switch a live cluster from plain HTTP to TLS without losing a write",
    .family = FAMILY_TLS,
    .options = enable_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = tls_enable_plan,
    .example = "quorate tls enable --cluster lab:demo --dry-run\n"
               "quorate tls enable --cluster prod --ca-cert pki/ca.crt --ca-key pki/ca.key --yes\n"
               "quorate tls enable --cluster prod --client-cert-auth --yes",
    .description =
        "Each member gets a certificate, then is restarted three times, one member at a time, the "
        "leader last and after it gave the leadership away, each time until all serve and none "
        "lags: to take clients by both schemes at the port it has, and peers by https at a spare "
        "port; to take clients by https only, and peers by https at its own port again; to give "
        "the spare port up. In between the member list is changed, so that peers dial the one port "
        "and then the other. Clients that are given endpoints of both schemes lose no write; "
        "others are to be moved to https while both are taken (--keep-plain leaves it at that, and "
        "the same command without it ends it).\n\n"
        "Certificates that are on the hosts already, where settings name them or where 'tls "
        "deliver' puts them, are taken when they do; what is missing is issued by the authority "
        "that is given. What would keep a member from starting is refused before any restart, and "
        "so is a spare port that is taken, or not reached from all other hosts.\n\n"
        "On hosts the members' units, environment files, etcd's own files or manifests are "
        "changed, nothing else in them; a static pod gets the certificates' folder as a volume, "
        "and a probe of its client port asks its listener for metrics from then on. An API server "
        "on a member's host is changed while both schemes are taken, one host after the other, and "
        "kubeadm's config map in the end, where it can be had. quorate.yaml is kept up to date.\n\n"
        "What is half done, by hand or by a plan that was cut, is found and gone on with. 'quorate "
        "plan undo' takes all of it back: every file is what it was, byte for byte.",
};

const struct command command_tls_disable = {
    .name = "tls disable",
    .summary = "Switch a live cluster from TLS to plain HTTP without losing a write",
    .family = FAMILY_TLS,
    .options = disable_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = tls_disable_plan,
    .example = "quorate tls disable --cluster lab:demo --dry-run\n"
               "quorate tls disable --cluster lab:demo --yes",
    .description = "The way of 'quorate tls enable', back: both schemes, then http only. The files "
                   "of certificates stay where they are; settings and inventories name them no "
                   "more.",
};
