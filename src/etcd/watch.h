/*
 * Watches: events of keys, in order, none lost and none twice. A watcher is one stream that any
 * number of watches share; when its server is lost, or ends it, all of them go on at the next
 * endpoint from the revision behind the last event each has delivered.
 *
 *     etcd_watcher_init(&watcher, client, lost, context);
 *     etcd_watch_add(&watcher, &watch, &options);
 *     loop_run(etcd_client_loop(client), &done, LOOP_FOREVER);
 *     etcd_watcher_release(&watcher);
 *
 * Trying again: every endpoint once, then with pauses growing from 50 ms to 1 s, for ever. But what
 * no endpoint takes from the start is an error after one round, and so is a cluster whose members
 * have no leader for 5 s. While a consumer is busy in a callback nothing is read; one that works
 * elsewhere pauses the watcher. Either way at most the stream's window (1 MiB) waits, and one
 * response is held at a time.
 *
 * Source: etcd client/v3/watch.go and server/etcdserver/api/v3rpc/watch.go, 3.4 to 3.7. Unlike
 * etcd's client, a watch that began "from now" goes on behind the revision at which it was created,
 * so that a key that changed last at that very revision is not reported.
 */
#ifndef QUORATE_ETCD_WATCH_H
#define QUORATE_ETCD_WATCH_H

#include "etcd/message/watch_message.h"
#include "etcd/stream.h"

/*
 * Events, or a progress notification (no events). Valid until the callback returns, which may add
 * and remove watches, pause the watcher, ask for progress; not release it.
 */
typedef void etcd_watch_received(void *context, const struct etcd_watch_response *response);

/*
 * The watch is over and already removed: 'last' is the server's cancellation, or an empty one when
 * the stream failed.
 *
 * e  ERROR_NOT_FOUND: the revision was compacted, last->compact_revision is the first to be had.
 *    Else as etcd/rpc_error.h says.
 */
typedef void etcd_watch_ended(void *context, const struct etcd_watch_response *last,
                              const struct error *e);

/* The stream broke, and will be tried again; for a word to people. */
typedef void etcd_watcher_lost(void *context, const struct error *why);

struct etcd_watch_options {
    struct bytes key; /* and range_end: must live as long as the watch */
    struct bytes range_end;
    int64_t revision; /* the first one wanted; 0: from now */
    bool prev_kv;
    bool progress_notify; /* deliver the server's periodic notifications */
    /* Deliver large responses in pieces (->fragment); without it a response of a thousand large
     * revisions is held as a whole. */
    bool fragments;
    etcd_watch_received *on_response;
    etcd_watch_ended *on_end;
    void *context;
};

struct etcd_watcher;

/* Stays where it is from add until on_end or remove. */
struct etcd_watch {
    struct etcd_watch_options options;
    struct etcd_watcher *watcher; /* NULL: not in one */
    struct etcd_watch *next;      /* in the order of adding */
    uint64_t order;               /* of its creation in the stream: answers have none else */
    int64_t id;                   /* the server's, once created */
    bool created;
    uint64_t told;            /* the watcher's 'told' it has seen */
    int64_t next_revision;    /* where to go on; 0: not known yet */
    int64_t partial_revision; /* some events of this one were delivered, perhaps not all */
    size_t partial_events;    /* that many */
    size_t skip_events;       /* of partial_revision, when they come a second time */
};

struct etcd_watcher {
    struct etcd_client *client;
    etcd_watcher_lost *on_lost; /* may be NULL */
    void *context;
    struct etcd_watch *watches;
    struct etcd_stream stream;
    uint64_t asked; /* creations, in this stream */
    uint64_t answered;
    uint64_t told; /* progress notifications to all */
    size_t endpoint;
    struct loop_timer retry;
    unsigned failures; /* since the stream last worked for a while */
    int64_t retry_pause_ms;
    int64_t created_ms;    /* when it began to work; 0: it does not */
    int64_t leaderless_ms; /* since when members say that they have no leader; 0: they do not */
    bool worked;           /* at some time */
    bool token_renewed;    /* since it last worked */
    bool patient;
    bool paused;
    bool progress_wanted;
    struct error why; /* of this round's failures */
};

/* No connection yet. */
void etcd_watcher_init(struct etcd_watcher *r, struct etcd_client *client,
                       etcd_watcher_lost *on_lost, void *context);
/* Never give up, neither at the start nor without a leader: for those who wait whatever happens. */
void etcd_watcher_be_patient(struct etcd_watcher *r);
/* Forgets all watches; no callback comes any more. Not from inside one. Twice is fine. */
void etcd_watcher_release(struct etcd_watcher *r);

/* Never fails here: on_end tells. */
void etcd_watch_add(struct etcd_watcher *r, struct etcd_watch *w,
                    const struct etcd_watch_options *options);
/* Cancels it on the server; no callback comes any more. One that is in no watcher is fine. */
void etcd_watch_remove(struct etcd_watch *w);

/* Asks the server for its revision: every watch then gets a progress notification. Those below
 * 3.4.25 and 3.5.8 may send it before earlier events (etcd issue 15220). */
void etcd_watcher_request_progress(struct etcd_watcher *r);

void etcd_watcher_pause(struct etcd_watcher *r);
void etcd_watcher_resume(struct etcd_watcher *r);

/* A progress notification: no events, nothing created or canceled. */
bool etcd_watch_response_is_progress(const struct etcd_watch_response *response);

#endif
