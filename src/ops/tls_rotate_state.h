/* What the steps of 'tls rotate-ca' share; private to ops/tls_rotate*.c. */
#ifndef QUORATE_OPS_TLS_ROTATE_STATE_H
#define QUORATE_OPS_TLS_ROTATE_STATE_H

#include "ops/live_gates.h"
#include "ops/tls_deliver.h"
#include "ops/tls_rotate.h"
#include "ops/tls_stage.h"

struct tls_rotation;

enum trust_phase { TRUST_BOTH, TRUST_NEW, TRUST_PHASES };

/* One member's turn to trust others. */
struct trust_turn {
    struct tls_rotation *of;
    enum trust_phase phase;
    const struct inventory_member *member;
    struct tls_delivery authorities;
};

struct tls_rotation {
    struct live_cluster live;
    struct tls_stage stage;
    const struct inventory
        *inventory; /* as it was when the plan was made, but for what no rotation changes */
    const char *stamp;
    bool keep_old;
    const char *const *order; /* names of members, the leader last */
    const struct tls_set *places;
    size_t member_count;
};

/* Files of the stage beside what tls_stage.h has; in the plan's memory. */
const char *rotation_both(const struct tls_rotation *r, const char *owner, const char *use);
const char *rotation_old(const struct tls_rotation *r,
                         const char *ending); /* quorate's own of before */

/* %{member} */
void rotation_add_gather(struct tls_rotation *r);
void rotation_add_trust(struct tls_rotation *r, enum trust_phase phase);
void rotation_add_prove(struct tls_rotation *r);

#endif
