/*
 * 'tls init' and 'tls issue': an authority, and the certificates of a cluster's members and clients,
 * as files. Nothing that is there is ever written over, and what was begun and failed is taken away.
 */
#ifndef QUORATE_OPS_TLS_ISSUE_H
#define QUORATE_OPS_TLS_ISSUE_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "pki/key.h"

struct tls_init_request {
    const char *cert_path;
    const char *key_path;
    const char *common_name;
    unsigned days;
    enum key_kind key;
};

/*
 * Makes an authority: its certificate, mode 0644, and its key, 0600; missing folders on the way.
 *
 * e  ERROR_EXISTS: one of the files is there.
 */
MUST_CHECK bool tls_init(const struct tls_init_request *request, struct error *e);

enum tls_layout {
    TLS_LAYOUT_PLAIN,   /* DIR/MEMBER/{server,peer}.{crt,key}, ca.crt; DIR/CLIENT.{crt,key} */
    TLS_LAYOUT_KUBEADM, /* DIR/MEMBER/ is what that host has as /etc/kubernetes/pki */
};

struct tls_issue_request {
    const char *dir;
    const char *ca_cert;
    const char *ca_key;
    enum tls_layout layout;
    const struct inventory *inventory; /* NULL: certificates of clients only */
    const char *const *members;        /* of the inventory; none: all */
    size_t member_count;
    const char *const *clients; /* common names, which are users where etcd asks for some */
    size_t client_count;
    const char *const *hosts; /* more names and addresses of every member */
    size_t host_count;
    unsigned days;
    enum key_kind key;
};

struct tls_issued {
    const char *member; /* "" for a client of all */
    const char *use;    /* "server", "peer", "client" */
    const char *common_name;
    const char *cert_path;
    const char *key_path;
    struct {
        const char **items;
        size_t count;
        size_t capacity;
    } names;
};

struct tls_issued_list {
    struct tls_issued *items;
    size_t count;
    size_t capacity;
};

/*
 * Issues them, and puts the authority's certificate beside each member's.
 *
 * e  as authority_load; ERROR_EXISTS: a file is there. ERROR_NOT_FOUND: no such member.
 *    ERROR_USAGE: a name that is neither DNS name nor address; nothing to issue.
 */
MUST_CHECK bool tls_issue(struct arena *mem, const struct tls_issue_request *request,
                          struct tls_issued_list *ret, struct error *e);

#endif
