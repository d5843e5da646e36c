#include "ops/salvage_log.h"

#include "base/io.h"
#include "format/backend/backend.h"
#include "format/proto.h"
#include "keys/source.h"
#include "keys/wal_tail.h"

/* Fields of leasepb.Lease. */
enum { LEASE_ID = 1, LEASE_TTL = 2 };

struct log_work {
    struct arena *mem;
    const struct data_dir *dir;
    struct backend_rescue *rescue;
    struct salvage_log *log;
    struct file_map map; /* of the rescued database */
    struct bbolt db;
    struct backend_info info;
    struct key_source *base;
    struct tail_entries entries;
    struct wal_tail tail;
    bool take_undecided;
};

/* Why an entry's revision would not be known; NULL: it is. */
static const char *
hindrance(const struct backend_rescue *rescue)
{
    if (rescue->revisions.last_may_be_missing)
        return "the newest revisions of the database may be lost, so that the log's have no number";
    if (!rescue->revisions.compact_known)
        return "the database does not say up to which entry of the log it is";
    if (!rescue->root_is_newest && rescue->losses > 0)
        return "the database is an earlier transaction's";
    return NULL;
}

static void
lease_add(struct log_work *w, const struct tail_lease *lease)
{
    AUTO_BUF value = BUF_INIT;
    uint8_t key[BACKEND_U64_SIZE];

    if (!lease->there)
        return;
    backend_u64_encode((uint64_t)lease->id, key);
    proto_put_i64(&value, LEASE_ID, lease->id);
    proto_put_i64(&value, LEASE_TTL, lease->ttl_s);
    backend_rescue_add(w->rescue, BACKEND_BUCKET_LEASE, bytes_of(key, sizeof(key)),
                       buf_bytes(&value));
}

static bool
rows_add(struct log_work *w, struct error *e)
{
    const char *path = arena_printf(w->mem, "/proc/self/fd/%d", w->tail.fd);
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    struct bbolt_row row;
    struct bytes rest;

    if (w->tail.size > 0) {
        if (!file_map_open(path, &map, e))
            return false;
        rest = bytes_of(map.data, (size_t)w->tail.size);
        for (; wal_tail_row(&rest, &row); w->log->rows++)
            backend_rescue_add(w->rescue, BACKEND_BUCKET_KEY, row.key, row.value);
    }
    for (size_t i = 0; i < w->tail.lease_count; i++)
        lease_add(w, &w->tail.leases[i]);
    backend_rescue_settle(w->rescue);
    w->log->applied = true;
    w->log->entries = w->tail.entries;
    w->log->undecided = w->entries.undecided;
    return true;
}

static bool
entries_read(struct log_work *w, struct error *e)
{
    if (!tail_entries_find_intact(w->mem, w->dir, &w->info, &w->entries, &w->log->damage, e))
        return false;
    if (w->take_undecided)
        tail_entries_take_undecided(&w->entries);
    return true;
}

static bool
tail_read(struct log_work *w, const char *db_path, struct error *e)
{
    return file_map_open(db_path, &w->map, e) &&
           bbolt_open(file_map_bytes(&w->map), db_path, &w->db, e) &&
           backend_info_read(w->mem, &w->db, &w->info, e) && entries_read(w, e) &&
           key_source_open_file(db_path, NULL, &w->base, e) &&
           wal_tail_apply(w->mem, &w->entries, w->base, &w->db, &w->info, &w->tail, e);
}

bool
salvage_log_apply(struct arena *mem, const struct data_dir *dir, const char *db_path,
                  struct backend_rescue *rescue, bool take_undecided, struct salvage_log *ret_log,
                  struct error *e)
{
    struct log_work w = {
        .mem = mem,
        .dir = dir,
        .rescue = rescue,
        .log = ret_log,
        .take_undecided = take_undecided,
        .map = FILE_MAP_INIT,
        .tail = WAL_TAIL_INIT,
    };
    bool ok = true;

    *ret_log = (struct salvage_log){.why_not = hindrance(rescue)};
    if (ret_log->why_not == NULL) {
        struct error problem = ERROR_INIT;

        if (tail_read(&w, db_path, &problem))
            ok = rows_add(&w, e);
        else
            ret_log->why_not = arena_text(mem, problem.text);
    }
    key_source_close(&w.base);
    tail_entries_release(&w.entries);
    file_map_close(&w.map);
    fd_close(&w.tail.fd);
    return ok;
}
