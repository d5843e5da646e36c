/* A log file that starts anew when it is full: NAME.log, NAME.log.1 (younger), NAME.log.2, ... */
#ifndef QUORATE_NODE_LOG_FILE_H
#define QUORATE_NODE_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct log_file {
    const char *path;
    int fd;
    uint64_t size;
    uint64_t most_bytes;
    unsigned keep;  /* full files kept beside the open one */
    bool in_a_line; /* the last byte was no line's end */
};

/* Opens for appending; creates it with mode 0600. 'path' must outlive it. */
MUST_CHECK bool log_file_open(struct log_file *ret_log, const char *path, uint64_t most_bytes,
                              unsigned keep, struct error *e);
void log_file_close(struct log_file *log);

/* Appends; once most_bytes are reached, the next line goes to a new file. */
MUST_CHECK bool log_file_write(struct log_file *log, const void *data, size_t size,
                               struct error *e);

#endif
