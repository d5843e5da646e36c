/*
 * Live keys as a listing: one level, like that of a directory, or all of them. A directory is what
 * keys have in common up to a separator; it is told once, with what is in it.
 */
#ifndef QUORATE_KEYS_LISTING_H
#define QUORATE_KEYS_LISTING_H

#include "base/buf.h"
#include "keys/source.h"

struct listing_request {
    struct bytes prefix;
    bool recursive; /* all keys, no directories */
    bool keys_only; /* no sizes, no times: much less to read from a cluster */
    uint8_t separator;
    int64_t revision; /* 0: the latest */
};

struct listing_entry {
    struct bytes name; /* the whole key, or all of a directory's name with its separator */
    bool is_directory;
    uint64_t keys;        /* in the directory, all levels below together; 1 for a key */
    uint64_t bytes;       /* of keys and values */
    int64_t created_ms;   /* of a key that is a Kubernetes object: wall clock; 0: not known */
    int64_t mod_revision; /* of a directory the newest in it */
    /* Of a key; otherwise 0. */
    int64_t create_revision;
    int64_t version;
    int64_t lease;
};

/* Valid until it returns. */
typedef bool listing_visit(void *context, const struct listing_entry *entry, struct error *e);

/* Entries in the order of the keys. e: as key_source_live. */
MUST_CHECK bool listing_read(struct key_source *source, const struct listing_request *request,
                             listing_visit *visit, void *context, struct error *e);

#endif
