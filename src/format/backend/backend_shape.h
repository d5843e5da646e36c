/*
 * Whether a row looks like one of its bucket: what tells rows from damage, and pages of one bucket
 * from those of another, where no tree says which is which.
 *
 * Source: etcd 3.4-3.7 server/storage/schema, server/storage/mvcc; docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_BACKEND_SHAPE_H
#define QUORATE_FORMAT_BACKEND_SHAPE_H

#include <stdbool.h>

#include "base/bytes.h"

/* What every server makes at its first start, in the order of their names. */
enum { BACKEND_BUCKET_COUNT = 10 };
extern const char *const backend_buckets[BACKEND_BUCKET_COUNT];

/* Rows of buckets that are not etcd's have any shape. */
bool backend_row_has_shape(struct bytes bucket, struct bytes key, struct bytes value);

/* The name of one of etcd's ten buckets that this one is, but for a byte or two; NULL: none is. */
const char *backend_bucket_name_mend(struct bytes name);

/* Short and printable, as the names of all buckets of etcd's are. */
bool backend_bucket_name_is_plain(struct bytes name);

#endif
