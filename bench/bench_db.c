/*
 * Writes a db snapshot of what 'quorate lab load' puts into a fresh member, without a server:
 *
 *     bench_db FILE KEYS SEED REWRITES [TXN_OPS]
 *
 * For databases that are too large to be loaded, and for sizes that a test wants to choose. Rows,
 * revisions and HashKV are those of the load with the same numbers (test/e2e/load.bats compares them); how
 * they lie in pages is not: rows stand in order here, without holes.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/number.h"
#include "format/backend/backend.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_writer.h"
#include "ops/lab_objects.h"

enum { TXN_OPS_DEFAULT = 100, FIRST_REVISION = 2, MEMBER_ID = 0xb0 };

struct writing {
    struct lab_objects objects;
    uint64_t txn_ops;
    struct bbolt_writer w;
    struct revision_key revision; /* of the next change */
};

/* Keys were made in transactions of txn_ops, one after the other. */
static int64_t
create_revision(const struct writing *w, const struct lab_change *change)
{
    return FIRST_REVISION + (int64_t)(change->number / w->txn_ops);
}

static bool
change_write(struct writing *w, const struct lab_change *change, struct error *e)
{
    AUTO_BUF value = BUF_INIT;
    uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];
    struct revision_key revision = w->revision;
    struct key_value kv = {.key = change->key};
    size_t size;

    revision.tombstone = change->deletes;
    if (!change->deletes) {
        kv.create_revision = create_revision(w, change);
        kv.mod_revision = revision.main;
        kv.version = (int64_t)change->version;
        kv.value = change->value;
    }
    key_value_encode(&value, &kv);
    size = revision_key_encode(&revision, key);
    w->revision.sub++;
    if (change->ends || (uint64_t)w->revision.sub == w->txn_ops)
        w->revision = (struct revision_key){.main = w->revision.main + 1};
    return bbolt_writer_put(&w->w, bytes_of(key, size), buf_bytes(&value), e);
}

static bool
keys_write(struct writing *w, struct error *e)
{
    struct lab_walk walk = {.objects = &w->objects};
    struct lab_change change;
    bool more = true;

    if (!bbolt_writer_bucket_begin(&w->w, BYTES_LITERAL(BACKEND_BUCKET_KEY), e))
        return false;
    while (more) {
        AUTO_ARENA tmp = ARENA_INIT;

        more = lab_walk_next(&tmp, &walk, &change);
        if (more && !change_write(w, &change, e))
            return false;
    }
    return bbolt_writer_bucket_end(&w->w, e);
}

static bool
bucket_write(struct bbolt_writer *w, const char *name, const struct bbolt_row *rows, size_t count,
             struct error *e)
{
    if (!bbolt_writer_bucket_begin(w, bytes_of_text(name), e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!bbolt_writer_put(w, rows[i].key, rows[i].value, e))
            return false;
    }
    return bbolt_writer_bucket_end(w, e);
}

/* All buckets that etcd 3.5 makes, as those of a member that stands at the last change. */
static bool
buckets_write(struct writing *w, struct error *e)
{
    static const char *const urls[] = {"http://127.0.0.1:2380"};
    const struct backend_member member = {
        .id = MEMBER_ID, .name = "m1", .peer_urls = urls, .peer_url_count = 1};
    const struct bbolt_row cluster = {BYTES_LITERAL(BACKEND_CLUSTER_VERSION),
                                      BYTES_LITERAL("3.5.0")};
    AUTO_BUF value = BUF_INIT;
    char id[BACKEND_MEMBER_KEY_SIZE];
    uint8_t index[BACKEND_U64_SIZE];
    uint8_t term[BACKEND_U64_SIZE];
    const struct bbolt_row meta[] = {
        {BYTES_LITERAL(BACKEND_CONSISTENT_INDEX), bytes_of(index, sizeof(index))},
        {BYTES_LITERAL(BACKEND_TERM), bytes_of(term, sizeof(term))},
    };
    struct bbolt_row row;

    backend_member_encode(&value, &member);
    backend_member_key(member.id, id);
    row = (struct bbolt_row){bytes_of_text(id), buf_bytes(&value)};
    if (!bucket_write(&w->w, BACKEND_BUCKET_ALARM, NULL, 0, e) ||
        !bucket_write(&w->w, BACKEND_BUCKET_AUTH, NULL, 0, e) ||
        !bucket_write(&w->w, BACKEND_BUCKET_AUTH_ROLES, NULL, 0, e) ||
        !bucket_write(&w->w, BACKEND_BUCKET_AUTH_USERS, NULL, 0, e) ||
        !bucket_write(&w->w, BACKEND_BUCKET_CLUSTER, &cluster, 1, e) || !keys_write(w, e))
        return false;
    backend_u64_encode((uint64_t)w->revision.main, index);
    backend_u64_encode(2, term);
    return bucket_write(&w->w, BACKEND_BUCKET_LEASE, NULL, 0, e) &&
           bucket_write(&w->w, BACKEND_BUCKET_MEMBERS, &row, 1, e) &&
           bucket_write(&w->w, BACKEND_BUCKET_MEMBERS_REMOVED, NULL, 0, e) &&
           bucket_write(&w->w, BACKEND_BUCKET_META, meta, sizeof(meta) / sizeof(*meta), e);
}

/* The SHA-256 of all of it behind the database, as a server's snapshot has it. */
static bool
trailer_write(int fd, const char *path, uint64_t size, struct error *e)
{
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    uint8_t digest[SHA256_SIZE];

    if (!file_map_open(path, &map, e))
        return false;
    sha256_of(bytes_of(map.data, size), digest);
    return fd_pwrite_all(fd, path, digest, sizeof(digest), size, e);
}

static bool
snapshot_write(struct writing *w, const char *path, struct error *e)
{
    AUTO_FD fd = -1;
    uint64_t size = 0;
    bool ok;

    if (!file_open(path, O_RDWR | O_CREAT | O_EXCL, 0600, &fd, e))
        return false;
    bbolt_writer_init(&w->w, fd, path, &(struct bbolt_writer_options){0});
    ok = buckets_write(w, e) && bbolt_writer_finish(&w->w, &size, e) &&
         trailer_write(fd, path, size, e);
    bbolt_writer_release(&w->w);
    return ok;
}

int
main(int argc, char **argv)
{
    struct writing w = {.txn_ops = TXN_OPS_DEFAULT, .revision = {.main = FIRST_REVISION}};
    struct error e = ERROR_INIT;

    if (argc < 5 || argc > 6) {
        fprintf(stderr, "bench_db FILE KEYS SEED REWRITES [TXN_OPS]\n");
        return 2;
    }
    if (!number_parse_u64(argv[2], &w.objects.key_count, &e) ||
        !number_parse_u64(argv[3], &w.objects.seed, &e) ||
        !number_parse_u64(argv[4], &w.objects.rewrites, &e) ||
        (argc == 6 && !number_parse_u64(argv[5], &w.txn_ops, &e)) ||
        !snapshot_write(&w, argv[1], &e)) {
        fprintf(stderr, "bench_db: %s\n", e.text);
        return 1;
    }
    return 0;
}
