/*
 * The loop's idea: the lists of watches and timers are the truth; each turn makes a fresh array for
 * poll(2) from them. A callback that removes a watch clears its slot in this turn's array, so no
 * callback is ever called for an owner that is gone.
 */
#include "net/loop.h"

#include <limits.h>
#include <poll.h>

#include "base/error.h"
#include "base/time.h"

enum { SLOT_NONE = -1 };

struct turn_slot {
    struct loop_watch *watch; /* NULL: removed in mid-turn */
};

void
loop_init(struct loop *l)
{
    *l = (struct loop){.now_ms = time_monotonic_ms()};
}

void
loop_release(struct loop *l)
{
    ASSERT(l->watches == NULL && l->timers == NULL);
    buf_release(&l->polls);
    buf_release(&l->turn);
    buf_release(&l->scratch);
}

static struct turn_slot *
turn_slots(const struct loop *l)
{
    return (struct turn_slot *)(void *)l->turn.data;
}

void
loop_watch_add(struct loop *l, struct loop_watch *w, int fd, unsigned events, loop_ready *ready,
               void *context)
{
    ASSERT(w->link == NULL);
    *w = (struct loop_watch){.fd = fd,
                             .events = events,
                             .ready = ready,
                             .context = context,
                             .next = l->watches,
                             .link = &l->watches,
                             .slot = (size_t)SLOT_NONE};
    if (w->next != NULL)
        w->next->link = &w->next;
    l->watches = w;
}

void
loop_watch_change(struct loop_watch *w, unsigned events)
{
    w->events = events;
}

void
loop_watch_remove(struct loop *l, struct loop_watch *w)
{
    if (w->link == NULL)
        return;
    if (w->slot < l->polled && turn_slots(l)[w->slot].watch == w)
        turn_slots(l)[w->slot].watch = NULL;
    *w->link = w->next;
    if (w->next != NULL)
        w->next->link = w->link;
    w->link = NULL;
}

static void
timer_link(struct loop_timer **list, struct loop_timer *t)
{
    t->next = *list;
    t->link = list;
    if (t->next != NULL)
        t->next->link = &t->next;
    *list = t;
}

void
loop_timer_set(struct loop *l, struct loop_timer *t, int64_t deadline_ms, loop_expired *expired,
               void *context)
{
    loop_timer_stop(t);
    t->deadline_ms = deadline_ms;
    t->expired = expired;
    t->context = context;
    timer_link(&l->timers, t);
}

void
loop_timer_soon(struct loop *l, struct loop_timer *t, loop_expired *expired, void *context)
{
    loop_timer_set(l, t, INT64_MIN, expired, context);
}

void
loop_timer_stop(struct loop_timer *t)
{
    if (t->link == NULL)
        return;
    *t->link = t->next;
    if (t->next != NULL)
        t->next->link = t->link;
    t->link = NULL;
}

int64_t
loop_now_ms(const struct loop *l)
{
    return l->running ? l->now_ms : time_monotonic_ms();
}

/* This turn's array; returns the earliest deadline. */
static int64_t
turn_prepare(struct loop *l, int64_t deadline_ms)
{
    buf_clear(&l->polls);
    buf_clear(&l->turn);
    l->polled = 0;
    for (struct loop_watch *w = l->watches; w != NULL; w = w->next) {
        struct pollfd p = {.fd = w->fd};
        struct turn_slot slot = {w};

        w->slot = (size_t)SLOT_NONE;
        if (w->events == 0)
            continue;
        p.events = (short)(((w->events & LOOP_READ) != 0 ? POLLIN : 0) |
                           ((w->events & LOOP_WRITE) != 0 ? POLLOUT : 0));
        w->slot = l->polled++;
        buf_append(&l->polls, &p, sizeof(p));
        buf_append(&l->turn, &slot, sizeof(slot));
    }
    for (const struct loop_timer *t = l->timers; t != NULL; t = t->next) {
        if (t->deadline_ms < deadline_ms)
            deadline_ms = t->deadline_ms;
    }
    return deadline_ms;
}

static int
poll_timeout(int64_t now_ms, int64_t deadline_ms)
{
    if (deadline_ms == LOOP_FOREVER)
        return -1;
    if (deadline_ms <= now_ms)
        return 0;
    return deadline_ms - now_ms > INT_MAX ? INT_MAX : (int)(deadline_ms - now_ms);
}

static void
turn_watches(struct loop *l)
{
    const struct pollfd *polls = (const struct pollfd *)(void *)l->polls.data;

    for (size_t i = 0; i < l->polled; i++) {
        struct loop_watch *w = turn_slots(l)[i].watch;
        unsigned events = 0;

        if (w == NULL || polls[i].revents == 0)
            continue;
        if ((polls[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
            events = LOOP_READ | LOOP_WRITE | LOOP_HANGUP;
        if ((polls[i].revents & POLLIN) != 0)
            events |= LOOP_READ;
        if ((polls[i].revents & POLLOUT) != 0)
            events |= LOOP_WRITE;
        events &= w->events; /* an earlier callback may have changed them */
        if (events != 0)
            w->ready(w->context, events);
    }
    l->polled = 0;
}

/* Timers that a callback arms wait for the next turn, or descriptors would starve. */
static void
turn_timers(struct loop *l)
{
    struct loop_timer *expired = NULL;

    for (struct loop_timer *t = l->timers, *next; t != NULL; t = next) {
        next = t->next;
        if (t->deadline_ms <= l->now_ms) {
            loop_timer_stop(t);
            timer_link(&expired, t);
        }
    }
    while (expired != NULL) {
        struct loop_timer *t = expired;

        loop_timer_stop(t);
        t->expired(t->context);
    }
}

bool
loop_run(struct loop *l, const bool *done, int64_t deadline_ms)
{
    ASSERT(!l->running);
    l->running = true;
    l->now_ms = time_monotonic_ms();
    while (!*done) {
        int64_t earliest_ms = turn_prepare(l, deadline_ms);

        if (l->polled == 0 && earliest_ms == LOOP_FOREVER)
            break;
        /* The one failure to expect is EINTR: then nothing is ready, and 'done' is looked at. */
        if (poll((struct pollfd *)(void *)l->polls.data, (nfds_t)l->polled,
                 poll_timeout(l->now_ms, earliest_ms)) < 0)
            l->polled = 0;
        l->now_ms = time_monotonic_ms();
        turn_watches(l);
        turn_timers(l);
        if (l->now_ms >= deadline_ms)
            break;
    }
    l->running = false;
    return *done;
}
