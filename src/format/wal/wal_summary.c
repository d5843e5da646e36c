/* Follows a log as etcd's ReadAll does: entries replace, metadata must agree, the last state wins. */
#include "format/wal/wal_summary.h"

#include "format/wal/wal_reader.h"

struct reading {
    struct arena *mem;
    struct wal_summary *summary;
    uint64_t start; /* entries up to here are not wanted */
    bool has_start; /* otherwise the first entry is the start: a segment from the middle */
    wal_visit_entry *visit;
    void *context;
    size_t snapshot_capacity;
};

static enum wal_damage_kind
metadata_take(struct wal_summary *summary, struct bytes data)
{
    struct wal_metadata metadata;
    struct error ignored = ERROR_INIT;

    if (!wal_metadata_decode(data, &metadata, &ignored))
        return WAL_MALFORMED;
    if (summary->has_metadata && (metadata.node_id != summary->metadata.node_id ||
                                  metadata.cluster_id != summary->metadata.cluster_id))
        return WAL_METADATA_CONFLICT;
    summary->metadata = metadata;
    summary->has_metadata = true;
    return WAL_INTACT;
}

static enum wal_damage_kind
state_take(struct wal_summary *summary, struct bytes data)
{
    struct error ignored = ERROR_INIT;

    if (!raft_hard_state_decode(data, &summary->state, &ignored))
        return WAL_MALFORMED;
    summary->has_state = true;
    return WAL_INTACT;
}

static bool
entry_take(struct reading *reading, struct bytes data, enum wal_damage_kind *ret_damage,
           struct error *e)
{
    struct wal_summary *summary = reading->summary;
    struct raft_entry entry;
    struct error ignored = ERROR_INIT;

    if (!raft_entry_decode(data, &entry, &ignored)) {
        *ret_damage = WAL_MALFORMED;
        return true;
    }
    if (reading->has_start && entry.index <= reading->start)
        return true;
    if (!reading->has_start && summary->first_index == 0)
        summary->last_index = entry.index - 1;
    if (entry.index == 0 || entry.index > summary->last_index + 1) {
        *ret_damage = WAL_GAP;
        return true;
    }
    /* Raft's terms never go back from one entry to the next. The type of a record is under no
     * checksum: a state that is taken for an entry has the vote for its term. */
    if (summary->first_index != 0 && entry.index == summary->last_index + 1 &&
        entry.term < summary->last_term) {
        *ret_damage = WAL_MALFORMED;
        return true;
    }
    if (summary->first_index == 0 || entry.index < summary->first_index)
        summary->first_index = entry.index;
    summary->last_index = entry.index;
    summary->last_term = entry.term;
    summary->entry_count++;
    return reading->visit == NULL || reading->visit(reading->context, &entry, e);
}

static bool
snapshot_take(struct reading *reading, struct bytes data, enum wal_damage_kind *ret_damage,
              struct error *e)
{
    struct wal_summary *summary = reading->summary;
    struct wal_snapshot snapshot;
    struct error ignored = ERROR_INIT;

    if (!wal_snapshot_decode(reading->mem, data, &snapshot, &ignored)) {
        *ret_damage = WAL_MALFORMED;
        return true;
    }
    if (summary->snapshot_count == WAL_SNAPSHOTS_MAX)
        return error_set(e, ERROR_LIMIT, "more than %d snapshot records in the WAL",
                         WAL_SNAPSHOTS_MAX);
    summary->snapshots = arena_array_grow(reading->mem, summary->snapshots, summary->snapshot_count,
                                          &reading->snapshot_capacity, sizeof(*summary->snapshots));
    summary->snapshots[summary->snapshot_count++] = snapshot;
    return true;
}

static bool
record_take(struct reading *reading, const struct wal_record *record,
            enum wal_damage_kind *ret_damage, struct error *e)
{
    switch (record->type) {
    case WAL_METADATA:
        *ret_damage = metadata_take(reading->summary, record->data);
        return true;
    case WAL_ENTRY:
        return entry_take(reading, record->data, ret_damage, e);
    case WAL_STATE:
        *ret_damage = state_take(reading->summary, record->data);
        return true;
    case WAL_SNAPSHOT:
        return snapshot_take(reading, record->data, ret_damage, e);
    default:
        return true;
    }
}

static bool
read_all(struct reading *reading, struct wal_reader *reader, struct error *e)
{
    struct wal_summary *summary = reading->summary;
    struct wal_record record;
    enum wal_event event;

    for (;;) {
        enum wal_damage_kind damage = WAL_INTACT;

        if (!wal_reader_next(reader, &record, &event, e))
            return false;
        if (event != WAL_EVENT_RECORD)
            break;
        if (!record_take(reading, &record, &damage, e))
            return false;
        if (damage != WAL_INTACT) {
            summary->damage =
                (struct wal_damage){.kind = damage, .path = record.path, .offset = record.offset};
            summary->end_offset = record.offset;
            break;
        }
        summary->record_count++;
        summary->end_offset = reader->offset;
    }
    if (event == WAL_EVENT_DAMAGE)
        summary->damage = reader->damage;
    summary->segment_count = reader->segment_at + 1;
    return true;
}

bool
wal_read(struct arena *mem, const char *dir, uint64_t snapshot_index, wal_visit_entry *visit,
         void *context, struct wal_summary *ret_summary, struct error *e)
{
    AUTO_WAL_READER reader = WAL_READER_INIT;
    struct wal_summary summary = {.last_index = snapshot_index};
    struct reading reading = {
        .mem = mem,
        .summary = &summary,
        .start = snapshot_index,
        .has_start = true,
        .visit = visit,
        .context = context,
    };

    if (!wal_reader_open(mem, dir, snapshot_index, &reader, e) || !read_all(&reading, &reader, e))
        return false;
    *ret_summary = summary;
    return true;
}

bool
wal_read_file(struct arena *mem, const char *path, wal_visit_entry *visit, void *context,
              struct wal_summary *ret_summary, struct error *e)
{
    AUTO_WAL_READER reader = WAL_READER_INIT;
    struct wal_summary summary = {.record_count = 0};
    struct reading reading = {.mem = mem, .summary = &summary, .visit = visit, .context = context};

    if (!wal_reader_open_file(mem, path, &reader, e) || !read_all(&reading, &reader, e))
        return false;
    *ret_summary = summary;
    return true;
}

const struct wal_snapshot *
wal_summary_newest_snapshot(const struct wal_summary *summary)
{
    for (size_t i = summary->snapshot_count; i > 0; i--) {
        if (summary->snapshots[i - 1].index <= summary->state.commit)
            return &summary->snapshots[i - 1];
    }
    return NULL;
}
