/*
 * Each row is counted in its narrowest group; the sums of the wider ones are made at the end. Rows
 * find their group by the beginning of the key that tells it, without a look at its names.
 */
#include "keys/usage.h"

#include <stdlib.h>

#include "base/map.h"

struct measuring {
    struct arena *mem;
    const struct usage_request *request;
    struct map by_beginning; /* of a key: its group */
    struct map by_names;     /* the names, each with its size in front: the group */
    struct usage *usage;
};

static struct usage_group *
group_find(struct measuring *m, const struct key_path *path)
{
    struct usage_group *group = NULL;
    AUTO_BUF names = BUF_INIT;

    for (size_t i = 0; i < path->count; i++) {
        struct usage_group *wider = group;

        buf_append_u64le(&names, path->names[i].size);
        buf_append_bytes(&names, path->names[i]);
        group = map_get(&m->by_names, buf_bytes(&names));
        if (group != NULL)
            continue;
        if (m->by_names.entries.count >= USAGE_GROUPS_MOST && wider != NULL) {
            m->usage->merged = true;
            return wider;
        }
        group = arena_zero(m->mem, sizeof(*group));
        *group = (struct usage_group){arena_copy(m->mem, path->names[i]), wider, i, {0}};
        *map_place(m->mem, &m->by_names, buf_bytes(&names)) = group;
    }
    return group;
}

static struct usage_group *
group_of(struct measuring *m, struct bytes key)
{
    const struct usage_request *r = m->request;
    struct usage_group *group;
    struct bytes beginning;
    struct key_path path;

    key_path_of(key, r->by, r->depth, r->separator, &path);
    beginning = bytes_of(key.data, path.taken);
    group = map_get(&m->by_beginning, beginning);
    if (group != NULL || path.count == 0)
        return group;
    group = group_find(m, &path);
    if (m->by_beginning.entries.count < USAGE_GROUPS_MOST)
        *map_place(m->mem, &m->by_beginning, beginning) = group;
    return group;
}

static void
count_add(struct usage_count *sum, const struct usage_count *more)
{
    sum->keys += more->keys;
    sum->live_bytes += more->live_bytes;
    sum->rows += more->rows;
    sum->row_bytes += more->row_bytes;
    sum->tombstones += more->tombstones;
}

static bool
row_count(void *context, const struct key_row *row, struct error *e)
{
    struct measuring *m = context;
    uint64_t bytes = row->kv.key.size + row->kv.value.size;
    const struct usage_count one = {
        .keys = row->live,
        .live_bytes = row->live ? bytes : 0,
        .rows = 1,
        .row_bytes = bytes,
        .tombstones = row->tombstone,
    };
    struct usage_group *group = group_of(m, row->kv.key);

    (void)e;
    count_add(&m->usage->total, &one);
    if (group != NULL)
        count_add(&group->count, &one);
    if (row->live) {
        top_keys_offer(&m->usage->biggest, bytes, row);
        if (row->kv.version > 1)
            top_keys_offer(&m->usage->rewritten, (uint64_t)row->kv.version, row);
    }
    return true;
}

/* --- the order of the groups ----------------------------------------------------------------- */

static int
bigger_first(const struct usage_group *a, const struct usage_group *b)
{
    if (a->count.live_bytes != b->count.live_bytes)
        return a->count.live_bytes > b->count.live_bytes ? -1 : 1;
    if (a->count.row_bytes != b->count.row_bytes)
        return a->count.row_bytes > b->count.row_bytes ? -1 : 1;
    return bytes_compare(a->name, b->name);
}

static const struct usage_group *
group_at_depth(const struct usage_group *group, size_t depth)
{
    while (group->depth > depth)
        group = group->wider;
    return group;
}

/* By the first level at which they differ. */
static int
group_compare(const void *one, const void *other)
{
    const struct usage_group *a = *(const struct usage_group *const *)one;
    const struct usage_group *b = *(const struct usage_group *const *)other;
    size_t least = a->depth < b->depth ? a->depth : b->depth;

    for (size_t depth = 0; depth <= least; depth++) {
        const struct usage_group *wide_a = group_at_depth(a, depth);
        const struct usage_group *wide_b = group_at_depth(b, depth);

        if (wide_a != wide_b)
            return bigger_first(wide_a, wide_b);
    }
    return a->depth < b->depth ? -1 : a->depth > b->depth;
}

/* --- the parts of a survey ------------------------------------------------------------------- */

static void
group_add(struct measuring *m, const struct usage_group *more)
{
    struct key_path path = {.count = more->depth + 1};

    for (const struct usage_group *g = more; g != NULL; g = g->wider)
        path.names[g->depth] = g->name;
    count_add(&group_find(m, &path)->count, &more->count);
}

static void
tops_add(struct top_keys *top, const struct top_keys *more)
{
    for (size_t i = 0; i < more->count; i++) {
        const struct top_key *key = &more->items[i];
        const struct key_row row = {
            .kv = {.key = buf_bytes(&key->key),
                   .create_revision = key->create_revision,
                   .mod_revision = key->mod_revision,
                   .version = key->version,
                   .value = {NULL, key->value_bytes}},
        };

        top_keys_offer(top, key->number, &row);
    }
}

static void
part_add(struct measuring *m, const struct measuring *more)
{
    for (size_t i = 0; i < more->by_names.entries.count; i++)
        group_add(m, more->by_names.entries.items[i].value);
    count_add(&m->usage->total, &more->usage->total);
    tops_add(&m->usage->biggest, &more->usage->biggest);
    tops_add(&m->usage->rewritten, &more->usage->rewritten);
    m->usage->merged |= more->usage->merged;
}

/* A group was made after its wider one: from the last to the first, sums go up. */
static void
groups_sum(struct measuring *m)
{
    for (size_t i = m->by_names.entries.count; i > 0; i--) {
        struct usage_group *group = m->by_names.entries.items[i - 1].value;

        if (group->wider != NULL)
            count_add(&group->wider->count, &group->count);
    }
}

static void
groups_list(struct measuring *m)
{
    size_t count = m->by_names.entries.count;
    struct usage *usage = m->usage;

    usage->groups = arena_alloc(m->mem, count * sizeof(struct usage_group *));
    usage->group_count = count;
    for (size_t i = 0; i < count; i++)
        usage->groups[i] = m->by_names.entries.items[i].value;
    qsort(usage->groups, usage->group_count, sizeof(struct usage_group *), group_compare);
}

static void
tops_release(void *usage)
{
    top_keys_release(&((struct usage *)usage)->biggest);
    top_keys_release(&((struct usage *)usage)->rewritten);
}

bool
usage_measure(struct arena *mem, struct key_source *source, const struct usage_request *request,
              struct usage **ret_usage, struct error *e)
{
    struct usage *usage = arena_zero(mem, sizeof(*usage));
    struct measuring m = {.mem = mem, .request = request, .usage = usage};
    AUTO_ARENA tmp = ARENA_INIT;
    struct usage later_usage = {.has_history = false};
    struct measuring later = {.mem = &tmp, .request = request, .usage = &later_usage};
    void *const contexts[KEY_SURVEY_PARTS] = {&m, &later};
    bool ok;

    usage->has_history = source->kind == KEY_SOURCE_FILE;
    top_keys_init(&usage->biggest, mem, request->biggest);
    top_keys_init(&usage->rewritten, mem, request->rewritten);
    arena_on_release(mem, tops_release, usage);
    top_keys_init(&later_usage.biggest, &tmp, request->biggest);
    top_keys_init(&later_usage.rewritten, &tmp, request->rewritten);
    ok = key_source_survey(source, &request->range, row_count, contexts, e);
    if (ok)
        part_add(&m, &later);
    tops_release(&later_usage);
    if (!ok)
        return false;
    groups_sum(&m);
    groups_list(&m);
    top_keys_sort(&usage->biggest);
    top_keys_sort(&usage->rewritten);
    *ret_usage = usage;
    return true;
}
