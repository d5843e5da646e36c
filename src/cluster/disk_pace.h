/*
 * How fast members' disks are, as they tell it themselves (GET /metrics): what 99 of 100 syncs of the log, and commits
 * of the database, took at most between two readings.
 */
#ifndef QUORATE_CLUSTER_DISK_PACE_H
#define QUORATE_CLUSTER_DISK_PACE_H

#include "cluster/view.h"
#include "format/metrics_text.h"

/* How often they are read at most: a page has some 200 KiB, which the member has to make. And how long one is waited
 * for: a view that shows it has something better to do. */
enum { DISK_PACE_EVERY_MS = 5000, DISK_PACE_TIMEOUT_MS = 1000 };

/* NAN: not known, or nothing was written meanwhile. */
struct disk_pace {
    double fsync_ms;
    double commit_ms;
};

/* The last page that a member gave. */
struct disk_reading {
    struct arena mem; /* of the page */
    uint64_t member_id;
    struct metrics page;
    struct disk_pace pace; /* since the page before; NAN when the last reading of all gave none */
};

/* Zeroed at first. */
struct disk_readings {
    struct arena mem;
    ARRAY(struct disk_reading) items;
    int64_t read_ms; /* of time_monotonic_ms; 0: never */
};

/* From two pages of one member. */
struct disk_pace disk_pace_between(const struct metrics *before, const struct metrics *now);

/*
 * Reads the pages of all members that answered, at once, when the last reading is old enough. A member whose page cannot be
 * had has no pace: its figures may be served elsewhere (--listen-metrics-urls).
 */
void disk_readings_renew(struct disk_readings *r, const struct etcd_options *options,
                         const struct cluster_view *view);
/* NAN twice for a member without two readings. */
struct disk_pace disk_readings_pace(const struct disk_readings *r, uint64_t member_id);
void disk_readings_release(struct disk_readings *r);

#endif
