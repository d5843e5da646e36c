/* The parts of explain.c: each adds to an error what it finds out, or nothing. */
#ifndef QUORATE_CLUSTER_EXPLAIN_PARTS_H
#define QUORATE_CLUSTER_EXPLAIN_PARTS_H

#include "cluster/view.h"
#include "etcd/client.h"
#include "etcd/cluster.h"

/* For each question that is asked; on a failure path nobody wants to wait long. */
enum { EXPLAIN_TIMEOUT_MS = 500 };

struct explain {
    struct arena *mem; /* gone when the error has been explained */
    const struct etcd_options *options;
    struct etcd_client *client;
    const char *endpoint;         /* that the error is about; "": not known */
    struct etcd_options shortly;  /* the options with a short time-out */
    struct etcd_options this_one; /* the same for the one endpoint */
};

void explain_quorum(struct explain *x, struct error *e);
void explain_learner(struct explain *x, struct error *e);
void explain_space(struct explain *x, struct error *e);
void explain_compacted(struct explain *x, struct error *e);
void explain_version(struct explain *x, struct error *e);
void explain_clock(struct explain *x, struct error *e);
void explain_peer_port(struct explain *x, struct error *e);
void explain_permission(struct explain *x, struct error *e);

/* What a picture of the cluster says about its quorum; pure. True: enough voters answer. */
bool quorum_judge(struct arena *mem, const struct cluster_view *view, struct error *e);

/* A status into words for a full database; pure. */
void space_judge(struct arena *mem, const struct etcd_status *status, struct error *e);

/* Since which version of etcd there is a call ("Downgrade": "3.5"); NULL: not known. */
const char *call_since(const char *server_said);

/*
 * The members out of an answer to GET /members, which a port for peers gives, without their ids.
 * False: it is no such answer. Source: etcd server/etcdserver/api/etcdhttp/peer.go (3.4:
 * etcdserver/api/etcdhttp/peer.go), membership.Member's JSON.
 */
bool peer_members_decode(struct arena *mem, struct bytes body, struct etcd_member_list *ret_list);
/* The first client URL of the member with this peer URL; "" when there is none. */
const char *client_url_of_peer(const struct etcd_member_list *list, const char *endpoint);
/* Asks an endpoint for them. */
bool peer_members_fetch(struct explain *x, const char *endpoint, struct etcd_member_list *ret_list);
/* "http://h:2379" to "http://h:2380", etcd's usual port for peers; NULL when it has no port. */
const char *next_port(struct arena *mem, const char *endpoint);

#endif
