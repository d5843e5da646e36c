#include "ops/member_backup.h"

#include <fcntl.h>
#include <inttypes.h>

#include "base/hash.h"
#include "base/io.h"
#include "format/backend/backend.h"
#include "format/bbolt/bbolt_check.h"
#include "format/bbolt/bbolt_edit.h"
#include "format/bbolt/bbolt_writer.h"
#include "format/data_dir.h"
#include "format/db_file.h"
#include "format/member_log.h"
#include "format/raft/raft_request.h"
#include "format/v2_store_edit.h"
#include "format/wal/wal_reader.h"
#include "format/wal/wal_writer.h"
#include "ops/restore_database.h"
#include "ops/restore_site.h"

/* etcd's own; no server is meant to be reached there. */
#define BACKUP_MEMBER_NAME "etcdctl-v2-backup"
#define BACKUP_PEER_URL    "http://use-flag--force-new-cluster:2080"

enum { FLUSH_BYTES = 1 << 20, SNAP_MODE = 0666 };

struct member_copy {
    struct arena *mem;
    const struct member_backup_request *request;
    const struct observer *observer;
    struct data_dir source;
    struct restore_site site;
    struct initial_member member; /* the only one of the backup */
    struct member_log log;
    struct member_backup_result result;
    struct wal_writer wal;
    struct buf scratch;
};

static void
member_choose(struct member_copy *c)
{
    static const char *urls[] = {BACKUP_PEER_URL};

    random_bytes(&c->member.id, sizeof(c->member.id));
    c->member.name = BACKUP_MEMBER_NAME;
    c->member.urls.items = urls;
    c->member.urls.count = 1;
}

static struct raft_conf_state
conf_state(const struct member_copy *c)
{
    return (struct raft_conf_state){.voters = {&c->member.id, 1}};
}

/* The raft snapshot under its old name, with the new membership inside. */
static bool
snap_copy(struct member_copy *c, struct error *e)
{
    AUTO_BUF store = BUF_INIT;
    AUTO_BUF file = BUF_INIT;
    AUTO_FD fd = -1;
    struct raft_snapshot_metadata metadata = c->log.snap.metadata;
    const char *path;

    if (c->log.snap_name == NULL)
        return true;
    c->result.snapshot_index = metadata.index;
    path = path_join(c->mem, c->site.snap_dir, c->log.snap_name);
    if (!v2_store_replace_members(&store, c->log.snap.store, &c->member, e))
        return error_wrap(e, "'%s/%s'", c->source.snap_dir, c->log.snap_name);
    metadata.conf_state = conf_state(c);
    raft_snap_encode(&file, buf_bytes(&store), &metadata);
    return file_open(path, O_WRONLY | O_CREAT | O_EXCL, SNAP_MODE, &fd, e) &&
           fd_write_all(fd, path, file.data, file.size, e) && file_sync(fd, path, e) &&
           dir_sync(c->site.snap_dir, e);
}

/* Whether an entry has to become an empty one: it tells of members, or of a v3 key space that is
 * not in the backup. */
static bool
entry_goes(const struct member_copy *c, const struct raft_entry *entry, bool *ret_goes,
           struct error *e)
{
    struct raft_request request;

    *ret_goes = entry->type != RAFT_ENTRY_NORMAL;
    if (*ret_goes || entry->data.size == 0)
        return true;
    if (!raft_request_decode(entry->data, &request, e))
        return error_wrap(e, "raft index %" PRIu64, entry->index);
    *ret_goes = (request.has_v2 && v2_request_sets_attributes(&request.v2)) ||
                request.sets_member_attributes || (request.has_header && !c->request->with_v3);
    return true;
}

static bool
entry_copy(void *context, const struct raft_entry *entry, struct error *e)
{
    struct member_copy *c = context;
    struct raft_entry copy = *entry;
    bool goes;

    if (!entry_goes(c, entry, &goes, e))
        return false;
    if (goes) {
        copy.type = RAFT_ENTRY_NORMAL;
        copy.data = BYTES_NONE;
        c->result.emptied_count++;
    }
    c->result.entry_count++;
    buf_clear(&c->scratch);
    raft_entry_encode(&c->scratch, &copy);
    wal_writer_append(&c->wal, WAL_ENTRY, buf_bytes(&c->scratch));
    observer_progress(c->observer, "copying the log", "entries", c->result.entry_count, 0);
    return c->wal.frames.size < FLUSH_BYTES || wal_writer_flush(&c->wal, e);
}

static void
record_append(struct member_copy *c, uint32_t type)
{
    wal_writer_append(&c->wal, type, buf_bytes(&c->scratch));
    buf_clear(&c->scratch);
}

static void
snapshot_append(struct member_copy *c, const struct wal_snapshot *snapshot)
{
    buf_clear(&c->scratch);
    wal_snapshot_encode(&c->scratch, snapshot);
    record_append(c, WAL_SNAPSHOT);
}

static bool
records_copy(struct member_copy *c, struct error *e)
{
    const struct wal_summary *summary = &c->log.summary;
    struct wal_snapshot snapshot = {.index = c->result.snapshot_index};

    wal_metadata_encode(&c->scratch, &summary->metadata);
    record_append(c, WAL_METADATA);
    snapshot_append(c, &(struct wal_snapshot){.index = 0});
    if (!member_log_entries(&c->source, snapshot.index, entry_copy, c, e))
        return error_wrap(e, "'%s'", c->source.wal_dir);
    buf_clear(&c->scratch);
    raft_hard_state_encode(&c->scratch, &summary->state);
    record_append(c, WAL_STATE);
    if (snapshot.index > 0) {
        snapshot.term = c->log.snap.metadata.term;
        snapshot.has_conf_state = true;
        snapshot.conf_state = conf_state(c);
    }
    snapshot_append(c, &snapshot);
    return true;
}

static bool
wal_copy(struct member_copy *c, struct error *e)
{
    const char *path = path_join(c->mem, c->site.wal_stage, WAL_FIRST_SEGMENT_NAME);

    return dir_make(c->site.wal_stage, 0700, e) && wal_writer_create(path, 0, &c->wal, e) &&
           records_copy(c, e) && wal_writer_finish(&c->wal, e) && dir_sync(c->site.wal_stage, e);
}

static struct bbolt_row
member_row(struct arena *mem, const struct initial_member *member)
{
    AUTO_BUF value = BUF_INIT;
    char *key = arena_alloc(mem, BACKEND_MEMBER_KEY_SIZE);

    backend_member_key(member->id, key);
    restore_member_encode(&value, member);
    return (struct bbolt_row){bytes_of_text(key), arena_copy(mem, buf_bytes(&value))};
}

/* The whole database but for who the members are. */
static bool
database_copy(struct member_copy *c, const struct db_file *file, struct error *e)
{
    struct bbolt_row row = member_row(c->mem, &c->member);
    const struct bbolt_change changes[] = {
        {BBOLT_REPLACE_ROWS, BYTES_LITERAL(BACKEND_BUCKET_MEMBERS), &row, 1},
        {.kind = BBOLT_REPLACE_ROWS, .bucket = BYTES_LITERAL(BACKEND_BUCKET_MEMBERS_REMOVED)},
        {.kind = BBOLT_REPLACE_ROWS, .bucket = BYTES_LITERAL(BACKEND_BUCKET_CLUSTER)},
    };
    struct bbolt_edit edit;
    uint64_t reachable;

    return bbolt_check_sound(&file->db, &reachable, e) &&
           bbolt_edit_build(c->mem, &file->db, changes, sizeof(changes) / sizeof(*changes), &edit,
                            e) &&
           fd_pwrite_all(c->site.db_fd, c->site.db_path, file->map.data, file->db.size_bytes, 0,
                         e) &&
           bbolt_edit_apply(&edit, c->site.db_fd, c->site.db_path, e);
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

/* A database without keys that stands where the log ends. */
static bool
database_make(struct member_copy *c, struct error *e)
{
    const struct raft_hard_state *state = &c->log.summary.state;
    struct bbolt_row member = member_row(c->mem, &c->member);
    uint8_t index[BACKEND_U64_SIZE];
    uint8_t term[BACKEND_U64_SIZE];
    const struct bbolt_row meta[] = {
        {BYTES_LITERAL(BACKEND_CONSISTENT_INDEX), bytes_of(index, sizeof(index))},
        {BYTES_LITERAL(BACKEND_TERM), bytes_of(term, sizeof(term))},
    };
    AUTO_BBOLT_WRITER w;
    uint64_t size;

    backend_u64_encode(state->commit, index);
    backend_u64_encode(state->term, term);
    bbolt_writer_init(&w, c->site.db_fd, c->site.db_path, &(struct bbolt_writer_options){0});
    return bucket_write(&w, BACKEND_BUCKET_CLUSTER, NULL, 0, e) &&
           bucket_write(&w, BACKEND_BUCKET_MEMBERS, &member, 1, e) &&
           bucket_write(&w, BACKEND_BUCKET_MEMBERS_REMOVED, NULL, 0, e) &&
           bucket_write(&w, BACKEND_BUCKET_META, meta, sizeof(meta) / sizeof(*meta), e) &&
           bbolt_writer_finish(&w, &size, e);
}

static bool
parts_copy(struct member_copy *c, struct error *e)
{
    AUTO_DB_FILE file = DB_FILE_INIT;

    /* The lock is held while the log is read as well: both are of one moment. */
    return db_file_open(c->source.db_path, DB_FILE_READ, c->request->wait_ms, &file, e) &&
           member_log_read(c->mem, &c->source, &c->log, e) && snap_copy(c, e) && wal_copy(c, e) &&
           (c->request->with_v3 ? database_copy(c, &file, e) : database_make(c, e)) &&
           file_sync(c->site.db_fd, c->site.db_path, e) && dir_sync(c->site.snap_dir, e);
}

bool
member_backup(const struct member_backup_request *request, const struct observer *observer,
              struct member_backup_result *ret_result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct member_copy c = {
        .mem = &tmp, .request = request, .observer = observer, .wal = WAL_WRITER_INIT};
    const char *wal_dir = request->backup_wal_dir;
    const struct restore_target target = {
        .name = BACKUP_MEMBER_NAME,
        .data_dir = request->backup_dir,
        .wal_dir = wal_dir != NULL && wal_dir[0] != '\0' ? wal_dir : NULL,
    };
    bool ok;

    if (!data_dir_find(&tmp, request->data_dir, request->wal_dir, &c.source, e) ||
        !restore_target_check(&target, e))
        return false;
    member_choose(&c);
    restore_site_init(&tmp, &c.site, &target, c.member.id);
    ok = restore_site_stage(&tmp, &c.site, e) && parts_copy(&c, e) &&
         restore_site_commit(&tmp, &c.site, e);
    if (ok)
        restore_site_close(&c.site);
    else
        restore_site_abandon(&c.site);
    wal_writer_release(&c.wal);
    buf_release(&c.scratch);
    if (ok)
        *ret_result = c.result;
    return ok;
}
