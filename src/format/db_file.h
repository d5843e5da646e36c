/*
 * A bbolt file that a member may have open: opened under etcd's own lock, so that nobody reads or
 * changes it while a server runs on it.
 *
 * etcd locks its database with flock(2): servers exclusively, readers shared. Who meets a lock is
 * told at once who holds it, where /proc shows that; etcdutl waits in silence.
 *
 * Source: bbolt 1.3 and 1.4 bolt_unix.go (flock), db.go (Open); etcd 3.5-3.7 etcdutl.
 */
#ifndef QUORATE_FORMAT_DB_FILE_H
#define QUORATE_FORMAT_DB_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/io.h"
#include "format/bbolt/bbolt.h"

enum db_file_use {
    DB_FILE_READ,   /* shared: beside other readers */
    DB_FILE_CHANGE, /* alone, open for writing */
};

/* How long to wait for a lock, in milliseconds: a number, or */
enum { DB_FILE_WAIT_NOT = 0, DB_FILE_WAIT_FOREVER = -1 };

struct db_file {
    int fd;              /* holds the lock */
    struct file_map map; /* of the whole file */
    struct bbolt db;     /* points into the map */
    struct read_ahead ahead;
};

#define DB_FILE_INIT                                                                               \
    {                                                                                              \
        .fd = -1, .map = FILE_MAP_INIT, .ahead = READ_AHEAD_INIT                                   \
    }
#define AUTO_DB_FILE __attribute__((cleanup(db_file_close))) struct db_file

/*
 * Opens, locks and maps a database.
 *
 * path     kept for errors, not copied.
 * wait_ms  see above.
 * e        ERROR_NOT_FOUND, ERROR_PERMISSION. ERROR_LOCKED: "... is in use by etcd (pid 4711)", the
 *          hint says what to do. ERROR_FORMAT, ERROR_CORRUPT: as bbolt_open.
 */
MUST_CHECK bool db_file_open(const char *path, enum db_file_use use, int64_t wait_ms,
                             struct db_file *ret_file, struct error *e);
void db_file_close(struct db_file *file);

/* The lock alone, for a file that may not be a database any more: the descriptor holds it. e: as
 * above, but for what bbolt_open finds. */
MUST_CHECK bool db_file_lock(const char *path, enum db_file_use use, int64_t wait_ms, int *ret_fd,
                             struct error *e);

/* For who is going to read most of it: brings it into memory at the speed of the disk, beside the
 * reading. The file must stay where it is. */
void db_file_read_ahead(struct db_file *file);

/* Whether what was read is what the file holds: as file_map_unchanged. */
MUST_CHECK bool db_file_unchanged(const struct db_file *file, struct error *e);

/*
 * The same at the end of a reading, which went well or not: damage that was found in a file that changed
 * meanwhile is none, so the change is told instead.
 */
MUST_CHECK bool db_file_finish(const struct db_file *file, bool ok, struct error *e);

/* Another process that has a file open. */
struct file_user {
    pid_t pid;
    char name[32]; /* its command, as the kernel keeps it */
};

/* Looks for one in /proc; false when there is none, and when this process may not see it. */
bool file_user_find(int fd, struct file_user *ret_user);

#endif
