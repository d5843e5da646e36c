/* Names to addresses, off the loop: getaddrinfo blocks, so it runs in a thread of its own. An
 * address needs no thread. */
#ifndef QUORATE_NET_RESOLVE_H
#define QUORATE_NET_RESOLVE_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"
#include "net/endpoint.h"
#include "net/loop.h"

/* More addresses of one name than this are not tried. */
enum { ADDRESS_MAX = 8 };

struct address {
    struct sockaddr_storage socket;
    socklen_t size;
};

struct address_list {
    struct address items[ADDRESS_MAX];
    size_t count;
};

/* "10.0.0.1:2379", "[::1]:2379", or a socket's path. */
void address_text(const struct address *a, char *ret_text, size_t size);

/* Fills the list without asking anybody; false when the host is a name. */
bool address_of_endpoint(const struct endpoint *ep, struct address_list *ret_list);

/* gai_error is getaddrinfo's code, 0 on success. */
typedef void resolved(void *context, const struct address_list *list, int gai_error, int sys_errno);

struct resolve_job;

struct resolve {
    struct loop *loop;
    struct resolve_job *job; /* NULL: nothing is asked */
    struct loop_watch watch;
    resolved *done;
    void *context;
};

/* Asks for a name; 'done' comes from the loop, once. False, with errno, when no thread starts. */
MUST_CHECK bool resolve_start(struct resolve *r, struct loop *loop, const struct endpoint *ep,
                              resolved *done, void *context);
/* Forgets the question; the thread ends by itself. */
void resolve_stop(struct resolve *r);

#endif
