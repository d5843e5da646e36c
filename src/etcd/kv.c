/* The KV service's calls. */
#include "etcd/kv.h"

#include <string.h>

#include "etcd/call.h"

bool
etcd_range(struct arena *mem, struct etcd_client *client, const struct etcd_range_request *request,
           struct etcd_range_response *ret_response, struct error *e)
{
    const struct etcd_method method = {
        "/etcdserverpb.KV/Range", &etcd_range_request_message,    &etcd_range_response_message,
        .read_only = true,        .local = request->serializable,
    };

    return etcd_ask_any(mem, client, &method, request, ret_response, e);
}

const struct etcd_method etcd_put_method = {
    .path = "/etcdserverpb.KV/Put",
    .request = &etcd_put_request_message,
    .response = &etcd_put_response_message,
};

bool
etcd_put(struct arena *mem, struct etcd_client *client, const struct etcd_put_request *request,
         struct etcd_put_response *ret_response, struct error *e)
{
    return etcd_ask_any(mem, client, &etcd_put_method, request, ret_response, e);
}

bool
etcd_delete_range(struct arena *mem, struct etcd_client *client,
                  const struct etcd_delete_range_request *request,
                  struct etcd_delete_range_response *ret_response, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.KV/DeleteRange",
        .request = &etcd_delete_range_request_message,
        .response = &etcd_delete_range_response_message,
    };

    return etcd_ask_any(mem, client, &method, request, ret_response, e);
}

static bool txn_is_read_only(const struct etcd_txn_request *txn);

static bool
ops_are_read_only(const struct etcd_request_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ops[i].put != NULL || ops[i].delete_range != NULL ||
            (ops[i].txn != NULL && !txn_is_read_only(ops[i].txn)))
            return false;
    }
    return true;
}

static bool
txn_is_read_only(const struct etcd_txn_request *txn)
{
    return ops_are_read_only(txn->success, txn->success_count) &&
           ops_are_read_only(txn->failure, txn->failure_count);
}

const struct etcd_method etcd_txn_method = {
    .path = "/etcdserverpb.KV/Txn",
    .request = &etcd_txn_request_message,
    .response = &etcd_txn_response_message,
};

bool
etcd_txn(struct arena *mem, struct etcd_client *client, const struct etcd_txn_request *request,
         struct etcd_txn_response *ret_response, struct error *e)
{
    struct etcd_method method = etcd_txn_method;

    method.read_only = txn_is_read_only(request);
    return etcd_ask_any(mem, client, &method, request, ret_response, e);
}

bool
etcd_compact(struct arena *mem, struct etcd_client *client,
             const struct etcd_compact_request *request, struct etcd_compact_response *ret_response,
             struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.KV/Compact",
        .request = &etcd_compact_request_message,
        .response = &etcd_compact_response_message,
    };

    return etcd_ask_any(mem, client, &method, request, ret_response, e);
}

struct bytes
etcd_prefix_end(struct arena *mem, struct bytes prefix)
{
    size_t size = prefix.size;
    uint8_t *end;

    while (size > 0 && prefix.data[size - 1] == 0xff)
        size--;
    if (size == 0)
        return BYTES_LITERAL("\0");
    end = arena_alloc(mem, size);
    memcpy(end, prefix.data, size);
    end[size - 1]++;
    return bytes_of(end, size);
}
