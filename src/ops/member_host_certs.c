#include "ops/member_host_certs.h"

#include "base/time.h"
#include "cluster/member_hosts.h"
#include "cluster/rules_certificate.h"
#include "node/host/host_file.h"

static bool
is_there(const struct host *host, const char *path, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_file file;

    if (path == NULL)
        return true;
    if (!host_file_look(&tmp, host, path, &file, e))
        return false;
    if (file.kind != HOST_NOTHING)
        return true;
    error_set_(e, ERROR_NOT_FOUND, 0, "%s: there is no '%s'", host_name(host), path);
    return error_hint(e,
                      "issue the member a certificate by the authority of the others ('quorate tls "
                      "issue'), and put it there");
}

static bool
load(struct arena *mem, const struct host *host, const char *path, struct certificates *ret,
     struct error *e)
{
    struct bytes pem;

    if (!host_file_read(mem, host, path, CERTIFICATE_FILE_MOST_BYTES, &pem, e))
        return false;
    return certificates_decode(mem, pem, ret, e) ||
           error_wrap(e, "%s: '%s'", host_name(host), path);
}

/* 'wanted' has hosts and usages. */
static bool
one_check(const struct host *host, const struct inventory_tls *tls,
          struct certificate_wanted wanted, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct certificates authorities;
    struct certificates found;

    if (!is_there(host, tls->ca_file, e) || !is_there(host, tls->cert_file, e) ||
        !is_there(host, tls->key_file, e))
        return false;
    if (tls->cert_file == NULL)
        return true;
    if (!load(&tmp, host, tls->cert_file, &found, e))
        return false;
    if (tls->ca_file != NULL) {
        if (!load(&tmp, host, tls->ca_file, &authorities, e))
            return false;
        wanted.authorities = &authorities;
        wanted.chain = &found;
    }
    wanted.now_s = time_wall_ms() / 1000;
    return rule_certificate_fits(&found.items[0], &wanted, e) ||
           error_wrap(e, "%s: '%s'", host_name(host), tls->cert_file);
}

bool
member_host_certs_check(const struct host *host, const struct inventory_member *member,
                        struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_hosts clients = {0};
    struct member_hosts peers = {0};

    member_hosts_add_urls(&tmp, &clients, &member->client_urls);
    member_hosts_add_urls(&tmp, &peers, &member->peer_urls);
    return one_check(host, &member->tls,
                     (struct certificate_wanted){
                         .hosts = clients.items, .host_count = clients.count, .server = true},
                     e) &&
           one_check(
               host, &member->peer_tls,
               (struct certificate_wanted){
                   .hosts = peers.items, .host_count = peers.count, .server = true, .client = true},
               e);
}
