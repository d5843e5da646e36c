/*
 * A histogram of a metrics page: how often something took at most so long, as counts that grow; and what
 * can be said from it. Two pages of one server give what happened between them.
 *
 * Source: Prometheus' documentation, "Histograms and summaries", and histogram_quantile().
 */
#ifndef QUORATE_FORMAT_METRICS_HISTOGRAM_H
#define QUORATE_FORMAT_METRICS_HISTOGRAM_H

#include "format/metrics_text.h"

enum { HISTOGRAM_BUCKETS_MOST = 256 }; /* etcd's have 8 to 20 */

struct histogram_bucket {
    double bound; /* at most this; +Inf in the last */
    double count; /* of all up to the bound */
};

struct histogram {
    const struct histogram_bucket *buckets; /* ascending */
    size_t bucket_count;
    double count; /* of all */
};

/*
 * The histogram NAME, which the page has as NAME_bucket{le="..."}; several of them, one for each peer for
 * example, are added up.
 *
 * label   only those whose label has this value; NULL: all.
 * Value   false: there is none, or it is none: no bucket without a bound, counts that go down.
 * Memory  in 'mem'.
 */
MUST_CHECK bool metrics_histogram(struct arena *mem, const struct metrics *metrics,
                                  const char *name, const char *label, struct bytes value,
                                  struct histogram *ret_histogram);

/* What came since. False: other buckets, or less than before: the server was started anew. In 'mem'. */
MUST_CHECK bool histogram_since(struct arena *mem, const struct histogram *now,
                                const struct histogram *before, struct histogram *ret_histogram);

/*
 * The value that the share 'q' of all (0.99: 99 of 100) does not exceed, as Prometheus estimates it: within
 * a bucket all are taken to be spread evenly. What lies above the last bound counts as that bound. 0 of an
 * empty one.
 */
double histogram_quantile(const struct histogram *h, double q);

#endif
