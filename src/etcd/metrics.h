/* A member's own figures: GET /metrics on its client port, in Prometheus' text format. */
#ifndef QUORATE_ETCD_METRICS_H
#define QUORATE_ETCD_METRICS_H

#include "base/bytes.h"
#include "etcd/client.h"

/* Histograms of its disk. Source: etcd's server/storage/wal/metrics.go and server/storage/backend/metrics.go; the same
 * in 3.4 to 3.7. */
#define ETCD_METRIC_WAL_FSYNC      "etcd_disk_wal_fsync_duration_seconds"
#define ETCD_METRIC_BACKEND_COMMIT "etcd_disk_backend_commit_duration_seconds"

/*
 * All of them, as text; some 100 to 200 KiB.
 *
 * e  ERROR_RPC: the answer is not 200, for example because --listen-client-http-urls moved HTTP to
 *    another port. Else the connection's.
 */
MUST_CHECK bool etcd_metrics_fetch(struct arena *mem, struct etcd_client *client, size_t endpoint,
                                   struct bytes *ret_text, struct error *e);

/* One endpoint's page, and what its answer tells of its clock. */
struct etcd_metrics_answer {
    bool ok;
    struct error error; /* when not ok; names the endpoint */
    struct bytes text;
    int64_t date_s; /* the server's clock, cut to a second, since 1970 UTC; 0: it did not say */
    int64_t asked_ms, told_ms; /* wall clock here */
};

/* The pages of all endpoints at once: together they take one command time-out at most. */
void etcd_metrics_each(struct arena *mem, struct etcd_client *client,
                       struct etcd_metrics_answer **ret_answers);

#endif
