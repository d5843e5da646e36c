/*
 * The manifest of a backup: what was saved, from whom, and the proof that it is good.
 *
 * It is written last; a folder without one is not a backup. Layout: docs/formats/repository.md.
 */
#ifndef QUORATE_REPO_MANIFEST_H
#define QUORATE_REPO_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"

enum { BACKUP_FORMAT_NEWEST = 1, BACKUP_MANIFEST_MAX_BYTES = 4 << 20 };

struct backup_member {
    uint64_t id;
    const char *name; /* "" for a member that never started */
    const char *version;
    bool is_learner;
    const char **peer_urls;
    size_t peer_url_count;
    const char **client_urls;
    size_t client_url_count;
    const char **flags; /* how etcd runs there, as far as known; NULL otherwise */
    size_t flag_count;
};

/* Whether the member's own HashKV was compared with the one recomputed from the file. */
enum backup_proof {
    BACKUP_PROOF_COMPARED,      /* equal at the same revision and compact revision */
    BACKUP_PROOF_NOT_COMPARABLE /* the server has compacted past it; 'proof_note' says so */
};

struct backup_manifest {
    uint32_t format;
    const char *quorate_version;
    const char *cluster; /* the folder's name in the repository */
    const char *label;
    int64_t created_at_ms; /* wall clock */

    uint64_t cluster_id;
    struct backup_member *members;
    size_t member_count;

    /* The member that streamed it. */
    const char *source_endpoint;
    uint64_t source_member_id;
    const char *server_version;
    const char *cluster_version;
    const char *storage_version; /* "" before 3.6 */
    uint64_t raft_index;         /* consistent index found in the file */
    uint64_t raft_term;

    const char *file; /* name in the backup's folder */
    uint64_t size_bytes;
    uint8_t sha256[SHA256_SIZE]; /* of the database: all but the trailer, which repeats it */
    uint32_t page_size_bytes;

    int64_t revision;
    int64_t compact_revision; /* -1 when never compacted */
    uint32_t hash_kv;         /* at 'revision', recomputed from the file */
    uint32_t status_hash;     /* what 'snapshot status' prints */
    uint64_t key_count;       /* live keys */
    uint64_t row_count;
    const char **alarms; /* "NOSPACE 8e9e05c52164694d" */
    size_t alarm_count;

    enum backup_proof proof;
    const char *proof_note;
    int64_t stream_ms;
    int64_t proof_ms;
};

/* JSON, in the order above, for people to read too. */
void backup_manifest_encode(const struct backup_manifest *m, struct buf *out);
/* ERROR_FORMAT names the key; ERROR_TOO_NEW for a format that is not known yet. */
MUST_CHECK bool backup_manifest_decode(struct arena *mem, struct bytes text,
                                       struct backup_manifest **ret_manifest, struct error *e);

#endif
