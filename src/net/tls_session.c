#include "net/tls_session.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/time.h"
#include "net/tls_certificate.h"
#include "net/tls_context.h"

struct tls_session {
    struct arena mem;
    struct tls_context *context;
    SSL *ssl;
    int fd;
    int sys_errno;     /* of the socket; 0 with 'ended': end of file */
    bool ended;        /* the socket has no more to give */
    bool failed;       /* OpenSSL must not be used any more */
    bool write_failed; /* only reading makes sense */
    bool handshake_done;
    bool want_h2;
    bool no_h2;
    const char *expected;
    unsigned long library_error;
    long verify_result;
    struct net_certificate certificate;
};

static int
socket_bio_write(BIO *bio, const char *data, int size)
{
    struct tls_session *s = BIO_get_data(bio);
    ssize_t sent = send(s->fd, data, (size_t)size, MSG_NOSIGNAL);

    BIO_clear_retry_flags(bio);
    if (sent >= 0)
        return (int)sent;
    if (errno == EAGAIN || errno == EINTR)
        BIO_set_retry_write(bio);
    else
        s->sys_errno = errno;
    return -1;
}

static int
socket_bio_read(BIO *bio, char *data, int size)
{
    struct tls_session *s = BIO_get_data(bio);
    ssize_t got = recv(s->fd, data, (size_t)size, 0);

    BIO_clear_retry_flags(bio);
    if (got > 0)
        return (int)got;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
        return -1;
    }
    s->sys_errno = got < 0 ? errno : 0;
    s->ended = true;
    return (int)got;
}

static long
socket_bio_ctrl(BIO *bio, int command, long number UNUSED, void *pointer UNUSED)
{
    const struct tls_session *s = BIO_get_data(bio);

    if (command == BIO_CTRL_EOF)
        return s->ended && s->sys_errno == 0;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *
tls_socket_bio_new(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "quorate socket");

    ASSERT(method != NULL);
    BIO_meth_set_write(method, socket_bio_write);
    BIO_meth_set_read(method, socket_bio_read);
    BIO_meth_set_ctrl(method, socket_bio_ctrl);
    return method;
}

/* Names are the leaf's; issuer and dates are those of the certificate that was found wanting. */
static int
verify_seen(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_session *s = SSL_get_app_data(ssl);
    struct net_certificate *c = &s->certificate;
    X509 *cert = X509_STORE_CTX_get_current_cert(store);
    X509 *leaf = X509_STORE_CTX_get0_cert(store);

    if (ok || c->seen || cert == NULL || leaf == NULL)
        return ok;
    s->verify_result = X509_STORE_CTX_get_error(store);
    tls_certificate_read(cert, c);
    tls_certificate_names(leaf, c->names, sizeof(c->names));
    return ok;
}

static void
session_expect(struct tls_session *s, const char *host)
{
    if (s->context->options.server_name != NULL)
        host = s->context->options.server_name;
    s->expected = arena_text(&s->mem, host);
    /* The macro takes its text without const. */
    if (!host_is_address(host))
        SSL_set_tlsext_host_name(s->ssl, arena_text(&s->mem, host));
    if (s->context->options.insecure_skip_verify) {
        SSL_set_verify(s->ssl, SSL_VERIFY_NONE, NULL);
        return;
    }
    SSL_set_verify(s->ssl, SSL_VERIFY_PEER, verify_seen);
    if (host_is_address(host))
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s->ssl), host);
    else
        SSL_set1_host(s->ssl, host);
}

struct tls_session *
tls_session_new(struct tls_context *context, int fd, const char *host, const char *alpn)
{
    struct arena mem = ARENA_INIT;
    struct tls_session *s = arena_zero(&mem, sizeof(*s));
    char protocols[32]; /* each with its length in front */
    size_t size = strlen(alpn);
    BIO *bio;

    s->mem = mem;
    s->context = context;
    s->fd = fd;
    s->want_h2 = strcmp(alpn, "h2") == 0;
    s->ssl = SSL_new(context->ssl);
    bio = BIO_new(context->socket_bio);
    ASSERT(s->ssl != NULL && bio != NULL && size + 1 < sizeof(protocols));
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    SSL_set_app_data(s->ssl, s);
    snprintf(protocols, sizeof(protocols), "%c%s", (int)size, alpn);
    SSL_set_alpn_protos(s->ssl, (const unsigned char *)protocols, (unsigned)size + 1);
    session_expect(s, host);
    SSL_set_connect_state(s->ssl);
    return s;
}

void
tls_session_free(struct tls_session *s)
{
    struct arena mem;

    if (s == NULL)
        return;
    ERR_clear_error();
    if (s->handshake_done && !s->failed && !s->write_failed && !s->ended)
        SSL_shutdown(s->ssl);
    SSL_free(s->ssl);
    mem = s->mem;
    arena_release(&mem);
}

/* What became of an SSL call that returned 'result'. */
static enum net_io
session_result(struct tls_session *s, int result)
{
    switch (SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_NONE:
        return NET_IO_DONE;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return NET_IO_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        s->ended = true;
        return NET_IO_ENDED;
    default:
        s->failed = true;
        s->library_error = ERR_peek_error();
        ERR_clear_error();
        if (ERR_GET_LIB(s->library_error) == ERR_LIB_SSL &&
            ERR_GET_REASON(s->library_error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            s->library_error = 0;
        return s->ended && s->library_error == 0 ? NET_IO_ENDED : NET_IO_FAILED;
    }
}

enum net_io
tls_session_handshake(struct tls_session *s, bool *ret_write)
{
    const unsigned char *protocol;
    unsigned size;
    enum net_io io;

    ERR_clear_error();
    io = session_result(s, SSL_do_handshake(s->ssl));
    *ret_write = io == NET_IO_AGAIN && SSL_want_write(s->ssl);
    if (io != NET_IO_DONE)
        return io;
    s->handshake_done = true;
    SSL_get0_alpn_selected(s->ssl, &protocol, &size);
    s->no_h2 = s->want_h2 && (size != 2 || memcmp(protocol, "h2", 2) != 0);
    return s->no_h2 ? NET_IO_FAILED : NET_IO_DONE;
}

enum net_io
tls_session_read(struct tls_session *s, void *data, size_t size, size_t *ret_size)
{
    enum net_io io = NET_IO_DONE;
    size_t got;

    *ret_size = 0;
    if (s->failed)
        return NET_IO_FAILED;
    while (io == NET_IO_DONE && *ret_size < size) {
        ERR_clear_error();
        io = session_result(
            s, SSL_read_ex(s->ssl, (uint8_t *)data + *ret_size, size - *ret_size, &got));
        if (io == NET_IO_DONE)
            *ret_size += got;
    }
    return *ret_size > 0 ? NET_IO_DONE : io;
}

enum net_io
tls_session_write(struct tls_session *s, const void *data, size_t size, size_t *ret_size)
{
    enum net_io io;

    ERR_clear_error();
    io = session_result(s, SSL_write_ex(s->ssl, data, size, ret_size));
    /* The socket takes no more, but the alert that says why may be waiting to be read. */
    if (io == NET_IO_FAILED && s->library_error == 0) {
        s->failed = false;
        s->write_failed = true;
    }
    return io;
}

const struct stack_st_X509 *
tls_session_chain(const struct tls_session *s)
{
    return SSL_get_peer_cert_chain(s->ssl);
}

const char *
tls_session_version(const struct tls_session *s)
{
    return SSL_get_version(s->ssl);
}

int
tls_session_errno(const struct tls_session *s)
{
    return s->sys_errno;
}

bool
tls_session_judge(struct tls_session *s, const struct endpoint *ep, struct net_failure *f)
{
    X509 *own_certificate = SSL_get_certificate(s->ssl);
    struct net_certificate own = {.ours = true};
    const struct tls_evidence evidence = {
        .verify_result = s->handshake_done ? X509_V_OK : s->verify_result,
        .library_error = s->library_error,
        .sys_errno = s->sys_errno,
        .ended = s->ended,
        .handshake_done = s->handshake_done,
        .ca_file = s->context->options.ca_file,
        .expected = s->expected,
        .clock_s = time_wall_ms() / 1000,
        .certificate = &s->certificate,
        .own = &own,
    };

    if (s->no_h2) {
        judge_set(f, NET_FAILURE_TLS_NO_HTTP2, ep, "the server does not offer HTTP/2 over TLS");
        return true;
    }
    if (s->handshake_done && s->library_error == 0)
        return false;
    if (own_certificate != NULL)
        tls_certificate_read(own_certificate, &own);
    judge_tls(f, ep, &evidence);
    return true;
}
