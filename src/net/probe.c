#include "net/probe.h"

#include <sys/socket.h>

#include "base/bytes.h"
#include "base/io.h"

enum { PROBE_TIMEOUT_MS = 1000 };

/* RFC 5246, section 7.4.1.2: TLS 1.2, a random of fixed bytes, two usual ciphers. Any answer of a
 * TLS server will do, an alert as well; it saves loading OpenSSL. */
static const char client_hello[] = "\x16\x03\x01\x00\x2f" /* record: handshake, 47 bytes */
                                   "\x01\x00\x00\x2b"     /* client_hello, 43 bytes */
                                   "\x03\x03"             /* TLS 1.2; then 32 bytes random: */
                                   "quorate asks whether this is TLS"
                                   "\x00" /* no session */
                                   "\x00\x04\xc0\x2f\xc0\x2b"
                                   "\x01\x00"; /* no compression */

/* RFC 9113, section 3.4: the preface and an empty SETTINGS frame. */
static const char http2_hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

void
probe_stop(struct probe *p)
{
    if (p->loop == NULL)
        return;
    tcp_dial_stop(&p->dial);
    loop_watch_remove(p->loop, &p->watch);
    loop_timer_stop(&p->timer);
    fd_close(&p->fd);
    p->loop = NULL;
}

static void
probe_end(struct probe *p, bool speaks)
{
    probe_stop(p);
    p->done(p->context, speaks);
}

static void
probe_expired(void *context)
{
    probe_end(context, false);
}

static bool
answer_fits(enum probe_language language, const uint8_t *answer, ssize_t size)
{
    if (language == PROBE_TLS)
        return size >= 2 && (answer[0] == 0x15 || answer[0] == 0x16) && answer[1] == 0x03;
    /* A SETTINGS frame, or HTTP/1. */
    return size >= 4 && (answer[3] == 4 ||
                         bytes_starts_with(bytes_of(answer, (size_t)size), BYTES_LITERAL("HTTP")));
}

static void
probe_ready(void *context, unsigned events UNUSED)
{
    struct probe *p = context;
    uint8_t answer[16];

    probe_end(p, answer_fits(p->language, answer, recv(p->fd, answer, sizeof(answer), 0)));
}

static void
probe_dialled(void *context, int fd, const struct net_failure *failure)
{
    struct probe *p = context;
    bool tls = p->language == PROBE_TLS;
    struct bytes hello = tls ? BYTES_LITERAL(client_hello) : BYTES_LITERAL(http2_hello);

    if (failure != NULL) {
        probe_end(p, false);
        return;
    }
    p->fd = fd;
    if (send(fd, hello.data, hello.size, MSG_NOSIGNAL) != (ssize_t)hello.size) {
        probe_end(p, false);
        return;
    }
    loop_watch_add(p->loop, &p->watch, fd, LOOP_READ, probe_ready, p);
}

void
probe_start(struct probe *p, struct loop *loop, const struct endpoint *ep,
            enum probe_language language, probe_done *done, void *context)
{
    *p = (struct probe){
        .loop = loop, .language = language, .fd = -1, .done = done, .context = context};
    loop_timer_set(loop, &p->timer, loop_now_ms(loop) + PROBE_TIMEOUT_MS, probe_expired, p);
    tcp_dial_start(&p->dial, loop, ep, probe_dialled, p);
}
