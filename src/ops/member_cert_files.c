#include "ops/member_cert_files.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/evidence.h"
#include "base/io.h"
#include "node/host/host_access.h"
#include "node/host/host_file.h"

enum { KEY_FILE_MOST_BYTES = 1 << 20 };

bool
cert_file_about(const struct cert_looking *l, const struct cert_file *f, const char *word,
                struct error *e)
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
on_host(const struct cert_looking *l, const char *path, const char **ret_path, struct error *e)
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
may_read(const struct cert_looking *l, const struct cert_file *f, struct error *e)
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
is_there(const struct cert_looking *l, const struct cert_file *f, struct error *e)
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
file_find(const struct cert_looking *l, struct cert_file *f, struct error *e)
{
    f->on_host = f->path;
    if (!on_host(l, f->path, &f->on_host, e))
        return false;
    if (f->on_host == NULL) {
        f->on_host = f->path;
        error_set_(e, ERROR_REFUSED, 0, "no volume of the pod leads there: etcd would not see it");
        error_hint_(e, "mount the folder of the host that has it");
        return cert_file_about(l, f, "file-not-mounted", e);
    }
    return (is_there(l, f, e) || cert_file_about(l, f, "file-missing", e)) &&
           (may_read(l, f, e) || cert_file_about(l, f, "file-unreadable", e));
}

/* --- reading --- */

bool
cert_file_certificates(const struct cert_looking *l, struct cert_file *f, struct certificates *ret,
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
    return cert_file_about(l, f, "file-damaged", e);
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

bool
cert_file_key(const struct cert_looking *l, struct cert_file *f, const struct certificate *c,
              bool *ret_has, struct error *e)
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
    return cert_file_about(l, f, "file-damaged", e);
}
