/*
 * 'tls rotate-ca': another authority for a cluster that serves. First all trust both, then all show certificates of the new
 * one, then nobody trusts the old one any more. etcd reads whom it trusts when it starts: so members are restarted twice, one
 * at a time, each without leadership, when all serve.
 * Source: client/pkg/transport/listener.go, TLSInfo.ServerConfig and ClientConfig: NewCertPool at the start (3.4 to 3.7).
 */
#ifndef QUORATE_OPS_TLS_ROTATE_H
#define QUORATE_OPS_TLS_ROTATE_H

#include "base/buf.h"
#include "cluster/inventory.h"
#include "etcd/client.h"
#include "ops/plan_kinds.h"
#include "plan/plan.h"

struct tls_rotate_request {
    const struct inventory *inventory;
    const struct etcd_options *etcd;
    const char
        *ca_cert; /* the new authority's, absolute; what else is in the file is trusted as well */
    const char *ca_key;
    unsigned days;
    bool
        drop_others; /* whoever signed none of the members' certificates is not trusted any more either */
    bool keep_old; /* both are trusted in the end: for clients that come later */
};

extern const struct plan_kind tls_rotate_kind;

/*
 * Looks at the cluster and its hosts, and makes the plan's inputs. Certificates that are the new authority's already stay.
 *
 * e  ERROR_REFUSED: an API server on a member's host would be shut out; an authority is trusted that signed none of the
 *    certificates, and whose clients would be; members without TLS.
 */
MUST_CHECK bool tls_rotate_inputs(struct arena *mem, const struct tls_rotate_request *request,
                                  struct buf *ret_inputs, struct error *e);

#endif
