/*
 * The rows of the "key" bucket: a revision as the key, a mvccpb.KeyValue as the value.
 *
 * Revisions are what etcd calls MVCC revisions: 'main' counts write transactions (from 2 on: a fresh
 * store is at 1), 'sub' the changes inside one. The mark behind a key makes it a tombstone: the user
 * key was deleted there.
 *
 * Source: etcd 3.4 mvcc/revision.go, mvcc/kvstore.go; 3.6 server/storage/mvcc/revision.go;
 * api/mvccpb/kv.proto; docs/formats/backend.md.
 */
#ifndef QUORATE_FORMAT_MVCC_H
#define QUORATE_FORMAT_MVCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

enum { REVISION_KEY_SIZE = 17, REVISION_KEY_TOMBSTONE_SIZE = 18 };

struct revision_key {
    int64_t main;
    int64_t sub;
    bool tombstone;
};

/*
 * Reads a row's key: 17 bytes, or 18 for a tombstone; both numbers at least 0.
 *
 * e  ERROR_FORMAT: another length, separator or mark, or a negative number (what etcd 3.6 and later
 *    abort on).
 */
MUST_CHECK bool revision_key_decode(struct bytes key, struct revision_key *ret_revision,
                                    struct error *e);

/* Writes the key into ret_key; returns its size. */
size_t revision_key_encode(const struct revision_key *revision,
                           uint8_t ret_key[REVISION_KEY_TOMBSTONE_SIZE]);

/* By main, then sub; a tombstone is no later than its revision. */
int revision_key_compare(const struct revision_key *a, const struct revision_key *b);

/* What etcd stores of a user key. key and value point into what was decoded. */
struct key_value {
    struct bytes key;
    int64_t create_revision; /* main revision at which the key came to be */
    int64_t mod_revision;    /* main revision of this version of it */
    int64_t version;         /* 1 for the version of create_revision, then counting */
    struct bytes value;
    int64_t lease; /* 0 for none */
};

/*
 * Reads a mvccpb.KeyValue without copying. Missing fields are zero, unknown ones skipped, the last
 * of several wins (proto.h). A row made by --bump-revision is empty: no key, all zero.
 *
 * e  ERROR_FORMAT: the message is cut or malformed.
 */
MUST_CHECK bool key_value_decode(struct bytes message, struct key_value *ret_kv, struct error *e);

/* Appends the message as etcd writes it. */
void key_value_encode(struct buf *out, const struct key_value *kv);

#endif
