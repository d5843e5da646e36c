/*
 * Looks at a cluster beside the keys: a look runs in a thread of its own, one at a time, and a silent member delays
 * nothing but its own answer. When it has ended, 'done_fd' becomes readable and live_looker_take gives what it saw.
 */
#ifndef QUORATE_CLI_LIVE_LOOKER_H
#define QUORATE_CLI_LIVE_LOOKER_H

#include "base/thread.h"
#include "cluster/disk_pace.h"
#include "cluster/rules.h"
#include "cluster/view.h"

/* What one look saw, in an arena of its own. */
struct live_look {
    struct arena mem;
    bool ok; /* otherwise 'error' says why nobody answered */
    struct error error;
    struct cluster_view view;
    struct judgement judgement;
    int64_t ended_us; /* of time_monotonic_us */
    int64_t ended_wall_ms;
};

/* Stays where it is. */
struct live_looker {
    struct view_connections connections;
    struct disk_readings readings; /* the thread's while a look is under way */
    struct judge_days days;
    struct thread thread;
    struct live_look *look; /* under way; NULL: none is */
    int64_t began_ms;       /* of time_monotonic_ms */
    int done_fd;
};

/* options  live as long. e: what makes looking impossible: a mistake in endpoints or TLS files. */
MUST_CHECK bool live_looker_open(struct live_looker *l, const struct etcd_options *options,
                                 struct judge_days days, struct error *e);
/* Waits for the look that is under way: one command time-out, or two. */
void live_looker_close(struct live_looker *l);

/* Begins a look; none may be under way. */
void live_looker_start(struct live_looker *l);
/* Waits for its end; for live_look_free. */
struct live_look *live_looker_take(struct live_looker *l);
/* NULL is accepted. */
void live_look_free(struct live_look *look);

/* Judges again what the view of 'before' says when none of its members answers, for 'error'. 'before' has to live as long. */
struct live_look *live_look_of_silence(const struct live_look *before, const struct live_look *now,
                                       struct judge_days days);

#endif
