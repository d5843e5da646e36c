/*
 * Prometheus' text format, in which etcd tells its own figures (GET /metrics): the samples of a page, by
 * name and labels.
 *
 * Source: Prometheus' exposition formats, "text-based format", version 0.0.4; pages of etcd 3.4 to 3.7.
 */
#ifndef QUORATE_FORMAT_METRICS_TEXT_H
#define QUORATE_FORMAT_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

/* etcd's pages have 600 to 1200 samples with 4 labels at most. */
enum { METRICS_SAMPLES_MOST = 1 << 16, METRIC_LABELS_MOST = 32 };

struct metric_label {
    struct bytes name;
    struct bytes value; /* escapes undone */
};

struct metric {
    struct bytes name;
    const struct metric_label *labels;
    size_t label_count;
    double value; /* NaN and infinities are values, too */
};

struct metrics {
    struct metric *items; /* in the page's order */
    size_t count;
    size_t capacity;
};

/*
 * Reads a page. Comments, with types and help, are passed over; so are samples' times.
 *
 * text    has to live as long as the result.
 * e       ERROR_FORMAT: names the line, from 1. ERROR_LIMIT: more samples, or labels of one, than fit.
 * Memory  in 'mem'.
 */
MUST_CHECK bool metrics_parse(struct arena *mem, struct bytes text, struct metrics *ret_metrics,
                              struct error *e);

/* The first sample of that name, or the next one behind 'after'; NULL when there is none. */
const struct metric *metrics_next(const struct metrics *metrics, const char *name,
                                  const struct metric *after);
/* The value of a label; false when the sample has none of that name. */
bool metric_label(const struct metric *metric, const char *name, struct bytes *ret_value);
/* All samples of that name added up; false when there is none. */
bool metrics_sum(const struct metrics *metrics, const char *name, double *ret_sum);

#endif
