/*
 * What a load brought: how many calls, how fast, how even, and which errors.
 * Source: etcd 3.7 pkg/report/report.go, whose verdicts are to be met.
 */
#ifndef QUORATE_OPS_LOAD_STATS_H
#define QUORATE_OPS_LOAD_STATS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Kinds of errors that are kept apart; further ones count as the last. */
enum { LOAD_ERRORS_MAX = 16 };

struct load_error {
    char text[ERROR_TEXT_SIZE];
    uint64_t count;
};

struct load_stats {
    uint64_t calls; /* that succeeded */
    double slowest_s;
    double mean_s;
    double squares; /* sum of (x - mean)^2 */
    struct load_error errors[LOAD_ERRORS_MAX];
    size_t error_kinds;
};

void load_stats_add(struct load_stats *s, int64_t took_us);
void load_stats_add_error(struct load_stats *s, const char *text);

/* Successful calls a second, of all the time it took. */
double load_stats_rate(const struct load_stats *s, int64_t total_us);
/* The population's standard deviation, in seconds; NaN without calls, as etcd's. */
double load_stats_deviation(const struct load_stats *s);

#endif
