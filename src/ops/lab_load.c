#include "ops/lab_load.h"

#include <string.h>

#include "base/time.h"
#include "etcd/kv.h"

/* etcd's default --max-txn-ops is 128. */
enum { BATCH_OPS = 100, NAMESPACES = 20 };

struct kind {
    const char *resource;
    const char *word;      /* the names begin with it */
    unsigned share;        /* of 100 */
    unsigned value_least;  /* bytes */
    unsigned value_spread; /* added at random, small ones more often */
};

static const struct kind kinds[] = {
    {"events", "event", 30, 400, 600},          {"pods", "pod", 27, 1500, 4500},
    {"configmaps", "config", 13, 300, 6000},    {"secrets", "secret", 12, 500, 3000},
    {"replicasets", "set", 8, 900, 1500},       {"leases/kube-node-lease", "node", 5, 250, 100},
    {"services/specs", "service", 5, 500, 700},
};

struct random {
    uint64_t state;
};

/* xorshift64*: short, and the same everywhere. */
static uint64_t
random_next(struct random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545F4914F6CDD1Du;
}

static uint64_t
random_below(struct random *r, uint64_t limit)
{
    return random_next(r) % limit;
}

struct batch {
    struct arena mem;
    struct etcd_request_op ops[BATCH_OPS];
    size_t count;
};

struct loading {
    const struct lab_load_request *request;
    struct etcd_client *client;
    struct lab_load_result result;
    struct batch batch;
    uint64_t done;
    uint64_t total;
};

static bool
batch_send(struct loading *l, struct error *e)
{
    struct batch *b = &l->batch;
    const struct etcd_txn_request request = {.success = b->ops, .success_count = b->count};
    struct etcd_txn_response response;

    if (b->count == 0)
        return true;
    if (!etcd_txn(&b->mem, l->client, &request, &response, e))
        return false;
    l->result.revision = response.header.revision;
    l->done += b->count;
    observer_progress(l->request->observer, "loading", "keys", l->done, l->total);
    b->count = 0;
    arena_release(&b->mem);
    return true;
}

/* The kind and the name of key number i: always the same, so that it can be met again. */
static const struct kind *
key_of(const struct loading *l, uint64_t i, struct arena *mem, struct bytes *ret_key)
{
    struct random r = {.state = (l->request->seed + 1) * 0x9E3779B97F4A7C15u ^ (i + 1)};
    const struct kind *kind = kinds;
    uint64_t draw;

    random_next(&r);
    draw = random_below(&r, 100);
    while (draw >= kind->share) {
        draw -= kind->share;
        kind++;
    }
    *ret_key = bytes_of_text(
        arena_printf(mem, "/registry/%s/team-%02llu/%s-%08llx-%llu", kind->resource,
                     (unsigned long long)random_below(&r, NAMESPACES), kind->word,
                     (unsigned long long)(random_next(&r) & 0xffffffffu), (unsigned long long)i));
    return kind;
}

/* Half readable, half not, as protobuf objects with their names and digests are. */
static struct bytes
value_of(const struct loading *l, const struct kind *kind, uint64_t i, uint64_t version,
         struct arena *mem)
{
    static const char head[] = "k8s\0\n\f\n\x02v1\x12\x06Object";
    struct random r = {.state =
                           (l->request->seed + 7) * 0xD6E8FEB86659FD93u ^ (i * 31 + version + 1)};
    uint64_t a;
    uint64_t b;
    size_t size;
    uint8_t *data;

    random_next(&r);
    a = random_below(&r, kind->value_spread);
    b = random_below(&r, kind->value_spread);
    size = kind->value_least + (size_t)(a < b ? a : b);
    data = arena_alloc(mem, size);
    memcpy(data, head, sizeof(head) - 1);
    for (size_t at = sizeof(head) - 1; at < size; at++)
        data[at] = at % 64 < 32
                       ? (uint8_t)("abcdefghijklmnopqrstuvwxyz-/.:{}"[random_next(&r) >> 59])
                       : (uint8_t)(random_next(&r) >> 56);
    return bytes_of(data, size);
}

static bool
put_add(struct loading *l, uint64_t i, uint64_t version, struct error *e)
{
    struct batch *b = &l->batch;
    struct etcd_put_request *put = arena_zero(&b->mem, sizeof(*put));
    const struct kind *kind = key_of(l, i, &b->mem, &put->key);

    put->value = value_of(l, kind, i, version, &b->mem);
    l->result.value_bytes += put->value.size;
    b->ops[b->count++] = (struct etcd_request_op){.put = put};
    return b->count < BATCH_OPS || batch_send(l, e);
}

static bool
delete_add(struct loading *l, uint64_t i, struct error *e)
{
    struct batch *b = &l->batch;
    struct etcd_delete_range_request *request = arena_zero(&b->mem, sizeof(*request));

    key_of(l, i, &b->mem, &request->key);
    b->ops[b->count++] = (struct etcd_request_op){.delete_range = request};
    return b->count < BATCH_OPS || batch_send(l, e);
}

static bool
phases_run(struct loading *l, struct error *e)
{
    uint64_t keys = l->request->key_count;

    for (uint64_t i = 0; i < keys; i++, l->result.created++) {
        if (!put_add(l, i, 0, e))
            return false;
    }
    if (!batch_send(l, e))
        return false;
    for (uint64_t i = 0; i < keys; i += 4, l->result.rewritten++) {
        if (!put_add(l, i, 1, e))
            return false;
    }
    if (!batch_send(l, e))
        return false;
    for (uint64_t i = 3; i < keys; i += 10, l->result.deleted++) {
        if (!delete_add(l, i, e))
            return false;
    }
    return batch_send(l, e);
}

bool
lab_load(const struct lab_load_request *request, struct lab_load_result *ret_result,
         struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct loading l = {.request = request};
    int64_t started_ms = time_monotonic_ms();
    bool loaded;

    if (request->key_count == 0 || request->key_count > LAB_LOAD_KEYS_MOST)
        return error_set(e, ERROR_USAGE, "%llu keys: 1 to %d can be loaded",
                         (unsigned long long)request->key_count, LAB_LOAD_KEYS_MOST);
    if (!etcd_client_open(request->etcd, &client, e))
        return false;
    l.client = client;
    l.total = request->key_count + (request->key_count + 3) / 4 + (request->key_count + 6) / 10;
    loaded = phases_run(&l, e);
    arena_release(&l.batch.mem);
    l.result.took_ms = time_monotonic_ms() - started_ms;
    *ret_result = l.result;
    return loaded;
}
