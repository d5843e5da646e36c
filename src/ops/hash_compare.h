/*
 * Compares the content of a db file with what members have: HashKV, recomputed from the file in the
 * state of compaction that the member is in.
 */
#ifndef QUORATE_OPS_HASH_COMPARE_H
#define QUORATE_OPS_HASH_COMPARE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "etcd/message/maintenance_message.h"
#include "format/backend/backend_summary.h"

/* A verified db file, and the revision bump that a restore added to it. */
struct hash_reference {
    const char *path;
    const struct backend_info *info;
    const struct backend_summary *summary;
    int64_t bumped_revision; /* 0: no bump */
};

enum hash_match {
    HASH_EQUAL,
    HASH_DIFFERS,
    HASH_NOT_COMPARABLE, /* the member's answer says nothing about the file: see 'note' */
};

struct hash_comparison {
    enum hash_match match;
    uint32_t expected; /* not set when not comparable */
    const char *note;  /* both numbers, or why not; "" when equal */
};

/* The revision to ask members for. */
int64_t hash_reference_revision(const struct hash_reference *reference);

/*
 * server  the answer to HashKV at hash_reference_revision().
 * e       the file's own errors.
 * Memory  the note in 'mem'.
 */
MUST_CHECK bool hash_compare(struct arena *mem, const struct hash_reference *reference,
                             const struct etcd_hash_kv *server,
                             struct hash_comparison *ret_comparison, struct error *e);

#endif
