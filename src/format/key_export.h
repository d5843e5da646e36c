/*
 * The file of 'keys export': JSON lines that lose nothing. A first line says what it is, then come
 * leases and keys, and a last line counts and hashes all before it, so that a file that was cut is
 * known for one. The same keys give the same bytes, whether they were read from a file or a cluster.
 *
 * docs/formats/keys-export.md
 */
#ifndef QUORATE_FORMAT_KEY_EXPORT_H
#define QUORATE_FORMAT_KEY_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"
#include "format/backend/mvcc.h"

enum { KEY_EXPORT_FORMAT = 1 };

/* A line is at most that long: the largest value that etcd takes, several times over. */
enum { KEY_EXPORT_LINE_MAX = 48 << 20 };

struct key_export_header {
    int64_t revision;    /* at which the keys lived */
    struct bytes prefix; /* of the keys; none: all were asked for */
};

struct key_export_lease {
    int64_t id;
    int64_t ttl_s; /* as granted; 0: not known, or it has ended */
};

struct key_export_end {
    uint64_t keys;
    uint64_t leases;
    uint64_t bytes; /* of keys and values */
    uint8_t sha256[SHA256_SIZE];
};

enum key_export_type {
    KEY_EXPORT_HEADER,
    KEY_EXPORT_LEASE,
    KEY_EXPORT_KEY,
    KEY_EXPORT_END,
};

struct key_export_line {
    enum key_export_type type;
    struct key_export_header header;
    struct key_export_lease lease;
    struct key_value kv;
    struct key_export_end end;
};

/* Each appends one line, its end included. */
void key_export_header_encode(struct buf *out, const struct key_export_header *header);
void key_export_lease_encode(struct buf *out, const struct key_export_lease *lease);
void key_export_key_encode(struct buf *out, const struct key_value *kv);
void key_export_end_encode(struct buf *out, const struct key_export_end *end);

/*
 * Reads one line, without its end.
 *
 * ret_line  bytes in 'mem'
 * e         ERROR_FORMAT: it is none of these lines, or something in it is not what it should be.
 *           ERROR_TOO_NEW: of a later quorate.
 */
MUST_CHECK bool key_export_line_decode(struct arena *mem, struct bytes line,
                                       struct key_export_line *ret_line, struct error *e);

#endif
