/* member list, add, remove, update: the cluster's members through the v2 API. */

#include <string.h>

#include "cli/v2.h"
#include "etcd2/members.h"

static const struct option_def member_options[] = {V2_OPTIONS, OPTIONS_END};

static void
urls_append(struct buf *out, const struct etcd2_urls *urls)
{
    for (size_t i = 0; i < urls->count; i++)
        buf_printf(out, "%s%s", i > 0 ? "," : "", urls->items[i]);
}

static void
member_append(struct buf *out, const struct etcd2_member *m, bool is_leader)
{
    bool unstarted = m->name[0] == '\0';

    if (unstarted)
        buf_printf(out, "%s[unstarted]: peerURLs=", m->id);
    else
        buf_printf(out, "%s: name=%s peerURLs=", m->id, m->name);
    urls_append(out, &m->peer_urls);
    if (!unstarted) {
        buf_append_text(out, " clientURLs=");
        urls_append(out, &m->client_urls);
        buf_printf(out, " isLeader=%s", is_leader ? "true" : "false");
    }
    buf_append_byte(out, '\n');
}

static bool
list_run(struct app *app, struct error *e)
{
    struct etcd2_client *client;
    struct etcd2_member *members;
    struct etcd2_member leader;
    size_t count;

    if (!v2_client(app, V2_EXIT_FAILED, &client, e))
        return false;
    if (!etcd2_member_list(app->mem, client, &members, &count, e))
        return v2_explain(app, e);
    if (!etcd2_member_leader(app->mem, client, &leader, e))
        return error_wrap(e, "asking for the leader");
    for (size_t i = 0; i < count; i++)
        member_append(&app->out, &members[i], strcmp(members[i].id, leader.id) == 0);
    return true;
}

/* What the new member is to be started with. */
static void
settings_append(struct buf *out, const char *new_id, const char *new_name,
                const struct etcd2_member *members, size_t count)
{
    bool first = true;

    buf_printf(out, "\nETCD_NAME=\"%s\"\nETCD_INITIAL_CLUSTER=\"", new_name);
    for (size_t i = 0; i < count; i++) {
        const struct etcd2_member *m = &members[i];

        for (size_t k = 0; k < m->peer_urls.count; k++) {
            buf_printf(out, "%s%s=%s", first ? "" : ",",
                       strcmp(m->id, new_id) == 0 ? new_name : m->name, m->peer_urls.items[k]);
            first = false;
        }
    }
    buf_append_text(out, "\"\nETCD_INITIAL_CLUSTER_STATE=\"existing\"\n");
}

static bool
add_run(struct app *app, struct error *e)
{
    const char *name = app_operand(app, 0);
    struct etcd2_client *client;
    struct etcd2_member added;
    struct etcd2_member *members;
    size_t count;

    if (!v2_client(app, V2_EXIT_FAILED, &client, e))
        return false;
    if (!etcd2_member_add(app->mem, client, app_operand(app, 1), &added, e))
        return v2_explain(app, e);
    buf_printf(&app->out, "Added member named %s with ID %s to cluster\n", name, added.id);
    if (!etcd2_member_list(app->mem, client, &members, &count, e))
        return false;
    settings_append(&app->out, added.id, name, members, count);
    return true;
}

/* v2 wants the id as it is listed; a name is told apart from a mistyped id. */
static bool
removed_find(const char *id, const struct etcd2_member *members, size_t count, struct error *e)
{
    const struct etcd2_member *named = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].id, id) == 0)
            return true;
        if (strcmp(members[i].name, id) == 0)
            named = &members[i];
    }
    error_set_(e, ERROR_NOT_FOUND, 0, "no member has the id '%s'", id);
    if (named != NULL)
        return error_hint(e, "it is a name: 'member remove %s' removes that member", named->id);
    return error_hint(e, "see 'member list' for the ids");
}

static bool
remove_run(struct app *app, struct error *e)
{
    const char *id = app_operand(app, 0);
    struct etcd2_client *client;
    struct etcd2_member *members;
    size_t count;

    if (!v2_client(app, V2_EXIT_FAILED, &client, e))
        return false;
    if (!etcd2_member_list(app->mem, client, &members, &count, e))
        return v2_explain(app, e);
    if (!removed_find(id, members, count, e))
        return false;
    if (!etcd2_member_remove(client, id, e))
        return error_wrap(e, "member '%s'", id);
    buf_printf(&app->out, "Removed member %s from cluster\n", id);
    return true;
}

static bool
update_run(struct app *app, struct error *e)
{
    const char *id = app_operand(app, 0);
    ARRAY(const char *) urls = ARRAY_INIT;
    struct etcd2_client *client;

    for (const char *rest = app_operand(app, 1);; rest++) {
        size_t size = strcspn(rest, ",");

        *ARRAY_PUSH(app->mem, &urls) = arena_printf(app->mem, "%.*s", (int)size, rest);
        rest += size;
        if (*rest == '\0')
            break;
    }
    if (!v2_client(app, V2_EXIT_FAILED, &client, e))
        return false;
    if (!etcd2_member_update(client, id, urls.items, urls.count, e))
        return v2_explain(app, e);
    buf_printf(&app->out, "Updated member with ID %s in cluster\n", id);
    return true;
}

const struct command command_v2_member_list = {
    .name = "member list",
    .summary = "List the members of the cluster",
    .family = FAMILY_MEMBERS,
    .tools = IN_ETCDCTL_V2,
    .options = member_options,
    .run = list_run,
    .example = "ETCDCTL_API=2 quorate member list",
};

const struct command command_v2_member_add = {
    .name = "member add",
    .operands = "NAME PEER_URL",
    .summary = "Add a member, and show what to start it with",
    .family = FAMILY_MEMBERS,
    .tools = IN_ETCDCTL_V2,
    .options = member_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = add_run,
    .example = "ETCDCTL_API=2 quorate member add db4 http://10.0.0.4:2380",
};

const struct command command_v2_member_remove = {
    .name = "member remove",
    .operands = "ID",
    .summary = "Remove a member",
    .family = FAMILY_MEMBERS,
    .tools = IN_ETCDCTL_V2,
    .options = member_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = remove_run,
    .example = "ETCDCTL_API=2 quorate member remove 2e1259d415f2a040",
};

const struct command command_v2_member_update = {
    .name = "member update",
    .operands = "ID PEER_URLS",
    .summary = "Give a member other peer URLs",
    .family = FAMILY_MEMBERS,
    .tools = IN_ETCDCTL_V2,
    .options = member_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = update_run,
    .example = "ETCDCTL_API=2 quorate member update 2e1259d415f2a040 http://10.0.0.9:2380",
};
