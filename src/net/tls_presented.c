#include "net/tls_presented.h"

#include <openssl/ssl.h>

#include "base/io.h"
#include "net/judge.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "net/tls_session.h"

enum { CHAIN_MOST = 16 };

struct fetching;

struct shake {
    struct fetching *of;
    const struct endpoint *endpoint;
    struct tls_presented *ret;
    struct tcp_dial dial;
    struct loop_watch watch;
    struct tls_session *session;
    int fd;
};

struct fetching {
    struct arena *mem;
    struct loop loop;
    struct tls_context *tls;
    size_t under_way;
    bool done;
};

static void
chain_copy(struct arena *mem, const struct tls_session *session, struct tls_presented *ret)
{
    const STACK_OF(X509) *chain = tls_session_chain(session);
    int count = sk_X509_num(chain);

    if (count <= 0)
        return;
    count = count > CHAIN_MOST ? CHAIN_MOST : count;
    ret->chain = arena_alloc(mem, (size_t)count * sizeof(*ret->chain));
    for (int i = 0; i < count; i++) {
        uint8_t *der = NULL;
        int size = i2d_X509(sk_X509_value(chain, i), &der);

        if (size > 0)
            ret->chain[ret->chain_count++] = arena_copy(mem, bytes_of(der, (size_t)size));
        OPENSSL_free(der);
    }
}

static void
shake_end(struct shake *s)
{
    if (s->session != NULL)
        chain_copy(s->of->mem, s->session, s->ret);
    tcp_dial_stop(&s->dial);
    loop_watch_remove(&s->of->loop, &s->watch);
    tls_session_free(s->session);
    s->session = NULL;
    fd_close(&s->fd);
    s->of->done = --s->of->under_way == 0;
}

static void
shake_step(void *context, unsigned events UNUSED)
{
    struct shake *s = context;
    bool want_write;
    enum net_io io = tls_session_handshake(s->session, &want_write);

    if (io == NET_IO_AGAIN) {
        loop_watch_change(&s->watch, want_write ? LOOP_WRITE : LOOP_READ);
        return;
    }
    if (io == NET_IO_DONE)
        s->ret->version = arena_text(s->of->mem, tls_session_version(s->session));
    else if (!tls_session_judge(s->session, s->endpoint, &s->ret->failure))
        judge_lost(&s->ret->failure, s->endpoint, (struct bytes){0}, false,
                   tls_session_errno(s->session), "");
    shake_end(s);
}

static void
shake_dialled(void *context, int fd, const struct net_failure *failure)
{
    struct shake *s = context;

    if (failure != NULL) {
        s->ret->failure = *failure;
        shake_end(s);
        return;
    }
    s->fd = fd;
    s->session = tls_session_new(s->of->tls, fd,
                                 s->endpoint->host != NULL ? s->endpoint->host : "localhost", "h2");
    loop_watch_add(&s->of->loop, &s->watch, fd, LOOP_READ, shake_step, s);
    shake_step(s, 0);
}

void
tls_presented_fetch(struct arena *mem, const struct endpoint *endpoints, size_t count,
                    struct tls_context *tls, int64_t timeout_ms, struct tls_presented *ret)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct fetching f = {.mem = mem, .tls = tls, .under_way = count, .done = count == 0};
    struct shake *shakes = arena_zero(&tmp, (count + 1) * sizeof(*shakes));
    int64_t begin_ms;

    loop_init(&f.loop);
    begin_ms = loop_now_ms(&f.loop);
    for (size_t i = 0; i < count; i++) {
        ret[i] = (struct tls_presented){.version = ""};
        shakes[i] = (struct shake){.of = &f, .endpoint = &endpoints[i], .ret = &ret[i], .fd = -1};
        tcp_dial_start(&shakes[i].dial, &f.loop, &endpoints[i], shake_dialled, &shakes[i]);
    }
    if (!loop_run(&f.loop, &f.done, begin_ms + timeout_ms)) {
        for (size_t i = 0; i < count; i++) {
            struct shake *s = &shakes[i];

            if (ret[i].failure.kind != NET_FAILURE_NONE || ret[i].version[0] != '\0')
                continue;
            judge_timeout(&ret[i].failure, s->endpoint,
                          s->session != NULL ? NET_STAGE_HANDSHAKE : s->dial.stage, timeout_ms);
            shake_end(s);
        }
    }
    loop_release(&f.loop);
}
