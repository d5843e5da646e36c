/*
 * The Auth service's calls, each asked of any endpoint (etcd/client.h); tokens for calls are the
 * client's own business. Errors as in etcd/kv.h; mem holds the answer. Encoded requests with a
 * password are wiped after use.
 */
#ifndef QUORATE_ETCD_AUTH_H
#define QUORATE_ETCD_AUTH_H

#include "etcd/client.h"
#include "etcd/message/auth_message.h"

/* Is authentication on? 3.4 does not know the call: ERROR_RPC. */
MUST_CHECK bool etcd_auth_status(struct arena *mem, struct etcd_client *client,
                                 struct etcd_auth_status *ret_status, struct error *e);
/* ERROR_CONFLICT unless there is a user root that has a role root. */
MUST_CHECK bool etcd_auth_enable(struct etcd_client *client, struct error *e);
MUST_CHECK bool etcd_auth_disable(struct etcd_client *client, struct error *e);

MUST_CHECK bool etcd_user_add(struct arena *mem, struct etcd_client *client,
                              const struct etcd_user_add_request *request,
                              struct etcd_header_only *ret_added, struct error *e);
MUST_CHECK bool etcd_user_delete(struct arena *mem, struct etcd_client *client, const char *name,
                                 struct etcd_header_only *ret_deleted, struct error *e);
MUST_CHECK bool etcd_user_get(struct arena *mem, struct etcd_client *client, const char *name,
                              struct etcd_user *ret_user, struct error *e);
MUST_CHECK bool etcd_user_list(struct arena *mem, struct etcd_client *client,
                               struct etcd_user_list *ret_list, struct error *e);
MUST_CHECK bool etcd_user_change_password(struct arena *mem, struct etcd_client *client,
                                          const char *name, const char *password,
                                          struct etcd_header_only *ret_changed, struct error *e);
MUST_CHECK bool etcd_user_grant_role(struct arena *mem, struct etcd_client *client,
                                     const char *user, const char *role,
                                     struct etcd_header_only *ret_granted, struct error *e);
MUST_CHECK bool etcd_user_revoke_role(struct arena *mem, struct etcd_client *client,
                                      const char *user, const char *role,
                                      struct etcd_header_only *ret_revoked, struct error *e);

MUST_CHECK bool etcd_role_add(struct arena *mem, struct etcd_client *client, const char *name,
                              struct etcd_header_only *ret_added, struct error *e);
MUST_CHECK bool etcd_role_delete(struct arena *mem, struct etcd_client *client, const char *name,
                                 struct etcd_header_only *ret_deleted, struct error *e);
MUST_CHECK bool etcd_role_get(struct arena *mem, struct etcd_client *client, const char *name,
                              struct etcd_role *ret_role, struct error *e);
MUST_CHECK bool etcd_role_list(struct arena *mem, struct etcd_client *client,
                               struct etcd_role_list *ret_list, struct error *e);
MUST_CHECK bool etcd_role_grant(struct arena *mem, struct etcd_client *client,
                                const struct etcd_role_grant_request *request,
                                struct etcd_header_only *ret_granted, struct error *e);
MUST_CHECK bool etcd_role_revoke(struct arena *mem, struct etcd_client *client,
                                 const struct etcd_role_revoke_request *request,
                                 struct etcd_header_only *ret_revoked, struct error *e);

#endif
