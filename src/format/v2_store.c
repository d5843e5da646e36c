/*
 * The writer follows what etcd's store looks like after one "create" per member; the reader is
 * lenient about everything that membership does not need.
 */
#include "format/v2_store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "format/backend/backend.h"

/* store.go: the history keeps the last 1000 events; unused places are null. */
enum { EVENT_HISTORY_CAPACITY = 1000, STORE_VERSION = 2 };

/* Go's zero time: "never expires". */
#define NEVER "0001-01-01T00:00:00Z"

/* stats.go, in its order; createSuccess is the only one that a restore moves. */
static const char *const stat_names[] = {
    "getsSuccess",
    "getsFail",
    "setsSuccess",
    "setsFail",
    "deleteSuccess",
    "deleteFail",
    "updateSuccess",
    "updateFail",
    "createSuccess",
    "createFail",
    "compareAndSwapSuccess",
    "compareAndSwapFail",
    "compareAndDeleteSuccess",
    "compareAndDeleteFail",
    "expireCount",
    "watchers",
};

static void
urls_encode(struct json_writer *w, const struct peer_urls *urls)
{
    json_key(w, "peerURLs");
    json_array_begin(w);
    for (size_t i = 0; i < urls->count; i++)
        json_text(w, urls->items[i]);
    json_array_end(w);
}

/* A member's raftAttributes: JSON, which becomes text inside the store's JSON. */
static const char *
raft_attributes(struct arena *mem, const struct initial_member *member)
{
    AUTO_BUF out = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &out, 0);
    json_object_begin(&w);
    urls_encode(&w, &member->urls);
    if (member->is_learner)
        json_key_bool(&w, "isLearner", true);
    json_object_end(&w);
    return arena_text(mem, buf_text(&out));
}

/* Opens a node up to its children. */
static void
node_begin(struct json_writer *w, const char *path, uint64_t index, const char *value)
{
    json_object_begin(w);
    json_key_text(w, "Path", path);
    json_key_u64(w, "CreatedIndex", index);
    json_key_u64(w, "ModifiedIndex", index);
    json_key_text(w, "ExpireTime", NEVER);
    json_key_text(w, "Value", value);
    json_key(w, "Children");
}

void
v2_store_directory_begin(struct json_writer *w, const char *path, uint64_t index)
{
    node_begin(w, path, index, "");
    json_object_begin(w);
}

void
v2_store_directory_end(struct json_writer *w)
{
    json_object_end(w);
    json_object_end(w);
}

/* What is written about a member: its hex id, its turn by number, its attributes. */
struct member_node {
    const char *id;
    uint64_t index;
    const char *attributes;
};

static void
member_node_encode(struct arena *tmp, struct json_writer *w, const struct member_node *node)
{
    const char *path = arena_printf(tmp, "/0/members/%s", node->id);

    json_key(w, node->id);
    v2_store_directory_begin(w, path, node->index);
    json_key(w, "raftAttributes");
    node_begin(w, arena_printf(tmp, "%s/raftAttributes", path), node->index, node->attributes);
    json_null(w);
    json_object_end(w);
    v2_store_directory_end(w);
}

void
v2_store_member_encode(struct json_writer *w, const struct initial_member *member, uint64_t index)
{
    AUTO_ARENA tmp = ARENA_INIT;

    member_node_encode(&tmp, w,
                       &(struct member_node){
                           .id = arena_printf(&tmp, "%" PRIx64, member->id),
                           .index = index,
                           .attributes = raft_attributes(&tmp, member),
                       });
}

static void
event_encode(struct arena *tmp, struct json_writer *w, const struct member_node *node)
{
    json_object_begin(w);
    json_key_text(w, "action", "create");
    json_key(w, "node");
    json_object_begin(w);
    json_key_text(w, "key", arena_printf(tmp, "/0/members/%s/raftAttributes", node->id));
    json_key_text(w, "value", node->attributes);
    json_key_u64(w, "modifiedIndex", node->index);
    json_key_u64(w, "createdIndex", node->index);
    json_object_end(w);
    json_object_end(w);
}

static void
history_encode(struct arena *tmp, struct json_writer *w, const struct member_node *nodes,
               size_t count)
{
    json_key(w, "WatcherHub");
    json_object_begin(w);
    json_key(w, "EventHistory");
    json_object_begin(w);
    json_key(w, "Queue");
    json_object_begin(w);
    json_key(w, "Events");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        event_encode(tmp, w, &nodes[i]);
    for (size_t i = count; i < EVENT_HISTORY_CAPACITY; i++)
        json_null(w);
    json_array_end(w);
    json_key_u64(w, "Size", count);
    json_key_u64(w, "Front", 0);
    json_key_u64(w, "Back", count);
    json_key_u64(w, "Capacity", EVENT_HISTORY_CAPACITY);
    json_object_end(w);
    json_key_u64(w, "StartIndex", 1);
    json_key_u64(w, "LastIndex", count);
    json_object_end(w);
    json_object_end(w);
}

/* A map of Go's: its keys are written in the order of their texts, which unpadded hex ids do not
 * share with the numbers. */
static int
node_compare_id(const void *a, const void *b)
{
    return strcmp(((const struct member_node *)a)->id, ((const struct member_node *)b)->id);
}

static void
tree_encode(struct arena *tmp, struct json_writer *w, const struct member_node *nodes, size_t count)
{
    struct member_node *sorted = arena_alloc(tmp, count * sizeof(*sorted));

    memcpy(sorted, nodes, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), node_compare_id);
    json_key(w, "Root");
    v2_store_directory_begin(w, "/", 0);
    json_key(w, "0");
    v2_store_directory_begin(w, "/0", 0);
    json_key(w, "members");
    v2_store_directory_begin(w, "/0/members", 1);
    for (size_t i = 0; i < count; i++)
        member_node_encode(tmp, w, &sorted[i]);
    v2_store_directory_end(w);
    v2_store_directory_end(w);
    json_key(w, "1");
    v2_store_directory_begin(w, "/1", 0);
    v2_store_directory_end(w);
    v2_store_directory_end(w);
}

static void
stats_encode(struct json_writer *w, uint64_t created)
{
    json_key(w, "Stats");
    json_object_begin(w);
    for (size_t i = 0; i < sizeof(stat_names) / sizeof(*stat_names); i++)
        json_key_u64(w, stat_names[i], strcmp(stat_names[i], "createSuccess") == 0 ? created : 0);
    json_object_end(w);
}

void
v2_store_encode(struct buf *out, const struct initial_cluster *cluster)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_node *nodes = arena_alloc(&tmp, cluster->count * sizeof(*nodes));
    struct json_writer w;

    ASSERT(cluster->count <= EVENT_HISTORY_CAPACITY);
    for (size_t i = 0; i < cluster->count; i++)
        nodes[i] = (struct member_node){
            .id = arena_printf(&tmp, "%" PRIx64, cluster->members[i].id),
            .index = i + 1,
            .attributes = raft_attributes(&tmp, &cluster->members[i]),
        };
    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    tree_encode(&tmp, &w, nodes, cluster->count);
    history_encode(&tmp, &w, nodes, cluster->count);
    json_key_u64(&w, "CurrentIndex", cluster->count);
    stats_encode(&w, cluster->count);
    json_key_u64(&w, "CurrentVersion", STORE_VERSION);
    json_object_end(&w);
}

/* Reading. */

struct collecting {
    struct arena *mem;
    ARRAY(struct v2_member) members;
    ARRAY(uint64_t) removed;
};

static const struct json *
node_child(const struct json *node, const char *name)
{
    return json_get(json_get(node, "Children"), name);
}

static bool
texts_decode(struct arena *mem, const struct json *object, const char *key, const char ***ret_texts,
             size_t *ret_count, struct error *e)
{
    const struct json *array = json_get(object, key);
    size_t count = json_array_count(array);
    const char **texts = arena_alloc(mem, count * sizeof(*texts));

    for (size_t i = 0; i < count; i++) {
        if (!json_as_text(mem, json_array_at(array, i), &texts[i], e))
            return error_wrap(e, "'%s'", key);
    }
    *ret_texts = texts;
    *ret_count = count;
    return true;
}

/* The JSON text that a node has as its value; NULL when there is no such node. */
static bool
attributes_parse(struct arena *mem, const struct json *node, const struct json **ret_attributes,
                 struct error *e)
{
    const char *text;

    *ret_attributes = NULL;
    return node == NULL || (json_get_text(mem, node, "Value", &text, e) &&
                            json_parse(mem, bytes_of_text(text), ret_attributes, e));
}

static bool
member_decode(struct arena *mem, const struct json *node, struct v2_member *member, struct error *e)
{
    const struct json *raft;
    const struct json *own;

    if (!attributes_parse(mem, node_child(node, "raftAttributes"), &raft, e))
        return error_wrap(e, "raftAttributes");
    if (raft == NULL)
        return error_set(e, ERROR_FORMAT, "no raftAttributes");
    if (!attributes_parse(mem, node_child(node, "attributes"), &own, e))
        return error_wrap(e, "attributes");
    if (!texts_decode(mem, raft, "peerURLs", &member->peer_urls, &member->peer_url_count, e) ||
        !texts_decode(mem, own, "clientURLs", &member->client_urls, &member->client_url_count, e))
        return false;
    if (json_get(raft, "isLearner") != NULL &&
        !json_get_bool(raft, "isLearner", &member->is_learner, e))
        return false;
    member->name = "";
    return json_get(own, "name") == NULL || json_get_text(mem, own, "name", &member->name, e);
}

static bool
member_visit(void *context, const char *key, const struct json *value, struct error *e)
{
    struct collecting *all = context;
    struct v2_member member = {.id = 0};

    if (!backend_member_key_decode(bytes_of_text(key), &member.id, e) ||
        !member_decode(all->mem, value, &member, e))
        return error_wrap(e, "/0/members/%s", key);
    *ARRAY_PUSH(all->mem, &all->members) = member;
    return true;
}

static bool
removed_visit(void *context, const char *key, const struct json *value UNUSED, struct error *e)
{
    struct collecting *all = context;
    uint64_t id;

    if (!backend_member_key_decode(bytes_of_text(key), &id, e))
        return error_wrap(e, "/0/removed_members/%s", key);
    *ARRAY_PUSH(all->mem, &all->removed) = id;
    return true;
}

static int
id_compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static int
member_compare(const void *a, const void *b)
{
    return id_compare(&((const struct v2_member *)a)->id, &((const struct v2_member *)b)->id);
}

static bool
any_visit(void *context, const char *key UNUSED, const struct json *value UNUSED,
          struct error *e UNUSED)
{
    *(bool *)context = true;
    return true;
}

/* Calls visit for each child; a node that is not there, or has none, is fine. */
static bool
children_each(const struct json *node, json_visit *visit, void *context, struct error *e)
{
    const struct json *children = json_get(node, "Children");

    return !json_is_object(children) || json_each(children, visit, context, e);
}

/* Keys that begin with '_' are hidden: a recursive read does not show them. */
static bool
is_hidden(const char *name)
{
    return name[0] == '_';
}

static bool
child_count_visit(void *context, const char *key, const struct json *value UNUSED,
                  struct error *e UNUSED)
{
    *(size_t *)context += is_hidden(key) ? 0 : 1;
    return true;
}

static bool
has_children(const struct json *node, struct error *e)
{
    size_t count = 0;

    return children_each(node, child_count_visit, &count, e) && count > 0;
}

static bool
grandchildren_visit(void *context, const char *key, const struct json *value, struct error *e)
{
    if (!is_hidden(key) && has_children(value, e))
        *(bool *)context = true;
    return true;
}

/*
 * What etcd's IsMetaStoreOnly asks of a directory at the root: the members' own is fine whatever it
 * holds, that of v2 authentication ("/2") as long as there are no users and roles, any other when it
 * is empty. Source: etcd 3.5.33 server/etcdserver/api/membership/storev2.go.
 */
static bool
root_child_visit(void *context, const char *key, const struct json *value, struct error *e)
{
    bool *custom = context;

    if (is_hidden(key) || strcmp(key, "0") == 0)
        return true;
    if (strcmp(key, "2") == 0)
        return children_each(value, grandchildren_visit, custom, e);
    if (has_children(value, e))
        *custom = true;
    return true;
}

bool
v2_store_decode(struct arena *mem, struct bytes store, struct v2_membership *ret_membership,
                struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct collecting all = {.mem = mem, .members = ARRAY_INIT, .removed = ARRAY_INIT};
    struct v2_membership membership = {.cluster_version = NULL};
    const struct json *document;
    const struct json *root;
    const struct json *cluster;
    const struct json *version;

    if (!json_parse(&tmp, store, &document, e))
        return error_wrap(e, "v2 store");
    root = json_get(document, "Root");
    if (!json_is_object(root))
        return error_set(e, ERROR_FORMAT, "v2 store: no 'Root'");
    cluster = node_child(root, "0");
    if (!children_each(node_child(cluster, "members"), member_visit, &all, e) ||
        !children_each(node_child(cluster, "removed_members"), removed_visit, &all, e) ||
        !children_each(node_child(root, "1"), any_visit, &membership.has_user_data, e) ||
        !children_each(root, root_child_visit, &membership.has_custom_content, e))
        return error_wrap(e, "v2 store");
    version = node_child(cluster, "version");
    if (version != NULL && !json_get_text(mem, version, "Value", &membership.cluster_version, e))
        return error_wrap(e, "v2 store: /0/version");
    if (all.members.count > 0)
        qsort(all.members.items, all.members.count, sizeof(*all.members.items), member_compare);
    if (all.removed.count > 0)
        qsort(all.removed.items, all.removed.count, sizeof(*all.removed.items), id_compare);
    membership.members = all.members.items;
    membership.member_count = all.members.count;
    membership.removed = all.removed.items;
    membership.removed_count = all.removed.count;
    *ret_membership = membership;
    return true;
}
