/*
 * One event loop: descriptors and timers, polled by one thread. Nothing here is global; a program
 * may run as many loops as it likes, each in one thread.
 *
 * Watches and timers are embedded in their owners and linked into the loop: no call here can fail,
 * and any of them may be added, changed or removed from inside a callback.
 */
#ifndef QUORATE_NET_LOOP_H
#define QUORATE_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* LOOP_HANGUP: that the other end has gone, where nothing is to be read or written. */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

/* What loop_run takes for "no deadline". */
#define LOOP_FOREVER INT64_MAX

/* An error or hang-up sets all 'events' that were asked for. */
typedef void loop_ready(void *context, unsigned events);
typedef void loop_expired(void *context);

struct loop_watch {
    int fd;
    unsigned events; /* 0: linked, but not waited for */
    loop_ready *ready;
    void *context;
    struct loop_watch *next;
    struct loop_watch **link; /* NULL: not in a loop */
    size_t slot;              /* in this turn's list, for a removal in mid-turn */
};

struct loop_timer {
    int64_t deadline_ms; /* of time_monotonic_ms */
    loop_expired *expired;
    void *context;
    struct loop_timer *next;
    struct loop_timer **link; /* NULL: not armed */
};

struct loop {
    struct loop_watch *watches;
    struct loop_timer *timers;
    int64_t now_ms;     /* time_monotonic_ms at the start of this turn's callbacks */
    struct buf polls;   /* this turn's struct pollfd */
    struct buf turn;    /* and their watches */
    struct buf scratch; /* what one callback reads into; valid until it returns */
    size_t polled;      /* entries in both */
    bool running;
};

#define AUTO_LOOP __attribute__((cleanup(loop_release))) struct loop

void loop_init(struct loop *l);
/* All owners of watches and timers are to be closed before. */
void loop_release(struct loop *l);

void loop_watch_add(struct loop *l, struct loop_watch *w, int fd, unsigned events,
                    loop_ready *ready, void *context);
void loop_watch_change(struct loop_watch *w, unsigned events);
/* Does not close the descriptor. A watch that is in no loop is fine. */
void loop_watch_remove(struct loop *l, struct loop_watch *w);

/* Arms the timer, or moves an armed one. It is disarmed before 'expired' is called. */
void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t deadline_ms,
                    loop_expired *expired, void *context);
/* As soon as the running callbacks have returned. */
void loop_timer_soon(struct loop *l, struct loop_timer *t, loop_expired *expired, void *context);
void loop_timer_stop(struct loop_timer *t);

/* The time now; cheap inside callbacks, where it is the turn's. */
int64_t loop_now_ms(const struct loop *l);

/*
 * Runs callbacks until *done is true (looked at after each turn), the deadline has passed, or
 * nothing is left that could happen. Descriptors come before timers, so that an answer which
 * arrived in time wins over its own deadline. Not to be called from inside a callback.
 *
 * deadline_ms  of time_monotonic_ms, or LOOP_FOREVER
 * returns      *done
 */
bool loop_run(struct loop *l, const bool *done, int64_t deadline_ms);

#endif
