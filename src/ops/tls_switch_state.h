/* What the steps of 'tls enable' and 'tls disable' share; private to ops/tls_switch*.c. */
#ifndef QUORATE_OPS_TLS_SWITCH_STATE_H
#define QUORATE_OPS_TLS_SWITCH_STATE_H

#include "ops/live_gates.h"
#include "ops/tls_switch.h"

struct tls_job;

/* A member's part of one phase. */
struct tls_turn {
    struct tls_job *job;
    enum tls_phase phase;
};

struct tls_job {
    struct tls_switch *of;
    uint64_t id;
    const char *name;
    struct tls_addresses addresses;
    struct inventory_tls tls; /* to be configured, as server and as peer; on its host */
    struct inventory_tls peer_tls;
    struct tls_turn turns[TLS_PHASE_END + 1];
};

struct tls_switch {
    struct live_cluster live;
    const char *lab; /* "demo"; NULL: not a lab */
    const char *stamp;
    enum tls_scheme to;
    bool client_auth;
    struct tls_job *jobs; /* in the order in which they are restarted first: the leader last */
    size_t job_count;
};

/* --- looking at a member (tls_switch_member.c) --- */

/* Its configuration as the inventory has it now; in 'mem'. */
MUST_CHECK bool tls_job_member(struct arena *mem, const struct tls_job *job,
                               struct inventory **ret_inventory,
                               const struct inventory_member **ret_member, struct error *e);
/* Its URLs as its settings have them. 'peers' is the caller's. */
MUST_CHECK bool tls_member_urls(struct arena *mem, struct site *site,
                                const struct inventory_member *member, struct tls_urls *ret,
                                struct error *e);
/* Its URLs in the member list; in 'mem'. */
struct inventory_urls tls_listed_urls(struct arena *mem, const struct member_view *member);
/* Whether it takes only clients that have a certificate. */
MUST_CHECK bool tls_member_asks(struct arena *mem, struct site *site,
                                const struct inventory_member *member, bool *ret_asks,
                                struct error *e);

/* --- changing it (tls_switch_settings.c) --- */

/* The member as it is to be in this phase, as the inventory has it; in 'mem'. */
struct inventory_member tls_turn_member(struct arena *mem, const struct tls_turn *turn,
                                        const struct inventory_member *now);
/* The certificates that the member would be started with in its phase (ops/member_host_certs.h). */
MUST_CHECK bool tls_turn_judge(struct tls_turn *turn, struct error *e);
/* Stops it, changes its settings and its place in the inventory, and starts it; and all that back. */
MUST_CHECK bool tls_turn_apply(struct tls_turn *turn, struct error *e);
MUST_CHECK bool tls_turn_take_back(struct tls_turn *turn, struct error *e);
/* Whether 'apply' has begun. */
bool tls_turn_begun(const struct tls_turn *turn);

/* %{member}, %{old}, %{new}, %{spare}, %{port}, %{peer_urls} */
const char *tls_turn_field(const void *op, struct arena *mem, const char *name);
const char *tls_job_field(const void *op, struct arena *mem, const char *name);

/* --- the steps --- */

void tls_switch_add_look(struct tls_switch *s);
void tls_switch_add_certificates(struct tls_switch *s);
void tls_switch_add_restarts(struct tls_switch *s, enum tls_phase phase);
void tls_switch_add_peer_urls(struct tls_switch *s, enum tls_phase phase);
void tls_switch_add_forget(struct tls_switch *s);
void tls_switch_add_prove(struct tls_switch *s);

#endif
