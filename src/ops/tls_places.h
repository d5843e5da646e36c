/* Where a member's certificates are: the files that its etcd reads on its host, and those that 'tls issue' made here. */
#ifndef QUORATE_OPS_TLS_PLACES_H
#define QUORATE_OPS_TLS_PLACES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "cluster/inventory.h"
#include "cluster/site.h"

/* Paths; NULL where there is none. Two of them may be the same file. */
struct tls_set {
    struct inventory_tls server;
    struct inventory_tls peer;
    struct inventory_tls client; /* of etcd's own, --client-cert-file; without ca_file */
};

enum { TLS_SET_MOST = 8 };

/*
 * Where the member's etcd reads them, as paths of its host: what its settings name; for what they do not name, the
 * folder of what they do, or else
 *
 *   a lab         its "tls" folder, one certificate for server and peer
 *   systemd       /etc/etcd/pki/{ca,server,peer}.{crt,key}
 *   a static pod  /etc/kubernetes/pki/etcd/{ca,server,peer}.{crt,key}, as kubeadm
 *
 * ret_named  what the settings name, and nothing else; may be NULL.
 * e          as site_service, service_settings. ERROR_REFUSED: a pod names a file that is not in a volume of the host.
 * Memory     in 'mem'.
 */
MUST_CHECK bool tls_places_find(struct arena *mem, struct site *site,
                                const struct inventory *inventory,
                                const struct inventory_member *member, struct tls_set *ret_places,
                                struct tls_set *ret_named, struct error *e);

/* The files that 'tls issue DIR' made for the member, in either of its layouts. e: ERROR_NOT_FOUND. In 'mem'. */
MUST_CHECK bool tls_issued_find(struct arena *mem, const char *dir, const char *member_name,
                                struct tls_set *ret_files, struct error *e);

/* Under a key, for the inputs of plans. */
void tls_set_encode(struct json_writer *w, const char *key, const struct tls_set *set);
MUST_CHECK bool tls_set_decode(struct arena *mem, const struct json *object, const char *key,
                               struct tls_set *ret_set, struct error *e);

#endif
