/* 'tls probes': health checks that do not speak TLS where etcd does. */

#include "cli/app.h"
#include "cli/report.h"
#include "ops/tls_probes.h"

static void
probes_fill(struct report *r, const struct tls_probes *probes)
{
    report_column(r, COLUMN_TEXT, "MEMBER", "member");
    report_column(r, COLUMN_TEXT, "WHERE", "where");
    report_column(r, COLUMN_TEXT, "ASKS", "asks");
    report_column(r, COLUMN_TEXT, "VERDICT", "verdict");
    report_column(r, COLUMN_U64, "TIMES", "times");
    report_detail_column(r, COLUMN_TEXT, "WHY", "text");
    report_detail_column(r, COLUMN_TEXT, "MEND", "remedy");
    for (size_t i = 0; i < probes->count; i++) {
        const struct tls_probe *p = &probes->items[i];

        report_row(r);
        report_text(r, p->member);
        report_text(r, p->where);
        report_text(r, p->asks);
        report_text(r, p->word);
        report_mark(r, MARK_BAD);
        report_u64(r, p->count);
        report_text(r, p->text);
        report_text(r, p->remedy);
        report_note(r, "%s: %s; %s", p->where, p->text, p->remedy);
    }
}

static bool
tls_probes_report(struct app *app, struct report *report, struct error *e)
{
    const struct inventory *inventory;
    struct tls_probes probes = {0};
    struct site site;

    if (!app_inventory(app, &inventory, e))
        return false;
    if (inventory == NULL || inventory->lab != NULL)
        return error_set(e, ERROR_USAGE,
                         "give a cluster whose members run on hosts: --cluster NAME");
    site_init(&site, app->mem, inventory);
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if (!tls_probes_find(app->mem, &site, inventory, m, &probes, e))
            return error_wrap(e, "member '%s'", m->name);
    }
    report_init(report, app->mem, "probes");
    probes_fill(report, &probes);
    if (probes.count == 0)
        report_note(report, "nobody is found who does not speak TLS where etcd does");
    app->exit_code |= probes.count > 0;
    return true;
}

const struct command command_tls_probes = {
    .name = "tls probes",
    .summary = "Find health checks and clients on members' hosts that do not speak TLS",
    .family = FAMILY_TLS,
    .report = tls_probes_report,
    .example = "quorate tls probes --cluster prod\n"
               "quorate tls probes --cluster prod -w json",
    .description =
        "Looked at are the probes of etcd's own static pod; units, crontabs, manifests and scripts "
        "with an http URL of one of the cluster's ports; and the last 2000 lines of etcd's log for "
        "connections that it rejected. Each is named with its line and the mend: as a rule a "
        "listener for metrics and health on 127.0.0.1 without TLS, and the check there. The exit "
        "code is 1 when there is any.",
};
