/* What tells whether a file was changed while it was read. */
#ifndef QUORATE_BASE_FILE_STAMP_H
#define QUORATE_BASE_FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

/* Size and time of the last change. */
struct file_stamp {
    uint64_t size_bytes;
    struct timespec changed_at;
};

MUST_CHECK bool file_stamp_take(int fd, const char *path, struct file_stamp *ret_stamp,
                                struct error *e);
/* e  ERROR_CONFLICT: "... was changed while it was read", or was cut. */
MUST_CHECK bool file_stamp_check(const struct file_stamp *stamp, int fd, const char *path,
                                 struct error *e);

#endif
