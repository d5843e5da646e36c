#include "net/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/io.h"
#include "net/tls_certificate.h"

enum { KEEP_ALIVE_IDLE_S = 10, KEEP_ALIVE_PAUSE_S = 5, KEEP_ALIVE_TRIES = 3 };

void
transport_close(struct transport *t)
{
    if (t->loop == NULL)
        return;
    tcp_dial_stop(&t->dial);
    loop_timer_stop(&t->fail_soon);
    loop_watch_remove(t->loop, &t->watch);
    tls_session_free(t->session);
    t->session = NULL;
    fd_close(&t->fd);
    t->open = false;
}

enum net_stage
transport_stage(const struct transport *t)
{
    if (t->open)
        return NET_STAGE_SILENT;
    return t->session != NULL ? NET_STAGE_HANDSHAKE : t->dial.stage;
}

static void
transport_fail(struct transport *t)
{
    transport_close(t);
    t->opened(t->context, &t->failure);
}

static void
handshake_step(struct transport *t)
{
    bool want_write;

    switch (tls_session_handshake(t->session, &want_write)) {
    case NET_IO_DONE:
        t->open = true;
        loop_watch_change(&t->watch, LOOP_READ);
        t->opened(t->context, NULL);
        return;
    case NET_IO_AGAIN:
        loop_watch_change(&t->watch, want_write ? LOOP_WRITE : LOOP_READ);
        return;
    default:
        (void)tls_session_judge(t->session, t->endpoint, &t->failure);
        transport_fail(t);
    }
}

static void
transport_event(void *context, unsigned events UNUSED)
{
    struct transport *t = context;

    if (t->open)
        t->ready(t->context);
    else
        handshake_step(t);
}

static void
transport_dialled(void *context, int fd, const struct net_failure *failure)
{
    struct transport *t = context;

    if (failure != NULL) {
        t->failure = *failure;
        transport_fail(t);
        return;
    }
    t->fd = fd;
    loop_watch_add(t->loop, &t->watch, fd, LOOP_READ, transport_event, t);
    if (t->endpoint->tls) {
        t->session = tls_session_new(
            t->tls, fd, t->endpoint->host != NULL ? t->endpoint->host : "localhost", t->alpn);
        handshake_step(t);
        return;
    }
    t->open = true;
    t->opened(t->context, NULL);
}

static void
transport_fail_soon(void *context)
{
    transport_fail(context);
}

void
transport_open(struct transport *t, struct loop *loop, const struct endpoint *ep,
               struct tls_context *tls, const char *alpn, transport_opened *opened,
               transport_ready *ready, void *context)
{
    struct error e = ERROR_INIT;

    *t = (struct transport){.loop = loop,
                            .endpoint = ep,
                            .tls = tls,
                            .alpn = alpn,
                            .opened = opened,
                            .ready = ready,
                            .context = context,
                            .fd = -1};
    if (ep->tls && !tls_context_load(tls, &e)) {
        judge_set(&t->failure, NET_FAILURE_TLS_FILES, ep, "%s", e.text);
        t->failure.sys_errno = e.sys_errno;
        loop_timer_soon(loop, &t->fail_soon, transport_fail_soon, t);
        return;
    }
    tcp_dial_start(&t->dial, loop, ep, transport_dialled, t);
}

int64_t
transport_certificate_end_s(const struct transport *t)
{
    const STACK_OF(X509) *chain = t->session != NULL ? tls_session_chain(t->session) : NULL;

    return sk_X509_num(chain) > 0 ? tls_date_seconds(X509_get0_notAfter(sk_X509_value(chain, 0)))
                                  : 0;
}

enum net_io
transport_read(struct transport *t, void *data, size_t size, size_t *ret_size)
{
    ssize_t got;

    if (t->session != NULL)
        return tls_session_read(t->session, data, size, ret_size);
    got = recv(t->fd, data, size, 0);
    if (got > 0) {
        *ret_size = (size_t)got;
        return NET_IO_DONE;
    }
    *ret_size = 0;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return NET_IO_AGAIN;
    t->sys_errno = got < 0 ? errno : 0;
    return got < 0 ? NET_IO_FAILED : NET_IO_ENDED;
}

enum net_io
transport_write(struct transport *t, const void *data, size_t size, size_t *ret_size)
{
    ssize_t sent;

    if (t->session != NULL)
        return tls_session_write(t->session, data, size, ret_size);
    sent = send(t->fd, data, size, MSG_NOSIGNAL);
    if (sent >= 0) {
        *ret_size = (size_t)sent;
        return NET_IO_DONE;
    }
    if (errno == EAGAIN || errno == EINTR)
        return NET_IO_AGAIN;
    t->sys_errno = errno;
    return NET_IO_FAILED;
}

void
transport_want_write(struct transport *t, bool want)
{
    loop_watch_change(&t->watch, want ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

void
transport_keep_alive(struct transport *t)
{
    const int on = 1;
    const int idle_s = KEEP_ALIVE_IDLE_S;
    const int pause_s = KEEP_ALIVE_PAUSE_S;
    const int tries = KEEP_ALIVE_TRIES;

    if (t->endpoint->path != NULL)
        return;
    (void)setsockopt(t->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_KEEPINTVL, &pause_s, sizeof(pause_s));
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof(tries));
}

bool
transport_judge(struct transport *t, struct net_failure *f)
{
    if (t->session == NULL)
        return false;
    t->sys_errno = tls_session_errno(t->session);
    return tls_session_judge(t->session, t->endpoint, f);
}
