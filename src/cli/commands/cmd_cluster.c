/* 'cluster list', 'show': the clusters that --cluster knows, and what is configured about each. */

#include "base/buf.h"
#include "cli/app.h"
#include "cli/inventories.h"
#include "cli/report.h"

static void
urls_cell(struct report *r, const struct inventory_urls *urls)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < urls->count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", urls->items[i]);
    report_text(r, buf_text(&text));
}

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void
cluster_row(struct report *r, const struct inventory *cluster)
{
    report_row(r);
    report_text(r, cluster->name);
    report_u64(r, cluster->members.count);
    urls_cell(r, &cluster->endpoints);
    report_text(r, or_empty(cluster->repository));
    report_text(r, cluster->path);
}

static bool
cluster_list_report(struct app *app, struct report *report, struct error *e)
{
    struct inventories all;

    if (!app_inventories(app, &all, e))
        return false;
    report_init(report, app->mem, "clusters");
    report_column(report, COLUMN_TEXT, "NAME", "name");
    report_column(report, COLUMN_U64, "MEMBERS", "members");
    report_column(report, COLUMN_TEXT, "ENDPOINTS", "endpoints");
    report_column(report, COLUMN_TEXT, "REPOSITORY", "repository");
    report_column(report, COLUMN_TEXT, "FROM", "path");
    for (size_t i = 0; i < all.items.count; i++)
        cluster_row(report, all.items.items[i]);
    for (size_t i = 0; i < all.problems.count; i++)
        report_note(report, "%s", all.problems.items[i]);
    return true;
}

static void
id_cell(struct report *r, uint64_t id)
{
    if (id != 0)
        report_id(r, id);
    else
        report_unknown(r, NULL);
}

static void
members_section(struct report *report, const struct inventory *cluster)
{
    struct report *r = report_section(report, "members");

    report_column(r, COLUMN_TEXT, "MEMBER", "name");
    report_column(r, COLUMN_ID, "ID", "id");
    report_column(r, COLUMN_TEXT, "HOST", "host");
    report_column(r, COLUMN_TEXT, "RUNS", "runs");
    report_column(r, COLUMN_TEXT, "CLIENT URLS", "clientUrls");
    report_column(r, COLUMN_TEXT, "PEER URLS", "peerUrls");
    report_column(r, COLUMN_TEXT, "DATA", "dataDir");
    report_column(r, COLUMN_TEXT, "WAL", "walDir");
    for (size_t i = 0; i < cluster->members.count; i++) {
        const struct inventory_member *m = &cluster->members.items[i];

        report_row(r);
        report_text(r, m->name);
        id_cell(r, m->id);
        report_text(r, or_empty(m->host));
        report_text(r, inventory_runner_text(r->mem, m));
        urls_cell(r, &m->client_urls);
        urls_cell(r, &m->peer_urls);
        report_text(r, or_empty(m->data_dir));
        report_text(r, or_empty(m->wal_dir));
    }
}

/* Where the password is, never what it is. */
static const char *
user_text(struct arena *mem, const struct inventory_user *user)
{
    if (user->password_file != NULL)
        return arena_printf(mem, "%s, password in %s", user->name, user->password_file);
    if (user->password_variable != NULL)
        return arena_printf(mem, "%s, password in $%s", user->name, user->password_variable);
    return or_empty(user->name);
}

static void
cluster_fields(struct report *r, const struct inventory *cluster)
{
    const struct inventory_tls *tls = &cluster->client_tls;
    AUTO_BUF endpoints = BUF_INIT;

    for (size_t i = 0; i < cluster->endpoints.count; i++)
        buf_printf(&endpoints, "%s%s", i > 0 ? "," : "", cluster->endpoints.items[i]);
    report_field_text(r, "Cluster", "name", cluster->name);
    if (cluster->id != 0)
        report_field_id(r, "Cluster ID", "clusterId", cluster->id);
    report_field_text(r, "From", "path", cluster->path);
    report_field_text(r, "Endpoints", "endpoints", buf_text(&endpoints));
    report_field_text(r, "etcd", "version", or_empty(cluster->version));
    report_field_text(r, "CA file", "caFile", or_empty(tls->ca_file));
    report_field_text(r, "Certificate", "certFile", or_empty(tls->cert_file));
    report_field_text(r, "Key", "keyFile", or_empty(tls->key_file));
    report_field_text(r, "Server name", "serverName", or_empty(cluster->server_name));
    report_field_text(r, "User", "user", user_text(r->mem, &cluster->user));
    report_field_text(r, "Repository", "repository", or_empty(cluster->repository));
}

static bool
cluster_show_report(struct app *app, struct report *report, struct error *e)
{
    const struct inventory *cluster;

    if (!app_inventory_of_operand(app, &cluster, e))
        return false;
    report_record_init(report, app->mem, "cluster");
    cluster_fields(report, cluster);
    members_section(report, cluster);
    return true;
}

const struct command command_cluster_list = {
    .name = "cluster list",
    .summary = "List the clusters that --cluster knows: of your quorate.yaml, and labs",
    .family = FAMILY_STATUS,
    .report = cluster_list_report,
    .example = "quorate cluster list\nquorate cluster list --config /etc/quorate/quorate.yaml",
};

const struct command command_cluster_show = {
    .name = "cluster show",
    .operands = "[NAME]",
    .summary = "Show what is configured about a cluster: endpoints, certificates, members",
    .family = FAMILY_STATUS,
    .report = cluster_show_report,
    .example = "quorate cluster show lab:demo",
    .description =
        "NAME is a cluster of quorate.yaml, or lab:NAME; without it --cluster's. Nothing "
        "is asked of the cluster: 'cluster check' does that.",
};
