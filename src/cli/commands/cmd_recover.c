/* 'recover': the whole cluster back, as a plan. */

#include <string.h>

#include "base/number.h"
#include "cli/app.h"
#include "cli/observe.h"
#include "cli/plan_context.h"
#include "cluster/rules.h"
#include "cluster/view.h"
#include "ops/recover.h"
#include "ops/recover_revision.h"
#include "ops/recover_take.h"

static const struct option_def recover_options[] = {
    {"repo", OPTION_DIR, .arg = "DIR", .environment = "QUORATE_REPO",
     .help = "The repository that holds the backup [default: the inventory's]"},
    {"of", OPTION_TEXT, .arg = "NAME",
     .help = "The cluster's folder in the repository [default: --cluster]"},
    {"file", OPTION_FILE, .arg = "FILE", .help = "A snapshot file, instead of a backup"},
    {"from-member", OPTION_TEXT, .arg = "NAME",
     .help =
         "What this member's data directory has, its log to the last entry, instead of a backup; "
         "it must be down"},
    {"bump-revision", OPTION_TEXT, .arg = "N|auto", .fallback = "0",
     .help = "Raise the revision by N and compact there, so that no client sees it go backwards; "
             "auto: above the highest revision known"},
    {"keep-alarms", OPTION_BOOL, .help = "Keep the alarms in the snapshot"},
    {"stop-clients", OPTION_TEXTS, .arg = "members|URL,...",
     .help =
         "Hold the API servers on these hosts down meanwhile: their manifests are moved aside, and "
         "put back at the end; members: on all hosts of members"},
    OPTIONS_END,
};

struct wanted {
    struct repo_entry entry;
    bool from_repo;
    int64_t highest_known; /* of later backups and of the cluster, if it answers */
};

static bool
backup_find(struct app *app, const char *path, const char *cluster, struct wanted *w,
            struct error *e)
{
    const char *label = app_operand(app, 0);
    const char *of = option_given(&app->options, "of") ? option_text(&app->options, "of") : cluster;
    struct repo repo;
    struct repo_entry *entries;
    size_t count;

    if (!repo_open(app->mem, path, false, &repo, e) ||
        !repo_find(app->mem, &repo, of, label != NULL ? label : "latest", &w->entry, e) ||
        !repo_list(app->mem, &repo, of, &entries, &count, e))
        return false;
    w->from_repo = true;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].manifest != NULL && entries[i].manifest->revision > w->highest_known)
            w->highest_known = entries[i].manifest->revision;
    }
    return true;
}

/* A cluster that still answers knows best who its members are, and how far its revisions went. */
static bool
cluster_ask(struct app *app, const struct inventory *inventory, struct wanted *w, struct error *e)
{
    struct error ignored = ERROR_INIT;
    const struct etcd_options *options;
    struct cluster_view view;

    if (!app_etcd_options(app, &options, e))
        return false;
    if (!cluster_view_fetch(app->mem, options, &view, &ignored))
        return true;
    w->highest_known = view_revision(&view);
    return rule_may_recover(&view, inventory, e);
}

/* Directories that are left know of revisions that no backup has, nor a cluster that is down. */
static bool
bump_wanted(struct app *app, const struct wanted *w, const struct inventory *inventory,
            struct recover_request *request, struct error *e)
{
    const char *text = option_text(&app->options, "bump-revision");

    request->highest_known = w->highest_known;
    request->bump_auto = strcmp(text, "auto") == 0;
    if (request->bump_auto) {
        int64_t surviving = recover_surviving_revision(app->mem, inventory);

        if (surviving > request->highest_known)
            request->highest_known = surviving;
    }
    return request->bump_auto || number_parse_u64(text, &request->bump_revision, e) ||
           error_wrap(e, "--bump-revision");
}

/* QUORATE_REPO and the inventory stand for a flag that is not there; --file is more than that.
 * ret_repo: NULL for a file and a member. */
static bool
source_choose(struct app *app, const char **ret_repo, struct error *e)
{
    bool member = option_given(&app->options, "from-member");
    bool file = option_given(&app->options, "file") || member;

    *ret_repo = NULL;
    if (file && app_operand(app, 0) != NULL)
        return error_set(e, ERROR_USAGE, "'%s' is a backup's label, and --%s is not a backup",
                         app_operand(app, 0), member ? "from-member" : "file");
    if (member && option_given(&app->options, "file"))
        return error_set(e, ERROR_USAGE, "name either a snapshot file or a member");
    if (file && option_source(&app->options, "repo") != OPTION_FROM_FLAG)
        return true;
    if (!file && (app_repository(app, ret_repo, e) || e->code != ERROR_USAGE))
        return *ret_repo != NULL;
    error_clear(e);
    error_set_(e, ERROR_USAGE, 0, "name either a backup's repository or a snapshot file");
    return error_hint(e, "--repo DIR [LABEL], or --file FILE");
}

static void
member_hosts(struct app *app, const struct inventory *inventory, struct recover_request *request)
{
    const char **hosts = arena_alloc(app->mem, (inventory->members.count + 1) * sizeof(*hosts));

    for (size_t i = 0; i < inventory->members.count; i++) {
        if (inventory->members.items[i].host != NULL)
            hosts[request->client_count++] = inventory->members.items[i].host;
    }
    request->client_hosts = hosts;
}

static bool
clients_choose(struct app *app, const struct inventory *inventory, struct recover_request *request,
               struct error *e)
{
    const char *const *given = option_list(&app->options, "stop-clients", &request->client_count);

    request->client_hosts = given;
    if (request->client_count > 0 && inventory->lab != NULL)
        return error_set(e, ERROR_USAGE, "a lab has no API servers that --stop-clients could stop");
    if (request->client_count == 1 && strcmp(given[0], "members") == 0) {
        request->client_count = 0;
        member_hosts(app, inventory, request);
    }
    return true;
}

static bool
file_choose(struct app *app, const struct inventory *inventory, const char *state_dir,
            struct recover_request *request, struct error *e)
{
    struct operation_face face;
    bool taken;

    if (!option_given(&app->options, "from-member")) {
        request->file = option_text(&app->options, "file");
        return true;
    }
    operation_face_begin(&face, app);
    taken = recover_take(app->mem, state_dir, inventory, option_text(&app->options, "from-member"),
                         &face.observer, &request->file, e);
    operation_face_end(&face);
    return taken;
}

static bool
recover_plan(struct app *app, struct plan **ret_plan, struct error *e)
{
    AUTO_BUF inputs = BUF_INIT;
    const struct inventory *inventory;
    struct recover_request request = {.keep_alarms = option_bool(&app->options, "keep-alarms")};
    struct wanted w = {0};
    struct plan_context *context;
    const char *repo;

    if (!source_choose(app, &repo, e) || !app_inventory(app, &inventory, e) ||
        !plan_context_of_app(app, &context, e) ||
        (repo != NULL && !backup_find(app, repo, inventory->name, &w, e)) ||
        !clients_choose(app, inventory, &request, e) || !cluster_ask(app, inventory, &w, e) ||
        !bump_wanted(app, &w, inventory, &request, e))
        return false;
    request.inventory = inventory;
    if (w.from_repo)
        request.entry = &w.entry;
    else if (!file_choose(app, inventory, context->state_dir, &request, e))
        return false;
    return recover_inputs(app->mem, &request, &inputs, e) &&
           plan_new(app->mem, &recover_kind, buf_bytes(&inputs), context, ret_plan, e);
}

const struct command command_recover = {
    .name = "recover",
    .operands = "[LABEL]",
    .summary = "Bring a whole cluster back from a backup or a snapshot file",
    .family = FAMILY_BACKUP,
    .options = recover_options,
    .needs = NEEDS_CLUSTER | NEEDS_LOCK,
    .effect = EFFECT_CHANGES_CLUSTER,
    .plan = recover_plan,
    .example = "quorate recover --cluster lab:demo --repo /var/backups/etcd --dry-run\n"
               "quorate recover --cluster lab:demo --repo /var/backups/etcd --yes",
    .description =
        "Verifies the snapshot; stops every member; moves their data directories aside; builds "
        "all new ones from one verified read, under a fresh cluster token; starts them; and proves "
        "the result: members, one leader, HashKV on each member equal to the snapshot's, the "
        "number of keys.\n\n"
        "LABEL is a backup's label, its unique beginning, or 'latest' (the default). A plan that "
        "was cut is continued by 'quorate plan resume', or taken back by 'quorate plan undo': the "
        "old directories return, until the new cluster took writes.\n\n"
        "The members of a quorate.yaml run on hosts, as systemd units or static pods. Each host is "
        "looked at before anything is stopped, and the new directories are brought there with "
        "owner, mode and label of the old ones. With --from-member nothing but that member's data "
        "is needed: 'quorate recover --cluster prod --from-member db2'.",
};
