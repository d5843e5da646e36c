/*
 * The Lease service's unary calls, each asked of any endpoint (etcd/client.h); renewals are
 * etcd/keep_alive.h.
 *
 * mem  holds the answer.
 * e    ERROR_NOT_FOUND: no such lease (revoke). Else as etcd/kv.h.
 * Source: etcd client/v3/lease.go and server/etcdserver/v3_server.go, 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_LEASE_H
#define QUORATE_ETCD_LEASE_H

#include "etcd/client.h"
#include "etcd/message/lease_message.h"

/* ttl_s: the server makes it longer than its election takes. */
MUST_CHECK bool etcd_lease_grant(struct arena *mem, struct etcd_client *client, int64_t ttl_s,
                                 struct etcd_lease_grant_response *ret_response, struct error *e);
/* The same under an id of the caller's. ERROR_EXISTS: there is a lease of that id. */
MUST_CHECK bool etcd_lease_grant_as(struct arena *mem, struct etcd_client *client, int64_t id,
                                    int64_t ttl_s, struct etcd_lease_grant_response *ret_response,
                                    struct error *e);
/* Deletes the lease and all keys that it is attached to. */
MUST_CHECK bool etcd_lease_revoke(struct arena *mem, struct etcd_client *client, int64_t id,
                                  struct etcd_lease_revoke_response *ret_response, struct error *e);
/* A lease that does not exist is no error: its ttl is -1 and its granted_ttl 0. */
MUST_CHECK bool etcd_lease_time_to_live(struct arena *mem, struct etcd_client *client, int64_t id,
                                        bool keys,
                                        struct etcd_lease_time_to_live_response *ret_response,
                                        struct error *e);
MUST_CHECK bool etcd_lease_leases(struct arena *mem, struct etcd_client *client,
                                  struct etcd_lease_leases_response *ret_response, struct error *e);

#endif
