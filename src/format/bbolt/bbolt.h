/*
 * A bbolt database file, read in place: etcd's backend and its db snapshots.
 *
 * The file is trusted in nothing. Every page, element, key and value is checked against the bounds
 * of the file before it is touched, so damage gives ERROR_CORRUPT with file, page and byte, never a
 * crash. A file that is cut short is found when it is opened; when it is cut or changed afterwards,
 * bytes differ each time they are looked at: what was read stays inside the file all the same, and
 * file_map_unchanged tells it at the end.
 *
 * A struct bbolt is not changed after opening: threads may share it, each with its own cursor.
 * Rows are read with format/bbolt/bbolt_cursor.h; format/bbolt/bbolt_check.h judges the whole file.
 *
 * Source: docs/formats/bbolt.md (bbolt 1.3.6 to 1.5.0: db.go, page.go, meta.go, bucket.go).
 */
#ifndef QUORATE_FORMAT_BBOLT_H
#define QUORATE_FORMAT_BBOLT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/read_ahead.h"

enum {
    BBOLT_PAGE_SIZE_LEAST = 512,
    BBOLT_PAGE_SIZE_MOST = 64 << 10,
    BBOLT_KEY_SIZE_MOST = 32768,        /* bytes; bbolt's MaxKeySize */
    BBOLT_VALUE_SIZE_MOST = 0x7ffffffe, /* bytes; bbolt's MaxValueSize */
    BBOLT_DEPTH_MOST = 32,              /* levels of a tree; real files have at most six */
};

/* meta.freelist of a file whose free pages are not listed: what etcd always writes. */
#define BBOLT_FREELIST_NONE UINT64_MAX

struct bbolt {
    const char *name;    /* for errors; the caller's, as long as the database is in use */
    struct bytes file;   /* the whole file, what stands behind size_bytes (a trailer) included */
    uint32_t page_size;  /* bytes, a power of two */
    uint64_t pgid;       /* high-water mark: the first page number never used */
    uint64_t size_bytes; /* pgid * page_size: the database proper */
    uint64_t txid;       /* of the last commit */
    uint64_t root;       /* page of the root bucket's tree */
    uint64_t freelist;   /* page, or BBOLT_FREELIST_NONE */
    unsigned meta;       /* the meta page in use, 0 or 1 */
    struct read_ahead *ahead; /* who brings the file into memory: pages are waited for; or NULL */
    bool meta_bad[2];         /* which meta pages are damaged: one is survived, but worth telling */
};

/* A row of a bucket; both point into the file. */
struct bbolt_row {
    struct bytes key;
    struct bytes value;
};

/* A top-level bucket; everything points into the file or to the database. */
struct bbolt_bucket {
    const struct bbolt *db;
    struct bytes name;
    struct bytes value; /* as it stands in the root bucket: root, sequence, inline page */
    uint64_t root;      /* page of the bucket's tree; 0: inline */
    uint64_t sequence;  /* bbolt's counter; etcd leaves it 0 */
    uint64_t page;      /* where 'value' stands: page number ... */
    uint64_t offset;    /* ... and byte in the file */
};

/*
 * Reads the meta pages of a database that is mapped or held in memory; there is nothing to close.
 *
 * file    the whole file; a trailer behind the last page is left alone.
 * name    the file's name, for errors; not copied.
 * e       ERROR_FORMAT: too short for bbolt, no bbolt file, or a version that is not 2.
 *         ERROR_CORRUPT: both meta pages damaged, impossible figures in the newer good one, or the
 *         file is shorter than its meta page says (the hint says how to go on).
 * Source  bbolt db.go, getPageSize and mmap: one good meta page is enough, also when the page size
 *         is not the machine's.
 */
MUST_CHECK bool bbolt_open(struct bytes file, const char *name, struct bbolt *ret_db,
                           struct error *e);

/*
 * Finds a top-level bucket.
 *
 * e  ERROR_NOT_FOUND: there is none of that name. ERROR_CORRUPT: damage on the way to it.
 */
MUST_CHECK bool bbolt_bucket_find(const struct bbolt *db, struct bytes name,
                                  struct bbolt_bucket *ret_bucket, struct error *e);

/*
 * The value of one key. For several keys of a large bucket a cursor is no faster.
 *
 * e  ERROR_NOT_FOUND: the bucket has no such key. ERROR_CORRUPT: damage on the way to it.
 */
MUST_CHECK bool bbolt_bucket_get(const struct bbolt_bucket *bucket, struct bytes key,
                                 struct bytes *ret_value, struct error *e);

#endif
