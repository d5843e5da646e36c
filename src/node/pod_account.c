/* As whom a static pod's etcd runs, and where what it sees is on its host. */

#include "node/pod_place.h"

/* etcd's images run as root unless the manifest says otherwise. */
bool
pod_account(struct arena *mem, const struct service *s, struct service_account *ret_account,
            struct error *e)
{
    struct service_account account = {.user = "root", .groups = ""};
    struct service_pod_file file = {0};

    if (!service_pod_load(mem, s, &file, e) ||
        !pod_manifest_runs_as(&file.pod, "runAsUser", &account.uid, e) ||
        !pod_manifest_runs_as(&file.pod, "runAsGroup", &account.gid, e))
        return false;
    if (account.uid != 0)
        account.user = arena_printf(mem, "%u", account.uid);
    *ret_account = account;
    return true;
}

bool
pod_path_on_host(struct arena *mem, const struct service *s, const char *path,
                 const char **ret_path, struct error *e)
{
    struct service_pod_file file = {0};
    const char *found = NULL;

    if (!service_pod_load(mem, s, &file, e))
        return false;
    if (pod_manifest_mount_of(mem, &file.pod, path, &found) == NULL)
        found = NULL;
    *ret_path = found;
    return true;
}

bool
pod_path_of_host(struct arena *mem, const struct service *s, const char *host_path,
                 const char **ret_path, struct error *e)
{
    struct service_pod_file file = {0};

    if (!service_pod_load(mem, s, &file, e))
        return false;
    *ret_path = pod_manifest_path_of_host(mem, &file.pod, host_path);
    return true;
}
