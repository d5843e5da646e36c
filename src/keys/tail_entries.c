#include "keys/tail_entries.h"

#include <inttypes.h>
#include <string.h>

#include "format/member_log.h"
#include "format/proto.h"
#include "format/raft/raft_request.h"

/* Of InternalRaftRequest. */
enum {
    FIELD_PUT = 4,
    FIELD_DELETE_RANGE = 5,
    FIELD_TXN = 6,
    FIELD_COMPACTION = 7,
    FIELD_LEASE_GRANT = 8,
    FIELD_LEASE_REVOKE = 9,
    FIELD_ALARM = 10,
    FIELD_AUTH_ENABLE = 1000,
};

/* Of AlarmRequest: an action of 0 only asks, one of 2 ends it. */
enum { ALARM_ACTION = 1, ALARM_ACTIVATE = 1 };

void
tail_entries_release(struct tail_entries *t)
{
    buf_release(&t->visits);
}

/* --- which entries count --------------------------------------------------------------------- */

struct finding_entries {
    struct tail_entries *entries;
    uint32_t visit;
    bool changes_members; /* some entry does */
};

static bool
entry_note(void *context, const struct raft_entry *entry, struct error *e)
{
    struct finding_entries *f = context;
    struct tail_entries *t = f->entries;
    uint64_t place = entry->index - t->behind - 1;

    if (place >= TAIL_ENTRIES_MOST)
        return error_set(e, ERROR_LIMIT, "more than %d entries of the log are not in the database",
                         TAIL_ENTRIES_MOST);
    /* It replaces the one of its index, and all behind that. */
    t->visits.size = place * sizeof(f->visit);
    buf_append(&t->visits, &f->visit, sizeof(f->visit));
    f->visit++;
    if (entry->type != RAFT_ENTRY_NORMAL)
        f->changes_members = true;
    return true;
}

static bool
is_only_voter(const struct backend_info *info)
{
    size_t voters = 0;

    for (size_t i = 0; i < info->member_count; i++)
        voters += !info->members[i].is_learner;
    return voters == 1;
}

static bool
snapshot_check(const struct data_dir *dir, const struct member_log *log,
               const struct backend_info *info, struct error *e)
{
    if (log->snap_name == NULL || log->snap.metadata.index <= info->consistent_index)
        return true;
    error_set_(e, ERROR_REFUSED, 0,
               "'%s/%s': the raft snapshot, of index %" PRIu64
               ", is newer than the database, of %" PRIu64,
               dir->snap_dir, log->snap_name, log->snap.metadata.index, info->consistent_index);
    return error_hint(e,
                      "start the member once, so that it takes over the database it received; or "
                      "read the old one with --file %s",
                      dir->db_path);
}

static void
committed_count(const struct finding_entries *f, const struct backend_info *info, uint64_t commit)
{
    struct tail_entries *t = f->entries;
    uint64_t found = t->visits.size / sizeof(uint32_t);

    t->count = found;
    if (f->changes_members || !is_only_voter(info))
        t->count = commit <= t->behind          ? 0
                   : commit - t->behind < found ? commit - t->behind
                                                : found;
    t->undecided = found - t->count;
}

bool
tail_entries_find(const struct data_dir *dir, const struct backend_info *info,
                  struct tail_entries *ret_entries, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct tail_entries t = {.dir = dir, .behind = info->consistent_index};
    struct finding_entries f = {.entries = &t};
    struct member_log log;

    if (!member_log_read(&tmp, dir, &log, e) || !snapshot_check(dir, &log, info, e))
        return false;
    if (!member_log_entries(dir, t.behind, entry_note, &f, e)) {
        tail_entries_release(&t);
        return error_wrap(e, "'%s'", dir->wal_dir);
    }
    committed_count(&f, info, log.summary.state.commit);
    *ret_entries = t;
    return true;
}

bool
tail_entries_find_intact(struct arena *mem, const struct data_dir *dir,
                         const struct backend_info *info, struct tail_entries *ret_entries,
                         struct wal_damage *ret_damage, struct error *e)
{
    struct tail_entries t = {.dir = dir, .behind = info->consistent_index, .until_damage = true};
    struct finding_entries f = {.entries = &t};
    struct wal_summary summary;

    if (!wal_read(mem, dir->wal_dir, t.behind, entry_note, &f, &summary, e)) {
        tail_entries_release(&t);
        return error_wrap(e, "'%s'", dir->wal_dir);
    }
    committed_count(&f, info, summary.state.commit);
    *ret_entries = t;
    *ret_damage = summary.damage;
    return true;
}

void
tail_entries_take_undecided(struct tail_entries *entries)
{
    entries->count += entries->undecided;
    entries->undecided = 0;
}

/* --- what they ask for ----------------------------------------------------------------------- */

static bool
inner_decode(struct arena *mem, const struct message *m, struct bytes encoded, const void **ret,
             struct error *e)
{
    void *value = arena_alloc(mem, m->size);

    if (!message_decode(mem, m, encoded, value, e))
        return false;
    *ret = value;
    return true;
}

static const struct {
    uint32_t number;
    size_t offset; /* of the pointer in struct tail_request */
    const struct message *message;
} requests[] = {
    {FIELD_PUT, offsetof(struct tail_request, put), &etcd_put_request_message},
    {FIELD_DELETE_RANGE, offsetof(struct tail_request, delete_range),
     &etcd_delete_range_request_message},
    {FIELD_TXN, offsetof(struct tail_request, txn), &etcd_txn_request_message},
    {FIELD_COMPACTION, offsetof(struct tail_request, compaction), &etcd_compact_request_message},
    {FIELD_LEASE_GRANT, offsetof(struct tail_request, lease_grant),
     &etcd_lease_grant_request_message},
    {FIELD_LEASE_REVOKE, offsetof(struct tail_request, lease_revoke),
     &etcd_lease_revoke_request_message},
};

enum { REQUEST_COUNT = sizeof(requests) / sizeof(*requests) };

static bool
alarm_is_set(struct bytes message)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f))
        if (f.number == ALARM_ACTION && f.value == ALARM_ACTIVATE)
            return true;
    return false;
}

static bool
field_take(struct arena *mem, const struct proto_field *f, struct tail_request *request,
           struct error *e)
{
    if (f->number == FIELD_ALARM)
        request->sets_alarm = alarm_is_set(f->bytes);
    if (f->number == FIELD_AUTH_ENABLE)
        request->enables_auth = true;
    for (size_t i = 0; i < REQUEST_COUNT; i++) {
        const void *value;

        if (requests[i].number != f->number)
            continue;
        if (!inner_decode(mem, requests[i].message, f->bytes, &value, e))
            return false;
        memcpy((char *)request + requests[i].offset, &value, sizeof(value));
    }
    return true;
}

static bool
is_wanted(const struct tail_request *r)
{
    return r->put != NULL || r->delete_range != NULL || r->txn != NULL || r->compaction != NULL ||
           r->lease_grant != NULL || r->lease_revoke != NULL || r->sets_alarm || r->enables_auth;
}

static bool
request_decode(struct arena *mem, struct bytes data, struct tail_request *ret_request,
               struct error *e)
{
    struct proto_reader r = proto_reader_of(data);
    struct raft_request kind;
    struct proto_field f;

    *ret_request = (struct tail_request){.put = NULL};
    if (!raft_request_decode(data, &kind, e))
        return false;
    if (kind.has_v2)
        return true;
    while (proto_next(&r, &f))
        if (f.wire == PROTO_LENGTH && !field_take(mem, &f, ret_request, e))
            return false;
    return true;
}

struct visiting {
    const struct tail_entries *entries;
    uint32_t visit;
    tail_visit *tell;
    void *context;
};

/* Whether this one of the log's entries is the one of its index. */
static bool
entry_counts(const struct visiting *v, const struct raft_entry *entry)
{
    uint64_t place = entry->index - v->entries->behind - 1;
    uint32_t visit;

    if (place >= v->entries->count)
        return false;
    memcpy(&visit, v->entries->visits.data + place * sizeof(visit), sizeof(visit));
    return visit == v->visit;
}

static bool
entry_take(void *context, const struct raft_entry *entry, struct error *e)
{
    struct visiting *v = context;
    AUTO_ARENA tmp = ARENA_INIT;
    struct tail_request request;
    bool counts = entry_counts(v, entry);

    v->visit++;
    if (!counts || entry->type != RAFT_ENTRY_NORMAL || entry->data.size == 0)
        return true;
    if (!request_decode(&tmp, entry->data, &request, e))
        return error_wrap(e, "raft index %" PRIu64, entry->index);
    return !is_wanted(&request) || v->tell(v->context, &request, e);
}

bool
tail_entries_visit(const struct tail_entries *t, tail_visit *visit, void *context, struct error *e)
{
    struct visiting v = {t, 0, visit, context};

    if (t->count == 0)
        return true;
    if (t->until_damage) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct wal_summary ignored;

        return wal_read(&tmp, t->dir->wal_dir, t->behind, entry_take, &v, &ignored, e);
    }
    if (!member_log_entries(t->dir, t->behind, entry_take, &v, e))
        return error_wrap(e, "'%s'", t->dir->wal_dir);
    return true;
}
