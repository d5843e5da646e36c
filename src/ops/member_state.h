/*
 * What the plans that change a cluster's membership share; private to ops/member_*.c.
 *
 * Such a plan is a list of jobs: a member joins, or a member leaves. Each job is a fixed row of steps,
 * so that growing, shrinking, replacing and moving differ in their jobs only.
 */
#ifndef QUORATE_OPS_MEMBER_STATE_H
#define QUORATE_OPS_MEMBER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "cluster/inventory_lab.h"
#include "cluster/rules_membership.h"
#include "cluster/site.h"
#include "cluster/view.h"
#include "etcd/client.h"
#include "ops/member_plans.h"
#include "ops/plan_cluster.h"
#include "ops/plan_kinds.h"
#include "plan/plan.h"

enum member_action { MEMBER_JOINS, MEMBER_LEAVES };

struct member_job;

struct membership {
    struct plan *plan;
    const struct plan_context *context;
    struct plan_cluster cluster;
    const char *lab; /* "demo"; NULL: not a lab */
    struct site site;
    const char *stamp; /* part of the names of directories that are moved aside */
    size_t voters;     /* when the plan was made */
    bool replaces;     /* the one that joins takes the place of the one that left */
    struct member_job *jobs;
    size_t job_count;
};

struct member_job {
    struct membership *of;
    enum member_action action;
    uint64_t old_id; /* of one that leaves; of the one whose place is taken; else 0 */
    struct inventory_member member; /* its configuration */
    const char *like; /* of one that joins on a host: the name of the member it is laid out like */
    const char *manifest; /* or the file here; NULL: none */
    const char *image;    /* of a pod that is laid out like what is none; NULL: no pod */
    const char
        *pki; /* the folder here whose authority issues its certificates; NULL: they are there */
    bool has_authority;  /* its host has an authority's certificate, which stays */
    bool lost;           /* its host is gone for good, and never asked */
    size_t voters_after; /* when this job is done */
    bool last;
};

/* --- looking (member_site.c) --- */

/* The inventory as it is now; in 'mem'. */
MUST_CHECK bool membership_inventory(struct arena *mem, const struct membership *ms,
                                     struct inventory **ret_inventory, struct error *e);
/* The cluster as it is now; in 'mem'. */
MUST_CHECK bool membership_look(struct arena *mem, const struct membership *ms,
                                struct cluster_view *ret_view, struct error *e);
/* A client on the voters that serve, other than 'but'. */
MUST_CHECK bool membership_client(const struct membership *ms, const struct cluster_view *view,
                                  uint64_t but, struct etcd_client **ret_client, struct error *e);
/* A client on this member only. */
MUST_CHECK bool membership_client_of(const struct membership *ms, const struct member_view *member,
                                     struct etcd_client **ret_client, struct error *e);
/* live_leadership_leave, live_hashes_prove (live_cluster.h). */
MUST_CHECK bool membership_leadership_leave(const struct membership *ms, uint64_t id,
                                            const char *name, struct error *e);
MUST_CHECK bool membership_hashes_prove(const struct membership *ms,
                                        const struct cluster_view *view, struct error *e);
/* The member in the list that has the job's peer URL and is not the old one; NULL: none. */
const struct member_view *job_member(const struct member_job *job, const struct cluster_view *view);
/* Looks at the cluster, and at the job's member in it: NULL when it is not in the list. */
MUST_CHECK bool job_look(struct arena *mem, const struct member_job *job,
                         struct cluster_view *ret_view, const struct member_view **ret_member,
                         struct error *e);
/* Whether this plan's journal says that the job's step is done. */
bool job_step_recorded(const struct member_job *job, const char *step);
/* How the job's member runs. */
MUST_CHECK bool job_service(const struct member_job *job, struct service *ret_service,
                            struct error *e);

/* One call that changes the membership, as job_change makes it. */
typedef bool member_call(struct member_job *job, struct etcd_client *client, uint64_t id,
                         struct error *e);
/*
 * Makes the call, again while the cluster refuses it for what passes: members not connected for long
 * enough, a learner that is not caught up.
 */
MUST_CHECK bool job_change(struct member_job *job, member_call *call, uint64_t id, struct error *e);
/* What joiners on hosts are laid out like. Each NULL: see struct member_job. */
struct member_layout {
    const char *like;
    const char *manifest;
    const char *image;
    const char *pki;
};

/*
 * Chooses what nobody said about members that are to join (name and host are set where they were said): a
 * lab has ports and folders for them, hosts take after another member, or after a manifest, which is told.
 */
MUST_CHECK bool members_choose(struct arena *mem, const struct member_request *request,
                               struct site *site, const struct cluster_view *view,
                               struct inventory_member *members, size_t count,
                               struct member_layout *ret_layout, struct error *e);
/* The members that the request names, as far as it says anything. In 'mem'. */
struct inventory_member *members_named(struct arena *mem, const struct member_request *request,
                                       size_t count);
/* Chooses names (where they are NULL), ports and folders of members that a lab is to have; URLs that
 * are given stay. In 'mem'. */
MUST_CHECK bool lab_members_choose(struct arena *mem, const struct member_request *request,
                                   const struct cluster_view *view,
                                   struct inventory_member *members, size_t count, struct error *e);
/* A pause while waiting for the cluster; ERROR_TIMEOUT, ERROR_CANCELLED end the waiting. */
MUST_CHECK bool membership_wait(const struct membership *ms, const char *what, struct error *e);

/* --- doing (member_join.c, member_leave.c); each is fine when it is done already --- */

MUST_CHECK bool job_join_again(struct member_job *job, struct error *e);
/* Takes the member out of the list, its leadership first; fine when it is not in it. */
MUST_CHECK bool job_expel(struct member_job *job, uint64_t id, struct error *e);
/* Makes it known to the inventory and its host, stopped; and all that back. */
MUST_CHECK bool job_is_configured(const struct member_job *job, bool *ret_is, struct error *e);
MUST_CHECK bool job_configure(struct member_job *job, struct error *e);
/* Whether its host has what its unit or manifest will need, which says so before anything is changed. Always so in a
 * lab, and of one that has its own there. */
MUST_CHECK bool job_may_be_laid_out(const struct member_job *job, const struct inventory *inventory,
                                    const struct cluster_view *view, struct error *e);
MUST_CHECK bool job_unconfigure(struct member_job *job, struct error *e);
/* The files of one that came back and runs, as they were before it was configured for that. */
MUST_CHECK bool job_settings_back(struct member_job *job, struct error *e);
/* Whether it has a service of its own on its host already. */
bool job_in_place(const struct member_job *job);
/* Stops it, and moves its data aside as DATA.<word>-STAMP. */
MUST_CHECK bool job_stop(struct member_job *job, struct error *e);
MUST_CHECK bool job_data_aside(struct member_job *job, const char *word, struct error *e);
const char *job_aside(struct arena *mem, const struct member_job *job, const char *word);

/* A directory of a member that moves as a whole, and where it goes: PLACE.<word>-STAMP. */
struct job_tree {
    const char *place;
    const char *aside;
};

enum { JOB_TREES_MOST = 2 };

/*
 * The data, or etcd's folder in them when they are a mount point; the log, when it is apart.
 *
 * ret_trees  has room for JOB_TREES_MOST; texts in 'mem'.
 * e          site_host's.
 */
MUST_CHECK bool job_trees(struct arena *mem, const struct member_job *job, const char *word,
                          struct job_tree *ret_trees, size_t *ret_count, struct error *e);
/* Takes it out of the inventory, and from a lab's supervisor; on a host it stays held down. */
MUST_CHECK bool job_forget(struct member_job *job, struct error *e);

/* --- on hosts --- */

struct setting_list {
    ARRAY(struct setting_change) items;
};

/*
 * What the job's member is laid out like, and its service: the manifest that was given; a member that runs as it
 * does, the one that was named first; else one of the other kind. In the plan's arena.
 *
 * e  as site_service; ERROR_NOT_FOUND: none.
 */
MUST_CHECK bool job_pattern(const struct member_job *job, const struct inventory *inventory,
                            const struct inventory_member **ret_pattern,
                            struct service *ret_service, struct error *e);
/* A manifest of this machine as what it would be as a member (name, URLs, paths on its host; no host), and its
 * service. In 'mem'. e: as service_settings. */
MUST_CHECK bool manifest_member(struct arena *mem, const char *path,
                                struct inventory_member *ret_member, struct service *ret_service,
                                struct error *e);
/* What of the pattern's settings is the joiner's own: name, URLs, directories, certificates. */
MUST_CHECK bool joiner_settings(struct arena *mem, struct site *site,
                                const struct inventory_member *pattern,
                                const struct etcd_settings *settings,
                                const struct inventory_member *joiner, struct setting_list *changes,
                                struct error *e);

enum dir_state { DIR_ABSENT, DIR_EMPTY, DIR_FULL };

MUST_CHECK bool member_dir_look(struct site *site, const struct inventory_member *member,
                                const char *path, enum dir_state *ret_state, struct error *e);
MUST_CHECK bool job_has_data(const struct member_job *job, bool *ret_has, struct error *e);
/* The directories that its etcd cannot make itself; and takes those away that are empty still. */
MUST_CHECK bool job_dirs_make(struct member_job *job, const struct service *service,
                              struct error *e);
MUST_CHECK bool job_dirs_unmake(struct member_job *job, struct error *e);

/* %{member}, %{peer_url}, %{data_dir}, %{aside}, %{quorum} */
const char *job_field(const void *op, struct arena *mem, const char *name);

/* --- the steps --- */

void membership_add_preflight(struct membership *ms);
/* For those who join a cluster with TLS (member_certificate.c). */
void membership_add_certificates(struct membership *ms);
void membership_add_join(struct member_job *job);
void membership_add_leave(struct member_job *job);
void membership_add_prove(struct membership *ms);

/* On a host, with an authority: issues its certificates, and brings them there (member_pki.c). */
void job_add_issue(struct member_job *job);
void job_add_delivery(struct member_job *job);

/* --- judging a joiner (member_preflight.c) --- */

struct joiner joiner_of(const struct inventory_member *member);
/* --initial-cluster of a member that joins: itself, and the others that are there. In 'mem'. */
const char *member_initial_cluster(struct arena *mem, const struct inventory_member *member,
                                   const struct cluster_view *view);
/*
 * Whether the member can join as it is configured: the rules of cluster/rules_membership.h, its ports
 * and addresses. Changes nothing.
 *
 * in_place  it takes the place of one that is lost: name, URLs and directory are that one's.
 * pki       NULL: its certificates are on its host, and are judged, too.
 */
MUST_CHECK bool member_may_join(struct site *site, const struct inventory *inventory,
                                const struct cluster_view *view,
                                const struct inventory_member *member, bool in_place,
                                const char *pki, struct error *e);

/*
 * Whether the joiner's host can run it (member_host_look.c): its peers are reached from there, and on
 * hosts it from theirs; disk, clocks, ports, directories. Changes nothing. What is worth a line but no
 * refusal becomes a note of the plan.
 */
MUST_CHECK bool member_host_allows(struct membership *ms, const struct inventory *inventory,
                                   const struct cluster_view *view,
                                   const struct inventory_member *joiner, bool in_place,
                                   struct error *e);

/* --- inputs (member_inputs.c) --- */

struct member_inputs {
    const struct inventory *inventory;
    struct site site;
    struct member_layout layout;
    size_t voters;
    ARRAY(struct member_job) jobs; /* action, old_id, member */
};

/* What the inputs of all plans begin with: the cluster as it is. In 'mem'. */
MUST_CHECK bool member_inputs_begin(struct arena *mem, const struct member_request *request,
                                    struct member_inputs *ret_inputs, struct cluster_view *ret_view,
                                    struct error *e);
/* One more job; the member that leaves is in the inventory and in the view. */
void member_inputs_join(struct arena *mem, struct member_inputs *inputs,
                        const struct inventory_member *member, uint64_t old_id);
MUST_CHECK bool member_inputs_leave(struct arena *mem, struct member_inputs *inputs,
                                    const struct inventory *inventory,
                                    const struct cluster_view *view, const char *name,
                                    struct error *e);
/* The same for one whose host is gone for good: nobody asks there. */
MUST_CHECK bool member_inputs_lose(struct arena *mem, struct member_inputs *inputs,
                                   const struct cluster_view *view, const char *name,
                                   struct error *e);
/* Writes the plan's inputs. */
void member_inputs_write(struct arena *mem, const struct member_inputs *inputs,
                         struct buf *ret_inputs);
/* Makes the membership from the inputs; sets the plan's cluster. */
MUST_CHECK bool membership_of_inputs(struct plan *plan, const struct json *inputs, void *context,
                                     struct membership **ret_membership, struct error *e);
/* The names of the jobs with this action: "m2, m3". In 'mem'. */
const char *membership_names(struct arena *mem, const struct membership *ms,
                             enum member_action action);

#endif
