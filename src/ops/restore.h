/*
 * Builds the data directories of a new cluster from one db snapshot.
 *
 * One verified pass over the source serves all members: the database is streamed once through a
 * bounded buffer into one temporary file per member while its SHA-256 is taken; only when the digest
 * is right do the changed pages, the WAL and the raft snapshot follow and each directory gets its
 * name. On any failure nothing half-made stays. Each directory is opened again and proven before
 * success is declared. The result boots on etcd 3.4 to 3.7.
 * Source: etcdutl 3.5-3.7 snapshot/v3_snapshot.go; docs/formats/restore.md.
 */
#ifndef QUORATE_OPS_RESTORE_H
#define QUORATE_OPS_RESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/member_identity.h"

/* A directory that is to be built. */
struct restore_target {
    const char *name;     /* a member of the cluster */
    const char *data_dir; /* must not exist, or be empty */
    const char *wal_dir;  /* NULL for DATA/member/wal; otherwise must not exist */
};

/* 'done' of 'total' bytes; also called once at the end. */
typedef void restore_progress(void *context, uint64_t done_bytes, uint64_t total_bytes);

struct restore_request {
    const char *snapshot_path;
    struct initial_cluster cluster; /* names and URLs of all members; ids are computed here */
    const char *token;              /* NULL or "": a fresh random one, told in the result */
    const struct restore_target *targets;
    size_t target_count;
    /* --initial-advertise-peer-urls of the only target, checked against the cluster; count 0: not. */
    struct peer_urls advertised;
    bool skip_hash_check;   /* take a file without trailer, or with another digest */
    uint64_t bump_revision; /* 0: none; needs mark_compacted, and the reverse */
    bool mark_compacted;
    bool keep_alarms;           /* default: emptied, as their member ids are gone */
    restore_progress *progress; /* may be NULL */
    void *progress_context;
};

struct restore_alarm {
    uint64_t member_id;
    uint32_t kind;    /* 1 NOSPACE, 2 CORRUPT */
    const char *word; /* "NOSPACE", "CORRUPT", or the number */
};

struct restored_member {
    const char *name;
    uint64_t id;
    const char *data_dir;
    const char *wal_dir; /* where it is, also when it was not asked for */
};

struct restore_result {
    const char *token;
    uint64_t cluster_id;
    struct initial_cluster cluster;  /* all members with their ids, ascending */
    struct restored_member *members; /* those that were built, in the order of the targets */
    size_t member_count;
    bool hash_differs;      /* the digest is another, and skip_hash_check was set */
    bool had_trailer;       /* false: a copied db file; entries of its WAL's tail may be missing */
    uint64_t size_bytes;    /* of the database, without trailer */
    int64_t revision;       /* of the snapshot */
    int64_t revision_after; /* with the bump */
    struct restore_alarm *alarms; /* in the snapshot: cleared, or kept when asked so */
    size_t alarm_count;
    /* The token is the old cluster's: a member of that which still runs can join and diverge. */
    bool repeats_ids;
};

/*
 * Checks a request without reading the snapshot: members, names, URLs, targets, flags.
 *
 * ret_cluster  with ids, ascending.
 * e            ERROR_USAGE with etcdutl's texts where it has them; ERROR_EXISTS: 'data-dir "D" not
 *              empty or could not be read', 'wal-dir "W" exists'; ERROR_PERMISSION.
 * Memory       in mem.
 */
MUST_CHECK bool restore_request_check(struct arena *mem, const struct restore_request *request,
                                      const char *token, struct initial_cluster *ret_cluster,
                                      struct error *e);

/* Whether a bump is marked and a mark has a bump: ERROR_USAGE with etcdutl's text. */
MUST_CHECK bool restore_bump_check(const struct restore_request *request, struct error *e);

/* Whether a target's directories are free: ERROR_EXISTS, ERROR_PERMISSION as above. */
MUST_CHECK bool restore_target_check(const struct restore_target *target, struct error *e);

/*
 * Builds the directories.
 *
 * e          ERROR_USAGE, ERROR_EXISTS, ERROR_PERMISSION, ERROR_NO_SPACE, ERROR_CORRUPT (digest,
 *            structure), ERROR_FORMAT, ERROR_VERIFY (a built directory did not pass its proof), IO.
 *            After a failure the targets are as they were before. ERROR_CANCELLED: after
 *            interrupt_begin (base/interrupt.h) a signal came.
 * Memory     ret_result in mem; at most 16 MiB in use, whatever the size of the database.
 */
MUST_CHECK bool restore_run(struct arena *mem, const struct restore_request *request,
                            struct restore_result *ret_result, struct error *e);

/*
 * Whether there is room for all that restore_run would write, without writing: for those who have to
 * stop something first.
 *
 * e          ERROR_NO_SPACE names a directory, bytes needed and free. Errors of opening the snapshot.
 */
MUST_CHECK bool restore_check_space(struct arena *mem, const struct restore_request *request,
                                    struct error *e);

/*
 * Targets for all members: OUTPUT/NAME each.
 *
 * e          ERROR_USAGE: a name that cannot be a directory's ("", ".", "..", with a slash).
 * Memory     in mem.
 */
MUST_CHECK bool restore_targets_all(struct arena *mem, const struct initial_cluster *cluster,
                                    const char *output_dir, struct restore_target **ret_targets,
                                    struct error *e);

/*
 * A token that separate restores of one file into one cluster share, and that no other snapshot or
 * member list gives: for members that are built one by one, without a token being named.
 *
 * e  ERROR_USAGE: the file has no trailer to make it of. Errors of reading it.
 */
MUST_CHECK bool restore_shared_token(struct arena *mem, const char *snapshot_path,
                                     const struct initial_cluster *cluster, const char **ret_token,
                                     struct error *e);

/* A token nobody has used: "quorate-" and 128 random bits in hex; in mem. */
const char *restore_fresh_token(struct arena *mem);

#endif
