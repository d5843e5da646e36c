/*
 * Changes with several in flight: for work whose time is the way to the server and its disk, not
 * ours.
 *
 *     struct etcd_pipeline p;
 *
 *     etcd_pipeline_begin(&p, client, &options);
 *     while (...)
 *         if (!etcd_pipeline_put(&p, &request, 0, e))     // waits while there is no room
 *             break;
 *     if (!etcd_pipeline_finish(&p, e)) ...            // waits for all answers
 *     etcd_pipeline_end(&p);
 *
 * Requests go out at once and in any number up to the limits; the server may do them in any order.
 * Answers are told by a callback, from inside the functions that wait and on their stack, so it may
 * do whatever it likes but call these again. The first 'false' from it stops the pipeline: from then on
 * nothing is sent, and put, txn, wait and finish fail with its error.
 */
#ifndef QUORATE_ETCD_PIPELINE_H
#define QUORATE_ETCD_PIPELINE_H

#include "etcd/client.h"
#include "etcd/message/kv_message.h"

/* How one call ended. All of it is valid until the callback returns. */
struct etcd_pipeline_answer {
    uint64_t tag; /* as given with the request */
    bool ok;
    bool outcome_unknown;  /* not ok, but it may have been done all the same */
    struct error error;    /* when not ok; names the endpoint */
    bool is_txn;           /* else a put */
    struct bytes request;  /* as it was sent: encoded */
    struct bytes response; /* when ok: as it came; see etcd_pipeline_txn_response */
    int64_t started_us;    /* of time_monotonic_us */
    int64_t took_us;       /* connecting and authenticating included */
};

typedef bool etcd_pipeline_answered(void *context, const struct etcd_pipeline_answer *answer,
                                    struct error *e);

struct etcd_pipeline_options {
    size_t calls;       /* in flight at most */
    size_t bytes;       /* of their requests at most, unless one alone is larger; 0: no limit */
    int64_t timeout_ms; /* for each call */
    /* Call i of those in flight goes to endpoint i, modulo their number; otherwise all go to the
     * endpoint that answered last. The same endpoint may be given to the client many times: then
     * each has a connection of its own. */
    bool spread;
    etcd_pipeline_answered *answered;
    void *context;
};

struct etcd_pipeline_slot;

/* The first in is the first out: so connections take turns, and answers are told as they came. */
struct etcd_pipeline_queue {
    struct etcd_pipeline_slot *first;
    struct etcd_pipeline_slot *last;
};

struct etcd_pipeline {
    struct etcd_client *client;
    struct etcd_pipeline_options options;
    struct arena mem;
    struct etcd_pipeline_slot *slots; /* options.calls of them */
    struct etcd_pipeline_queue free;
    struct etcd_pipeline_queue ended; /* answered, and not told yet */
    size_t in_flight;
    size_t bytes;
    bool woken; /* for loop_run */
    bool stopped;
    struct error why; /* it was stopped */
};

void etcd_pipeline_begin(struct etcd_pipeline *p, struct etcd_client *client,
                         const struct etcd_pipeline_options *options);
/* Waits for what is still in flight, without a word about it, and gives the memory back. */
void etcd_pipeline_end(struct etcd_pipeline *p);

/*
 * Decodes what a transaction was answered.
 *
 * mem  the response's
 * e    ERROR_RPC: it cannot be decoded
 */
MUST_CHECK bool etcd_pipeline_txn_response(struct arena *mem,
                                           const struct etcd_pipeline_answer *answer,
                                           struct etcd_txn_response *ret_response, struct error *e);

/* Whether put and txn would send a request of this size without waiting. */
bool etcd_pipeline_has_room(const struct etcd_pipeline *p, size_t bytes);

/*
 * Sends the request, which is copied, as soon as there is room. The answer comes with the tag.
 *
 * e  the callback's, when it stopped the pipeline, now or before.
 */
MUST_CHECK bool etcd_pipeline_put(struct etcd_pipeline *p, const struct etcd_put_request *request,
                                  uint64_t tag, struct error *e);
MUST_CHECK bool etcd_pipeline_txn(struct etcd_pipeline *p, const struct etcd_txn_request *request,
                                  uint64_t tag, struct error *e);
/* A request that was encoded before: of an answer, to repeat it. */
MUST_CHECK bool etcd_pipeline_send(struct etcd_pipeline *p, bool is_txn, struct bytes request,
                                   uint64_t tag, struct error *e);

/*
 * Waits until a call has ended, etcd_pipeline_wake was called, or the time has come; then tells the
 * answers there are.
 *
 * until_ms  of time_monotonic_ms, or LOOP_FOREVER
 */
MUST_CHECK bool etcd_pipeline_wait(struct etcd_pipeline *p, int64_t until_ms, struct error *e);
/* Waits until nothing is in flight, and all answers have been told. */
MUST_CHECK bool etcd_pipeline_finish(struct etcd_pipeline *p, struct error *e);

/* For timers and watches of the caller's own in the client's loop: etcd_pipeline_wait returns. */
void etcd_pipeline_wake(struct etcd_pipeline *p);

#endif
