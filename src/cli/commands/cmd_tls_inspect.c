/* 'tls inspect': certificates of files, folders and ports, and what is wrong with them. */

#include "base/buf.h"
#include "base/time.h"
#include "cli/app.h"
#include "cli/report.h"
#include "ops/tls_inspect.h"

static const struct option_def inspect_options[] = {
    {"days", OPTION_U64, .arg = "N", .fallback = "0",
     .help = "Count as wrong what ends within N days"},
    {"critical-days", OPTION_U64, .arg = "N", .fallback = "0",
     .help = "Exit with 2 when something has ended or ends within N days, for monitoring"},
    {"host", OPTION_TEXTS, .arg = "NAME[,NAME...]",
     .help = "Names or addresses that each server's certificate must have"},
    {"hosts", OPTION_BOOL,
     .help =
         "Look on the hosts of the cluster's members as well, at the files their settings name"},
    {"timeout", OPTION_DURATION, .arg = "DURATION", .fallback = "5s",
     .help = "How long to wait for ports"},
    OPTIONS_END,
};

static void
usages_cell(struct report *r, const struct certificate *c)
{
    report_text(r, c->is_authority          ? "authority"
                   : c->server && c->client ? "server, client"
                   : c->server              ? "server"
                   : c->client              ? "client"
                                            : "none");
}

/* "good", or what is wrong in words that scripts compare; the notes say it in full. */
static void
flaws_cell(struct report *r, const struct tls_finding *f)
{
    AUTO_BUF words = BUF_INIT;

    for (size_t i = 0; i < f->flaws.count; i++)
        buf_printf(&words, "%s%s", i > 0 ? "," : "", f->flaws.items[i].word);
    report_text(r, f->flaws.count > 0 ? buf_text(&words) : "good");
    report_mark(r, f->flaws.count > 0 ? MARK_BAD : MARK_GOOD);
}

static void
key_cell(struct report *r, const struct tls_finding *f)
{
    if (f->key == KEY_NONE)
        report_unknown(r, NULL);
    else
        report_bool(r, f->key == KEY_FITS);
}

static void
seen_row(struct report *r, const struct tls_finding *f, int64_t now_s)
{
    const struct certificate *c = &f->certificate;

    report_u64(r, f->place);
    report_text(r, c->subject);
    report_text(r, c->issuer);
    usages_cell(r, c);
    report_text(r, c->key);
    key_cell(r, f);
    report_text(r, certificate_names_text(r->mem, c));
    report_time(r, c->not_before_s * 1000);
    report_time(r, c->not_after_s * 1000);
    report_i64(r, certificate_days_left(c, now_s));
    report_text(r, f->version);
    flaws_cell(r, f);
    report_text(r, c->fingerprint);
}

enum { EXIT_CRITICAL = 2 };         /* as 'status' */
enum { CELLS_OF_CERTIFICATE = 11 }; /* before the verdict */

static void
unseen_row(struct report *r)
{
    for (int i = 0; i < CELLS_OF_CERTIFICATE; i++)
        report_unknown(r, NULL);
    report_text(r, "not-seen");
    report_mark(r, MARK_BAD);
    report_unknown(r, NULL);
}

static void
columns_add(struct report *r)
{
    report_column(r, COLUMN_TEXT, "WHERE", "where");
    report_column(r, COLUMN_TEXT, "MEMBER", "member");
    report_detail_column(r, COLUMN_U64, "PLACE", "place");
    report_column(r, COLUMN_TEXT, "SUBJECT", "subject");
    report_column(r, COLUMN_TEXT, "ISSUER", "issuer");
    report_column(r, COLUMN_TEXT, "FOR", "usages");
    report_column(r, COLUMN_TEXT, "KEY TYPE", "keyType");
    report_column(r, COLUMN_BOOL, "KEY FITS", "keyFits");
    report_column(r, COLUMN_TEXT, "NAMES", "names");
    report_detail_column(r, COLUMN_TIME, "BEGINS", "notBefore");
    report_column(r, COLUMN_TIME, "ENDS", "notAfter");
    report_column(r, COLUMN_I64, "DAYS", "daysLeft");
    report_column(r, COLUMN_TEXT, "TLS", "version");
    report_column(r, COLUMN_TEXT, "VERDICT", "verdict");
    report_detail_column(r, COLUMN_TEXT, "SHA-256", "fingerprint");
    report_detail_column(r, COLUMN_TEXT, "SETTING", "setting");
}

static void
notes_add(struct report *r, const struct tls_finding *f)
{
    if (!f->seen)
        report_note(r, "%s: %s", f->where, f->problem);
    for (size_t i = 0; i < f->flaws.count; i++)
        report_note(r, "%s: %s; %s", f->where, f->flaws.items[i].text, f->flaws.items[i].remedy);
}

/* 1 for what is wrong; 2, when asked for, for what has ended or is about to. */
static void
exit_code_raise(struct app *app, const struct tls_finding *f, int64_t now_s)
{
    uint64_t days = option_u64(&app->options, "critical-days");
    int code = !f->seen || f->flaws.count > 0;

    if (f->seen && option_given(&app->options, "critical-days") &&
        (f->certificate.not_after_s < now_s ||
         certificate_days_left(&f->certificate, now_s) < (int64_t)days))
        code = EXIT_CRITICAL;
    if (code > app->exit_code)
        app->exit_code = code;
}

static void
findings_fill(struct app *app, struct report *r, const struct tls_findings *findings)
{
    int64_t now_s = time_wall_ms() / 1000;

    columns_add(r);
    for (size_t i = 0; i < findings->count; i++) {
        const struct tls_finding *f = &findings->items[i];

        report_row(r);
        report_text(r, f->where);
        report_text(r, f->member);
        if (f->seen)
            seen_row(r, f, now_s);
        else
            unseen_row(r);
        report_text(r, f->setting);
        notes_add(r, f);
        exit_code_raise(app, f, now_s);
    }
    if (findings->count == 0)
        report_note(r, "there is no certificate");
}

/* What is critical is wrong as well. */
static int64_t
days_of(const struct options *o)
{
    uint64_t days = option_u64(o, "days"), critical = option_u64(o, "critical-days");

    return (int64_t)(days > critical ? days : critical);
}

static bool
tls_inspect_report(struct app *app, struct report *report, struct error *e)
{
    const struct options *o = &app->options;
    struct tls_options tls;
    struct tls_inspect_request request = {
        .what = app->operands,
        .what_count = app->operand_count,
        .tls = &tls,
        .days = days_of(o),
        .timeout_ms = option_ms(o, "timeout"),
        .on_hosts = option_bool(o, "hosts"),
    };
    struct tls_findings findings;

    request.hosts = option_list(o, "host", &request.host_count);
    if (!app_inventory(app, &request.inventory, e) || !app_tls_options(app, &tls, e) ||
        !tls_inspect(app->mem, &request, &findings, e))
        return false;
    report_init(report, app->mem, "certificates");
    findings_fill(app, report, &findings);
    return true;
}

const struct command command_tls_inspect = {
    .name = "tls inspect",
    .operands = "[FILE|DIR|HOST:PORT|URL...]",
    .summary = "Show certificates of files, folders and live ports, and what is wrong with them",
    .family = FAMILY_TLS,
    .options = inspect_options,
    .report = tls_inspect_report,
    .example = "quorate tls inspect --cluster prod\n"
               "quorate tls inspect --cluster prod --hosts\n"
               "quorate tls inspect pki --days 30\n"
               "quorate tls inspect --cluster prod --days 30 --critical-days 7\n"
               "quorate tls inspect 10.0.0.1:2379 10.0.0.1:2380 --cacert pki/ca.crt",
    .description =
        "Of a port it shows what a handshake really presents, whether it is trusted or not. "
        "Without "
        "operands all ports of the members of --cluster are asked, client and peer, and the "
        "certificate files that are here; with --hosts also those on the members' hosts, as a plan "
        "asks about them before it starts a member: by the host's clock, and whether etcd's user "
        "can read them. A server that presents a chain has a row for each, its "
        "own "
        "first; -w json has their fingerprints as well.\n\n"
        "Judged are: dates; the authority (--cacert, the cluster's, or the ca.crt in a file's own "
        "folder), over what stands between; whether the key beside a file is its own (NAME.key, or "
        "NAME-key.pem), and nobody else's to read; for servers the name they are dialled by, and "
        "for members the hosts of their URLs, and both usages. The exit code is 1 "
        "when something is wrong, ends within --days N, or cannot be seen, and with "
        "--critical-days "
        "N it is 2 when something has ended or ends within N days.",
};
