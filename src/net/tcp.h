/* Connects to an endpoint: looks its name up, tries every address, the next one 250 ms after the
 * last or as soon as that fails (RFC 8305's idea, without its sorting, which getaddrinfo does). */
#ifndef QUORATE_NET_TCP_H
#define QUORATE_NET_TCP_H

#include <stdbool.h>

#include "net/endpoint.h"
#include "net/failure.h"
#include "net/judge.h"
#include "net/loop.h"
#include "net/resolve.h"

/* fd is the callee's, non-blocking and close-on-exec; or -1, and 'failure' says why. */
typedef void tcp_dialled(void *context, int fd, const struct net_failure *failure);

struct tcp_attempt {
    struct tcp_dial *dial;
    struct loop_watch watch;
    int fd; /* -1: none under way */
    size_t address;
};

struct tcp_dial {
    struct loop *loop;
    const struct endpoint *endpoint;
    tcp_dialled *done;
    void *context;
    struct resolve resolve;
    struct address_list addresses;
    size_t next_address;
    size_t under_way;
    struct tcp_attempt attempts[ADDRESS_MAX];
    struct loop_timer next;
    int best_errno;  /* of the failed attempts: the one that tells most */
    char tried[256]; /* "10.0.0.1:2379: connection refused; ..." */
    enum net_stage stage;
};

/* 'done' comes once, from the loop, unless stopped before. There is no time-out here. */
void tcp_dial_start(struct tcp_dial *d, struct loop *loop, const struct endpoint *ep,
                    tcp_dialled *done, void *context);
void tcp_dial_stop(struct tcp_dial *d);

#endif
