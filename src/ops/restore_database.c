/*
 * etcd 3.4 and 3.5 take the membership from the .snap, 3.6 and 3.7 from these rows; consistent_index
 * above the log's end would make the member lose writes in silence. So all of it is set.
 */
#include "ops/restore_database.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/io.h"
#include "format/backend/backend.h"
#include "format/backend/mvcc.h"
#include "format/bbolt/bbolt_cursor.h"

/* The bump needs one row of its own; etcd itself needs room to go on. */
#define REVISION_MAX (INT64_MAX - 1)

enum { RESTORED_TERM = 1 };

void
restore_member_encode(struct buf *out, const struct initial_member *member)
{
    backend_member_encode(out, &(struct backend_member){
                                   .id = member->id,
                                   .peer_urls = member->urls.items,
                                   .peer_url_count = member->urls.count,
                                   .name = member->name,
                                   .is_learner = member->is_learner,
                               });
}

/* Always false. */
static bool
damage_hint(struct error *e)
{
    if (e->hint[0] == '\0' && (e->code == ERROR_CORRUPT || e->code == ERROR_FORMAT))
        return error_hint(e, "the database is damaged: restore from another backup");
    return false;
}

bool
restore_revision_read(const struct bbolt *db, const struct backend_info *info,
                      int64_t *ret_revision, struct error *e)
{
    int64_t compacted = backend_compact_revision(info);
    struct revision_key last = {.main = 0};
    struct bbolt_bucket bucket;
    struct bbolt_cursor cursor;
    struct bbolt_row row;

    if (!bbolt_bucket_find(db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &bucket, e))
        return false;
    bbolt_cursor_init(&cursor, &bucket);
    if (bbolt_cursor_last(&cursor, &row, e)) {
        if (!revision_key_decode(row.key, &last, e))
            return error_wrap(e, "'%s': last row of 'key'", db->name);
    } else if (cursor.failed) {
        return false;
    }
    *ret_revision = last.main > compacted ? last.main : compacted;
    if (*ret_revision < 1)
        *ret_revision = 1;
    return true;
}

static int
row_compare(const void *a, const void *b)
{
    return bytes_compare(((const struct bbolt_row *)a)->key, ((const struct bbolt_row *)b)->key);
}

static struct bbolt_change
members_change(struct arena *mem, const struct initial_cluster *cluster)
{
    struct bbolt_row *rows = arena_alloc(mem, cluster->count * sizeof(*rows));

    for (size_t i = 0; i < cluster->count; i++) {
        AUTO_BUF json = BUF_INIT;
        char *key = arena_alloc(mem, BACKEND_MEMBER_KEY_SIZE);

        backend_member_key(cluster->members[i].id, key);
        restore_member_encode(&json, &cluster->members[i]);
        rows[i] = (struct bbolt_row){bytes_of_text(key), arena_copy(mem, buf_bytes(&json))};
    }
    /* Unpadded hex does not sort as the numbers do. */
    qsort(rows, cluster->count, sizeof(*rows), row_compare);
    return (struct bbolt_change){BBOLT_REPLACE_ROWS, BYTES_LITERAL(BACKEND_BUCKET_MEMBERS), rows,
                                 cluster->count};
}

static struct bytes
conf_state_bytes(struct arena *mem, const struct initial_cluster *cluster)
{
    AUTO_BUF json = BUF_INIT;
    uint64_t *ids = arena_alloc(mem, cluster->count * sizeof(*ids));

    for (size_t i = 0; i < cluster->count; i++)
        ids[i] = cluster->members[i].id;
    backend_conf_state_encode(&json, &(struct raft_conf_state){.voters = {ids, cluster->count}});
    return arena_copy(mem, buf_bytes(&json));
}

static struct bytes
u64_bytes(struct arena *mem, uint64_t value)
{
    uint8_t *data = arena_alloc(mem, BACKEND_U64_SIZE);

    backend_u64_encode(value, data);
    return bytes_of(data, BACKEND_U64_SIZE);
}

static struct bytes
revision_bytes(struct arena *mem, int64_t main)
{
    uint8_t *data = arena_alloc(mem, REVISION_KEY_TOMBSTONE_SIZE);
    size_t size = revision_key_encode(&(struct revision_key){.main = main}, data);

    return bytes_of(data, size);
}

enum { CHANGES_MOST = 5, META_ROWS_MOST = 4 };

struct changes {
    struct bbolt_change items[CHANGES_MOST];
    size_t count;
};

static void
change_add(struct changes *changes, struct bbolt_change change)
{
    ASSERT(changes->count < CHANGES_MOST);
    changes->items[changes->count++] = change;
}

/* In the order of the keys. */
static struct bbolt_change
meta_change(struct arena *mem, const struct initial_cluster *cluster,
            const struct restore_database *database, bool bumped)
{
    struct bbolt_row *rows = arena_alloc(mem, META_ROWS_MOST * sizeof(*rows));
    size_t count = 0;

    rows[count++] =
        (struct bbolt_row){BYTES_LITERAL(BACKEND_CONF_STATE), conf_state_bytes(mem, cluster)};
    rows[count++] =
        (struct bbolt_row){BYTES_LITERAL(BACKEND_CONSISTENT_INDEX), u64_bytes(mem, cluster->count)};
    if (bumped)
        rows[count++] = (struct bbolt_row){BYTES_LITERAL(BACKEND_SCHEDULED_COMPACT),
                                           revision_bytes(mem, database->revision_after)};
    rows[count++] = (struct bbolt_row){BYTES_LITERAL(BACKEND_TERM), u64_bytes(mem, RESTORED_TERM)};
    return (struct bbolt_change){BBOLT_PUT_ROWS, BYTES_LITERAL(BACKEND_BUCKET_META), rows, count};
}

/* The row that lifts the revision: no key, no value. */
static struct bbolt_change
bump_change(struct arena *mem, int64_t revision)
{
    struct bbolt_row *row = arena_zero(mem, sizeof(*row));

    row->key = revision_bytes(mem, revision);
    return (struct bbolt_change){BBOLT_APPEND_ROWS, BYTES_LITERAL(BACKEND_BUCKET_KEY), row, 1};
}

static void
alarms_take(struct arena *mem, const struct backend_info *info, struct restore_database *database)
{
    database->alarm_count = info->alarm_count;
    database->alarms = arena_alloc(mem, info->alarm_count * sizeof(*database->alarms));
    for (size_t i = 0; i < info->alarm_count; i++)
        database->alarms[i] = (struct restore_alarm){
            .member_id = info->alarms[i].member_id,
            .kind = info->alarms[i].type,
            .word = backend_alarm_word(info->alarms[i].type),
        };
}

/* Ids are made of token and URLs, so the same id means that both are the old cluster's. */
static bool
ids_repeat(const struct backend_info *info, const struct initial_cluster *cluster)
{
    for (size_t i = 0; i < info->member_count; i++) {
        for (size_t k = 0; k < cluster->count; k++) {
            if (info->members[i].id == cluster->members[k].id)
                return true;
        }
    }
    return false;
}

static bool
bump_check(uint64_t bump, struct restore_database *database, struct error *e)
{
    if (bump > (uint64_t)(REVISION_MAX - database->revision))
        return error_set(e, ERROR_USAGE,
                         "--bump-revision %" PRIu64 " is too large: the snapshot is at %" PRId64,
                         bump, database->revision);
    database->revision_after = database->revision + (int64_t)bump;
    return true;
}

static bool
edit_build(struct arena *mem, const struct bbolt *db, const struct restore_request *request,
           const struct initial_cluster *cluster, struct restore_database *database,
           struct error *e)
{
    struct changes changes = {.count = 0};
    bool bumped = request->bump_revision > 0;

    change_add(&changes, members_change(mem, cluster));
    change_add(&changes,
               (struct bbolt_change){.kind = BBOLT_REPLACE_ROWS,
                                     .bucket = BYTES_LITERAL(BACKEND_BUCKET_MEMBERS_REMOVED)});
    if (!request->keep_alarms)
        change_add(&changes, (struct bbolt_change){.kind = BBOLT_REPLACE_ROWS,
                                                   .bucket = BYTES_LITERAL(BACKEND_BUCKET_ALARM)});
    if (bumped)
        change_add(&changes, bump_change(mem, database->revision_after));
    change_add(&changes, meta_change(mem, cluster, database, bumped));
    return bbolt_edit_build(mem, db, changes.items, changes.count, &database->edit, e);
}

bool
restore_database_plan(struct arena *mem, const char *db_path, const char *name,
                      const struct restore_request *request, const struct initial_cluster *cluster,
                      struct restore_database *ret_database, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    struct restore_database database = {.alarms = NULL};
    struct backend_info info;
    struct bbolt db;

    if (!file_map_open(db_path, &map, e) || !bbolt_open(file_map_bytes(&map), name, &db, e) ||
        !backend_info_read(&tmp, &db, &info, e) ||
        !restore_revision_read(&db, &info, &database.revision, e) ||
        !bump_check(request->bump_revision, &database, e) ||
        !edit_build(mem, &db, request, cluster, &database, e))
        return damage_hint(e);
    alarms_take(mem, &info, &database);
    database.repeats_ids = ids_repeat(&info, cluster);
    *ret_database = database;
    return true;
}
