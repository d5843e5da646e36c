/* The Auth service's calls. */
#include "etcd/auth.h"

#include "etcd/call.h"
#include "etcd/message/maintenance_message.h"

bool
etcd_auth_status(struct arena *mem, struct etcd_client *client, struct etcd_auth_status *ret_status,
                 struct error *e)
{
    static const struct etcd_method method = {
        "/etcdserverpb.Auth/AuthStatus",
        &etcd_empty_message,
        &etcd_auth_status_message,
        .read_only = true,
    };
    struct etcd_empty request = {0};

    return etcd_ask_any(mem, client, &method, &request, ret_status, e);
}
