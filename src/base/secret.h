/* Passwords and tokens: wiped when released, never printed, never copied into an arena. */
#ifndef QUORATE_BASE_SECRET_H
#define QUORATE_BASE_SECRET_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

struct secret {
    char *text; /* NUL-terminated; NULL when not set */
    size_t size;
};

#define SECRET_INIT                                                                                \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define AUTO_SECRET __attribute__((cleanup(secret_release))) struct secret

void secret_release(struct secret *s);
/* Replaces the content, wiping the old. */
void secret_set(struct secret *s, struct bytes content);
/*
 * The first line, without its newline, of a file or pipe of at most 64 KiB.
 *
 * e  ERROR_FORMAT: the line is empty, or has a NUL in it. ERROR_LIMIT: more than 64 KiB.
 *    The secret stays as it was.
 */
MUST_CHECK bool secret_load(struct secret *s, const char *path, struct error *e);
/* All of it, as a private key. e: ERROR_LIMIT: more than 64 KiB. */
MUST_CHECK bool secret_load_whole(struct secret *s, const char *path, struct error *e);

/*
 * From now on this process leaves no core dump, and nobody but root can look into it: it holds a key. Programs that it
 * runs are not concerned.
 */
void secrets_guard(void);
/*
 * From now on OpenSSL overwrites whatever it gives back: readers and writers of PEM and DER leave copies of a key behind
 * which nobody else can reach. Has to be called before anything else of the library's.
 * Source: crypto/pem/pem_lib.c, providers/implementations/encode_decode in 3.0: OPENSSL_free of the decoded bytes.
 */
void secrets_wipe_library(void);

#endif
