/*
 * The picture of a member's data directory at one moment: what is there, and what it says. Each part
 * is known, or absent, or unknown for a reason. It is read by ops/data_dir_read.h and judged by
 * cluster/data_dir_rules.h, which looks at nothing else.
 */
#ifndef QUORATE_CLUSTER_DATA_DIR_PICTURE_H
#define QUORATE_CLUSTER_DATA_DIR_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cluster/fact.h"
#include "format/backend/backend.h"
#include "format/v2_store.h"
#include "format/wal/wal_summary.h"

/* The user that etcd will run as. */
struct user_picture {
    const char *name; /* or the number, when nobody has it */
    uid_t uid;
    const gid_t *groups; /* the primary one included */
    size_t group_count;
};

enum path_use {
    PATH_WAY,   /* a directory above: to be passed through */
    PATH_DIR,   /* a directory in which etcd makes and removes files */
    PATH_FILE,  /* a file that etcd writes */
    PATH_INPUT, /* a file that etcd only reads */
};

struct path_picture {
    const char *path;
    enum path_use use;
    enum fact state;
    const char *because; /* of unknown */
    mode_t mode;         /* type and permission bits */
    uid_t uid;
    gid_t gid;
};

/* Whether another process holds the lock that etcd would take. */
struct lock_picture {
    enum fact state;
    bool is_held;
    const char *holder; /* "etcd (pid 4711)"; "" when it cannot be seen */
};

struct db_picture {
    enum fact state;          /* known: it could be opened as a database */
    enum error_code code;     /* of unknown: ERROR_CORRUPT and ERROR_FORMAT are the file's fault */
    const char *because;      /* of unknown */
    uint64_t file_bytes;      /* also of a file that cannot be opened */
    uint64_t size_bytes;      /* pages that were ever used, what etcd calls the size */
    uint64_t in_use_bytes;    /* of these, reachable */
    bool meta_page_bad;       /* one of the two: etcd goes on with the other */
    uint64_t damage_count;    /* findings of the structure check */
    uint64_t out_of_order;    /* of these, keys that are not in their order */
    const char *damage;       /* the first */
    enum fact info_state;     /* the buckets beside the keys */
    const char *info_because; /* of unknown */
    struct backend_info info;
    bool has_root_user; /* "root" among the users, with the role of that name */
};

/* A raft snapshot, DIR/member/snap/TERM-INDEX.snap. */
struct snap_picture {
    const char *name;
    uint64_t term; /* as the name says */
    uint64_t index;
    enum fact state; /* unknown: etcd cannot read it either, when code is ERROR_CORRUPT */
    enum error_code code;
    const char *because;
    struct raft_conf_state conf_state;
    enum fact membership_state; /* the v2 store inside */
    const char *membership_because;
    struct v2_membership membership;
};

/* A database received from the leader, DIR/member/snap/INDEX.snap.db. */
struct snap_db_picture {
    const char *name;
    uint64_t index;
};

/* A change of membership in the log. */
struct conf_change_picture {
    uint64_t index;
    uint32_t type; /* enum raft_conf_change_type */
    uint64_t node_id;
    bool is_promotion; /* RAFT_ADD_NODE of a learner */
};

/* Keys of the v2 API, which etcd 3.6 refuses. */
struct v2_picture {
    enum fact state;
    const char *because;
    const char *snap_name;   /* the raft snapshot that has such content; NULL: none */
    uint64_t wal_index;      /* raft index of the first such request in the log; 0: none */
    const char *wal_request; /* "PUT /1/a" */
};

struct wal_picture {
    enum fact state;      /* known: its segments could be read, perhaps up to damage */
    enum error_code code; /* of unknown */
    const char *because;  /* of unknown */
    uint64_t begins_at;   /* raft index at which the oldest segment begins; 0: with the first */
    size_t segment_count;
    struct wal_summary summary;                /* of all segments */
    const struct conf_change_picture *changes; /* those that count, ascending */
    size_t change_count;
    /* The last request in the form of the v2 API, which members up to 3.5 give to their own names and the
     * cluster's version, too; 0: none. */
    uint64_t last_v2_index;
};

enum leftover_kind {
    LEFTOVER_DEFRAG,   /* db.tmp*: etcd removes it */
    LEFTOVER_DOWNLOAD, /* tmp*: a database that did not arrive whole; etcd removes it */
    LEFTOVER_BROKEN,   /* *.broken: etcd put it aside */
    LEFTOVER_STAGE,    /* of a restore that was cut short */
    LEFTOVER_UNKNOWN,  /* nothing that etcd knows */
};

struct leftover_picture {
    const char *path;
    enum leftover_kind kind;
    uint64_t size_bytes; /* of a directory: 0 */
};

struct space_picture {
    enum fact state;
    const char *path;
    uint64_t free_bytes; /* for those who are not root */
    bool is_read_only;
};

struct data_dir_picture {
    const char *path;
    const char *wal_dir;
    const char *db_path;
    bool is_empty; /* neither log nor database: a member that has never run */
    enum fact user_state;
    struct user_picture user;
    const struct path_picture *paths; /* those above a path come before it */
    size_t path_count;
    struct lock_picture db_lock;
    struct lock_picture wal_lock;
    struct db_picture db;
    const struct snap_picture *snaps; /* the newest first, as etcd tries them */
    size_t snap_count;
    const struct snap_db_picture *snap_dbs;
    size_t snap_db_count;
    struct wal_picture wal;
    struct v2_picture v2;
    const struct leftover_picture *leftovers;
    size_t leftover_count;
    struct space_picture db_space;
    struct space_picture wal_space;
};

#endif
