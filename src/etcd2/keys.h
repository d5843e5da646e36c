/*
 * The v2 keys API. A key is a path of bytes, "/a/b" or "a/b"; the empty one and "/" are the root.
 *
 * mem  holds the answer.
 * e    as etcd2_ask (connection, no leader, no v2 API); a refusal has etcd's own text and code
 *      (etcd2/refusal.h).
 *
 * Source: etcd client/keys.go, etcdserver/api/v2http/client.go (3.4, 3.5).
 */
#ifndef QUORATE_ETCD2_KEYS_H
#define QUORATE_ETCD2_KEYS_H

#include "etcd2/client.h"
#include "etcd2/node.h"

struct etcd2_get_options {
    bool recursive;
    bool sorted;
    bool quorum; /* through the leader; otherwise what the member itself knows */
};

MUST_CHECK bool etcd2_get(struct arena *mem, struct etcd2_client *client, const char *key,
                          const struct etcd2_get_options *options,
                          struct etcd2_response *ret_response, struct error *e);

enum etcd2_prev_exist { ETCD2_PREV_IGNORE, ETCD2_PREV_EXIST, ETCD2_PREV_NO_EXIST };

struct etcd2_set_options {
    bool dir;               /* a directory; 'value' is not sent */
    const char *prev_value; /* it must have; "" or NULL: any */
    uint64_t prev_index;    /* it must have been modified at; 0: any */
    enum etcd2_prev_exist prev_exist;
    int64_t ttl_s; /* 0 and less: none */
};

MUST_CHECK bool etcd2_set(struct arena *mem, struct etcd2_client *client, const char *key,
                          struct bytes value, const struct etcd2_set_options *options,
                          struct etcd2_response *ret_response, struct error *e);

/* A key below 'dir' whose name is larger than those before it ("/q/00000000000000000007"). */
MUST_CHECK bool etcd2_create_in_order(struct arena *mem, struct etcd2_client *client,
                                      const char *dir, struct bytes value, int64_t ttl_s,
                                      struct etcd2_response *ret_response, struct error *e);

struct etcd2_delete_options {
    const char *prev_value;
    uint64_t prev_index;
    bool dir; /* an empty directory, too */
    bool recursive;
};

MUST_CHECK bool etcd2_delete(struct arena *mem, struct etcd2_client *client, const char *key,
                             const struct etcd2_delete_options *options,
                             struct etcd2_response *ret_response, struct error *e);

struct etcd2_watch {
    const char *key;
    bool recursive;
    uint64_t next_index; /* the first change wanted; 0: the next one from now on */
};

/*
 * Waits, without a time-out, for the next change and moves watch->next_index behind it. A server
 * that ends the wait without a change, or goes away, is followed by the next one: no change is left
 * out, as long as etcd still has it among its last 1000.
 */
MUST_CHECK bool etcd2_watch_next(struct arena *mem, struct etcd2_client *client,
                                 struct etcd2_watch *watch, struct etcd2_response *ret_response,
                                 struct error *e);

#endif
