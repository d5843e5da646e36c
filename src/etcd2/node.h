/*
 * A node of the v2 key space and the answers that carry it.
 * Source: etcd client/keys.go (Response, Node), etcdserver/api/v2store/node_extern.go (3.4, 3.5).
 */
#ifndef QUORATE_ETCD2_NODE_H
#define QUORATE_ETCD2_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"

struct etcd2_node {
    struct bytes key; /* "/a/b"; empty for the root */
    bool dir;
    struct bytes value;
    uint64_t created_index;
    uint64_t modified_index;
    const char *expiration; /* RFC 3339; NULL: it stays */
    int64_t ttl_s;          /* left; with expiration */
    const struct etcd2_node *nodes;
    size_t node_count;
};

struct etcd2_response {
    const char *action; /* get, set, create, update, delete, expire, compareAndSwap, ... */
    const struct etcd2_node *node;
    const struct etcd2_node *prev_node; /* NULL: none */
    uint64_t index;                     /* the key space's at the time: X-Etcd-Index; 0: not told */
};

/*
 * An answer's JSON, all of it in 'mem'; 'index' stays 0.
 *
 * e  ERROR_FORMAT names the key that is missing or wrong.
 */
MUST_CHECK bool etcd2_response_decode(struct arena *mem, struct bytes text,
                                      struct etcd2_response *ret_response, struct error *e);

#endif
