/* Where finished page runs of a bbolt file go: to a file, in order, or only into memory. */
#ifndef QUORATE_FORMAT_BBOLT_OUT_H
#define QUORATE_FORMAT_BBOLT_OUT_H

#include "base/buf.h"
#include "base/error.h"

struct bbolt_out {
    int fd; /* -1: everything stays in 'pages' */
    const char *path;
    uint32_t page_size;
    uint64_t first;     /* page number of the first byte in 'pages' */
    uint64_t next;      /* page number that the next run gets */
    uint64_t written;   /* bytes behind page 'first' that left 'pages' for the file */
    size_t memory_most; /* bytes that 'pages' may hold when there is no file */
    struct buf pages;
};

void bbolt_out_init(struct bbolt_out *out, int fd, const char *path, uint32_t page_size,
                    uint64_t first, size_t memory_most);
void bbolt_out_release(struct bbolt_out *out);
/* e: ERROR_NO_SPACE and others of writing; ERROR_LIMIT: more than memory_most without a file. */
MUST_CHECK bool bbolt_out_append(struct bbolt_out *out, const void *data, size_t size,
                                 struct error *e);
/* Writes what is still in memory; does nothing without a file. */
MUST_CHECK bool bbolt_out_flush(struct bbolt_out *out, struct error *e);

#endif
