/* The log of a data directory and its raft snapshots, as etcd meets them at its start. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "format/db_file.h"
#include "format/raft/raft_request.h"
#include "format/raft/raft_snap.h"
#include "format/wal/wal_segment.h"
#include "ops/data_dir_reading.h"
#include "ops/v2_check.h"

struct changes {
    struct arena *mem;
    ARRAY(struct conf_change_picture) items;
    ARRAY(uint64_t) v2_requests; /* their indexes */
};

/* The member in a change's context says whether it is a promotion. Source: etcd 3.4-3.7
 * server/etcdserver/api/membership/cluster.go, ConfigChangeContext. */
static bool
is_promotion(struct bytes context)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    const struct json *doc;
    bool promotes;

    return context.size > 0 && json_parse(&tmp, context, &doc, &ignored) &&
           json_get_bool(doc, "isPromote", &promotes, &ignored) && promotes;
}

/* An entry of an index that was there before replaces it and all behind it. */
static void
replaced_drop(struct changes *changes, uint64_t index)
{
    while (changes->items.count > 0 &&
           changes->items.items[changes->items.count - 1].index >= index)
        changes->items.count--;
    while (changes->v2_requests.count > 0 &&
           changes->v2_requests.items[changes->v2_requests.count - 1] >= index)
        changes->v2_requests.count--;
}

static bool
is_v2_request(const struct raft_entry *entry)
{
    struct raft_request request;
    struct error ignored = ERROR_INIT;

    return entry->type == RAFT_ENTRY_NORMAL && entry->data.size > 0 &&
           raft_request_decode(entry->data, &request, &ignored) && request.has_v2;
}

static bool
change_take(void *context, const struct raft_entry *entry, struct error *e UNUSED)
{
    struct changes *changes = context;
    struct raft_conf_change change;
    struct error ignored = ERROR_INIT;

    replaced_drop(changes, entry->index);
    if (is_v2_request(entry))
        *ARRAY_PUSH(changes->mem, &changes->v2_requests) = entry->index;
    if (entry->type == RAFT_ENTRY_CONF_CHANGE &&
        raft_conf_change_decode(entry->data, &change, &ignored))
        *ARRAY_PUSH(changes->mem, &changes->items) = (struct conf_change_picture){
            .index = entry->index,
            .type = change.type,
            .node_id = change.node_id,
            .is_promotion = is_promotion(change.context),
        };
    return true;
}

/* etcd holds open-file-description locks on the segments that it has open. */
static void
lock_read(struct arena *mem, const char *path, struct lock_picture *lock)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct file_user user;

    if (fd < 0 || fcntl(fd, F_OFD_GETLK, &wanted) != 0)
        return;
    lock->state = FACT_KNOWN;
    lock->is_held = wanted.l_type != F_UNLCK;
    lock->holder = "";
    if (lock->is_held && file_user_find(fd, &user))
        lock->holder = arena_printf(mem, "%s (pid %lld)", user.name, (long long)user.pid);
}

static void
unreadable(struct arena *mem, const struct error *e, struct wal_picture *wal)
{
    wal->state = e->code == ERROR_NOT_FOUND ? FACT_ABSENT : FACT_UNKNOWN;
    wal->code = e->code;
    wal->because = arena_text(mem, e->text);
}

static void
v2_read(struct arena *mem, const struct data_dir *dir, struct v2_picture *v2)
{
    struct error e = ERROR_INIT;
    struct v2_check check;

    if (!v2_content_check(mem, dir->path, dir->wal_dir, &check, &e)) {
        v2->because = arena_text(mem, e.text);
        return;
    }
    v2->state = FACT_KNOWN;
    v2->snap_name = check.store_has_content ? check.snap_name : NULL;
    if (check.wal_has_content) {
        v2->wal_index = check.wal_index;
        v2->wal_request = arena_printf(mem, "%s %s", check.wal_method, check.wal_path);
    }
}

void
data_dir_read_log(struct arena *mem, const struct data_dir *dir, struct data_dir_picture *picture)
{
    struct wal_picture *wal = &picture->wal;
    struct changes changes = {.mem = mem};
    struct error e = ERROR_INIT;
    struct wal_segment *segments;
    size_t count;

    if (!wal_segments_list(mem, dir->wal_dir, &segments, &count, &e)) {
        unreadable(mem, &e, wal);
        return;
    }
    lock_read(mem, segments[count - 1].path, &picture->wal_lock);
    wal->segment_count = count;
    wal->begins_at = segments[0].first_index;
    if (!wal_read(mem, dir->wal_dir, segments[0].first_index, change_take, &changes, &wal->summary,
                  &e)) {
        unreadable(mem, &e, wal);
        return;
    }
    wal->state = FACT_KNOWN;
    wal->changes = changes.items.items;
    wal->change_count = changes.items.count;
    if (changes.v2_requests.count > 0)
        wal->last_v2_index = changes.v2_requests.items[changes.v2_requests.count - 1];
    v2_read(mem, dir, &picture->v2);
}

static bool
is_named(const struct wal_summary *log, uint64_t term, uint64_t index)
{
    for (size_t i = 0; i < log->snapshot_count; i++) {
        if (log->snapshots[i].index == index && log->snapshots[i].term == term)
            return index <= log->state.commit;
    }
    return false;
}

static struct raft_ids
ids_copy(struct arena *mem, struct raft_ids ids)
{
    uint64_t *items = arena_alloc(mem, ids.count * sizeof(*items));

    if (ids.count > 0)
        memcpy(items, ids.items, ids.count * sizeof(*items));
    return (struct raft_ids){items, ids.count};
}

static void
snap_read(struct arena *mem, const struct data_dir *dir, struct snap_picture *snap)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_snap content;

    if (!raft_snap_load(&tmp, path_join(&tmp, dir->snap_dir, snap->name), &content, &e)) {
        snap->code = e.code;
        snap->because = arena_text(mem, e.text);
        return;
    }
    snap->state = FACT_KNOWN;
    snap->conf_state.voters = ids_copy(mem, content.metadata.conf_state.voters);
    snap->conf_state.learners = ids_copy(mem, content.metadata.conf_state.learners);
    if (v2_store_decode(mem, content.store, &snap->membership, &e))
        snap->membership_state = FACT_KNOWN;
    else
        snap->membership_because = arena_text(mem, e.text);
}

bool
data_dir_snap_db_parse(const char *name, uint64_t *ret_index)
{
    static const char suffix[] = ".snap.db";
    size_t size = strlen(name);
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t term;

    /* The index is written as the names of .snap files write it: their parser knows how. */
    return size == 16 + sizeof(suffix) - 1 && strcmp(name + 16, suffix) == 0 &&
           raft_snap_parse_name(arena_printf(&tmp, "%.16s-%.16s.snap", name, name), &term,
                                ret_index);
}

void
data_dir_read_snaps(struct arena *mem, const struct data_dir *dir, struct data_dir_picture *picture)
{
    ARRAY(struct snap_picture) snaps = ARRAY_INIT;
    ARRAY(struct snap_db_picture) received = ARRAY_INIT;
    const char **names;
    size_t count = data_dir_names(mem, dir->snap_dir, &names);
    bool is_found = false;

    for (size_t i = count; i > 0; i--) {
        struct snap_picture snap = {.name = names[i - 1]};
        struct snap_db_picture db = {.name = names[i - 1]};

        if (data_dir_snap_db_parse(names[i - 1], &db.index))
            *ARRAY_PUSH(mem, &received) = db;
        if (is_found || !raft_snap_parse_name(names[i - 1], &snap.term, &snap.index))
            continue;
        snap_read(mem, dir, &snap);
        *ARRAY_PUSH(mem, &snaps) = snap;
        is_found =
            snap.state == FACT_KNOWN && is_named(&picture->wal.summary, snap.term, snap.index);
    }
    picture->snaps = snaps.items;
    picture->snap_count = snaps.count;
    picture->snap_dbs = received.items;
    picture->snap_db_count = received.count;
}
