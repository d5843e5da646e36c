/*
 * HashKV depends on how far the server has compacted. Three cases: the same state as the file's:
 * the same number. Further: the number is computed for the server's state, which the file allows,
 * since compaction only leaves rows out. Less far: the server remembers a hash from before its last
 * compaction (3.5.5 and later do, for the revision they compacted at), which nobody can recompute.
 *
 * A bump adds one row, the newest, with an empty key and value: its revision is hashed behind all
 * others, and the compaction that comes with it drops what is superseded in the file.
 */
#include "ops/hash_compare.h"

#include "base/hash.h"
#include "base/io.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt.h"

int64_t
hash_reference_revision(const struct hash_reference *reference)
{
    return reference->bumped_revision != 0 ? reference->bumped_revision
                                           : reference->summary->hash_kv.hash_revision;
}

static bool
file_hash_at(const struct hash_reference *reference, int64_t compact_revision, uint32_t *ret_hash,
             struct error *e)
{
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    struct backend_info as_server = *reference->info;
    struct bbolt db;
    struct hash_kv hash;

    as_server.finished_compact_revision = compact_revision;
    as_server.scheduled_compact_revision = compact_revision;
    if (!file_map_open(reference->path, &map, e) ||
        !bbolt_open(file_map_bytes(&map), reference->path, &db, e) ||
        !backend_hash_kv(&db, &as_server, reference->summary->hash_kv.hash_revision, &hash, e))
        return false;
    *ret_hash = hash.hash;
    return true;
}

/* The hash of the file's rows as the server counts them, without the bump's row. */
static bool
rows_hash(const struct hash_reference *reference, int64_t compact_revision, uint32_t *ret_hash,
          struct error *e)
{
    const struct hash_kv *own = &reference->summary->hash_kv;

    if (compact_revision == own->compact_revision) {
        *ret_hash = own->hash;
        return true;
    }
    if (compact_revision > own->hash_revision && reference->summary->live_key_count == 0) {
        /* Nothing but the bump's row is kept. */
        *ret_hash = crc32c(0, BACKEND_BUCKET_KEY, sizeof(BACKEND_BUCKET_KEY) - 1);
        return true;
    }
    return file_hash_at(
        reference, compact_revision > own->hash_revision ? own->hash_revision : compact_revision,
        ret_hash, e);
}

bool
hash_compare(struct arena *mem, const struct hash_reference *reference,
             const struct etcd_hash_kv *server, struct hash_comparison *ret_comparison,
             struct error *e)
{
    const struct hash_kv *own = &reference->summary->hash_kv;
    struct hash_comparison c = {.match = HASH_EQUAL, .note = ""};

    if (server->compact_revision < own->compact_revision) {
        c.match = HASH_NOT_COMPARABLE;
        c.note =
            arena_printf(mem, "the member's hash is from before its compaction at revision %lld",
                         (long long)own->compact_revision);
        *ret_comparison = c;
        return true;
    }
    if (!rows_hash(reference, server->compact_revision, &c.expected, e))
        return false;
    if (reference->bumped_revision != 0) {
        const struct revision_key bumped = {.main = reference->bumped_revision};
        uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];

        c.expected = crc32c(c.expected, key, revision_key_encode(&bumped, key));
    }
    if (c.expected != server->hash) {
        c.match = HASH_DIFFERS;
        c.note =
            arena_printf(mem, "HashKV at revision %lld is %u in the file, %u on the member",
                         (long long)hash_reference_revision(reference), c.expected, server->hash);
    }
    *ret_comparison = c;
    return true;
}
