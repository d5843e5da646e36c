/*
 * Where one member's directory comes to be: everything is built under a temporary name beside (or,
 * when the data directory is there and empty, inside) its place and moved there at the end.
 */
#ifndef QUORATE_OPS_RESTORE_SITE_H
#define QUORATE_OPS_RESTORE_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "ops/restore.h"

/* How a db file comes by its content. */
enum restore_filling {
    RESTORE_WRITTEN,        /* through the page cache */
    RESTORE_WRITTEN_DIRECT, /* past it */
    RESTORE_CLONED,         /* shares its blocks with the first one */
};

struct restore_site {
    const char *name;
    uint64_t member_id;
    const char *data_dir; /* final */
    const char *wal_dir;  /* final */

    const char *stage;      /* becomes data_dir, or its entries move there */
    const char *member_dir; /* stage/member */
    const char *snap_dir;   /* stage/member/snap */
    const char *db_path;
    int db_fd;
    int direct_fd; /* of the same file, to write past the page cache; or -1 */
    enum restore_filling filling;
    int lock_fd;            /* on the stage: others tell it from a leftover by it */
    const char *wal_stage;  /* where the log is until the commit */
    bool data_dir_is_there; /* and empty: it stays, with its owner and its mount */
    bool wal_is_apart;      /* outside the data directory: moved by itself */

    bool staged;
    ARRAY(const char *) taken;        /* final names that are ours now */
    ARRAY(const char *) made_parents; /* the deepest first */
};

/* Removes what killed restores into the same place left. ERROR_PERMISSION, ERROR_IO. */
MUST_CHECK bool restore_site_clear(const struct restore_site *site, struct error *e);

/*
 * Makes the temporary directories and an empty db file.
 *
 * site       as restore_site_init left it; abandon it whatever happens.
 * e          ERROR_PERMISSION, ERROR_NO_SPACE, ERROR_IO; names the path.
 */
MUST_CHECK bool restore_site_stage(struct arena *mem, struct restore_site *site, struct error *e);

void restore_site_init(struct arena *mem, struct restore_site *site,
                       const struct restore_target *target, uint64_t member_id);

/* Moves what was built to its place and syncs the directories. ERROR_EXISTS: the place is taken. */
MUST_CHECK bool restore_site_commit(struct arena *mem, struct restore_site *site, struct error *e);

/* Removes everything that stage and commit made, also the directories on the way there. */
void restore_site_abandon(struct restore_site *site);

/* Closes what is open; the site's files stay. */
void restore_site_close(struct restore_site *site);

/*
 * Checks that all file systems have room for what goes there: a database, unless it is a clone, and a
 * log per member.
 *
 * e          ERROR_NO_SPACE names directory, bytes needed for how many members, bytes free.
 */
MUST_CHECK bool restore_sites_check_space(const struct restore_site *sites, size_t count,
                                          uint64_t db_size_bytes, struct error *e);

/* The path without slashes at its end; in mem. */
const char *restore_path_trim(struct arena *mem, const char *path);

#endif
