/*
 * What looks at a cluster, one after the other, say together: rates between two of them, and the last ones as
 * series. Pure: it is told each look and its time, and asks nobody.
 *
 * A value that could not be had is NAN: no answer, the first look, a counter that went back because the member was
 * started anew.
 */
#ifndef QUORATE_CLUSTER_HISTORY_H
#define QUORATE_CLUSTER_HISTORY_H

#include "base/arena.h"
#include "cluster/disk_pace.h"
#include "cluster/view.h"

enum { HISTORY_LOOKS = 240 };

/* The last values of one figure. */
struct series {
    double values[HISTORY_LOOKS]; /* a ring */
    size_t count;
    size_t next; /* where the next one goes */
};

struct member_history {
    uint64_t id;
    bool seen;    /* in the last look's member list */
    bool answers; /* the figures below are of its last answer */
    int64_t answered_us;
    uint64_t applied;
    int64_t db_size_bytes;
    struct disk_pace pace;       /* of its last reading */
    struct series latency_ms;    /* of its answer to the status */
    struct series applied_per_s; /* entries of the raft log */
    struct series growth_per_s;  /* bytes of the database's file */
};

struct history {
    struct arena *mem;
    ARRAY(struct member_history *) members;
    size_t looks;
    bool has_revision;
    int64_t revision; /* of the last look that told one */
    int64_t revision_us;
    struct series writes_per_s; /* revisions */
};

void series_add(struct series *s, double value);
/* The value 'back' looks ago, 0 being the last; NAN where there is none. */
double series_at(const struct series *s, size_t back);
/* The largest of the last 'count'; 0 when none of them is known. */
double series_most(const struct series *s, size_t count);

void history_init(struct history *h, struct arena *mem);
/*
 * One more look.
 *
 * view    NULL: nobody answered.
 * now_us  of a clock that never jumps (time_monotonic_us).
 */
void history_add(struct history *h, const struct cluster_view *view, int64_t now_us);
/* What the readings tell of the members that looks have had. */
void history_pace_add(struct history *h, const struct disk_readings *readings);
/* NULL: no look has had this member. */
const struct member_history *history_member(const struct history *h, uint64_t id);

#endif
