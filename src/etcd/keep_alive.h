/*
 * A lease's keep-alive: renews it after each third of its time to live, in the loop, and goes to
 * another endpoint when the server is lost, refuses, or does not answer for as long. It ends when a
 * server says that there is no such lease, or when the lease's time has run out without an answer:
 * then the lease may be gone, though nobody has said so.
 *
 *     etcd_keep_alive_start(&k, client, &options);
 *     loop_run(etcd_client_loop(client), &done, LOOP_FOREVER);
 *     etcd_keep_alive_stop(&k);
 *
 * The time to live counts from when a renewal was sent, so that ours never ends after the server's.
 *
 * Source: etcd client/v3/lease.go, 3.4 to 3.7. Unlike etcd's client, which waits for the connection
 * to break, one that does not answer is left in time; and what no endpoint takes from the start ends
 * at once.
 */
#ifndef QUORATE_ETCD_KEEP_ALIVE_H
#define QUORATE_ETCD_KEEP_ALIVE_H

#include "etcd/message/lease_message.h"
#include "etcd/stream.h"

/* May stop the keep-alive. */
typedef void etcd_keep_alive_renewed(void *context,
                                     const struct etcd_lease_keep_alive_response *response);
/*
 * Comes once, and no callback after it.
 *
 * e  ERROR_NOT_FOUND: a server says that there is no such lease. Else why it could not be renewed.
 */
typedef void etcd_keep_alive_lost(void *context, const struct error *e);

struct etcd_keep_alive_options {
    int64_t id;
    int64_t ttl_s; /* as granted just now; 0: not known, the first answer tells */
    etcd_keep_alive_renewed *on_renewed;
    etcd_keep_alive_lost *on_lost;
    void *context;
};

/* Stays where it is from start until on_lost or stop. All zeros: never started. */
struct etcd_keep_alive {
    struct etcd_keep_alive_options options;
    struct etcd_client *client;
    struct etcd_stream stream;
    size_t endpoint;
    struct loop_timer renew; /* the next renewal, or the next attempt */
    struct loop_timer answer;
    struct loop_timer expiry;
    int64_t ttl_ms;
    int64_t sent_ms;
    unsigned failures; /* since the last answer */
    bool worked;
    struct error why; /* of these failures */
};

void etcd_keep_alive_start(struct etcd_keep_alive *k, struct etcd_client *client,
                           const struct etcd_keep_alive_options *options);
/* No callback comes any more. Never started, ended, or twice: fine. */
void etcd_keep_alive_stop(struct etcd_keep_alive *k);

/*
 * Renews a lease once, within the command time-out.
 *
 * e  ERROR_NOT_FOUND: no such lease.
 */
MUST_CHECK bool etcd_keep_alive_once(struct etcd_client *client, int64_t id,
                                     struct etcd_lease_keep_alive_response *ret_response,
                                     struct error *e);

#endif
