#include "keys/kube_walk.h"

#include "base/buf.h"
#include "base/time.h"
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

/*
 * So many keys behind a border, found so quickly, are few: the next one is farther away. Keys that were deleted are
 * gone through as well, in about 1 us each, until they are compacted; nothing but the time tells.
 */
enum { FEW_KEYS = 512, QUICK_US = 5000 };

/* So many in the first page of a directory make it likely that it is as far in the next one. */
enum { ALIKE_KEYS = RANGE_PIECE_KEYS / 5 };

enum { NAMESPACES_MOST = 10000 };

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
    int64_t took_us;           /* the piece in front */
    int64_t quickest_us;       /* of the pieces so far */
    struct bytes piece_start;  /* of the piece that is read now; empty behind its first page */
    struct buf page_end; /* the name that the first page in front ended with; empty: unknown */
};

static struct bytes
name_in(struct bytes key, struct bytes directory)
{
    return bytes_of(key.data + directory.size, key.size - directory.size);
}

static void
learn_names(struct name_sample *names, const struct etcd_key_value *kvs, size_t count)
{
    struct kube_key kube;

    for (size_t i = 0; i < count; i++)
        if (kube_key_split(kvs[i].key, &kube) && kube.namespace.size > 0)
            name_sample_add(names, kube.namespace);
}

/* Where the first page of a piece that is a directory ended. */
static void
learn_page_end(struct kube_walk *w, struct bytes last, uint64_t count)
{
    struct bytes directory = w->piece_start;

    w->piece_start = BYTES_NONE;
    if (directory.size == 0 || count < ALIKE_KEYS || !bytes_starts_with(last, directory))
        return;
    buf_clear(&w->page_end);
    buf_append_bytes(&w->page_end, name_in(last, directory));
}

/* The keys of a page, or the first of them. */
static void
walk_learn(struct kube_walk *w, const struct etcd_key_value *kvs, size_t kv_count, uint64_t count)
{
    w->told += count;
    learn_page_end(w, kvs[kv_count - 1].key, count);
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
piece_read(struct kube_walk *w, struct bytes start, struct bytes end, struct error *e)
{
    AUTO_BUF first_end = BUF_INIT;
    const struct etcd_range_sink sink = {.keys = walk_keys, .context = w};
    const struct etcd_range_request request = {
        .key = start, .range_end = end, .revision = w->revision, .keys_only = w->keys_only};

    if (w->page_end.size > 0) {
        buf_append_bytes(&first_end, start);
        buf_append_bytes(&first_end, buf_bytes(&w->page_end));
    }
    w->piece_start = start;
    if (w->sink == NULL)
        return etcd_range_survey(w->client, &request, buf_bytes(&first_end), survey_piece, w, e);
    return etcd_range_walk(w->client, &request, buf_bytes(&first_end), &sink, e);
}

static bool
walk_piece(struct kube_walk *w, struct bytes start, struct bytes end, struct error *e)
{
    int64_t began_us = time_monotonic_us();

    if (!piece_read(w, start, end, e))
        return false;
    w->took_us = time_monotonic_us() - began_us;
    if (w->took_us < w->quickest_us)
        w->quickest_us = w->took_us;
    return true;
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

/* Up to the border; tells whether there was little in front of it. */
static bool
walk_name(struct kube_walk *w, struct bytes border, bool *ret_little, struct error *e)
{
    uint64_t before = w->told;

    w->took_us = 0;
    if (!walk_up_to(w, border, e))
        return false;
    *ret_little = w->told - before < FEW_KEYS && w->took_us - w->quickest_us < QUICK_US;
    return true;
}

/* Through a resource, at every name first, then at every second, fourth, ... where there is little. */
static bool
walk_names(struct kube_walk *w, struct arena *mem, struct bytes directory,
           const struct name_sample *names, struct error *e)
{
    size_t step = 1;

    for (size_t i = 0; i < names->count; i += step) {
        bool little;

        if (!walk_name(w, directory_in(mem, directory, buf_bytes(&names->names[i])), &little, e))
            return false;
        step = little ? step * 2 : 1;
        if (little)
            buf_clear(&w->page_end);
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
    buf_clear(&w->page_end); /* other resources' names look otherwise */
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
walk_prefixes(struct kube_walk *w, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;

    for (size_t i = 0; i < KUBE_PREFIX_COUNT; i++)
        if (!walk_prefix(w, &mem, kube_prefixes[i], e))
            return false;
    return walk_piece(w, w->rest.start, w->rest.end, e);
}

static bool
walk_all(struct kube_walk *w, struct error *e)
{
    bool ok;

    w->quickest_us = INT64_MAX;
    ok = walk_prefixes(w, e);
    buf_release(&w->page_end);
    return ok;
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
