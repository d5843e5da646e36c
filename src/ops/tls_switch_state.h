/* What the steps of 'tls enable' and 'tls disable' share; private to ops/tls_switch*.c. */
#ifndef QUORATE_OPS_TLS_SWITCH_STATE_H
#define QUORATE_OPS_TLS_SWITCH_STATE_H

#include "ops/live_gates.h"
#include "ops/tls_deliver.h"
#include "ops/tls_stage.h"
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
    struct tls_set places;    /* of its certificates, on its host */
    bool ca_is_new;           /* its host has no authority yet */
    bool is_judged;           /* by this process: tls_turn_judge */
    bool has_api_server;      /* on its host, that is this cluster's client */
    struct inventory_tls api; /* the API server's, on the host */
    bool api_ca_is_new;
    struct tls_turn turns[TLS_PHASE_END + 1];
};

/* kubeadm's config map (node/kubeadm_map.h), as it was when the plan was made. */
struct tls_kubeadm {
    bool known;                 /* plans of earlier builds have not looked */
    const char *kubeconfig;     /* on the host: KUBEADM_ADMIN_CONF */
    const char *member;         /* on whose host it is read and written; NULL: nothing is changed */
    const char *before, *after; /* its ClusterConfiguration */
    const char *why_not;        /* why it is left to the operator; NULL: nothing is */
    bool own_urls;              /* the members listen as kubeadm has it by itself: by https */
};

struct tls_switch {
    struct live_cluster live;
    const char *lab; /* "demo"; NULL: not a lab */
    const char *state_dir;
    const char *stamp;
    enum tls_scheme to;
    bool client_auth;
    struct tls_stage stage;   /* what is issued; nothing, when all have what they need */
    struct inventory_tls own; /* what quorate itself trusts and shows in the end, here */
    bool own_ca_is_new;
    struct tls_job *jobs; /* in the order in which they are restarted first: the leader last */
    size_t job_count;
    struct tls_kubeadm kubeadm;
};

/* The job of the plan, and its turns. (tls_switch_json.c) */
void tls_job_init(struct tls_job *job, struct tls_switch *s);

/* --- looking at a member (tls_switch_member.c) --- */

/* Its configuration as the inventory has it now; in 'mem'. */
MUST_CHECK bool tls_job_member(struct arena *mem, const struct tls_job *job,
                               struct inventory **ret_inventory,
                               const struct inventory_member **ret_member, struct error *e);
/* Saves the inventory; the plan's first change keeps what was there beside it. */
MUST_CHECK bool tls_switch_save(const struct tls_switch *s, const struct inventory *inventory,
                                struct error *e);
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

/* --- what is to change of it on a host --- */

enum { TLS_SETTINGS_MOST = 16, TLS_MOUNTS_MOST = 4, TLS_PROBES_MOST = 12 };

struct tls_changes {
    struct arena *mem;
    struct setting_change settings[TLS_SETTINGS_MOST];
    size_t setting_count;
    struct pod_mount_change mounts[TLS_MOUNTS_MOST];
    size_t mount_count;
    struct pod_probe_change probes[TLS_PROBES_MOST];
    size_t probe_count;
};

void tls_change_setting(struct tls_changes *c, const char *name, const char *value);

/* A file of the host as a setting: where a pod does not see it, its folder becomes a volume. NULL takes it out.
 * (tls_switch_pod.c) */
MUST_CHECK bool tls_change_file(struct tls_changes *c, const struct service *service,
                                const char *name, const char *host_path, struct error *e);
/*
 * A pod that is asked at its client port whether it lives is asked at its listener for metrics from now on, which it
 * gets: by plain HTTP, whatever clients speak.
 *
 * e  ERROR_REFUSED: it is asked by a command, or at another address than loopback.
 */
MUST_CHECK bool tls_change_probes(struct tls_changes *c, const struct service *service,
                                  const struct etcd_settings *settings, struct error *e);

/* --- changing it (tls_switch_settings.c) --- */

/* The member as it is to be in this phase, as the inventory has it; in 'mem'. */
struct inventory_member tls_turn_member(struct arena *mem, const struct tls_turn *turn,
                                        const struct inventory_member *now);
/* The certificates that the member would be started with in its phase (ops/member_host_certs.h), and whether its
 * settings can be changed at all. Those of 'end' are all that it has on the way, and more. */
MUST_CHECK bool tls_turn_judge(const struct tls_turn *turn, struct site *site,
                               const struct inventory *inventory,
                               const struct inventory_member *now, struct error *e);
/* Stops it, changes its settings and its place in the inventory, and starts it; and all that back. */
MUST_CHECK bool tls_turn_apply(struct tls_turn *turn, struct error *e);
MUST_CHECK bool tls_turn_take_back(struct tls_turn *turn, struct error *e);
/* Whether 'apply' has begun. */
bool tls_turn_begun(const struct tls_turn *turn);

/* %{member}, %{old}, %{new}, %{spare}, %{port}, %{peer_urls} */
const char *tls_turn_field(const void *op, struct arena *mem, const char *name);
const char *tls_job_field(const void *op, struct arena *mem, const char *name);

/* --- certificates, for the inputs (tls_switch_needs.c) --- */

/*
 * Finds out which certificates are missing, or do not do, and stages them; sets places, 'own' and the stage.
 *
 * e  ERROR_USAGE, ERROR_TLS, ...: something is missing, and no authority was given that could issue it.
 */
MUST_CHECK bool tls_switch_needs(struct arena *mem, const struct tls_switch_request *request,
                                 struct site *site, struct tls_switch *s, struct error *e);

/* --- the Kubernetes API server on a member's host (tls_switch_api.c) --- */

/* For the inputs: whether there is one, and what it needs; what it lacks is staged. */
MUST_CHECK bool tls_api_needs(struct arena *mem, struct site *site,
                              const struct inventory *inventory, struct tls_job *job,
                              struct error *e);
void tls_api_add_delivery(struct tls_job *job, const struct inventory_member *member);
/* Nothing where there is none. */
void tls_switch_add_api_server(struct tls_job *job);
/* Whether the URL is a client URL of a member, as others name it or as the host of this one does. */
bool tls_api_is_members(const struct inventory *inventory, const struct tls_job *job,
                        const char *url);

/* --- kubeadm's config map, which has what its next upgrade writes (tls_switch_kubeadm.c) --- */

/* For the inputs: reads it by the first API server's host at which it can be had. Where it cannot be changed, 'why_not'
 * says so. */
MUST_CHECK bool tls_kubeadm_find(struct arena *mem, struct site *site,
                                 const struct inventory *inventory, struct tls_switch *s,
                                 struct error *e);
/* Nothing where nothing is changed. */
void tls_switch_add_kubeadm(struct tls_switch *s);
/* What is left to be changed there, as a note. */
void tls_kubeadm_note(const struct tls_switch *s);

/* --- the steps --- */

/* On hosts: the spare ports are free, and reached from all other members' hosts. (tls_switch_reach.c) */
MUST_CHECK bool tls_switch_reach(struct tls_switch *s, struct error *e);

/* Of members whose listener and place in the member list differ: before 'look', which waits for all. */
void tls_switch_add_relist(struct tls_switch *s);
/* Of members that are cut off by their peers' scheme: behind 'relist', which makes peers dial them in the old one. */
void tls_switch_add_returns(struct tls_switch *s);
void tls_switch_add_look(struct tls_switch *s);
/* e: a member is not in the inventory any more. */
MUST_CHECK bool tls_switch_add_certificates(struct tls_switch *s, struct error *e);
void tls_switch_add_restarts(struct tls_switch *s, enum tls_phase phase);
void tls_switch_add_peer_urls(struct tls_switch *s, enum tls_phase phase);
/* The last ones: keys that were staged go, or the inventory forgets certificates. */
void tls_switch_add_forget(struct tls_switch *s);
void tls_switch_add_prove(struct tls_switch *s);

#endif
