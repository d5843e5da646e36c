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

/* Rows of buckets that are not etcd's have any shape. */
bool backend_row_has_shape(struct bytes bucket, struct bytes key, struct bytes value);

/* Short and printable, as the names of all buckets of etcd's are. */
bool backend_bucket_name_is_plain(struct bytes name);

#endif
