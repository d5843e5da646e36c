/*
 * 'tls enable' and 'tls disable': a cluster that serves goes from plain HTTP to TLS, or back, without losing
 * a write. The way of each member is cluster/tls_phase.h; docs/guides/tls-on-and-off.md tells it to operators.
 */
#ifndef QUORATE_OPS_TLS_SWITCH_H
#define QUORATE_OPS_TLS_SWITCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "cluster/tls_phase.h"
#include "etcd/client.h"
#include "plan/plan.h"

extern const struct plan_kind tls_enable_kind;
extern const struct plan_kind tls_disable_kind;

struct tls_switch_request {
    const char *state_dir;
    const struct inventory *inventory;
    const struct etcd_options *etcd;
    enum tls_scheme to;
    bool client_auth;       /* in the end, clients and peers are asked for certificates */
    bool keep_plain;        /* in the end, clients may come without TLS as well */
    const char *spare_port; /* NULL: one is chosen */
    const char *ca_cert;    /* of who issues what is missing; NULL: nobody, but of a lab its own */
    const char *ca_key;
    unsigned days; /* how long that is valid */
};

/*
 * Looks at the cluster, and at the settings and certificates of all members, and makes the plan's inputs: what is
 * half done already is found, and gone on with. Certificates that are there and do are taken as they are.
 *
 * e  ERROR_REFUSED: a member does not serve, is a learner, or its URLs are none that the way begins at; it is a process
 *    that nobody starts again; no endpoint of the inventory is a member's own. As tls_switch_needs.
 */
MUST_CHECK bool tls_switch_inputs(struct arena *mem, const struct tls_switch_request *request,
                                  struct buf *ret_inputs, struct error *e);

#endif
