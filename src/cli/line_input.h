/* Lines from a descriptor, each as soon as it is there: for what people type or scripts pipe in. */
#ifndef QUORATE_CLI_LINE_INPUT_H
#define QUORATE_CLI_LINE_INPUT_H

#include "base/buf.h"
#include "base/error.h"

struct line_input {
    int fd;
    struct buf read; /* what was read */
    size_t at;       /* where in it the next line begins */
    size_t seen;     /* so many bytes behind that have no line end */
    size_t line;     /* number of the last line, from 1; behind it when the input is at its end */
};

#define LINE_INPUT_INIT(fd_)                                                                       \
    {                                                                                              \
        .fd = (fd_), .read = BUF_INIT                                                              \
    }

void line_input_release(struct line_input *in); /* does not close the descriptor */

/*
 * Waits for the next line.
 *
 * ret_line   without the blanks around it and without its end; valid until the next call.
 * ret_ended  the input is at its end, and ret_line is not set. Behind the last line end there may
 *            have been a piece of a line, which is dropped, as etcdctl does.
 * e          ERROR_INPUT: longer than 64 MiB. ERROR_IO.
 */
MUST_CHECK bool line_input_next(struct line_input *in, struct bytes *ret_line, bool *ret_ended,
                                struct error *e);

/* The two halves of it, for loops: a line that has been read already, if there is one; and one read,
 * which waits only when there is nothing to read. */
bool line_input_take(struct line_input *in, struct bytes *ret_line);
MUST_CHECK bool line_input_fill(struct line_input *in, bool *ret_ended, struct error *e);

#endif
