/* What differs between two texts, line by line. */
#ifndef QUORATE_FORMAT_LINE_DIFF_H
#define QUORATE_FORMAT_LINE_DIFF_H

#include "base/bytes.h"
#include "base/error.h"

/* Lines that are compared each with each; texts that differ in more are told as replaced there. */
enum { LINE_DIFF_MAX = 2000 };

/* A line without its end; what is in both texts is not told. Lines are told in the order of the texts,
 * what was removed in front of what came in its place. */
typedef bool line_diff_visit(void *context, bool added, size_t number, struct bytes line,
                             struct error *e);

/* 'number' counts the lines of the text that the line is in, from 1. */
MUST_CHECK bool line_diff(struct bytes before, struct bytes after, line_diff_visit *visit,
                          void *context, struct error *e);

#endif
