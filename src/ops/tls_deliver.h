/*
 * A member's certificates brought to its host: a step for any plan, and the plan 'tls deliver' of such steps alone.
 *
 * Nothing of a key goes through arguments, journal or log: it flows from its file here into a command's input there, and
 * what was there before is kept on the host, for its owner alone.
 */
#ifndef QUORATE_OPS_TLS_DELIVER_H
#define QUORATE_OPS_TLS_DELIVER_H

#include "base/buf.h"
#include "cluster/rules_key_file.h"
#include "node/host/host_files.h"
#include "ops/plan_kinds.h"
#include "ops/tls_places.h"
#include "plan/plan.h"

/* One member's; set up by the builder of a plan, in its memory. */
struct tls_delivery {
    struct plan *plan;
    struct site *site;
    const struct inventory_member *member; /* NULL: to this host, for quorate itself */
    bool for_root;       /* not for etcd, but for another client on the member's host */
    struct tls_set from; /* here; a file that is NULL is not delivered */
    struct tls_set to;   /* on the host, as tls_places_find has them */
    /* Of the folder of what was there before, so unique among deliveries: "20260101T000000Z-1a2b-m1". */
    const char *keeping;
    const char *state_dir; /* where that folder is, of one to this host */
};

/*
 * Adds "deliver SUBJECT": refused when a certificate is not fit for the member, or the authorities that will be on its
 * host do not vouch for it; proven by SHA-256 on the host, owner, mode, and that etcd's user can read them.
 * It is done, too, when its files here are gone and the journal says that it was.
 *
 * subject  NULL: the member's name.
 */
void tls_add_delivery(struct tls_delivery *delivery, const char *subject);

/* The parts of that step, for steps that do more. */
MUST_CHECK bool tls_delivery_is_there(const struct tls_delivery *delivery, bool *ret_is,
                                      struct error *e);
MUST_CHECK bool tls_delivery_judge(const struct tls_delivery *delivery, struct error *e);
MUST_CHECK bool tls_delivery_run(const struct tls_delivery *delivery, struct error *e);
MUST_CHECK bool tls_delivery_verify(const struct tls_delivery *delivery, struct error *e);
MUST_CHECK bool tls_delivery_undo(const struct tls_delivery *delivery, struct error *e);

/* --- the plan --- */

struct tls_deliver_request {
    const struct inventory *inventory;
    const char *dir;          /* 'tls issue' made them there; absolute */
    const char *const *names; /* of members; none: all */
    size_t name_count;
};

extern const struct plan_kind tls_deliver_kind;

/*
 * Looks at the hosts, and makes the plan's inputs. An authority goes to hosts that have none; one that is there stays.
 *
 * e  ERROR_NOT_FOUND: no such member, or no certificates for it in the folder. ERROR_REFUSED: nobody said where it runs.
 */
MUST_CHECK bool tls_deliver_inputs(struct arena *mem, const struct tls_deliver_request *request,
                                   struct buf *ret_inputs, struct error *e);

#endif
