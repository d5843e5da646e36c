/* The Auth service's calls of this client; tokens for calls are the client's own business. */
#ifndef QUORATE_ETCD_AUTH_H
#define QUORATE_ETCD_AUTH_H

#include "etcd/client.h"
#include "etcd/message/auth_message.h"

/* Is authentication on? 3.4 does not know the call: ERROR_RPC. Asked of any endpoint. */
MUST_CHECK bool etcd_auth_status(struct arena *mem, struct etcd_client *client,
                                 struct etcd_auth_status *ret_status, struct error *e);

#endif
