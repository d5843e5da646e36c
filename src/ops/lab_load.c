#include "ops/lab_load.h"

#include <inttypes.h>

#include "base/time.h"
#include "etcd/kv.h"
#include "etcd/lease.h"
#include "ops/lab_objects.h"

struct batch {
    struct arena mem;
    struct etcd_request_op ops[LAB_LOAD_TXN_OPS_MOST];
    size_t count;
};

struct loading {
    const struct lab_load_request *request;
    struct lab_objects objects;
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

static void
put_add(struct loading *l, const struct lab_change *change)
{
    struct batch *b = &l->batch;
    struct etcd_put_request *put = arena_zero(&b->mem, sizeof(*put));

    put->key = change->key;
    put->value = change->value;
    put->lease = change->lease;
    l->result.value_bytes += change->value.size;
    *(change->version == 1 ? &l->result.created : &l->result.rewritten) += 1;
    b->ops[b->count++] = (struct etcd_request_op){.put = put};
}

static void
delete_add(struct loading *l, const struct lab_change *change)
{
    struct batch *b = &l->batch;
    struct etcd_delete_range_request *request = arena_zero(&b->mem, sizeof(*request));

    request->key = change->key;
    l->result.deleted++;
    b->ops[b->count++] = (struct etcd_request_op){.delete_range = request};
}

/* A transaction takes neither changes of two rounds nor more than was asked for. */
static bool
changes_send(struct loading *l, struct error *e)
{
    struct lab_walk walk = {.objects = &l->objects};
    struct lab_change change;

    while (lab_walk_next(&l->batch.mem, &walk, &change)) {
        if (change.deletes)
            delete_add(l, &change);
        else
            put_add(l, &change);
        if ((change.ends || l->batch.count == l->request->txn_ops) && !batch_send(l, e))
            return false;
    }
    return true;
}

/* One that is there already is another load's of the same seed. */
static bool
leases_grant(struct loading *l, struct error *e)
{
    for (uint64_t i = 0; i < lab_objects_lease_count(&l->objects); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct etcd_lease_grant_response response;

        if (!etcd_lease_grant_as(&tmp, l->client, lab_objects_lease(&l->objects, i),
                                 LAB_LEASE_TTL_S, &response, e)) {
            if (e->code != ERROR_EXISTS)
                return false;
            error_clear(e);
        }
        l->result.leases++;
    }
    return true;
}

static bool
request_check(const struct lab_load_request *request, struct error *e)
{
    if (request->key_count == 0 || request->key_count > LAB_LOAD_KEYS_MOST)
        return error_set(e, ERROR_USAGE, "%" PRIu64 " keys: 1 to %d can be loaded",
                         request->key_count, LAB_LOAD_KEYS_MOST);
    if (request->txn_ops == 0 || request->txn_ops > LAB_LOAD_TXN_OPS_MOST)
        return error_set(e, ERROR_USAGE,
                         "%" PRIu64 " changes in a transaction: 1 to %d are possible",
                         request->txn_ops, LAB_LOAD_TXN_OPS_MOST);
    if (request->rewrites > LAB_LOAD_REWRITES_MOST)
        return error_set(e, ERROR_USAGE, "%" PRIu64 " rewrites: %d are possible at most",
                         request->rewrites, LAB_LOAD_REWRITES_MOST);
    return true;
}

bool
lab_load(const struct lab_load_request *request, struct lab_load_result *ret_result,
         struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct loading l = {
        .request = request,
        .objects = {request->key_count, request->seed, request->rewrites, request->with_leases},
    };
    int64_t started_ms = time_monotonic_ms();
    bool loaded;

    if (!request_check(request, e) || !etcd_client_open(request->etcd, &client, e))
        return false;
    l.client = client;
    l.total =
        request->key_count + lab_objects_rewritten(&l.objects) + lab_objects_deleted(&l.objects);
    loaded = leases_grant(&l, e) && changes_send(&l, e);
    arena_release(&l.batch.mem);
    l.result.took_ms = time_monotonic_ms() - started_ms;
    *ret_result = l.result;
    return loaded;
}
