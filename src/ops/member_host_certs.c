#include "ops/member_host_certs.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/evidence.h"
#include "base/io.h"
#include "base/time.h"
#include "cluster/member_tls.h"
#include "cluster/rules_certificate.h"
#include "node/host/host_access.h"
#include "node/host/host_facts.h"
#include "node/host/host_file.h"
#include "node/host/host_reach.h"

enum { KEY_FILE_MOST_BYTES = 1 << 20 };

struct looking {
    struct arena *mem;
    const struct host *host;
    const struct service *service; /* NULL: paths are the host's own */
    const struct member_start_changes *changes;
    struct service_account account; /* no user: it is not known, or we */
    int64_t now_s;                  /* by the host's clock */
    const char *sources; /* addresses it dials its peers from, blanks between; NULL: not known */
};

/* A file that a setting names. */
struct named_file {
    const char *setting; /* "peer-cert-file" */
    const char *path;    /* as the setting has it */
    const char *on_host;
};

/* Puts file and setting in front of an error, and the same into its evidence; the value is false. */
static bool
about(const struct looking *l, const struct named_file *f, const char *word, struct error *e)
{
    if (e->cause == NULL)
        evidence_begin(e, word);
    evidence_text(e, "file", f->on_host);
    evidence_text(e, "setting", f->setting);
    return error_wrap(e, "%s: '%s' (--%s)", host_name(l->host), f->on_host, f->setting);
}

/* --- finding a file --- */

/* NULL: the container would not see it. */
static bool
on_host(const struct looking *l, const char *path, const char **ret_path, struct error *e)
{
    for (size_t i = 0; i < l->changes->mount_count; i++) {
        const struct pod_mount_change *m = &l->changes->mounts[i];
        size_t size = strlen(m->mount_path);

        if (strncmp(path, m->mount_path, size) == 0 && (path[size] == '/' || path[size] == '\0')) {
            *ret_path = arena_printf(l->mem, "%s%s", m->host_path, path + size);
            return true;
        }
    }
    if (l->service != NULL)
        return service_host_path(l->mem, l->service, path, ret_path, e);
    *ret_path = path;
    return true;
}

static bool
may_read(const struct looking *l, const struct named_file *f, struct error *e)
{
    const struct service_account *account = &l->account;
    const struct host_reader reader = {account->uid, account->gid, account->groups};
    const char *blocker;

    if (account->user == NULL || account->uid == 0)
        return true;
    if (!host_may_read(l->mem, l->host, &reader, f->on_host, &blocker, e))
        return false;
    if (blocker == NULL)
        return true;
    error_set_(e, ERROR_PERMISSION, 0,
               "user '%s', as whom etcd runs, cannot read it: %s is in the "
               "way",
               account->user, blocker);
    evidence_begin(e, "file-unreadable");
    evidence_text(e, "field", "mode");
    evidence_text(e, "user", account->user);
    error_hint_(e,
                "chown %s: '%s' there, its mode 0600 for a key and 0644 for others, and let that "
                "user into all folders above",
                account->user, f->on_host);
    return false;
}

static bool
is_there(const struct looking *l, const struct named_file *f, struct error *e)
{
    struct host_file file;

    if (!host_file_look(l->mem, l->host, f->on_host, &file, e))
        return false;
    if (file.kind != HOST_NOTHING)
        return true;
    error_set_(e, ERROR_NOT_FOUND, 0, "there is no such file");
    return error_hint(e,
                      "issue the member a certificate by the authority of the others ('quorate tls "
                      "issue'), and put it there");
}

static bool
file_find(const struct looking *l, struct named_file *f, struct error *e)
{
    f->on_host = f->path;
    if (!on_host(l, f->path, &f->on_host, e))
        return false;
    if (f->on_host == NULL) {
        f->on_host = f->path;
        error_set_(e, ERROR_REFUSED, 0, "no volume of the pod leads there: etcd would not see it");
        error_hint_(e, "mount the folder of the host that has it");
        return about(l, f, "file-not-mounted", e);
    }
    return (is_there(l, f, e) || about(l, f, "file-missing", e)) &&
           (may_read(l, f, e) || about(l, f, "file-unreadable", e));
}

/* --- reading --- */

static bool
certificates_read(const struct looking *l, struct named_file *f, struct certificates *ret,
                  struct error *e)
{
    struct bytes pem;

    if (!file_find(l, f, e))
        return false;
    if (!host_file_read(l->mem, l->host, f->on_host, CERTIFICATE_FILE_MOST_BYTES, &pem, e))
        return false;
    if (certificates_decode(l->mem, pem, ret, e))
        return true;
    error_hint_(e, "put the PEM file there as it was issued");
    return about(l, f, "file-damaged", e);
}

static bool
key_compare(const struct certificate *c, int fd, bool *ret_has, struct error *e)
{
    off_t size = lseek(fd, 0, SEEK_END);
    void *text;
    bool done;

    if (size <= 0 || size > KEY_FILE_MOST_BYTES)
        return error_set(e, ERROR_TLS, "no PEM private key in it");
    text = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (text == MAP_FAILED)
        return error_set_errno(e, errno, "read a key");
    (void)madvise(text, (size_t)size, MADV_DONTDUMP);
    done = certificate_has_key_text(c, bytes_of(text, (size_t)size), ret_has, e);
    explicit_bzero(text, (size_t)size);
    munmap(text, (size_t)size);
    return done;
}

/* The key passes through a file in memory that nobody else can open. */
static bool
key_read(const struct looking *l, struct named_file *f, const struct certificate *c, bool *ret_has,
         struct error *e)
{
    static const struct observer nobody = {0};
    AUTO_FD fd = -1;

    if (!file_find(l, f, e))
        return false;
    fd = memfd_create("key", MFD_CLOEXEC);
    if (fd < 0)
        return error_set_errno(e, errno, "memfd_create");
    if (!host_file_fetch(l->host, f->on_host, fd, "a key in memory", &nobody, e))
        return false;
    if (key_compare(c, fd, ret_has, e))
        return true;
    if (e->hint[0] == '\0')
        error_hint_(e, "put the certificate's key there as it was issued, in PEM");
    return about(l, f, "file-damaged", e);
}

/* --- judging --- */

static const char *
setting_of(const struct looking *l, const struct member_tls_side *side, const char *name)
{
    return member_tls_setting(l->mem, side, name);
}

static bool
pair_is_named(const struct looking *l, const char *cert_setting, const char *cert,
              const char *key_setting, const char *key, struct error *e)
{
    if ((cert == NULL) == (key == NULL))
        return true;
    error_set_(e, ERROR_REFUSED, 0, "%s: --%s is set and --%s is not: etcd does not start",
               host_name(l->host), cert != NULL ? cert_setting : key_setting,
               cert != NULL ? key_setting : cert_setting);
    evidence_begin(e, "file-not-named");
    return error_hint(e, "set both, or neither");
}

/* Asks for addresses of its names where it matters. */
static bool
sources_prepare(const struct looking *l, const struct certificate *c,
                struct certificate_wanted *wanted, struct error *e)
{
    struct member_tls_texts names = {0};

    for (size_t i = 0; wanted->sources != NULL && i < c->names.count; i++) {
        if (strcmp(c->names.items[i].kind, "DNS") == 0 && c->names.items[i].text[0] != '*')
            *ARRAY_PUSH(l->mem, &names) = c->names.items[i].text;
    }
    return names.count == 0 || host_name_addresses(l->mem, l->host, names.items, names.count,
                                                   &wanted->name_addresses, e);
}

/* A certificate with its key, by the CA file of its side. */
static bool
pair_check(const struct looking *l, struct named_file cert, struct named_file key,
           const struct certificates *authorities, struct certificate_wanted wanted,
           struct error *e)
{
    struct certificates found;
    bool has_key;

    if (!pair_is_named(l, cert.setting, cert.path, key.setting, key.path, e))
        return false;
    if (cert.path == NULL)
        return true;
    if (!certificates_read(l, &cert, &found, e) || !key_read(l, &key, &found.items[0], &has_key, e))
        return false;
    wanted.has_key = &has_key;
    wanted.authorities = authorities;
    wanted.chain = &found;
    wanted.now_s = l->now_s;
    if (!sources_prepare(l, &found.items[0], &wanted, e))
        return false;
    return rule_certificate_fits(&found.items[0], &wanted, e) ||
           about(l, &cert, "certificate-unfit", e);
}

static bool
has_a_certificate(const struct looking *l, const struct member_tls_side *side, struct error *e)
{
    if (!side->listens || side->makes_own || side->files.cert_file != NULL)
        return true;
    error_set_(e, ERROR_REFUSED, 0,
               "%s: it is to listen at https URLs and has no --%s: etcd does not start",
               host_name(l->host), setting_of(l, side, "cert-file"));
    evidence_begin(e, "file-not-named");
    return error_hint(e, "name certificate and key, or listen at http URLs");
}

static bool
authorities_read(const struct looking *l, const struct member_tls_side *side,
                 struct certificates *room, const struct certificates **ret, struct error *e)
{
    struct named_file ca = {setting_of(l, side, "trusted-ca-file"), side->files.ca_file, NULL};

    *ret = ca.path != NULL ? room : NULL;
    return ca.path == NULL || certificates_read(l, &ca, room, e);
}

static bool
side_check(const struct looking *l, const struct member_tls_side *side, struct error *e)
{
    const char *sources = side->asks_clients && !side->skips_source ? l->sources : NULL;
    bool own_client = side->client_cert_file != NULL;
    const struct certificates *authorities;
    struct certificates room;
    const struct certificate_wanted as_server = {
        .hosts = side->hosts.items,
        .host_count = side->hosts.count,
        .server = true,
        .client = side->is_client,
        .common_names = side->common_names.items,
        .common_name_count = side->common_names.count,
        .allowed_hosts = side->allowed_hosts.items,
        .allowed_host_count = side->allowed_hosts.count,
        .sources = side->is_peer && !own_client ? sources : NULL,
    };
    const struct certificate_wanted as_client = {.client = true,
                                                 .sources = side->is_peer ? sources : NULL};

    return has_a_certificate(l, side, e) && authorities_read(l, side, &room, &authorities, e) &&
           pair_check(
               l,
               (struct named_file){setting_of(l, side, "cert-file"), side->files.cert_file, NULL},
               (struct named_file){setting_of(l, side, "key-file"), side->files.key_file, NULL},
               authorities, as_server, e) &&
           pair_check(l,
                      (struct named_file){setting_of(l, side, "client-cert-file"),
                                          side->client_cert_file, NULL},
                      (struct named_file){setting_of(l, side, "client-key-file"),
                                          side->client_key_file, NULL},
                      authorities, as_client, e);
}

static bool
is_without_tls(const struct member_tls *tls)
{
    const struct member_tls_side *sides[] = {&tls->clients, &tls->peers};

    for (size_t i = 0; i < 2; i++) {
        if (sides[i]->listens || sides[i]->files.ca_file != NULL ||
            sides[i]->files.cert_file != NULL || sides[i]->files.key_file != NULL)
            return false;
    }
    return true;
}

/* Both clocks may be seconds off what was measured; a certificate that begins now has begun. */
static bool
clock_read(struct looking *l, struct error *e)
{
    struct host_facts facts;

    if (!host_facts_fetch(l->mem, l->host, &facts, e))
        return false;
    l->now_s = (time_wall_ms() + facts.clock_offset_ms) / 1000;
    return true;
}

static bool
sides_check(struct looking *l, const struct member_tls *tls, struct error *e)
{
    return is_without_tls(tls) ||
           (clock_read(l, e) && side_check(l, &tls->clients, e) && side_check(l, &tls->peers, e));
}

/* --- whose --- */

static const struct member_start_changes no_changes = {0};

bool
member_host_certs_check(const struct host *host, const struct inventory_member *member,
                        struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct looking l = {.mem = &tmp, .host = host, .changes = &no_changes};
    const struct member_tls tls = member_tls_of(&tmp, member, NULL, NULL, 0);

    return sides_check(&l, &tls, e);
}

/* A lab's members are this user's own processes, with the files that the lab names. */
static bool
lab_check(const struct inventory_member *member, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *local;

    return host_open(&tmp, "local:", NULL, &local, e) && member_host_certs_check(local, member, e);
}

/* By the routes to the hosts of all other members' peer URLs. */
static bool
sources_find(struct looking *l, const struct inventory *inventory,
             const struct inventory_member *member, struct error *e)
{
    struct member_hosts others = {0};

    for (size_t i = 0; i < inventory->members.count; i++) {
        const struct inventory_member *m = &inventory->members.items[i];

        if (strcmp(m->name, member->name) != 0)
            member_hosts_add_urls(l->mem, &others, &m->peer_urls);
    }
    return others.count == 0 ||
           host_source_addresses(l->mem, l->host, others.items, others.count, &l->sources, e);
}

bool
member_start_certs_check(struct site *site, const struct inventory *inventory,
                         const struct inventory_member *member,
                         const struct member_start_changes *changes, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct looking l = {.mem = &tmp, .changes = changes != NULL ? changes : &no_changes};
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct service service;
    struct member_tls tls;

    if (site->lab_dir != NULL)
        return lab_check(member, e);
    if (!site_service(site, member, &service, e) ||
        !service_settings(&tmp, &service, &settings, e) ||
        !service_account(&tmp, &service, &l.account, e))
        return false;
    l.host = service.host;
    l.service = &service;
    tls = member_tls_of(&tmp, member, &settings, l.changes->settings, l.changes->setting_count);
    return is_without_tls(&tls) ||
           (sources_find(&l, inventory, member, e) && sides_check(&l, &tls, e));
}
