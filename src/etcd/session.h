/*
 * A lease of our own that is kept alive in the loop for as long as the session is open: what we hold
 * with it goes when we go, however we go.
 *
 * Waiting: callbacks call etcd_session_wake, etcd_session_wait returns, the owner looks around. The
 * loss of the lease wakes, too.
 *
 * Source: etcd client/v3/concurrency/session.go, 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_SESSION_H
#define QUORATE_ETCD_SESSION_H

#include "etcd/keep_alive.h"

/* Stays where it is from open until close. */
struct etcd_session {
    struct etcd_client *client;
    int64_t lease;
    struct etcd_keep_alive keep_alive;
    bool lost;        /* the lease is gone, or may be */
    struct error why; /* when lost */
    bool woken;
};

/* Grants a lease of ttl_s seconds and begins to renew it. */
MUST_CHECK bool etcd_session_open(struct etcd_session *s, struct etcd_client *client, int64_t ttl_s,
                                  struct error *e);
/* Stops renewing and revokes the lease, which deletes its keys. One that is gone already is fine.
 * After an error the lease runs out by itself. */
MUST_CHECK bool etcd_session_close(struct etcd_session *s, struct error *e);
/* Stops renewing, and leaves the lease to its end. Twice, and after close, is fine. */
void etcd_session_abandon(struct etcd_session *s);

void etcd_session_wake(struct etcd_session *s);
/* Runs the loop until it is woken, the lease is lost, or timeout_ms have passed (LOOP_FOREVER: no
 * limit). A wake before the call counts. */
void etcd_session_wait(struct etcd_session *s, int64_t timeout_ms);

#endif
