/* member: the cluster's members. */

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "cli/app.h"
#include "cli/print/print_member.h"
#include "etcd/cluster.h"

static const struct option_def member_list_options[] = {
    {"consistency", OPTION_CHOICE, .fallback = "l", .choices = "l|s",
     .help = "l: linearizable, asks the leader; s: serializable, what the member itself knows"},
    OPTIONS_END,
};

#define OPTION_PEER_URLS(text)                                                                     \
    {                                                                                              \
        "peer-urls", OPTION_TEXT, .required = true, .arg = "URL[,URL...]", .help = (text)          \
    }

static const struct option_def member_add_options[] = {
    OPTION_PEER_URLS("Where the other members will reach the new one"),
    {"learner", OPTION_BOOL, .help = "Add it without a vote"},
    OPTIONS_END,
};

static const struct option_def member_update_options[] = {
    OPTION_PEER_URLS("Where the other members will reach it from now on"),
    OPTIONS_END,
};

enum consistency { CONSISTENCY_LINEARIZABLE, CONSISTENCY_SERIALIZABLE };

static bool
member_list_run(struct app *app, struct error *e)
{
    bool linearizable = option_choice(&app->options, "consistency") == CONSISTENCY_LINEARIZABLE;
    struct etcd_client *client;
    struct etcd_member_list list;

    if (!app_etcd(app, &client, e) || !etcd_member_list(app->mem, client, linearizable, &list, e))
        return false;
    print_member_list(&app->out, &app->style, &list);
    return true;
}

struct url_list {
    const char *const *items;
    size_t count;
};

/* Commas separate, and nothing is left out: the server judges what is between them. */
static bool
peer_urls(struct app *app, struct url_list *ret_urls, struct error *e)
{
    ARRAY(const char *) urls = ARRAY_INIT;
    const char *text = option_text(&app->options, "peer-urls");

    if (text[0] == '\0')
        return error_set(e, ERROR_USAGE, "member peer urls not provided: --peer-urls is empty");
    for (;; text++) {
        size_t size = strcspn(text, ",");

        *ARRAY_PUSH(app->mem, &urls) = arena_printf(app->mem, "%.*s", (int)size, text);
        text += size;
        if (*text == '\0')
            break;
    }
    *ret_urls = (struct url_list){urls.items, urls.count};
    return true;
}

/* A line with an empty name in it starts nothing; etcdctl prints it without a word. */
static void
warn_of_unstarted(const struct app *app, const struct etcd_member_added *added)
{
    for (size_t i = 0; i < added->member_count; i++) {
        const struct etcd_member *m = &added->members[i];

        if (m->id != added->member.id && m->name[0] == '\0')
            app_warn(app,
                     "member %" PRIx64 " was never started and has no name: put it into "
                     "ETCD_INITIAL_CLUSTER before %s",
                     m->id, m->peer_url_count > 0 ? m->peer_urls[0] : "its peer URL");
    }
}

static bool
member_add_run(struct app *app, struct error *e)
{
    bool is_learner = option_bool(&app->options, "learner");
    const char *name = app_operand(app, 0);
    struct etcd_member_added added;
    struct etcd_client *client;
    struct url_list urls;

    if (!peer_urls(app, &urls, e) || !print_no_fields(&app->style, e) ||
        !app_etcd(app, &client, e) ||
        !etcd_member_add(app->mem, client, urls.items, urls.count, is_learner, &added, e))
        return false;
    print_member_added(&app->out, &app->style, name, option_text(&app->options, "peer-urls"),
                       &added);
    if (app->style.output == OUTPUT_SIMPLE)
        warn_of_unstarted(app, &added);
    return true;
}

static bool
member_id(const struct app *app, uint64_t *ret_id, struct error *e)
{
    return number_parse_id(app_operand(app, 0), ret_id, e) || error_wrap(e, "member id");
}

static bool
member_remove_run(struct app *app, struct error *e)
{
    struct etcd_member_list left;
    struct etcd_client *client;
    uint64_t id;

    if (!member_id(app, &id, e) || !print_no_fields(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_member_remove(app->mem, client, id, &left, e))
        return false;
    print_member_changed(&app->out, &app->style, id, "removed from", &left);
    return true;
}

static bool
member_update_run(struct app *app, struct error *e)
{
    struct etcd_member_list list;
    struct etcd_client *client;
    uint64_t id;
    struct url_list urls;

    if (!member_id(app, &id, e) || !peer_urls(app, &urls, e) || !print_no_fields(&app->style, e) ||
        !app_etcd(app, &client, e) ||
        !etcd_member_update(app->mem, client, id, urls.items, urls.count, &list, e))
        return false;
    print_member_changed(&app->out, &app->style, id, "updated in", &list);
    return true;
}

static bool
member_promote_run(struct app *app, struct error *e)
{
    struct etcd_member_list list;
    struct etcd_client *client;
    uint64_t id;

    if (!member_id(app, &id, e) || !print_no_fields(&app->style, e) || !app_etcd(app, &client, e) ||
        !etcd_member_promote(app->mem, client, id, &list, e))
        return false;
    print_member_changed(&app->out, &app->style, id, "promoted in", &list);
    return true;
}

const struct command command_member_list = {
    .name = "member list",
    .summary = "List the members of the cluster",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = member_list_options,
    .needs = NEEDS_ENDPOINTS,
    .run = member_list_run,
    .example = "quorate member list -w table",
    .description = "The simple form has, with commas between: id, status, name, peer URLs, client "
                   "URLs, whether it is a learner.\n\n"
                   "Without quorum only --consistency s answers.",
};

const struct command command_member_add = {
    .name = "member add",
    .operands = "NAME",
    .summary = "Add a member to the cluster, before it is started",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = member_add_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = member_add_run,
    .example = "quorate member add m4 --learner --peer-urls http://10.0.0.4:2380",
    .description = "Prints the settings that the new member must be started with. A member that "
                   "votes counts for the quorum before it is up: add it as a learner, and promote "
                   "it when it has caught up.",
};

const struct command command_member_remove = {
    .name = "member remove",
    .operands = "MEMBER_ID",
    .summary = "Remove a member from the cluster",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = member_remove_run,
    .example = "quorate member remove 8211f1d0f64f3269",
    .description = "For good: it stops by itself, and its data directory is of no more use.",
};

const struct command command_member_update = {
    .name = "member update",
    .operands = "MEMBER_ID",
    .summary = "Change the peer URLs of a member",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = member_update_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = member_update_run,
    .example = "quorate member update 8211f1d0f64f3269 --peer-urls http://10.0.0.4:2380",
};

const struct command command_member_promote = {
    .name = "member promote",
    .operands = "MEMBER_ID",
    .summary = "Let a learner vote",
    .family = FAMILY_MEMBERS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = member_promote_run,
    .example = "quorate member promote 8211f1d0f64f3269",
    .description = "Refused until the learner has caught up with the leader.",
};
