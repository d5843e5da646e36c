/* The Lease service's unary calls. */
#include "etcd/lease.h"

#include "etcd/call.h"

bool
etcd_lease_grant_as(struct arena *mem, struct etcd_client *client, int64_t id, int64_t ttl_s,
                    struct etcd_lease_grant_response *ret_response, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Lease/LeaseGrant",
        .request = &etcd_lease_grant_request_message,
        .response = &etcd_lease_grant_response_message,
    };
    const struct etcd_lease_grant_request request = {.ttl = ttl_s, .id = id};

    return etcd_ask_any(mem, client, &method, &request, ret_response, e);
}

bool
etcd_lease_grant(struct arena *mem, struct etcd_client *client, int64_t ttl_s,
                 struct etcd_lease_grant_response *ret_response, struct error *e)
{
    return etcd_lease_grant_as(mem, client, 0, ttl_s, ret_response, e);
}

bool
etcd_lease_revoke(struct arena *mem, struct etcd_client *client, int64_t id,
                  struct etcd_lease_revoke_response *ret_response, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Lease/LeaseRevoke",
        .request = &etcd_lease_revoke_request_message,
        .response = &etcd_lease_revoke_response_message,
    };
    const struct etcd_lease_revoke_request request = {.id = id};

    return etcd_ask_any(mem, client, &method, &request, ret_response, e);
}

bool
etcd_lease_time_to_live(struct arena *mem, struct etcd_client *client, int64_t id, bool keys,
                        struct etcd_lease_time_to_live_response *ret_response, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Lease/LeaseTimeToLive",
        .request = &etcd_lease_time_to_live_request_message,
        .response = &etcd_lease_time_to_live_response_message,
        .read_only = true,
    };
    const struct etcd_lease_time_to_live_request request = {.id = id, .keys = keys};

    return etcd_ask_any(mem, client, &method, &request, ret_response, e);
}

bool
etcd_lease_leases(struct arena *mem, struct etcd_client *client,
                  struct etcd_lease_leases_response *ret_response, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Lease/LeaseLeases",
        .request = &etcd_lease_leases_request_message,
        .response = &etcd_lease_leases_response_message,
        .read_only = true,
        .local = true,
    };
    const struct etcd_lease_leases_request request = {.none = 0};

    return etcd_ask_any(mem, client, &method, &request, ret_response, e);
}
