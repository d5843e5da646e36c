/* The parts of explain.c: each adds to an error what it finds out, or nothing. */
#ifndef QUORATE_CLUSTER_EXPLAIN_PARTS_H
#define QUORATE_CLUSTER_EXPLAIN_PARTS_H

#include "cluster/view.h"
#include "etcd/client.h"

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
 * Does this answer to GET /members come from a port for peers? Then the client URL of the member
 * that has 'endpoint' among its peer URLs, or "" when it has none.
 */
bool members_tell_peer_port(struct arena *mem, struct bytes body, const char *endpoint,
                            const char **ret_client_url);

#endif
