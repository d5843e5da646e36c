/*
 * TLS for clients: which authority is trusted, who we are. OpenSSL is not touched before the first
 * https connection (or tls_context_load), so a program that speaks http pays nothing for it.
 */
#ifndef QUORATE_NET_TLS_H
#define QUORATE_NET_TLS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct tls_options {
    const char *ca_file;     /* PEM; NULL: the system's authorities */
    const char *cert_file;   /* PEM, leaf first; NULL: no client certificate */
    const char *key_file;    /* PEM, not encrypted; goes with cert_file */
    const char *server_name; /* expected in the certificate; NULL: the endpoint's host */
    bool insecure_skip_verify;
};

/* What connections share: the options and, once loaded, OpenSSL's context. */
struct tls_context;

/* Copies the options; touches no file. Released with 'mem', after all connections are closed. */
struct tls_context *tls_context_new(struct arena *mem, const struct tls_options *options);

/*
 * Loads the files, once; later calls return true at once. Connections do this themselves; call it
 * to find mistakes before there is a connection.
 *
 * e  names the file and what is wrong: missing or unreadable (NOT_FOUND, PERMISSION), no PEM in it,
 *    key encrypted, key does not belong to the certificate, only one of the two given (TLS, USAGE).
 */
MUST_CHECK bool tls_context_load(struct tls_context *context, struct error *e);

const struct tls_options *tls_context_options(const struct tls_context *context);

#endif
