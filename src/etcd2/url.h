/*
 * Paths, queries and forms as Go's client writes them, so that --debug shows the same lines.
 * Source: Go's net/url, path.Clean; etcd pkg/pathutil/path.go (3.4).
 */
#ifndef QUORATE_ETCD2_URL_H
#define QUORATE_ETCD2_URL_H

#include <stdint.h>

#include "base/buf.h"

/* 'prefix' and 'key' as one path: without "//", "." and "..", with '/' at its end where 'key' has
 * one; then escaped. */
void url_path_append(struct buf *out, const char *prefix, const char *key);

/* NAME=VALUE with '&' in front unless 'out' is empty; a blank becomes '+'. To be called in the
 * order of the names. */
void url_form_append(struct buf *out, const char *name, struct bytes value);
void url_form_append_text(struct buf *out, const char *name, const char *value);
void url_form_append_u64(struct buf *out, const char *name, uint64_t value);

#endif
