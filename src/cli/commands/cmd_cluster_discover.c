/* 'cluster discover', 'check': from the world to quorate.yaml, and where the two differ. */

#include <string.h>

#include "base/io.h"
#include "base/parallel.h"
#include "cli/app.h"
#include "cli/report.h"
#include "cluster/config/config_edit.h"
#include "cluster/inventory_compare.h"
#include "cluster/inventory_discover.h"
#include "cluster/inventory_host.h"
#include "etcd/client.h"

#define BECOME_OPTION                                                                              \
    {                                                                                              \
        "become", OPTION_BOOL, .help = "Look as root there, by sudo"                               \
    }

static const struct option_def discover_options[] = {
    {"name", OPTION_TEXT, .arg = "NAME",
     .help = "The cluster's name in the file [default: --cluster, else etcd-ID]"},
    {"write", OPTION_BOOL,
     .help =
         "Put it into the quorate.yaml, instead of printing it: add it, or bring it up to date"},
    {"prune", OPTION_BOOL, .help = "Take members out of the file that the cluster does not have"},
    {"host", OPTION_TEXTS, .arg = "URL[,URL...]",
     .help = "Look on these hosts, too, how members run: ssh://[USER@]HOST[:PORT], or local:"},
    BECOME_OPTION,
    OPTIONS_END,
};

static const struct option_def check_options[] = {
    {"hosts", OPTION_BOOL,
     .help = "Look on the members' hosts, too: what runs there, directories, certificates"},
    BECOME_OPTION,
    OPTIONS_END,
};

/* The servers of one host. */
struct host_servers {
    const char *url;
    const struct etcd_servers *etcd;
    struct arena *mem; /* of its own: hosts are looked at at the same time */
};

struct hosts_servers {
    ARRAY(struct host_servers) items;
    struct error *errors; /* one a host; cleared where it could be looked at */
    bool become;
};

static void
mem_release(void *mem)
{
    arena_release(mem);
}

static void
host_add(struct app *app, const char *url, struct hosts_servers *hosts)
{
    struct host_servers *servers = ARRAY_PUSH(app->mem, &hosts->items);

    servers->url = url;
    servers->mem = arena_zero(app->mem, sizeof(*servers->mem));
    arena_on_release(app->mem, mem_release, servers->mem);
}

static bool
host_look(void *context, size_t i, struct error *e)
{
    struct hosts_servers *hosts = context;
    struct host_servers *servers = &hosts->items.items[i];
    const struct host_options options = {.become = hosts->become};
    struct etcd_servers *etcd;
    struct host *host;

    if (!host_open(servers->mem, servers->url, &options, &host, e) ||
        !etcd_find(servers->mem, host, &etcd, e))
        return false;
    servers->etcd = etcd;
    return true;
}

/* All of them at once. False: one could not be looked at; 'errors' say which, and why. */
static bool
hosts_look(struct app *app, struct hosts_servers *hosts)
{
    hosts->become = option_bool(&app->options, "become");
    hosts->errors = arena_zero(app->mem, (hosts->items.count + 1) * sizeof(*hosts->errors));
    return parallel_each(hosts->items.count, HOSTS_AT_ONCE, host_look, hosts, hosts->errors);
}

static size_t
running_count(const struct etcd_servers *etcd)
{
    size_t count = 0;

    while (count < etcd->count && etcd->items[count].stopped == NULL)
        count++;
    return count;
}

static bool
none_found(const struct host_servers *servers, struct error *e)
{
    error_set_(e, ERROR_NOT_FOUND, 0, "no etcd on '%s'", servers->url);
    return error_hint(
        e, "%s",
        servers->etcd->problems.count > 0
            ? servers->etcd->problems.items[0]
            : "neither a process of that name, nor a unit or manifest that starts one");
}

/* Of --host. */
static bool
hosts_named(struct app *app, struct hosts_servers *hosts, struct error *e)
{
    size_t count;
    const char *const *urls = option_list(&app->options, "host", &count);

    for (size_t i = 0; i < count; i++)
        host_add(app, urls[i], hosts);
    if (!hosts_look(app, hosts)) {
        for (size_t i = 0; i < count; i++) {
            if (hosts->errors[i].code != ERROR_NONE) {
                *e = hosts->errors[i];
                return false;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (hosts->items.items[i].etcd->count == 0)
            return none_found(&hosts->items.items[i], e);
    }
    return true;
}

/* The first host with an etcd that runs, or NULL. */
static const struct host_servers *
first_running(const struct hosts_servers *hosts)
{
    for (size_t i = 0; i < hosts->items.count; i++) {
        if (running_count(hosts->items.items[i].etcd) > 0)
            return &hosts->items.items[i];
    }
    return NULL;
}

/*
 * Where to ask: as for every command; without any word about it, a server that was found on a host. One
 * of this machine may lend us its certificate.
 */
static bool
options_of(struct app *app, const struct hosts_servers *hosts, const struct inventory *known,
           const struct etcd_options **ret_options, struct error *e)
{
    const struct host_servers *first = first_running(hosts);
    const struct found_etcd *found;
    struct etcd_options *own;
    struct inventory_urls urls;

    if (!app_etcd_options(app, ret_options, e))
        return false;
    if (first == NULL || known != NULL || option_given(&app->options, "endpoints"))
        return true;
    found = &first->etcd->items[0];
    if (running_count(first->etcd) > 1) {
        error_set_(e, ERROR_USAGE, 0, "%zu etcd run on '%s': which one is meant?",
                   running_count(first->etcd), first->url);
        return error_hint(e, "--endpoints %s is the one called '%s'", found->client_urls,
                          found->name);
    }
    own = arena_zero(app->mem, sizeof(*own));
    *own = **ret_options;
    urls = inventory_urls_split(app->mem, found->client_urls);
    own->endpoints = urls.items;
    own->endpoint_count = urls.count;
    if (own->ca_file == NULL && own->cert_file == NULL && strcmp(first->url, "local:") == 0) {
        own->ca_file = found->tls.ca_file;
        own->cert_file = found->tls.cert_file;
        own->key_file = found->tls.key_file;
    }
    *ret_options = own;
    return true;
}

/* What one host says of the members that it has. */
static void
host_take(struct app *app, const struct host_servers *servers, struct inventory *found)
{
    bool any = false;

    for (size_t k = 0; k < servers->etcd->count; k++) {
        const struct found_etcd *etcd = &servers->etcd->items[k];

        if (!inventory_take_found(found, servers->url, etcd))
            continue;
        any = true;
        if (etcd->stopped != NULL)
            app_warn(app, "%s does not run on '%s': %s", etcd->name, servers->url, etcd->stopped);
    }
    if (any)
        return;
    app_warn(app, "of %zu etcd on '%s' none is a member of this cluster", servers->etcd->count,
             servers->url);
    for (size_t k = 0; k < servers->etcd->problems.count; k++)
        app_warn(app, "%s", servers->etcd->problems.items[k]);
}

/* A cluster of which nothing runs: what the files say that would start it. */
static bool
discover_stopped(struct app *app, const struct hosts_servers *hosts, struct inventory **ret_found,
                 struct error *e)
{
    const char *name = option_text(&app->options, "name");
    struct inventory *found = arena_zero(app->mem, sizeof(*found));

    if (name[0] == '\0')
        return error_set(e, ERROR_USAGE,
                         "no etcd runs on '%s', and a cluster that is down has no id",
                         hosts->items.items[0].url) ||
               error_hint(e, "--name NAME is what to call it");
    if (!config_name_check(name, e))
        return false;
    found->name = name;
    for (size_t i = 0; i < hosts->items.count; i++) {
        if (!inventory_add_found(app->mem, found, hosts->items.items[i].etcd, e))
            return error_wrap(e, "'%s'", hosts->items.items[i].url);
    }
    found->endpoints = inventory_member_endpoints(app->mem, found);
    for (size_t i = 0; i < hosts->items.count; i++)
        host_take(app, &hosts->items.items[i], found);
    app_warn(app,
             "nothing of this cluster runs: members that are on no host named here are missing");
    *ret_found = found;
    return true;
}

/* What is found out of the cluster, its hosts, or of the command line. */
static bool
discover(struct app *app, struct inventory **ret_found, struct error *e)
{
    const char *name = option_text(&app->options, "name");
    const struct etcd_options *options;
    const struct inventory *known;
    struct hosts_servers hosts = {0};
    struct cluster_view view;
    const char *skipped;

    if (!app_inventory(app, &known, e) || !hosts_named(app, &hosts, e))
        return false;
    if (hosts.items.count > 0 && first_running(&hosts) == NULL && known == NULL &&
        !option_given(&app->options, "endpoints"))
        return discover_stopped(app, &hosts, ret_found, e);
    if (!options_of(app, &hosts, known, &options, e) ||
        !cluster_view_fetch(app->mem, options, &view, e))
        return false;
    if (name[0] == '\0')
        name = known != NULL && known->lab == NULL
                   ? known->name
                   : arena_printf(app->mem, "etcd-%llx", (unsigned long long)view.cluster_id);
    if (!config_name_check(name, e) ||
        !inventory_of_view(app->mem, name, &view, options, ret_found, &skipped, e))
        return false;
    if (skipped != NULL)
        app_warn(app, "%s: left out", skipped);
    for (size_t i = 0; i < hosts.items.count; i++)
        host_take(app, &hosts.items.items[i], *ret_found);
    return true;
}

/* The configured cluster of that name is another one: to change its entry would lose the way to it. */
static bool
same_cluster(const struct config *config, const struct inventory *found, struct error *e)
{
    const struct inventory *known = config != NULL ? config_cluster(config, found->name) : NULL;

    if (known == NULL || known->id == 0 || known->id == found->id)
        return true;
    error_set_(e, ERROR_CONFLICT, 0, "cluster '%s' of '%s' has the id %llx, this one has %llx",
               found->name, config->path, (unsigned long long)known->id,
               (unsigned long long)found->id);
    return error_hint(e, "another --name; or, when it was restored, remove the line 'id' first");
}

static void
kept_warn(const struct app *app, const struct config *config, const struct inventory *found)
{
    const struct inventory *known = config != NULL ? config_cluster(config, found->name) : NULL;

    for (size_t i = 0; known != NULL && i < known->members.count; i++) {
        const char *name = known->members.items[i].name;

        if (inventory_member_by_name(found, name) == NULL)
            app_warn(app,
                     "member '%s' is in the file, and not in the cluster: --prune takes it out",
                     name);
    }
}

static bool
discover_write(struct app *app, const struct inventory *found, struct error *e)
{
    bool prune = option_bool(&app->options, "prune");
    struct config *config = NULL;
    struct bytes old = BYTES_NONE;
    struct bytes text;
    const char *path;
    const char *kept;
    bool exists;

    if (!config_find_or_new(app->mem, app_config(app), &path, &exists, e) ||
        (exists && !file_read_all(app->mem, path, YAML_MAX_BYTES, &old, e)) ||
        !config_edit(app->mem, path, old, found, prune ? CONFIG_PRUNE : CONFIG_FACTS, &text, e))
        return false;
    if (exists && config_parse(app->mem, path, old, &config, e) && !same_cluster(config, found, e))
        return false;
    error_clear(e);
    if (!prune)
        kept_warn(app, config, found);
    if (exists && bytes_equal(old, text)) {
        app_say(app, "'%s' says all that already", path);
        return true;
    }
    if (!config_save(app->mem, path, exists, old, text, &kept, e))
        return false;
    app_say(app, "cluster '%s' is in '%s'%s%s", found->name, path,
            kept != NULL ? "; as it was: " : "", kept != NULL ? kept : "");
    return true;
}

static bool
cluster_discover_run(struct app *app, struct error *e)
{
    struct inventory *found;

    if (!discover(app, &found, e))
        return false;
    if (option_bool(&app->options, "write"))
        return discover_write(app, found, e);
    buf_append_bytes(&app->out, config_text(app->mem, found));
    return true;
}

static void
difference_row(struct report *r, const struct inventory_difference *d)
{
    report_row(r);
    report_text(r, d->what);
    report_mark(r, d->weight == DIFFERENCE_OTHER_CLUSTER ? MARK_BAD : MARK_WARN);
    report_text(r, d->member);
    report_text(r, d->configured);
    report_text(r, d->found);
    report_text(r, d->remark != NULL ? d->remark : "");
}

/* The place of a host among those that are looked at; one that several members are on is asked once. */
static size_t
host_index(const struct hosts_servers *hosts, const char *url)
{
    size_t i = 0;

    while (i < hosts->items.count && strcmp(hosts->items.items[i].url, url) != 0)
        i++;
    return i;
}

/* A host that cannot be asked is no difference, but is told. */
static void
hosts_compare(struct app *app, const struct inventory *inventory,
              struct inventory_comparison *comparison)
{
    struct hosts_servers hosts = {0};

    for (size_t i = 0; i < inventory->members.count; i++) {
        const char *url = inventory->members.items[i].host;

        if (url != NULL && host_index(&hosts, url) == hosts.items.count)
            host_add(app, url, &hosts);
    }
    (void)!hosts_look(app, &hosts);
    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];
        size_t at = m->host != NULL ? host_index(&hosts, m->host) : 0;

        if (m->host == NULL)
            *ARRAY_PUSH(app->mem, &comparison->unknown) =
                arena_printf(app->mem, "%s: its host is not in the file", m->name);
        else if (hosts.items.items[at].etcd != NULL)
            inventory_compare_found(app->mem, m, hosts.items.items[at].etcd, comparison);
        else
            *ARRAY_PUSH(app->mem, &comparison->unknown) =
                arena_printf(app->mem, "%s: '%s' could not be looked at: %s", m->name, m->host,
                             hosts.errors[at].text);
    }
}

static bool
cluster_check_report(struct app *app, struct report *report, struct error *e)
{
    const struct inventory *inventory;
    const struct etcd_options *options;
    struct inventory_comparison comparison;
    struct cluster_view view;

    if (!app_inventory_of_operand(app, &inventory, e) || !app_etcd_options(app, &options, e) ||
        !cluster_view_fetch(app->mem, options, &view, e))
        return false;
    inventory_compare(app->mem, inventory, &view, &comparison);
    if (option_bool(&app->options, "hosts"))
        hosts_compare(app, inventory, &comparison);
    report_init(report, app->mem, "differences");
    report_column(report, COLUMN_TEXT, "WHAT", "what");
    report_column(report, COLUMN_TEXT, "MEMBER", "member");
    report_column(report, COLUMN_TEXT, "IN THE FILE", "configured");
    report_column(report, COLUMN_TEXT, "IN THE CLUSTER", "found");
    report_column(report, COLUMN_TEXT, "REMARK", "remark");
    for (size_t i = 0; i < comparison.items.count; i++) {
        const struct inventory_difference *d = &comparison.items.items[i];
        int code = d->weight == DIFFERENCE_OTHER_CLUSTER ? 2 : 1;

        difference_row(report, d);
        app->exit_code = code > app->exit_code ? code : app->exit_code;
    }
    for (size_t i = 0; i < comparison.unknown.count; i++)
        report_note(report, "%s", comparison.unknown.items[i]);
    if (comparison.items.count == 0)
        report_note(report, "'%s' and the cluster agree", inventory->path);
    else if (app->exit_code == 1 && inventory->lab == NULL)
        report_note(report,
                    "'quorate cluster discover --cluster %s --write' brings the file up to "
                    "date",
                    inventory->name);
    return true;
}

const struct command command_cluster_discover = {
    .name = "cluster discover",
    .summary = "Make a cluster's entry in quorate.yaml from what its members say",
    .family = FAMILY_STATUS,
    .options = discover_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_WRITES_FILES,
    .run = cluster_discover_run,
    .example = "quorate cluster discover --endpoints 127.0.0.1:2379 --name prod\n"
               "quorate cluster discover --endpoints 127.0.0.1:2379 --name prod --write\n"
               "quorate cluster discover --host ssh://root@db1,ssh://root@db2 --name prod",
    .description =
        "One endpoint is enough: it knows the members, and each is asked for its version. The TLS "
        "files that were used, and the user's name, are in the entry; a password never is.\n\n"
        "With --host it finds the etcd on hosts as well, all hosts at once: whether a systemd "
        "unit, "
        "a static pod or nobody starts it, its directories and certificates. One that does not run "
        "is found by its unit or manifest, and told. Without endpoints the first that runs is "
        "asked; when none runs, what their files say makes the entry, and --name its name.\n\n"
        "With --write the entry is added to the file, or what differs is set in its place: "
        "comments, order and every other byte stay, and so does what the cluster does not know, "
        "such as hosts. The file as it was stays beside it.",
};

const struct command command_cluster_check = {
    .name = "cluster check",
    .operands = "[NAME]",
    .options = check_options,
    .summary = "Say where the quorate.yaml and the cluster differ",
    .family = FAMILY_STATUS,
    .report = cluster_check_report,
    .example = "quorate cluster check lab:demo",
    .description =
        "Compares ids, names, URLs, versions and endpoints, as far as the file has them; with "
        "--hosts also how members run, their directories and certificates. The exit "
        "code is 0 when they agree; 1 when they differ; 2 when the file leads to another cluster "
        "than it names: by its id, or by one of its endpoints.",
};
