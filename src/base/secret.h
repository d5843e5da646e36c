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

#endif
