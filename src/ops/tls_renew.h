/*
 * 'tls renew': the certificates of members, and quorate's own, issued anew by the authority that issued them, delivered one
 * member after the other, and proven by what each port presents in a new handshake. Nothing is restarted: etcd reads
 * certificate and key at each handshake.
 * Source: client/pkg/transport/listener.go, TLSInfo.baseConfig: GetCertificate and GetClientCertificate (3.4: pkg/transport);
 * seen on 3.4.23, 3.5.30, 3.6.16 and 3.7.3.
 */
#ifndef QUORATE_OPS_TLS_RENEW_H
#define QUORATE_OPS_TLS_RENEW_H

#include "base/buf.h"
#include "cluster/inventory.h"
#include "ops/plan_kinds.h"
#include "plan/plan.h"

struct tls_renew_request {
    const struct inventory *inventory;
    const char *ca_cert;  /* absolute; NULL: the cluster's, a lab's own */
    const char *ca_key;   /* absolute; NULL: a lab's own */
    unsigned days;        /* how long they are valid */
    unsigned within_days; /* what ends within them is due */
    bool all;             /* everything is due */
};

extern const struct plan_kind tls_renew_kind;

/*
 * Looks at the certificates on all hosts, and makes the plan's inputs; a plan without steps when none is due.
 *
 * e  ERROR_REFUSED: no authority's key is known; a member without TLS.
 */
MUST_CHECK bool tls_renew_inputs(struct arena *mem, const struct tls_renew_request *request,
                                 struct buf *ret_inputs, struct error *e);

#endif
