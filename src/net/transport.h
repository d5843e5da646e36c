/* A byte stream to an endpoint: TCP or a unix socket, with TLS when the endpoint says so. */
#ifndef QUORATE_NET_TRANSPORT_H
#define QUORATE_NET_TRANSPORT_H

#include "net/tcp.h"
#include "net/tls_session.h"

/* NULL: open; else why not. */
typedef void transport_opened(void *context, const struct net_failure *failure);
/* Something can be read or written; not called before it is open. */
typedef void transport_ready(void *context);

struct transport {
    struct loop *loop;
    const struct endpoint *endpoint;
    struct tls_context *tls;
    const char *alpn;
    transport_opened *opened;
    transport_ready *ready;
    void *context;
    struct tcp_dial dial;
    struct loop_watch watch;
    struct loop_timer fail_soon;
    struct tls_session *session;
    int fd;
    int sys_errno;
    bool open;
    struct net_failure failure;
};

/* 'tls' is needed only for an endpoint with TLS; 'opened' comes once, from the loop. */
void transport_open(struct transport *t, struct loop *loop, const struct endpoint *ep,
                    struct tls_context *tls, const char *alpn, transport_opened *opened,
                    transport_ready *ready, void *context);
/* From any state, also from inside its callbacks; again is fine. */
void transport_close(struct transport *t);

enum net_stage transport_stage(const struct transport *t);

/* When the certificate that the server presented ends, in seconds since 1970 UTC; 0: there is none. */
int64_t transport_certificate_end_s(const struct transport *t);

/* At most 'size' bytes; AGAIN when there is nothing now. */
enum net_io transport_read(struct transport *t, void *data, size_t size, size_t *ret_size);
enum net_io transport_write(struct transport *t, const void *data, size_t size, size_t *ret_size);
/* Whether 'ready' is wanted for room to write, too. */
void transport_want_write(struct transport *t, bool want);

/* Has a silent connection's peer asked whether it is still there: for answers that may take long. */
void transport_keep_alive(struct transport *t);

/* After FAILED or ENDED: true when TLS tells why; otherwise sys_errno is what there is. */
bool transport_judge(struct transport *t, struct net_failure *f);

#endif
