#include "net/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/io.h"

enum { STAGGER_MS = 250 }; /* RFC 8305, section 8: "Connection Attempt Delay" */

static void attempts_advance(void *context);

void
tcp_dial_stop(struct tcp_dial *d)
{
    if (d->loop == NULL)
        return;
    resolve_stop(&d->resolve);
    loop_timer_stop(&d->next);
    for (size_t i = 0; i < d->next_address; i++) {
        loop_watch_remove(d->loop, &d->attempts[i].watch);
        fd_close(&d->attempts[i].fd);
    }
    d->next_address = 0;
    d->under_way = 0;
}

static void
dial_fail(struct tcp_dial *d)
{
    struct net_failure failure;

    judge_connect(&failure, d->endpoint, d->best_errno, d->tried);
    tcp_dial_stop(d);
    d->done(d->context, -1, &failure);
}

/* A host that refuses is up: that says more than "no route" for another of its addresses. */
static void
attempt_note_failure(struct tcp_dial *d, const struct address *a, int sys_errno)
{
    char address[64];
    char reason[128];
    size_t used = strlen(d->tried);

    if (d->best_errno == 0 || sys_errno == ECONNREFUSED)
        d->best_errno = sys_errno;
    if (d->endpoint->path != NULL || host_is_address(d->endpoint->host))
        return;
    address_text(a, address, sizeof(address));
    snprintf(d->tried + used, sizeof(d->tried) - used, "%s%s: %s", used == 0 ? "" : "; ", address,
             strerror_r(sys_errno, reason, sizeof(reason)));
}

static void
attempt_fail(struct tcp_attempt *attempt, int sys_errno)
{
    struct tcp_dial *d = attempt->dial;

    loop_watch_remove(d->loop, &attempt->watch);
    fd_close(&attempt->fd);
    d->under_way--;
    attempt_note_failure(d, &d->addresses.items[attempt->address], sys_errno);
    loop_timer_soon(d->loop, &d->next, attempts_advance, d);
}

static void
attempt_ready(void *context, unsigned events UNUSED)
{
    struct tcp_attempt *attempt = context;
    struct tcp_dial *d = attempt->dial;
    int sys_errno = 0;
    socklen_t size = sizeof(sys_errno);
    int fd;

    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &sys_errno, &size) != 0)
        sys_errno = errno;
    if (sys_errno != 0) {
        attempt_fail(attempt, sys_errno);
        return;
    }
    loop_watch_remove(d->loop, &attempt->watch);
    fd = attempt->fd;
    attempt->fd = -1;
    tcp_dial_stop(d);
    d->done(d->context, fd, NULL);
}

static void
attempt_start(struct tcp_dial *d)
{
    size_t i = d->next_address++;
    const struct address *a = &d->addresses.items[i];
    struct tcp_attempt *attempt = &d->attempts[i];
    const int on = 1;

    *attempt = (struct tcp_attempt){.dial = d, .address = i};
    d->under_way++;
    attempt->fd = socket(a->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (attempt->fd < 0) {
        attempt_fail(attempt, errno);
        return;
    }
    if (a->socket.ss_family != AF_UNIX)
        (void)setsockopt(attempt->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(attempt->fd, (const struct sockaddr *)&a->socket, a->size) != 0 &&
        errno != EINPROGRESS) {
        attempt_fail(attempt, errno);
        return;
    }
    loop_watch_add(d->loop, &attempt->watch, attempt->fd, LOOP_WRITE, attempt_ready, attempt);
}

static void
attempts_advance(void *context)
{
    struct tcp_dial *d = context;

    if (d->next_address < d->addresses.count) {
        loop_timer_set(d->loop, &d->next, loop_now_ms(d->loop) + STAGGER_MS, attempts_advance, d);
        attempt_start(d);
    } else if (d->under_way == 0) {
        dial_fail(d);
    }
}

static void
dial_resolved(void *context, const struct address_list *list, int gai_error, int sys_errno)
{
    struct tcp_dial *d = context;
    struct net_failure failure;

    if (gai_error != 0 || list->count == 0) {
        judge_name(&failure, d->endpoint, gai_error, sys_errno);
        d->done(d->context, -1, &failure);
        return;
    }
    d->stage = NET_STAGE_CONNECT;
    d->addresses = *list;
    attempts_advance(d);
}

void
tcp_dial_start(struct tcp_dial *d, struct loop *loop, const struct endpoint *ep, tcp_dialled *done,
               void *context)
{
    *d = (struct tcp_dial){
        .loop = loop, .endpoint = ep, .done = done, .context = context, .stage = NET_STAGE_CONNECT};
    if (!address_of_endpoint(ep, &d->addresses)) {
        d->addresses.count = 0;
        d->stage = NET_STAGE_NAME;
        if (resolve_start(&d->resolve, loop, ep, dial_resolved, d))
            return;
        d->best_errno = errno; /* no thread: told by attempts_advance, as there is no address */
    }
    loop_timer_soon(loop, &d->next, attempts_advance, d);
}
