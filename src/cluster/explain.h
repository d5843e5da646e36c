/*
 * Why a command failed, beyond what the server said: the one place that looks around after an error.
 * It asks the cluster with a short time-out and adds to text, remedy and evidence what it has found:
 * which members do not answer and how many are needed, who votes, which revision is the oldest, how
 * full the database is, which permission is lacking, what the server's clock says, that this is the
 * port for peers. Nothing here changes anything, and nothing is asked when there was no error.
 *
 * Which causes are looked into: the table in explain.c, by the words of etcd/rpc_errors.list and
 * net/failures.list.
 */
#ifndef QUORATE_CLUSTER_EXPLAIN_H
#define QUORATE_CLUSTER_EXPLAIN_H

#include "etcd/client.h"

/* Explains an error of a call of this client, opened with these options. Takes a second at most. */
void explain_error(const struct etcd_options *options, struct etcd_client *client, struct error *e);

/*
 * An etcd_no_leader (etcd/client.h), whose context is the client's struct etcd_options: worth
 * waiting while enough voting members answer for one of them to be elected; else the error becomes
 * "quorum-lost" and says who is missing.
 */
bool explain_no_leader(void *options, struct error *e);

#endif
