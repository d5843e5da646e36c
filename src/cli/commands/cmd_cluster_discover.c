/* 'cluster discover', 'check': from the world to quorate.yaml, and where the two differ. */

#include <string.h>

#include "base/io.h"
#include "cli/app.h"
#include "cli/report.h"
#include "cluster/config/config_edit.h"
#include "cluster/inventory_compare.h"
#include "cluster/inventory_discover.h"
#include "etcd/client.h"

static const struct option_def discover_options[] = {
    {"name", OPTION_TEXT, .arg = "NAME",
     .help = "The cluster's name in the file [default: --cluster, else etcd-ID]"},
    {"write", OPTION_BOOL,
     .help =
         "Put it into the quorate.yaml, instead of printing it: add it, or bring it up to date"},
    {"prune", OPTION_BOOL, .help = "Take members out of the file that the cluster does not have"},
    OPTIONS_END,
};

/* What is found out of the cluster, or of the command line. */
static bool
discover(struct app *app, struct inventory **ret_found, struct error *e)
{
    const char *name = option_text(&app->options, "name");
    const struct etcd_options *options;
    const struct inventory *known;
    struct cluster_view view;
    const char *skipped;

    if (!app_inventory(app, &known, e) || !app_etcd_options(app, &options, e) ||
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
        !config_edit(app->mem, path, old, found, prune, &text, e))
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
               "quorate cluster discover --endpoints 127.0.0.1:2379 --name prod --write",
    .description =
        "One endpoint is enough: it knows the members, and each is asked for its version. The TLS "
        "files that were used, and the user's name, are in the entry; a password never is.\n\n"
        "With --write the entry is added to the file, or what differs is set in its place: "
        "comments, order and every other byte stay, and so does what the cluster does not know, "
        "such as hosts. The file as it was stays beside it.",
};

const struct command command_cluster_check = {
    .name = "cluster check",
    .operands = "[NAME]",
    .summary = "Say where the quorate.yaml and the cluster differ",
    .family = FAMILY_STATUS,
    .report = cluster_check_report,
    .example = "quorate cluster check lab:demo",
    .description =
        "Compares ids, names, URLs, versions and endpoints, as far as the file has them. The exit "
        "code is 0 when they agree; 1 when they differ; 2 when the file leads to another cluster "
        "than it names: by its id, or by one of its endpoints.",
};
