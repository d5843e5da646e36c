/*
 * 'tls inspect': the certificates of files, folders and ports, each judged for what it is there for.
 */
#ifndef QUORATE_OPS_TLS_INSPECT_H
#define QUORATE_OPS_TLS_INSPECT_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "cluster/rules_certificate.h"
#include "net/tls.h"

struct tls_inspect_request {
    const char *const *what; /* files, folders, HOST:PORT, URLs; none: all of the inventory */
    size_t what_count;
    const struct inventory *inventory; /* NULL: none */
    const struct tls_options *tls;     /* ca_file: what is trusted; the identity for ports */
    const char *const *hosts;          /* names that each server's certificate must have */
    size_t host_count;
    bool on_hosts;      /* members' hosts are asked for the files that their settings name */
    int64_t days;       /* what ends within them is a flaw */
    int64_t timeout_ms; /* for all ports together */
};

enum key_beside { KEY_NONE, KEY_FITS, KEY_OTHER };

struct tls_finding {
    const char *where;   /* the file, or the URL; "db1:/etc/etcd/pki/peer.crt" on a host */
    const char *setting; /* that names it there; "" */
    const char *member;  /* of the inventory; "" when it is nobody's */
    bool seen;           /* there is a certificate; otherwise 'problem' */
    unsigned place;      /* in its file or chain, from 0; the first is who it is */
    struct certificate certificate;
    enum key_beside key;
    const char *key_path; /* NULL: none was found */
    const char *version;  /* "TLSv1.3" of a port's handshake; "" for files */
    struct certificate_flaws flaws;
    const char *problem; /* why nothing could be seen; NULL: something was */
};

struct tls_findings {
    struct tls_finding *items;
    size_t count;
    size_t capacity;
};

/*
 * Looks at all of it. What cannot be read or reached is a finding with its problem, no error.
 *
 * Ports are asked at once; hosts one after the other, as ops/member_host_certs.h does. A server's certificate is judged by the host of its URL and, for a member,
 * by all names its certificates should have, with both usages; a file by its key (NAME.key or
 * NAME-key.pem beside NAME.crt or NAME.pem), dates and authority; the authority is tls->ca_file, else
 * the ca.crt or ca.pem in its own folder.
 *
 * e  ERROR_USAGE: nothing to look at. ERROR_TLS, file errors: the trusted authorities cannot be read.
 */
MUST_CHECK bool tls_inspect(struct arena *mem, const struct tls_inspect_request *request,
                            struct tls_findings *ret, struct error *e);

#endif
