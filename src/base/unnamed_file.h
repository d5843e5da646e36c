/*
 * A file that has no name until it is complete: whatever ends the program before, SIGKILL included,
 * the file is gone with it.
 *
 * Where the file system cannot do that, the file is a hidden one beside its later name, which
 * unnamed_file_close removes; then only a killed program leaves it behind.
 */
#ifndef QUORATE_BASE_UNNAMED_FILE_H
#define QUORATE_BASE_UNNAMED_FILE_H

#include "base/arena.h"
#include "base/error.h"

struct unnamed_file {
    int fd;
    const char *path;   /* by which this process can open it once more */
    const char *hidden; /* its name for the time being; NULL: none */
};

#define UNNAMED_FILE_INIT                                                                          \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define AUTO_UNNAMED_FILE __attribute__((cleanup(unnamed_file_close))) struct unnamed_file

/*
 * Creates one, open for reading and writing, mode 0600.
 *
 * dir     in which it will have its name, or in whose file system there is room for it.
 * e       ERROR_NOT_FOUND: no such directory; ERROR_PERMISSION, ERROR_NO_SPACE, ERROR_IO.
 * Memory  names in mem.
 */
MUST_CHECK bool unnamed_file_open(struct arena *mem, const char *dir, struct unnamed_file *ret_file,
                                  struct error *e);

/*
 * Syncs it and gives it its name, in the directory it was made for.
 *
 * e  ERROR_EXISTS: there is something of that name, which stays as it is.
 */
MUST_CHECK bool unnamed_file_name(struct unnamed_file *file, const char *path, struct error *e);

/* Without a name by now: removes it. */
void unnamed_file_close(struct unnamed_file *file);

#endif
