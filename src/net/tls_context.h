/* The inside of a TLS context, for tls.c and tls_session.c. */
#ifndef QUORATE_NET_TLS_CONTEXT_H
#define QUORATE_NET_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_context {
    struct tls_options options;
    SSL_CTX *ssl;           /* NULL: not loaded */
    BIO_METHOD *socket_bio; /* send(2) without SIGPIPE */
};

/* OpenSSL's own socket BIO uses write(2), which raises SIGPIPE. Its data is a struct tls_session. */
BIO_METHOD *tls_socket_bio_new(void);

#endif
