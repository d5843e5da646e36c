/* make-mirror: etcdctl's word, faster, and with an eye on what may go wrong. */

#include <inttypes.h>
#include <string.h>

#include "cli/app.h"
#include "cli/observe.h"
#include "cli/prompt.h"
#include "etcd/client.h"
#include "net/loop_signal.h"
#include "ops/mirror.h"

static const struct option_def make_mirror_options[] = {
    {"prefix", OPTION_TEXT, .arg = "TEXT", .help = "Mirror the keys that begin with it only"},
    {"rev", OPTION_I64, .arg = "REVISION", .fallback = "0",
     .help = "Copy nothing first, but follow the source from this revision on"},
    {"max-txn-ops", OPTION_U64, .arg = "N", .fallback = "128",
     .help = "Operations in one transaction at the destination"},
    {"dest-prefix", OPTION_TEXT, .arg = "TEXT",
     .help = "What stands for --prefix at the destination [default: the same]"},
    {"no-dest-prefix", OPTION_BOOL, .help = "Drop --prefix from the keys at the destination"},
    {"dest-cert", OPTION_FILE, .arg = "FILE",
     .help = "Client certificate for the destination (PEM)"},
    {"dest-key", OPTION_FILE, .arg = "FILE", .help = "Private key of --dest-cert (PEM)"},
    {"dest-cacert", OPTION_FILE, .arg = "FILE",
     .help = "Verify the destination's certificate with the authorities in this PEM file"},
    {"dest-insecure-transport", OPTION_BOOL, .fallback = "true",
     .help = "Talk without TLS to a destination without a scheme when no TLS file is given"},
    {"dest-user", OPTION_SECRET, .arg = "NAME[:PASSWORD]",
     .help = "Authenticate at the destination as this user"},
    {"dest-password", OPTION_SECRET, .arg = "TEXT", .help = "Password of --dest-user"},
    {"single-puts", OPTION_BOOL,
     .help = "Give each key of the first copy a revision of its own at the destination"},
    {"retry", OPTION_DURATION, .arg = "DURATION", .fallback = "30s",
     .help = "Bear this long with a destination that does not answer; 0s: not at all"},
    {"count-every", OPTION_DURATION, .hidden = true, .arg = "DURATION", .fallback = "30s",
     .help = "Print the number of keys so far this often"},
    OPTIONS_END,
};

static const char *
text_or_null(const struct app *app, const char *option)
{
    const char *text = option_text(&app->options, option);

    return text[0] != '\0' ? text : NULL;
}

/* As for the source: with --dest-password the whole of --dest-user is the name. */
static bool
use_dest_user(struct app *app, struct etcd_options *o, struct secret *password, struct error *e)
{
    const char *user = text_or_null(app, "dest-user");
    const char *given = text_or_null(app, "dest-password");
    const char *colon;

    if (user == NULL)
        return true;
    o->user = user;
    o->password = password;
    colon = strchr(user, ':');
    if (given != NULL) {
        secret_set(password, bytes_of_text(given));
    } else if (colon != NULL) {
        secret_set(password, bytes_of_text(colon + 1));
        o->user = arena_printf(app->mem, "%.*s", (int)(colon - user), user);
    } else {
        return prompt_password(user, false, &app->out, password, e);
    }
    return true;
}

static bool
dest_open(struct app *app, struct etcd_client *source, struct etcd_client **ret_dest,
          struct error *e)
{
    const char *endpoint = app_operand(app, 0);
    struct secret password = {.text = NULL};
    struct etcd_options o = *app->etcd;
    bool opened;

    o.endpoints = &endpoint;
    o.endpoint_count = 1;
    o.ca_file = text_or_null(app, "dest-cacert");
    o.cert_file = text_or_null(app, "dest-cert");
    o.key_file = text_or_null(app, "dest-key");
    o.server_name = NULL;
    o.insecure_skip_verify = false;
    o.insecure_transport = option_bool(&app->options, "dest-insecure-transport");
    o.user = NULL;
    o.password = NULL;
    o.beside = source;
    opened = use_dest_user(app, &o, &password, e) && app_open_client(app, &o, ret_dest, e);
    secret_release(&password);
    return opened || error_wrap(e, "destination");
}

/*
 * etcdctl takes --prefix for --dest-prefix only where it copies first; with --rev it drops the
 * prefix instead (etcd#22421). A script may have come to need that.
 */
static void
use_names(const struct app *app, struct mirror_request *r)
{
    const char *prefix = option_text(&app->options, "prefix");
    const char *dest_prefix = option_text(&app->options, "dest-prefix");
    bool drop = option_bool(&app->options, "no-dest-prefix");

    r->names.prefix = bytes_of_text(prefix);
    r->names.dest_prefix = bytes_of_text(dest_prefix);
    if (dest_prefix[0] != '\0' || drop || prefix[0] == '\0')
        return;
    if (r->from_revision <= 1)
        r->names.dest_prefix = r->names.prefix;
    else
        app_warn(app,
                 "with --rev the prefix '%s' is dropped at the destination, as etcdctl does; "
                 "--dest-prefix '%s' keeps it, --no-dest-prefix silences this",
                 prefix, prefix);
}

static bool
count_print(void *context, uint64_t keys, struct error *e)
{
    struct app *app = context;

    buf_printf(&app->out, "%" PRIu64 "\n", keys);
    return app_flush(app, e);
}

/* Where a later run can take over. */
static void
say_where(const struct app *app, const struct mirror *m, const struct error *e)
{
    const char *prefix = option_text(&app->options, "prefix");

    if (mirror_revision(m) == 0 || e->code == ERROR_REFUSED)
        return;
    app_say(app, "the destination has all changes up to revision %" PRId64 " of the source%s",
            mirror_revision(m),
            prefix[0] != '\0'
                ? "; to go on from there, give --rev with the next one and --dest-prefix"
                : "; to go on from there, give --rev with the next one");
}

static void
stop_asked(void *context)
{
    mirror_stop(context);
}

static bool
mirror_until_signal(struct app *app, const struct mirror_request *request, struct error *e)
{
    struct mirror *m = mirror_new(app->mem, request);
    struct loop_signal interrupt;
    bool done;

    if (!loop_signal_begin(&interrupt, etcd_client_loop(request->source), stop_asked, m, e))
        return false;
    done = mirror_run(m, e);
    loop_signal_end(&interrupt);
    say_where(app, m, e);
    if (interrupt.caught != 0 && e->code == ERROR_CANCELLED)
        loop_signal_die(&interrupt);
    return done;
}

static bool
make_mirror_run(struct app *app, struct error *e)
{
    AUTO_ETCD_CLIENT dest = NULL;
    struct operation_face face;
    struct mirror_request request = {
        .from_revision = option_i64(&app->options, "rev"),
        .max_txn_ops = option_u64(&app->options, "max-txn-ops"),
        .single_puts = option_bool(&app->options, "single-puts"),
        .retry_ms = option_ms(&app->options, "retry"),
        .count_every_ms = option_ms(&app->options, "count-every"),
        .count = count_print,
        .context = app,
        .observer = &face.observer,
    };
    bool done;

    if (option_bool(&app->options, "no-dest-prefix") && text_or_null(app, "dest-prefix") != NULL)
        return error_set(e, ERROR_USAGE, "--dest-prefix and --no-dest-prefix exclude each other");
    if (!app_etcd(app, &request.source, e) || !dest_open(app, request.source, &dest, e))
        return false;
    request.dest = dest;
    use_names(app, &request);
    operation_face_begin(&face, app);
    done = mirror_until_signal(app, &request, e);
    operation_face_end(&face);
    return done;
}

const struct command command_make_mirror = {
    .name = "make-mirror",
    .operands = "DESTINATION",
    .summary = "Copy keys to another cluster, then follow every change",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = make_mirror_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = make_mirror_run,
    .example = "quorate make-mirror --prefix /config/ backup.example.com:2379",
    .description =
        "DESTINATION is an endpoint of the other cluster. First all keys are copied as they are at "
        "one revision, in batches; from then on changes are copied as they happen, each "
        "transaction of the source as one transaction, until an error or an interrupt. Leases are "
        "not copied, and keys that only the destination has stay.\n\n"
        "Every 30 seconds the number of keys copied so far is printed. A destination or a source "
        "that is away for a while is waited for. A mirror that would copy its own copies, because "
        "both ends are the same cluster, is refused.",
};
