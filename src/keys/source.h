/*
 * Where keys are read from: a file (a db snapshot, a db, the data directory of a stopped member) or a
 * live cluster, with one face.
 *
 *     key_source_open_file(path, observer, &source, e) or key_source_open_cluster(client, ...)
 *     key_source_live(source, &range, 0, KEY_READ_ALL, visit, context, e)
 *     key_source_close(&source)
 *
 * A file holds every version that was not compacted away, in the order of their revisions, so that
 * the order of keys has to be made: in memory for a few, in an unlinked file below TMPDIR for many.
 * A cluster answers in the order of its keys, at one revision, and is asked for pages.
 *
 * Anonymous memory stays within some MiB, whatever the number of keys.
 */
#ifndef QUORATE_KEYS_SOURCE_H
#define QUORATE_KEYS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/observer.h"
#include "format/backend/mvcc.h"
#include "keys/range.h"

struct etcd_client;

enum key_source_kind { KEY_SOURCE_FILE, KEY_SOURCE_CLUSTER };

/* A version of a key, or its deletion. */
struct key_row {
    struct key_value kv; /* of a tombstone the key alone */
    int64_t revision;    /* main revision: kv.mod_revision, and that of a tombstone, too */
    int64_t sub;         /* its place in the transaction; from a cluster always 0 */
    bool tombstone;
    bool
        live; /* the newest of its key, and no tombstone: of key_source_live and key_source_survey */
};

/* Valid until it returns: what is to be kept is copied. False, with e, ends the reading. */
typedef bool key_row_visit(void *context, const struct key_row *row, struct error *e);

enum key_read {
    KEY_READ_ALL = 0,
    KEY_READ_KEYS_ONLY = 1, /* values may be missing (kv.value empty): a cluster sends less */
    KEY_READ_GENTLY =
        2, /* of what is likely to be much: a cluster's puts wait less, calls are more */
};

enum { KEY_SURVEY_PARTS = 2 };

/* How much the database takes on disk, of the member that answered or of the file. */
struct key_source_size {
    uint64_t db_bytes;     /* the database proper, free pages included */
    uint64_t in_use_bytes; /* its pages in use */
};

struct key_source_face;

struct key_source {
    enum key_source_kind kind;
    const char *name; /* the path as given, or the endpoints */
    int64_t revision; /* current revision when it was opened: what 0 stands for below */
    /* The oldest revision that can be read; BACKEND_NEVER_COMPACTED: all. A cluster does not tell it
     * before it was asked for history. */
    int64_t compact_revision;
    uint64_t tail_entries;      /* of a data directory: entries of the WAL that changed keys */
    uint64_t undecided_entries; /* those behind them, not known to be committed: left out */

    const struct key_source_face *face;
    const struct observer *observer; /* progress of long readings; may be NULL */
    struct arena mem;                /* holds the source itself */
};

#define AUTO_KEY_SOURCE __attribute__((cleanup(key_source_close))) struct key_source *

/*
 * Opens a db snapshot, a db, or a data directory. A data directory is read as the member would begin
 * with it: what its WAL has committed above the database's consistent index is applied.
 *
 * path      kept, not copied
 * observer  kept; NULL: none
 * e         ERROR_NOT_FOUND, ERROR_PERMISSION; ERROR_LOCKED: a member runs on it; ERROR_FORMAT,
 *           ERROR_CORRUPT: damage, with its place.
 */
MUST_CHECK bool key_source_open_file(const char *path, const struct observer *observer,
                                     struct key_source **ret_source, struct error *e);

/*
 * Reads from a cluster, at the revision that it is at now.
 *
 * client  kept; it must be closed after the source
 * e       as etcd/kv.h
 */
MUST_CHECK bool key_source_open_cluster(struct etcd_client *client, const struct observer *observer,
                                        struct key_source **ret_source, struct error *e);
/* Sets to NULL; NULL is accepted. */
void key_source_close(struct key_source **source);

/*
 * The keys that lived at a revision, in the order of the keys.
 *
 * revision  0: source->revision
 * want      KEY_READ_KEYS_ONLY or KEY_READ_ALL
 * e         ERROR_REFUSED: a revision that is still to come. ERROR_NOT_FOUND: one that was
 *           compacted. Damage; what calls to etcd say; what visit says.
 */
MUST_CHECK bool key_source_live(struct key_source *source, const struct key_range *range,
                                int64_t revision, unsigned want, key_row_visit *visit,
                                void *context, struct error *e);

/*
 * All versions and tombstones that are left of the keys, up to source->revision.
 *
 * Of a file in the order of the revisions: by 'revision', then 'sub'. Of a cluster first what
 * compaction left, in the order of the keys, then what came later, in that of the revisions; tombstones
 * at or below the compact revision are in files only, as long as they are there.
 */
MUST_CHECK bool key_source_rows(struct key_source *source, const struct key_range *range,
                                key_row_visit *visit, void *context, struct error *e);

/*
 * The same of a file with 'live' told, and in parts, which are told at the same time by threads: each
 * with a context of its own, in its own order. Of a cluster what lives, with the first context. It is
 * the fastest way to see everything.
 */
MUST_CHECK bool key_source_survey(struct key_source *source, const struct key_range *range,
                                  key_row_visit *visit, void *const contexts[KEY_SURVEY_PARTS],
                                  struct error *e);

typedef bool key_lease_visit(void *context, int64_t id, int64_t ttl_s, struct error *e);

/*
 * The leases there are now, with the time they were granted for.
 *
 * e  damage; what calls to etcd say (with authentication, whose keys are in question); what visit
 *    says.
 */
MUST_CHECK bool key_source_leases(struct key_source *source, key_lease_visit *visit, void *context,
                                  struct error *e);

/* e: ERROR_CORRUPT: a file whose pages cannot be counted; what calls to etcd say. */
MUST_CHECK bool key_source_size(struct key_source *source, struct key_source_size *ret_size,
                                struct error *e);

/* For what keys/ makes sources of. */
struct key_source_face {
    bool (*live)(struct key_source *source, const struct key_range *range, int64_t revision,
                 unsigned want, key_row_visit *visit, void *context, struct error *e);
    bool (*rows)(struct key_source *source, const struct key_range *range, key_row_visit *visit,
                 void *context, struct error *e);
    bool (*survey)(struct key_source *source, const struct key_range *range, key_row_visit *visit,
                   void *const contexts[KEY_SURVEY_PARTS], struct error *e);
    bool (*size)(struct key_source *source, struct key_source_size *ret_size, struct error *e);
    bool (*leases)(struct key_source *source, key_lease_visit *visit, void *context,
                   struct error *e);
    void (*close)(struct key_source *source); /* all but source->mem */
};

#endif
