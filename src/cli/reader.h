/*
 * Whoever reads our standard output, while we wait for something to write: a pipe's reader that has
 * gone would otherwise be noticed at the next write, which may be hours away.
 */
#ifndef QUORATE_CLI_READER_H
#define QUORATE_CLI_READER_H

#include "base/error.h"
#include "net/loop.h"

/* 'why' is what a write would have failed with (ERROR_IO, EPIPE). */
typedef void reader_left(void *context, const struct error *why);

/* Stays where it is until the end. */
struct reader {
    struct loop *loop;
    struct loop_watch watch;
    reader_left *left;
    void *context;
};

/* Calls 'left' once, when nobody can read standard output any more; never for a file or a terminal. */
void reader_begin(struct reader *r, struct loop *loop, reader_left *left, void *context);
/* Twice is fine. */
void reader_end(struct reader *r);

#endif
