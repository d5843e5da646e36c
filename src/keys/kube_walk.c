#include "keys/kube_walk.h"

#include "base/buf.h"
#include "etcd/kv.h"
#include "keys/key_path.h"
#include "keys/name_sample.h"

/* In the order of keys; all have a namespace. */
static const struct bytes large_resources[] = {
    BYTES_LITERAL("configmaps"),
    BYTES_LITERAL("controllerrevisions"),
    BYTES_LITERAL("deployments"),
    BYTES_LITERAL("endpointslices"),
    BYTES_LITERAL("events"),
    BYTES_LITERAL("jobs"),
    BYTES_LITERAL("leases"),
    BYTES_LITERAL("persistentvolumeclaims"),
    BYTES_LITERAL("pods"),
    BYTES_LITERAL("replicasets"),
    BYTES_LITERAL("rolebindings"),
    BYTES_LITERAL("secrets"),
    BYTES_LITERAL("serviceaccounts"),
    BYTES_LITERAL("services/endpoints"),
    BYTES_LITERAL("services/specs"),
};

enum { LARGE_RESOURCE_COUNT = sizeof(large_resources) / sizeof(large_resources[0]) };

/* Names begin with letters and digits (RFC 1123). */
#define LETTERS      "abcdefghijklmnopqrstuvwxyz"
#define BEHIND_NAMES "{"

/* So many keys behind a border are few: the next one is farther away. */
enum { FEW_KEYS = 512, NAMESPACES_MOST = 10000 };

struct kube_walk {
    struct etcd_client *client;
    const struct etcd_range_sink *sink; /* the caller's; NULL: it is a survey */
    etcd_range_piece_visit *visit;      /* of a survey, with its context */
    void *context;
    int64_t revision;
    bool keys_only;
    struct key_range rest;
    uint64_t told;
    struct name_sample *names; /* the namespaces that keys are told of; NULL: nobody wants them */
};

static void
learn_names(struct name_sample *names, const struct etcd_key_value *kvs, size_t count)
{
    struct kube_key kube;

    for (size_t i = 0; i < count; i++)
        if (kube_key_split(kvs[i].key, &kube) && kube.namespace.size > 0)
            name_sample_add(names, kube.namespace);
}

static void
walk_learn(struct kube_walk *w, const struct etcd_key_value *kvs, size_t kv_count, uint64_t count)
{
    w->told += count;
    if (w->names != NULL)
        learn_names(w->names, kvs, kv_count);
}

static bool
walk_keys(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct kube_walk *w = context;

    walk_learn(w, kvs, count, count);
    return w->sink->keys(w->sink->context, kvs, count, e);
}

static bool
survey_piece(void *context, const struct etcd_range_piece *piece, struct error *e)
{
    struct kube_walk *w = context;

    walk_learn(w, piece->kvs, piece->kv_count, (uint64_t)piece->key_count);
    return w->visit(w->context, piece, e);
}

static bool
walk_piece(struct kube_walk *w, struct bytes start, struct bytes end, struct error *e)
{
    const struct etcd_range_sink sink = {.keys = walk_keys, .context = w};
    const struct etcd_range_request request = {
        .key = start, .range_end = end, .revision = w->revision, .keys_only = w->keys_only};

    if (w->sink == NULL)
        return etcd_range_survey(w->client, &request, survey_piece, w, e);
    return etcd_range_walk(w->client, &request, &sink, e);
}

/* Up to the border, if it lies in the rest, which begins there then. */
static bool
walk_up_to(struct kube_walk *w, struct bytes border, struct error *e)
{
    struct bytes start = w->rest.start;

    if (bytes_equal(start, border) || !key_range_holds(&w->rest, border))
        return true;
    w->rest.start = border;
    return walk_piece(w, start, border, e);
}

static struct bytes
directory_in(struct arena *mem, struct bytes outer, struct bytes name)
{
    AUTO_BUF path = BUF_INIT;

    buf_append_bytes(&path, outer);
    buf_append_bytes(&path, name);
    buf_append_byte(&path, '/');
    return arena_copy(mem, buf_bytes(&path));
}

/* Through a resource, at every name first, then at every second, fourth, ... where there is little. */
static bool
walk_names(struct kube_walk *w, struct arena *mem, struct bytes directory,
           const struct name_sample *names, struct error *e)
{
    size_t step = 1;

    for (size_t i = 0; i < names->count; i += step) {
        uint64_t before = w->told;

        if (!walk_up_to(w, directory_in(mem, directory, buf_bytes(&names->names[i])), e))
            return false;
        step = w->told - before < FEW_KEYS ? step * 2 : 1;
    }
    return walk_up_to(w, directory_in(mem, directory, BYTES_LITERAL(BEHIND_NAMES)), e);
}

/* 'known' has the namespaces of a resource in front of this one, or letters; it gets ours if they are more. */
static bool
walk_resource(struct kube_walk *w, struct arena *mem, struct bytes directory,
              struct name_sample *known, struct error *e)
{
    AUTO_NAME_SAMPLE ours = NAME_SAMPLE_INIT;
    bool ok;

    if (!walk_up_to(w, directory, e))
        return false;
    w->names = &ours;
    ok = walk_names(w, mem, directory, known, e);
    w->names = NULL;
    if (ours.seen > known->seen || known->seen == 0) {
        struct name_sample fewer = *known;

        *known = ours;
        ours = fewer;
    }
    return ok;
}

static void
letters_take(struct name_sample *names)
{
    for (const char *letter = LETTERS; *letter != '\0'; letter++)
        name_sample_add(names, bytes_of(letter, 1));
    names->seen = 0; /* no name */
}

static struct bytes
name_in(struct bytes key, struct bytes directory)
{
    return bytes_of(key.data + directory.size, key.size - directory.size);
}

/*
 * The names of the namespaces, of which there are some thousands at most; letters where there are none, or where they
 * may not be read.
 */
static bool
namespaces_read(struct kube_walk *w, struct bytes prefix, struct name_sample *ret_names,
                struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes directory = directory_in(&tmp, prefix, BYTES_LITERAL("namespaces"));
    const struct etcd_range_request request = {.key = directory,
                                               .range_end = etcd_prefix_end(&tmp, directory),
                                               .limit = NAMESPACES_MOST,
                                               .keys_only = true};
    struct etcd_range_response response;

    if (!etcd_range(&tmp, w->client, &request, &response, e)) {
        if (e->code != ERROR_PERMISSION)
            return false;
        error_clear(e);
        response.kv_count = 0;
    }
    for (size_t i = 0; i < response.kv_count; i++)
        name_sample_add(ret_names, name_in(response.kvs[i].key, directory));
    if (response.kv_count == 0)
        letters_take(ret_names);
    return true;
}

/* Whether the rest has a place for keys with the prefix. */
static bool
is_ahead(const struct kube_walk *w, struct bytes prefix, struct bytes prefix_end)
{
    return key_range_holds(&w->rest, prefix) || (bytes_compare(prefix, w->rest.start) <= 0 &&
                                                 bytes_compare(w->rest.start, prefix_end) < 0);
}

/* Where a resource was gone through and no namespace is known, nothing is Kubernetes'. */
static bool
walk_prefix(struct kube_walk *w, struct arena *mem, struct bytes prefix, struct error *e)
{
    AUTO_NAME_SAMPLE known = NAME_SAMPLE_INIT;
    struct bytes end = etcd_prefix_end(mem, prefix);
    bool is_kubernetes = true;

    if (!is_ahead(w, prefix, end))
        return true;
    if (!walk_up_to(w, prefix, e) || !namespaces_read(w, prefix, &known, e))
        return false;
    for (size_t i = 0; i < LARGE_RESOURCE_COUNT && is_kubernetes; i++) {
        struct bytes directory = directory_in(mem, prefix, large_resources[i]);
        bool whole = key_range_holds(&w->rest, directory);

        if (!walk_resource(w, mem, directory, &known, e))
            return false;
        is_kubernetes = known.seen > 0 || !whole;
    }
    return walk_up_to(w, end, e);
}

static bool
walk_all(struct kube_walk *w, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;

    for (size_t i = 0; i < KUBE_PREFIX_COUNT; i++)
        if (!walk_prefix(w, &mem, kube_prefixes[i], e))
            return false;
    return walk_piece(w, w->rest.start, w->rest.end, e);
}

bool
kube_walk(struct etcd_client *client, const struct key_range *range, int64_t revision,
          bool keys_only, const struct etcd_range_sink *sink, struct error *e)
{
    struct kube_walk w = {.client = client,
                          .sink = sink,
                          .revision = revision,
                          .keys_only = keys_only,
                          .rest = *range};

    return walk_all(&w, e);
}

bool
kube_survey(struct etcd_client *client, const struct key_range *range, int64_t revision,
            etcd_range_piece_visit *visit, void *context, struct error *e)
{
    struct kube_walk w = {.client = client,
                          .visit = visit,
                          .context = context,
                          .revision = revision,
                          .keys_only = true,
                          .rest = *range};

    return walk_all(&w, e);
}
