#include "ops/lab_certs.h"

#include "base/io.h"
#include "pki/authority.h"
#include "plan/state_dir.h"

enum { AUTHORITY_DAYS = 3650, CERT_DAYS = 365 };

static bool
cert_make(struct arena *mem, const struct authority *authority, const char *dir, const char *name,
          bool server, struct inventory_tls *ret_tls, struct error *e)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "::1"};
    struct cert_request request = {
        .common_name = name,
        .names = names,
        .name_count = server ? sizeof(names) / sizeof(names[0]) : 0,
        .server = server,
        .client = true, /* peers, and the gateway of etcd 3.4 and 3.5, are clients as well */
        .days = CERT_DAYS,
    };

    *ret_tls = (struct inventory_tls){
        .ca_file = arena_printf(mem, "%s/ca.crt", dir),
        .cert_file = arena_printf(mem, "%s/%s.crt", dir, name),
        .key_file = arena_printf(mem, "%s/%s.key", dir, name),
    };
    return authority_issue(authority, &request, ret_tls->cert_file, ret_tls->key_file, e);
}

bool
lab_certs_make(struct arena *mem, struct inventory *inventory, struct error *e)
{
    AUTO_AUTHORITY authority = NULL;
    const char *dir = path_join(mem, inventory->lab->dir, "tls");

    if (!dir_make(dir, STATE_DIR_MODE, e) ||
        !authority_new(inventory->name, AUTHORITY_DAYS, &authority, e) ||
        !authority_save(authority, arena_printf(mem, "%s/ca.crt", dir),
                        arena_printf(mem, "%s/ca.key", dir), e))
        return false;
    for (size_t i = 0; i < inventory->members.count; i++) {
        struct inventory_member *member = &inventory->members.items[i];

        if (!cert_make(mem, authority, dir, member->name, true, &member->tls, e))
            return false;
        member->peer_tls = member->tls;
    }
    return cert_make(mem, authority, dir, "client", false, &inventory->client_tls, e);
}
