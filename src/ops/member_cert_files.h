/* Files of keys and certificates that a member's settings name, read on its host as its etcd will; private to
 * ops/member_host_certs.c. */
#ifndef QUORATE_OPS_MEMBER_CERT_FILES_H
#define QUORATE_OPS_MEMBER_CERT_FILES_H

#include "node/service.h"
#include "ops/member_host_certs.h"

struct cert_looking {
    struct arena *mem;
    const struct host *host;
    const struct service *service; /* NULL: paths are the host's own */
    const struct member_start_changes *changes;
    struct service_account account; /* no user: it is not known, or we */
    int64_t now_s;                  /* by the host's clock */
    int64_t days;                   /* they have to be valid that long still */
    const char *sources; /* addresses it dials its peers from, blanks between; NULL: not known */
};

/* A file that a setting names. */
struct cert_file {
    const char *setting; /* "peer-cert-file" */
    const char *path;    /* as the setting has it */
    const char *on_host;
};

/* Nothing is about to be changed. */
extern const struct member_start_changes no_start_changes;

/* Puts host, file and setting in front of an error, and the same into its evidence; 'word' is its cause when it
 * has none. The value is false. */
bool cert_file_about(const struct cert_looking *l, const struct cert_file *f, const char *word,
                     struct error *e);

/* e: all with the file: ERROR_NOT_FOUND "file-missing", ERROR_PERMISSION "file-unreadable", ERROR_REFUSED
 * "file-not-mounted", ERROR_TLS "file-damaged". Sets 'on_host'. */
MUST_CHECK bool cert_file_certificates(const struct cert_looking *l, struct cert_file *f,
                                       struct certificates *ret, struct error *e);

/* Whether the key in the file is the certificate's. It passes through memory that nobody else can open, and is
 * wiped there. e: as above. */
MUST_CHECK bool cert_file_key(const struct cert_looking *l, struct cert_file *f,
                              const struct certificate *c, bool *ret_has, struct error *e);

#endif
