#include "ops/tls_issue.h"

#include <string.h>

#include "base/io.h"
#include "cluster/member_hosts.h"
#include "pki/authority.h"

enum { DIR_MODE = 0755, CA_FILE_MODE = 0644, CA_FILE_MOST_BYTES = 1 << 20 };

static bool
must_be_new(const char *path, struct error *e)
{
    if (!path_exists(path))
        return true;
    error_set_(e, ERROR_EXISTS, 0, "'%s' is there already", path);
    return error_hint(e,
                      "certificates and keys are never written over: give another folder, or move "
                      "it aside");
}

bool
tls_init(const struct tls_init_request *request, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_AUTHORITY authority = NULL;

    return must_be_new(request->cert_path, e) && must_be_new(request->key_path, e) &&
           dir_make(path_dir(&tmp, request->cert_path), DIR_MODE, e) &&
           dir_make(path_dir(&tmp, request->key_path), DIR_MODE, e) &&
           authority_new(request->common_name, request->days, request->key, &authority, e) &&
           authority_save(authority, request->cert_path, request->key_path, e);
}

struct issuing {
    struct arena *mem;
    const struct tls_issue_request *request;
    struct tls_issued_list list;
    ARRAY(const char *) ca_copies;
};

static struct tls_issued *
issued_add(struct issuing *issuing, const char *member, const char *use, const char *common_name,
           const char *base)
{
    struct tls_issued *one = ARRAY_PUSH(issuing->mem, &issuing->list);

    *one = (struct tls_issued){
        .member = member,
        .use = use,
        .common_name = common_name,
        .cert_path = arena_printf(issuing->mem, "%s.crt", base),
        .key_path = arena_printf(issuing->mem, "%s.key", base),
    };
    return one;
}

static void
names_set(struct issuing *issuing, struct tls_issued *one, const struct member_hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        *ARRAY_PUSH(issuing->mem, &one->names) = hosts->items[i];
}

/*
 * kubeadm's files, and their common names. The organization that it gives its clients means nothing to
 * etcd.
 * Source: kubernetes cmd/kubeadm/app/phases/certs/certlist.go.
 */
static void
member_add_kubeadm(struct issuing *issuing, const char *name, const struct member_hosts *hosts)
{
    struct arena *mem = issuing->mem;
    const char *dir = arena_printf(mem, "%s/%s", issuing->request->dir, name);

    names_set(issuing,
              issued_add(issuing, name, "server", name, arena_printf(mem, "%s/etcd/server", dir)),
              hosts);
    names_set(issuing,
              issued_add(issuing, name, "peer", name, arena_printf(mem, "%s/etcd/peer", dir)),
              hosts);
    issued_add(issuing, name, "client", "kube-etcd-healthcheck-client",
               arena_printf(mem, "%s/etcd/healthcheck-client", dir));
    issued_add(issuing, name, "client", "kube-apiserver-etcd-client",
               arena_printf(mem, "%s/apiserver-etcd-client", dir));
    *ARRAY_PUSH(mem, &issuing->ca_copies) = arena_printf(mem, "%s/etcd/ca.crt", dir);
}

static void
member_add_plain(struct issuing *issuing, const char *name, const struct member_hosts *hosts)
{
    struct arena *mem = issuing->mem;
    const char *dir = arena_printf(mem, "%s/%s", issuing->request->dir, name);

    names_set(issuing,
              issued_add(issuing, name, "server", name, arena_printf(mem, "%s/server", dir)),
              hosts);
    names_set(issuing, issued_add(issuing, name, "peer", name, arena_printf(mem, "%s/peer", dir)),
              hosts);
    *ARRAY_PUSH(mem, &issuing->ca_copies) = arena_printf(mem, "%s/ca.crt", dir);
}

static void
member_add(struct issuing *issuing, const struct inventory_member *member)
{
    const struct tls_issue_request *request = issuing->request;
    struct member_hosts hosts = member_hosts_of(issuing->mem, request->inventory, member);

    for (size_t i = 0; i < request->host_count; i++)
        member_hosts_add(issuing->mem, &hosts, request->hosts[i]);
    if (request->layout == TLS_LAYOUT_KUBEADM) {
        /* kubeadm's have the node's name as well. */
        member_hosts_add(issuing->mem, &hosts, member->name);
        member_add_kubeadm(issuing, member->name, &hosts);
    } else {
        member_add_plain(issuing, member->name, &hosts);
    }
}

static bool
file_name_check(const char *name, struct error *e)
{
    return (name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL) ||
           error_set(e, ERROR_USAGE, "'%s' cannot name a file", name);
}

static bool
members_add(struct issuing *issuing, struct error *e)
{
    const struct tls_issue_request *request = issuing->request;
    const struct inventory *inventory = request->inventory;
    size_t all = inventory != NULL ? inventory->members.count : 0;

    for (size_t i = 0; i < (request->member_count > 0 ? request->member_count : all); i++) {
        const struct inventory_member *member =
            request->member_count == 0 ? &inventory->members.items[i]
            : inventory != NULL        ? inventory_member_by_name(inventory, request->members[i])
                                       : NULL;

        if (member == NULL)
            return error_set(e, ERROR_NOT_FOUND, "no cluster that is given has a member '%s'",
                             request->members[i]);
        if (!file_name_check(member->name, e))
            return false;
        member_add(issuing, member);
    }
    return true;
}

static bool
clients_add(struct issuing *issuing, struct error *e)
{
    const struct tls_issue_request *request = issuing->request;

    for (size_t i = 0; i < request->client_count; i++) {
        const char *name = request->clients[i];

        if (!file_name_check(name, e))
            return false;
        issued_add(issuing, "", "client", name,
                   arena_printf(issuing->mem, "%s/%s", request->dir, name));
    }
    return issuing->list.count > 0 ||
           error_set(e, ERROR_USAGE, "there is nothing to issue: no members, and no --client");
}

static bool
all_are_new(const struct issuing *issuing, struct error *e)
{
    for (size_t i = 0; i < issuing->list.count; i++) {
        const struct tls_issued *one = &issuing->list.items[i];

        if (!must_be_new(one->cert_path, e) || !must_be_new(one->key_path, e))
            return false;
    }
    return true;
}

static bool
one_issue(const struct issuing *issuing, const struct authority *authority,
          const struct tls_issued *one, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct cert_request request = {
        .common_name = one->common_name,
        .names = one->names.items,
        .name_count = one->names.count,
        .server = strcmp(one->use, "client") != 0,
        .client = true, /* peers, and the gateway of etcd 3.4 and 3.5, are clients as well */
        .key = issuing->request->key,
        .days = issuing->request->days,
    };

    return dir_make(path_dir(&tmp, one->cert_path), DIR_MODE, e) &&
           authority_issue(authority, &request, one->cert_path, one->key_path, e);
}

/* What this call has made, of those before 'count': not half a set. */
static void
take_away(const struct issuing *issuing, size_t count)
{
    struct error ignored = ERROR_INIT;

    for (size_t i = 0; i < count; i++) {
        (void)!tree_remove(issuing->list.items[i].cert_path, &ignored);
        (void)!tree_remove(issuing->list.items[i].key_path, &ignored);
    }
}

static bool
all_issue(const struct issuing *issuing, const struct authority *authority, struct error *e)
{
    for (size_t i = 0; i < issuing->list.count; i++) {
        if (!one_issue(issuing, authority, &issuing->list.items[i], e)) {
            take_away(issuing, i + 1);
            return error_wrap(e, "'%s'", issuing->list.items[i].cert_path);
        }
    }
    return true;
}

/* Beside what it issued; the same again is fine, another one there is not. */
static bool
ca_copies_write(const struct issuing *issuing, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes ca;

    if (!file_read_all(&tmp, issuing->request->ca_cert, CA_FILE_MOST_BYTES, &ca, e))
        return false;
    for (size_t i = 0; i < issuing->ca_copies.count; i++) {
        const char *path = issuing->ca_copies.items[i];
        struct bytes there;

        if (path_exists(path)) {
            if (!file_read_all(&tmp, path, CA_FILE_MOST_BYTES, &there, e))
                return false;
            if (!bytes_equal(ca, there))
                return must_be_new(path, e);
        } else if (!dir_make(path_dir(&tmp, path), DIR_MODE, e) ||
                   !file_replace(path, ca, CA_FILE_MODE, e)) {
            return false;
        }
    }
    return true;
}

bool
tls_issue(struct arena *mem, const struct tls_issue_request *request, struct tls_issued_list *ret,
          struct error *e)
{
    AUTO_AUTHORITY authority = NULL;
    struct issuing issuing = {.mem = mem, .request = request};

    if (!members_add(&issuing, e) || !clients_add(&issuing, e) || !all_are_new(&issuing, e) ||
        !authority_load(request->ca_cert, request->ca_key, &authority, e) ||
        !ca_copies_write(&issuing, e) || !all_issue(&issuing, authority, e))
        return false;
    *ret = issuing.list;
    return true;
}
