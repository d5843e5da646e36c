#include "ops/lab_certs.h"

#include "base/io.h"
#include "base/time.h"
#include "cluster/member_hosts.h"
#include "cluster/rules_certificate.h"
#include "pki/authority.h"
#include "plan/state_dir.h"

#define CLIENT_NAME "client"

enum { AUTHORITY_DAYS = 3650, CERT_DAYS = 365 };

static const char *
tls_file(struct arena *mem, const struct inventory *inventory, const char *name)
{
    return arena_printf(mem, "%s/tls/%s", inventory->lab->dir, name);
}

const char *
lab_authority_key(struct arena *mem, const struct inventory *inventory)
{
    return tls_file(mem, inventory, "ca.key");
}

bool
lab_has_tls(const struct inventory *inventory)
{
    return inventory->client_tls.ca_file != NULL;
}

struct inventory_tls
lab_member_certs(struct arena *mem, const struct inventory *inventory, const char *name)
{
    return (struct inventory_tls){
        .ca_file = tls_file(mem, inventory, "ca.crt"),
        .cert_file = tls_file(mem, inventory, arena_printf(mem, "%s.crt", name)),
        .key_file = tls_file(mem, inventory, arena_printf(mem, "%s.key", name)),
    };
}

static bool
member_issue(const struct authority *authority, const struct inventory *inventory,
             const struct inventory_member *member, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_hosts hosts = member_hosts_of(&tmp, inventory, member);
    const struct cert_request request = {
        .common_name = member->name,
        .names = hosts.items,
        .name_count = hosts.count,
        .server = true,
        .client = true, /* peers, and the gateway of etcd 3.4 and 3.5, are clients as well */
        .days = CERT_DAYS,
    };

    return authority_issue(authority, &request, member->tls.cert_file, member->tls.key_file, e);
}

static bool
client_issue(const struct authority *authority, const struct inventory_tls *files, struct error *e)
{
    const struct cert_request request = {
        .common_name = CLIENT_NAME, .client = true, .days = CERT_DAYS};

    return authority_issue(authority, &request, files->cert_file, files->key_file, e);
}

bool
lab_authority_make(const struct inventory *inventory, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_AUTHORITY authority = NULL;
    const char *cert = tls_file(&tmp, inventory, "ca.crt");

    if (path_exists(cert))
        return true;
    return dir_make(path_dir(&tmp, cert), STATE_DIR_MODE, e) &&
           authority_new(inventory->name, AUTHORITY_DAYS, KEY_P256, &authority, e) &&
           authority_save(authority, cert, tls_file(&tmp, inventory, "ca.key"), e);
}

static bool
authority_of(const struct inventory *inventory, struct authority **ret_authority, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return authority_load(inventory->client_tls.ca_file, tls_file(&tmp, inventory, "ca.key"),
                          ret_authority, e) ||
           error_wrap(e, "the authority of '%s'", inventory->name);
}

bool
lab_client_cert_make(struct arena *mem, struct inventory *inventory, struct error *e)
{
    AUTO_AUTHORITY authority = NULL;

    inventory->client_tls = lab_member_certs(mem, inventory, CLIENT_NAME);
    if (path_exists(inventory->client_tls.cert_file) && path_exists(inventory->client_tls.key_file))
        return true;
    return authority_of(inventory, &authority, e) &&
           client_issue(authority, &inventory->client_tls, e);
}

bool
lab_certs_make(struct arena *mem, struct inventory *inventory, struct error *e)
{
    if (!lab_authority_make(inventory, e) || !lab_client_cert_make(mem, inventory, e))
        return false;
    for (size_t i = 0; i < inventory->members.count; i++) {
        struct inventory_member *member = &inventory->members.items[i];

        member->tls = lab_member_certs(mem, inventory, member->name);
        member->peer_tls = member->tls;
        if (!lab_member_cert_issue(inventory, member, e))
            return false;
    }
    return true;
}

bool
lab_authority_check(const struct inventory *inventory, struct error *e)
{
    AUTO_AUTHORITY authority = NULL;

    return authority_of(inventory, &authority, e);
}

bool
lab_member_cert_check(const struct inventory *inventory, const struct inventory_member *member,
                      struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct member_hosts hosts = member_hosts_of(&tmp, inventory, member);
    struct certificates authorities;
    struct certificates found;
    bool has_key;
    const struct certificate_wanted wanted = {
        .hosts = hosts.items,
        .host_count = hosts.count,
        .server = true,
        .client = true,
        .authorities = &authorities,
        .has_key = &has_key,
        .now_s = time_wall_ms() / 1000,
    };

    return certificates_load(&tmp, inventory->client_tls.ca_file, &authorities, e) &&
           certificates_load(&tmp, member->tls.cert_file, &found, e) &&
           certificate_has_key(&found.items[0], member->tls.key_file, &has_key, e) &&
           rule_certificate_fits(&found.items[0], &wanted, e);
}

bool
lab_member_cert_issue(const struct inventory *inventory, const struct inventory_member *member,
                      struct error *e)
{
    AUTO_AUTHORITY authority = NULL;

    return authority_of(inventory, &authority, e) && member_issue(authority, inventory, member, e);
}
