/*
 * Writes a compact bbolt file from front to back, rows in ascending order:
 *
 *     AUTO_BBOLT_WRITER w;
 *
 *     bbolt_writer_init(&w, fd, path, &(struct bbolt_writer_options){.page_size = 4096});
 *     bbolt_writer_bucket_begin(&w, BYTES_LITERAL("key"), e)
 *     bbolt_writer_put(&w, key, value, e) ...
 *     bbolt_writer_bucket_end(&w, e)
 *     bbolt_writer_finish(&w, &size, e)
 *
 * The same rows give the same bytes. Memory is bounded by a buffer of a megabyte, leaves of at
 * most two, and a page or two a level, however many rows there are and however large they are. The result is exactly its pages
 * long, with both meta pages and no freelist, as etcd writes it.
 *
 * Source: docs/formats/bbolt.md; accepted by etcd 3.4 to 3.7 and bbolt's own check.
 */
#ifndef QUORATE_FORMAT_BBOLT_WRITER_H
#define QUORATE_FORMAT_BBOLT_WRITER_H

#include "format/bbolt/bbolt.h"
#include "format/bbolt/bbolt_tree.h"

struct bbolt_writer_options {
    uint32_t page_size;    /* bytes, a power of two from 512 to 64 KiB; 0: 4096 */
    unsigned fill_percent; /* of a page that rows fill before the next is begun, 10 to 100; 0: 90,
                            * which is etcd's own for its key bucket and for defragmentation */
    uint64_t txid;         /* of the newer meta page; 0: 2 */
};

struct bbolt_writer {
    struct bbolt_out out;
    struct bbolt_tree root;   /* the root bucket: name and bucket value */
    struct bbolt_tree bucket; /* the bucket that is open */
    struct buf name;          /* of that bucket */
    struct buf value;         /* of a bucket in the root bucket */
    bool in_bucket;
    uint64_t txid;
};

#define AUTO_BBOLT_WRITER __attribute__((cleanup(bbolt_writer_release))) struct bbolt_writer

/*
 * fd    a new, empty file, open for writing; stays the caller's, who also syncs it after
 *       bbolt_writer_finish (perhaps behind a trailer of its own). Written with pwrite.
 * path  for errors; not copied.
 */
void bbolt_writer_init(struct bbolt_writer *w, int fd, const char *path,
                       const struct bbolt_writer_options *options);
void bbolt_writer_release(struct bbolt_writer *w);

/* Buckets come in ascending order of their names. e: ERROR_FORMAT: out of order, or an impossible
 * name; ERROR_NO_SPACE and others of writing. */
MUST_CHECK bool bbolt_writer_bucket_begin(struct bbolt_writer *w, struct bytes name,
                                          struct error *e);

/* Rows come in ascending order of their keys, none twice. e: ERROR_FORMAT: out of order, an empty
 * or too large key, a too large value; ERROR_NO_SPACE and others of writing. */
MUST_CHECK bool bbolt_writer_put(struct bbolt_writer *w, struct bytes key, struct bytes value,
                                 struct error *e);
MUST_CHECK bool bbolt_writer_bucket_end(struct bbolt_writer *w, struct error *e);

/* Writes the root bucket and, last of all, the meta pages: before that the file does not open. */
MUST_CHECK bool bbolt_writer_finish(struct bbolt_writer *w, uint64_t *ret_size_bytes,
                                    struct error *e);

#endif
