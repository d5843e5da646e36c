/* What etcd-dump-db prints of a database's rows. */
#ifndef QUORATE_CLI_PRINT_BUCKET_H
#define QUORATE_CLI_PRINT_BUCKET_H

#include "base/buf.h"
#include "base/error.h"
#include "format/bbolt/bbolt.h"

/*
 * One row of a bucket, a line: key and value quoted as Go's %q does or, with 'decode' and for the
 * buckets whose rows etcd-dump-db knows, what they mean.
 *
 * e       ERROR_FORMAT: the row is not what rows of this bucket are; names it.
 * Source  etcd 3.5-3.7 tools/etcd-dump-db/backend.go; the form is that of 3.7, without passwords.
 */
MUST_CHECK bool print_bucket_row(struct buf *out, struct bytes bucket, const struct bbolt_row *row,
                                 bool decode, struct error *e);

/* The same of a row of "key". */
MUST_CHECK bool print_key_row(struct buf *out, const struct bbolt_row *row, struct error *e);

#endif
