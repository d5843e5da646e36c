/* 'tls init', 'issue': an authority, and the certificates of a cluster's members and clients. */

#include "base/buf.h"
#include "base/io.h"
#include "cli/app.h"
#include "cli/report.h"
#include "ops/tls_issue.h"

#define KEY_TYPE_OPTION                                                                            \
    {                                                                                              \
        "key-type", OPTION_CHOICE, .arg = "TYPE", .fallback = "p256", .choices = KEY_KIND_WORDS,   \
                                   .help = "The kind of the keys; RSA costs each handshake more"   \
    }

enum { DAYS_MOST = 36500 };

static const struct option_def init_options[] = {
    {"name", OPTION_TEXT, .arg = "NAME", .fallback = "etcd-ca",
     .help = "The authority's common name"},
    {"ca-key", OPTION_FILE, .arg = "FILE",
     .help = "Put the key here, such as on a medium that no host has [default: DIR/ca.key]"},
    KEY_TYPE_OPTION,
    {"days", OPTION_U64, .arg = "N", .fallback = "3650", .help = "How long it is valid"},
    OPTIONS_END,
};

static const struct option_def issue_options[] = {
    {"ca-cert", OPTION_FILE, .arg = "FILE",
     .help = "The authority's certificate [default: DIR/ca.crt]"},
    {"ca-key", OPTION_FILE, .arg = "FILE", .help = "Its key [default: DIR/ca.key]"},
    {"layout", OPTION_CHOICE, .arg = "LAYOUT", .fallback = "plain", .choices = "plain|kubeadm",
     .help = "Names of the files: kubeadm's are what a host has in /etc/kubernetes/pki"},
    {"member", OPTION_TEXTS, .arg = "NAME[,NAME...]",
     .help = "Only for these members of the cluster [default: all]"},
    {"client", OPTION_TEXTS, .arg = "NAME[,NAME...]",
     .help = "Certificates for clients with these common names"},
    {"host", OPTION_TEXTS, .arg = "NAME[,NAME...]",
     .help = "More names or addresses in each server and peer certificate"},
    KEY_TYPE_OPTION,
    {"days", OPTION_U64, .arg = "N", .fallback = "365",
     .help = "How long they are valid; at most as long as the authority"},
    OPTIONS_END,
};

static bool
days_of(const struct app *app, unsigned *ret_days, struct error *e)
{
    uint64_t days = option_u64(&app->options, "days");

    if (days == 0 || days > DAYS_MOST)
        return error_set(e, ERROR_USAGE, "--days: %llu, 1 to %d are possible",
                         (unsigned long long)days, DAYS_MOST);
    *ret_days = (unsigned)days;
    return true;
}

/* The option's path, or the file of that name in the folder. */
static const char *
path_of(struct app *app, const char *option, const char *dir, const char *name)
{
    const char *given = option != NULL ? option_text(&app->options, option) : "";

    return given[0] != '\0' ? given : path_join(app->mem, dir, name);
}

static bool
tls_init_report(struct app *app, struct report *report, struct error *e)
{
    const char *dir = app_operand(app, 0);
    struct tls_init_request request = {
        .cert_path = path_of(app, NULL, dir, "ca.crt"),
        .key_path = path_of(app, "ca-key", dir, "ca.key"),
        .common_name = option_text(&app->options, "name"),
        .key = (enum key_kind)option_choice(&app->options, "key-type"),
    };

    if (!days_of(app, &request.days, e) || !tls_init(&request, e))
        return false;
    report_record_init(report, app->mem, "authority");
    report_field_text(report, "Authority", "commonName", request.common_name);
    report_field_text(report, "Certificate", "certFile", request.cert_path);
    report_field_text(report, "Key", "keyFile", request.key_path);
    report_note(report,
                "whoever has the key is the authority: keep it off the hosts that run etcd");
    return true;
}

static void
names_cell(struct report *r, const struct tls_issued *one)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < one->names.count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", one->names.items[i]);
    report_text(r, buf_text(&text));
}

static void
issued_fill(struct report *r, const struct tls_issued_list *list)
{
    report_column(r, COLUMN_TEXT, "MEMBER", "member");
    report_column(r, COLUMN_TEXT, "USE", "use");
    report_column(r, COLUMN_TEXT, "COMMON NAME", "commonName");
    report_column(r, COLUMN_TEXT, "CERTIFICATE", "certFile");
    report_column(r, COLUMN_TEXT, "KEY", "keyFile");
    report_column(r, COLUMN_TEXT, "NAMES", "names");
    for (size_t i = 0; i < list->count; i++) {
        const struct tls_issued *one = &list->items[i];

        report_row(r);
        report_text(r, one->member);
        report_text(r, one->use);
        report_text(r, one->common_name);
        report_text(r, one->cert_path);
        report_text(r, one->key_path);
        names_cell(r, one);
    }
}

static bool
tls_issue_report(struct app *app, struct report *report, struct error *e)
{
    const char *dir = app_operand(app, 0);
    const struct options *o = &app->options;
    struct tls_issue_request request = {
        .dir = dir,
        .ca_cert = path_of(app, "ca-cert", dir, "ca.crt"),
        .ca_key = path_of(app, "ca-key", dir, "ca.key"),
        .layout = (enum tls_layout)option_choice(o, "layout"),
        .key = (enum key_kind)option_choice(o, "key-type"),
    };
    struct tls_issued_list list;

    request.members = option_list(o, "member", &request.member_count);
    request.clients = option_list(o, "client", &request.client_count);
    request.hosts = option_list(o, "host", &request.host_count);
    if (!app_inventory(app, &request.inventory, e) || !days_of(app, &request.days, e) ||
        !tls_issue(app->mem, &request, &list, e))
        return false;
    report_init(report, app->mem, "certificates");
    issued_fill(report, &list);
    return true;
}

const struct command command_tls_init = {
    .name = "tls init",
    .operands = "DIR",
    .summary = "Make a certificate authority: DIR/ca.crt and its key",
    .family = FAMILY_TLS,
    .options = init_options,
    .effect = EFFECT_WRITES_FILES,
    .report = tls_init_report,
    .example = "quorate tls init pki\n"
               "quorate tls init pki --key-type rsa4096 --ca-key /media/safe/etcd-ca.key",
    .description = "The key is readable by its owner alone (0600). Files that are there are never "
                   "written over.",
};

const struct command command_tls_issue = {
    .name = "tls issue",
    .operands = "DIR",
    .summary = "Issue server, peer and client certificates for the members of a cluster",
    .family = FAMILY_TLS,
    .options = issue_options,
    .effect = EFFECT_WRITES_FILES,
    .report = tls_issue_report,
    .example = "quorate tls issue pki --cluster prod --client root,backup\n"
               "quorate tls issue pki --cluster prod --member db4 --host etcd.example.com\n"
               "quorate tls issue pki --cluster prod --layout kubeadm",
    .description =
        "Each member of --cluster gets DIR/MEMBER/server.crt and peer.crt with their keys and the "
        "authority's certificate; each --client DIR/NAME.crt. In them are the hosts of the "
        "member's "
        "URLs, what the cluster's endpoints name that is no member's own (a load balancer), "
        "localhost, 127.0.0.1 and ::1. Servers' certificates are for clients as well, which peers "
        "are, and the JSON gateway of etcd 3.4 and 3.5.\n\n"
        "The authority is refused when others may read its key, when the key is another "
        "certificate's, when it may not sign, and when it has ended. Files that are there are "
        "never "
        "written over.",
};
