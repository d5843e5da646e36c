/* One TLS connection over a non-blocking socket that belongs to the caller. */
#ifndef QUORATE_NET_TLS_SESSION_H
#define QUORATE_NET_TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "net/judge.h"
#include "net/tls.h"

/* ENDED is the peer's orderly or disorderly end of the connection. */
enum net_io { NET_IO_DONE, NET_IO_AGAIN, NET_IO_ENDED, NET_IO_FAILED };

struct tls_session;

/*
 * 'host' is looked for in the certificate, unless the context's server_name replaces it; 'alpn' is
 * the one protocol offered ("h2", "http/1.1"), and has to be agreed on when it is "h2".
 * 'context' is loaded.
 */
struct tls_session *tls_session_new(struct tls_context *context, int fd, const char *host,
                                    const char *alpn);
/* Says good-bye if the handshake was done; NULL is fine. Does not close the descriptor. */
void tls_session_free(struct tls_session *s);

/* DONE: may read and write. AGAIN: ret_write tells what to wait for. */
enum net_io tls_session_handshake(struct tls_session *s, bool *ret_write);
/* Fills up to 'size' bytes from as many records as have arrived. */
enum net_io tls_session_read(struct tls_session *s, void *data, size_t size, size_t *ret_size);
enum net_io tls_session_write(struct tls_session *s, const void *data, size_t size,
                              size_t *ret_size);

/* After FAILED or ENDED: true when TLS itself tells why, which is put into 'f'. */
bool tls_session_judge(struct tls_session *s, const struct endpoint *ep, struct net_failure *f);
/* What the server presented, its own first, also when the handshake failed behind it; NULL: nothing.
 * Belongs to the session. */
const struct stack_st_X509 *tls_session_chain(const struct tls_session *s);
/* "TLSv1.3". */
const char *tls_session_version(const struct tls_session *s);
/* errno of the socket's last failed call. */
int tls_session_errno(const struct tls_session *s);

#endif
