/*
 * One of those who want the same thing, a lock or an election: each puts a key NAME/LEASE (the lease
 * in hex), and the one whose key was created first has it. Etcd's own clients do the same with the
 * same keys, so all of them can stand in one line.
 *
 * Taking a place is safe to repeat, for the key is ours alone: it is tried again, at other endpoints
 * too, for as long as the session lives.
 *
 * Source: etcd client/v3/concurrency/{mutex,election,key}.go, 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_CANDIDATE_H
#define QUORATE_ETCD_CANDIDATE_H

#include "base/arena.h"
#include "etcd/message/kv_message.h"
#include "etcd/session.h"

struct etcd_candidate {
    struct etcd_session *session;
    struct bytes prefix; /* NAME/ */
    struct bytes prefix_end;
    struct bytes key;
    int64_t create_revision;   /* our place in the line */
    int64_t obtained_revision; /* the store's, when we knew that it is ours */
    const bool *interrupted;   /* looked at whenever the session is woken */
};

/*
 * Puts our key and waits until all that were there before are gone.
 *
 * mem          holds the key; 'name' must live on.
 * interrupted  when it becomes true and the session is woken, waiting ends.
 * e            ERROR_CANCELLED: interrupted. ERROR_NOT_FOUND and others: the lease is lost. The key
 *              may be there; closing the session removes it.
 */
MUST_CHECK bool etcd_candidate_enter(struct arena *mem, struct etcd_candidate *c,
                                     struct etcd_session *session, struct bytes name,
                                     struct bytes value, const bool *interrupted, struct error *e);

/* Our key as it is now. ERROR_NOT_FOUND: it is gone. 'mem' holds the answer. */
MUST_CHECK bool etcd_candidate_fetch(struct arena *mem, const struct etcd_candidate *c,
                                     struct etcd_range_response *ret_response, struct error *e);

/* NAME/ and the end of its range, in 'mem'. */
void etcd_candidate_range(struct arena *mem, struct bytes name, struct bytes *ret_prefix,
                          struct bytes *ret_end);
/* The request for the key in the range that was created first: who has it. */
struct etcd_range_request etcd_candidate_first(struct bytes prefix, struct bytes prefix_end);

#endif
