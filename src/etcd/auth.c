/* The Auth service's calls. */
#include "etcd/auth.h"

#include "etcd/call.h"

static bool
look(struct arena *mem, struct etcd_client *client, const char *path,
     const struct message *request_message, const void *request,
     const struct message *response_message, void *ret_response, struct error *e)
{
    const struct etcd_method method = {path, request_message, response_message, .read_only = true};

    return etcd_ask_any(mem, client, &method, request, ret_response, e);
}

/* All of them are wiped, although only two hold a password. */
static bool
change(struct arena *mem, struct etcd_client *client, const char *path,
       const struct message *request_message, const void *request,
       struct etcd_header_only *ret_changed, struct error *e)
{
    const struct etcd_method method = {path, request_message, &etcd_header_only_message,
                                       .secret = true};

    return etcd_ask_any(mem, client, &method, request, ret_changed, e);
}

static bool
change_named(struct arena *mem, struct etcd_client *client, const char *path, const char *name,
             struct etcd_header_only *ret_changed, struct error *e)
{
    struct etcd_name_request request = {name};

    return change(mem, client, path, &etcd_name_request_message, &request, ret_changed, e);
}

static bool
change_user_role(struct arena *mem, struct etcd_client *client, const char *path, const char *user,
                 const char *role, struct etcd_header_only *ret_changed, struct error *e)
{
    struct etcd_user_role_request request = {user, role};

    return change(mem, client, path, &etcd_user_role_request_message, &request, ret_changed, e);
}

static const struct etcd_empty empty;

static bool
switch_auth(struct etcd_client *client, const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_header_only response;

    return change(&tmp, client, path, &etcd_empty_message, &empty, &response, e);
}

bool
etcd_auth_status(struct arena *mem, struct etcd_client *client, struct etcd_auth_status *ret_status,
                 struct error *e)
{
    return look(mem, client, "/etcdserverpb.Auth/AuthStatus", &etcd_empty_message, &empty,
                &etcd_auth_status_message, ret_status, e);
}

bool
etcd_auth_enable(struct etcd_client *client, struct error *e)
{
    return switch_auth(client, "/etcdserverpb.Auth/AuthEnable", e);
}

bool
etcd_auth_disable(struct etcd_client *client, struct error *e)
{
    return switch_auth(client, "/etcdserverpb.Auth/AuthDisable", e);
}

bool
etcd_user_add(struct arena *mem, struct etcd_client *client,
              const struct etcd_user_add_request *request, struct etcd_header_only *ret_added,
              struct error *e)
{
    return change(mem, client, "/etcdserverpb.Auth/UserAdd", &etcd_user_add_request_message,
                  request, ret_added, e);
}

bool
etcd_user_delete(struct arena *mem, struct etcd_client *client, const char *name,
                 struct etcd_header_only *ret_deleted, struct error *e)
{
    return change_named(mem, client, "/etcdserverpb.Auth/UserDelete", name, ret_deleted, e);
}

bool
etcd_user_get(struct arena *mem, struct etcd_client *client, const char *name,
              struct etcd_user *ret_user, struct error *e)
{
    struct etcd_name_request request = {name};

    return look(mem, client, "/etcdserverpb.Auth/UserGet", &etcd_name_request_message, &request,
                &etcd_user_message, ret_user, e);
}

bool
etcd_user_list(struct arena *mem, struct etcd_client *client, struct etcd_user_list *ret_list,
               struct error *e)
{
    return look(mem, client, "/etcdserverpb.Auth/UserList", &etcd_empty_message, &empty,
                &etcd_user_list_message, ret_list, e);
}

bool
etcd_user_change_password(struct arena *mem, struct etcd_client *client, const char *name,
                          const char *password, struct etcd_header_only *ret_changed,
                          struct error *e)
{
    struct etcd_authenticate_request request = {name, password};

    return change(mem, client, "/etcdserverpb.Auth/UserChangePassword",
                  &etcd_authenticate_request_message, &request, ret_changed, e);
}

bool
etcd_user_grant_role(struct arena *mem, struct etcd_client *client, const char *user,
                     const char *role, struct etcd_header_only *ret_granted, struct error *e)
{
    return change_user_role(mem, client, "/etcdserverpb.Auth/UserGrantRole", user, role,
                            ret_granted, e);
}

bool
etcd_user_revoke_role(struct arena *mem, struct etcd_client *client, const char *user,
                      const char *role, struct etcd_header_only *ret_revoked, struct error *e)
{
    return change_user_role(mem, client, "/etcdserverpb.Auth/UserRevokeRole", user, role,
                            ret_revoked, e);
}

bool
etcd_role_add(struct arena *mem, struct etcd_client *client, const char *name,
              struct etcd_header_only *ret_added, struct error *e)
{
    return change_named(mem, client, "/etcdserverpb.Auth/RoleAdd", name, ret_added, e);
}

bool
etcd_role_delete(struct arena *mem, struct etcd_client *client, const char *name,
                 struct etcd_header_only *ret_deleted, struct error *e)
{
    return change_named(mem, client, "/etcdserverpb.Auth/RoleDelete", name, ret_deleted, e);
}

bool
etcd_role_get(struct arena *mem, struct etcd_client *client, const char *name,
              struct etcd_role *ret_role, struct error *e)
{
    struct etcd_name_request request = {name};

    return look(mem, client, "/etcdserverpb.Auth/RoleGet", &etcd_name_request_message, &request,
                &etcd_role_message, ret_role, e);
}

bool
etcd_role_list(struct arena *mem, struct etcd_client *client, struct etcd_role_list *ret_list,
               struct error *e)
{
    return look(mem, client, "/etcdserverpb.Auth/RoleList", &etcd_empty_message, &empty,
                &etcd_role_list_message, ret_list, e);
}

bool
etcd_role_grant(struct arena *mem, struct etcd_client *client,
                const struct etcd_role_grant_request *request, struct etcd_header_only *ret_granted,
                struct error *e)
{
    return change(mem, client, "/etcdserverpb.Auth/RoleGrantPermission",
                  &etcd_role_grant_request_message, request, ret_granted, e);
}

bool
etcd_role_revoke(struct arena *mem, struct etcd_client *client,
                 const struct etcd_role_revoke_request *request,
                 struct etcd_header_only *ret_revoked, struct error *e)
{
    return change(mem, client, "/etcdserverpb.Auth/RoleRevokePermission",
                  &etcd_role_revoke_request_message, request, ret_revoked, e);
}
