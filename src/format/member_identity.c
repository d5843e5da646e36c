/* Ids are hashes of what members are called by, so every tool that knows URLs and token agrees. */
#include "format/member_identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cursor.h"
#include "base/hash.h"

static uint64_t
sha1_id(struct bytes data)
{
    uint8_t digest[SHA1_SIZE];
    struct cursor c;
    uint64_t id = 0;

    sha1_of(data, digest);
    c = cursor_of(bytes_of(digest, sizeof(digest)));
    ASSERT(cursor_u64be(&c, &id));
    return id;
}

uint64_t
member_id_of(const struct peer_urls *urls, const char *token)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < urls->count; i++)
        buf_append_text(&text, urls->items[i]);
    buf_append_text(&text, token);
    return sha1_id(buf_bytes(&text));
}

uint64_t
cluster_id_of(const uint64_t *ids, size_t count)
{
    AUTO_BUF all = BUF_INIT;

    for (size_t i = 0; i < count; i++)
        buf_append_u64be(&all, ids[i]);
    return sha1_id(buf_bytes(&all));
}

struct named_urls {
    const char *name;
    ARRAY(const char *) urls;
};

struct pairs {
    ARRAY(struct named_urls) members;
};

static struct named_urls *
pairs_member(struct arena *mem, struct pairs *pairs, const char *name)
{
    struct named_urls *m;

    for (size_t i = 0; i < pairs->members.count; i++) {
        if (strcmp(pairs->members.items[i].name, name) == 0)
            return &pairs->members.items[i];
    }
    m = ARRAY_PUSH(mem, &pairs->members);
    m->name = name;
    return m;
}

/* A pair without "=" is a name with an empty URL, as in etcd; empty pairs do not count. */
static void
pair_add(struct arena *mem, struct pairs *pairs, char *pair)
{
    char *equals = strchr(pair, '=');
    struct named_urls *m;

    if (*pair == '\0')
        return;
    if (equals != NULL)
        *equals = '\0';
    m = pairs_member(mem, pairs, pair);
    *ARRAY_PUSH(mem, &m->urls) = equals == NULL ? "" : equals + 1;
}

bool
initial_cluster_parse(struct arena *mem, const char *text, struct initial_cluster *ret_cluster,
                      struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct pairs pairs = {.members = ARRAY_INIT};
    struct initial_member *members;
    char *rest = arena_text(&tmp, text);
    char *pair;

    while ((pair = strsep(&rest, ",")) != NULL) {
        pair_add(&tmp, &pairs, pair);
        if (pairs.members.count > INITIAL_MEMBERS_MAX)
            return error_set(e, ERROR_LIMIT, "initial cluster has more than %d members",
                             INITIAL_MEMBERS_MAX);
    }
    members = arena_zero(mem, pairs.members.count * sizeof(*members));
    for (size_t i = 0; i < pairs.members.count; i++) {
        const struct named_urls *from = &pairs.members.items[i];

        members[i].name = arena_text(mem, from->name);
        if (!peer_urls_check(mem, from->urls.items, from->urls.count, &members[i].urls, e))
            return false;
    }
    *ret_cluster = (struct initial_cluster){.members = members, .count = pairs.members.count};
    return true;
}

static int
text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *
initial_cluster_text(struct arena *mem, const struct initial_cluster *cluster)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    ARRAY(const char *) pairs = ARRAY_INIT;

    for (size_t i = 0; i < cluster->count; i++) {
        const struct initial_member *m = &cluster->members[i];

        for (size_t k = 0; k < m->urls.count; k++)
            *ARRAY_PUSH(&tmp, &pairs) = arena_printf(&tmp, "%s=%s", m->name, m->urls.items[k]);
    }
    if (pairs.count > 0)
        qsort(pairs.items, pairs.count, sizeof(*pairs.items), text_compare);
    for (size_t i = 0; i < pairs.count; i++)
        buf_printf(&out, "%s%s", i == 0 ? "" : ",", pairs.items[i]);
    return arena_text(mem, buf_text(&out));
}

static bool
urls_are_distinct(const struct initial_cluster *cluster)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(const char *) urls = ARRAY_INIT;

    for (size_t i = 0; i < cluster->count; i++) {
        for (size_t k = 0; k < cluster->members[i].urls.count; k++)
            *ARRAY_PUSH(&tmp, &urls) = cluster->members[i].urls.items[k];
    }
    qsort(urls.items, urls.count, sizeof(*urls.items), text_compare);
    for (size_t i = 1; i < urls.count; i++) {
        if (strcmp(urls.items[i - 1], urls.items[i]) == 0)
            return false;
    }
    return true;
}

static bool
members_check(const struct initial_cluster *cluster, struct error *e)
{
    if (cluster->count == 0)
        return error_set(e, ERROR_USAGE, "initial cluster has no member");
    if (cluster->count > INITIAL_MEMBERS_MAX)
        return error_set(e, ERROR_LIMIT, "initial cluster has more than %d members",
                         INITIAL_MEMBERS_MAX);
    for (size_t i = 0; i < cluster->count; i++) {
        const struct initial_member *m = &cluster->members[i];

        if (m->urls.count == 0)
            return error_set(e, ERROR_USAGE, "member '%s' has no peer URL", m->name);
        if (initial_cluster_find(cluster, m->name) != m)
            return error_set(e, ERROR_USAGE, "member '%s' is in the initial cluster twice",
                             m->name);
    }
    if (!urls_are_distinct(cluster)) {
        AUTO_ARENA tmp = ARENA_INIT;
        return error_set(e, ERROR_USAGE, "initial cluster %s has duplicate url",
                         initial_cluster_text(&tmp, cluster));
    }
    return true;
}

static int
id_compare(const void *a, const void *b)
{
    uint64_t left = ((const struct initial_member *)a)->id;
    uint64_t right = ((const struct initial_member *)b)->id;

    return (left > right) - (left < right);
}

bool
initial_cluster_identify(struct initial_cluster *cluster, const char *token, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t *ids;

    if (!members_check(cluster, e))
        return false;
    for (size_t i = 0; i < cluster->count; i++)
        cluster->members[i].id = member_id_of(&cluster->members[i].urls, token);
    qsort(cluster->members, cluster->count, sizeof(*cluster->members), id_compare);
    ids = arena_alloc(&tmp, cluster->count * sizeof(*ids));
    for (size_t i = 0; i < cluster->count; i++) {
        ids[i] = cluster->members[i].id;
        if (ids[i] == 0 || (i > 0 && ids[i] == ids[i - 1]))
            return error_set(e, ERROR_USAGE, "member '%s' has the id %llx, which is taken",
                             cluster->members[i].name, (unsigned long long)ids[i]);
    }
    cluster->cluster_id = cluster_id_of(ids, cluster->count);
    return true;
}

const struct initial_member *
initial_cluster_find(const struct initial_cluster *cluster, const char *name)
{
    for (size_t i = 0; i < cluster->count; i++) {
        if (strcmp(cluster->members[i].name, name) == 0)
            return &cluster->members[i];
    }
    return NULL;
}

bool
initial_cluster_require(const struct initial_cluster *cluster, const char *name,
                        const struct initial_member **ret_member, struct error *e)
{
    const struct initial_member *m = initial_cluster_find(cluster, name);

    if (m == NULL)
        return error_set(e, ERROR_USAGE,
                         "couldn't find local name \"%s\" in the initial cluster configuration",
                         name);
    *ret_member = m;
    return true;
}

/* Go's %q of a list of texts: ["a" "b"]. */
static const char *
quoted_list(struct arena *mem, const struct peer_urls *urls)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < urls->count; i++)
        buf_printf(&out, "%s\"%s\"", i == 0 ? "" : " ", urls->items[i]);
    return arena_printf(mem, "[%s]", buf_text(&out));
}

static const char *
difference_text(struct arena *mem, const struct peer_urls *advertised, const struct peer_urls *own)
{
    if (advertised->count != own->count)
        return arena_printf(mem, "len(%s) != len(%s)", quoted_list(mem, advertised),
                            quoted_list(mem, own));
    for (size_t i = 0; i < own->count; i++) {
        if (strcmp(advertised->items[i], own->items[i]) != 0)
            return arena_printf(mem, "resolved urls: \"%s\" != \"%s\"", advertised->items[i],
                                own->items[i]);
    }
    return "";
}

/* The URLs of 'urls' that 'other' lacks, joined; 'prefix' stands before each. NULL for none. */
static const char *
missing_text(struct arena *mem, const struct peer_urls *urls, const struct peer_urls *other,
             const char *prefix)
{
    AUTO_BUF out = BUF_INIT;

    for (size_t i = 0; i < urls->count; i++) {
        if (!peer_urls_contain(other, urls->items[i]))
            buf_printf(&out, "%s%s%s", out.size == 0 ? "" : ",", prefix, urls->items[i]);
    }
    return out.size == 0 ? NULL : arena_text(mem, buf_text(&out));
}

bool
initial_member_check_advertised(const struct initial_member *member,
                                const struct peer_urls *advertised, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct initial_member as_advertised = {.name = member->name, .urls = *advertised};
    struct initial_cluster cluster = {.members = &as_advertised, .count = 1};
    const char *missing;

    if (peer_urls_equal(&member->urls, advertised))
        return true;
    missing =
        missing_text(&tmp, &member->urls, advertised, arena_printf(&tmp, "%s=", member->name));
    if (missing != NULL)
        return error_set(
            e, ERROR_USAGE,
            "--initial-cluster has %s but missing from --initial-advertise-peer-urls=%s (%s)",
            missing, peer_urls_text(&tmp, advertised),
            difference_text(&tmp, advertised, &member->urls));
    missing = missing_text(&tmp, advertised, &member->urls, "");
    return error_set(e, ERROR_USAGE,
                     "--initial-advertise-peer-urls has %s but missing from --initial-cluster=%s",
                     missing != NULL ? missing : peer_urls_text(&tmp, advertised),
                     initial_cluster_text(&tmp, &cluster));
}
