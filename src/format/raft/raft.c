/* One encoder and one decoder a message; the order of fields is etcd's, as are the zeros. */
#include "format/raft/raft.h"

#include "format/proto.h"

void
raft_entry_encode(struct buf *out, const struct raft_entry *entry)
{
    proto_put_u64_always(out, 1, entry->type);
    proto_put_u64_always(out, 2, entry->term);
    proto_put_u64_always(out, 3, entry->index);
    proto_put_bytes(out, 4, entry->data);
}

void
raft_hard_state_encode(struct buf *out, const struct raft_hard_state *state)
{
    proto_put_u64_always(out, 1, state->term);
    proto_put_u64_always(out, 2, state->vote);
    proto_put_u64_always(out, 3, state->commit);
}

/* Not packed: one tag per id. */
static void
ids_encode(struct buf *out, uint32_t number, struct raft_ids ids)
{
    for (size_t i = 0; i < ids.count; i++)
        proto_put_u64_always(out, number, ids.items[i]);
}

void
raft_conf_state_encode(struct buf *out, const struct raft_conf_state *state)
{
    ids_encode(out, 1, state->voters);
    ids_encode(out, 2, state->learners);
    ids_encode(out, 3, state->voters_outgoing);
    ids_encode(out, 4, state->learners_next);
    proto_put_u64_always(out, 5, state->auto_leave ? 1 : 0);
}

void
raft_conf_change_encode(struct buf *out, const struct raft_conf_change *change)
{
    proto_put_u64_always(out, 1, change->id);
    proto_put_u64_always(out, 2, change->type);
    proto_put_u64_always(out, 3, change->node_id);
    proto_put_bytes(out, 4, change->context);
}

void
wal_metadata_encode(struct buf *out, const struct wal_metadata *metadata)
{
    proto_put_u64_always(out, 1, metadata->node_id);
    proto_put_u64_always(out, 2, metadata->cluster_id);
}

static void
conf_state_put(struct buf *out, uint32_t number, const struct raft_conf_state *state)
{
    size_t mark = proto_message_begin(out, number);

    raft_conf_state_encode(out, state);
    proto_message_end(out, mark);
}

void
wal_snapshot_encode(struct buf *out, const struct wal_snapshot *snapshot)
{
    proto_put_u64_always(out, 1, snapshot->index);
    proto_put_u64_always(out, 2, snapshot->term);
    if (snapshot->has_conf_state)
        conf_state_put(out, 3, &snapshot->conf_state);
}

void
raft_snapshot_metadata_encode(struct buf *out, const struct raft_snapshot_metadata *metadata)
{
    conf_state_put(out, 1, &metadata->conf_state);
    proto_put_u64_always(out, 2, metadata->index);
    proto_put_u64_always(out, 3, metadata->term);
}

static bool
decoded(const struct proto_reader *r, const char *message, struct error *e)
{
    if (r->failed)
        return error_set(e, ERROR_FORMAT, "raft %s: malformed", message);
    return true;
}

bool
raft_entry_decode(struct bytes message, struct raft_entry *ret_entry, struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct raft_entry entry = {0};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_u32(&r, &f, &entry.type);
        else if (f.number == 2)
            proto_field_u64(&r, &f, &entry.term);
        else if (f.number == 3)
            proto_field_u64(&r, &f, &entry.index);
        else if (f.number == 4)
            proto_field_bytes(&r, &f, &entry.data);
    }
    if (!decoded(&r, "entry", e))
        return false;
    *ret_entry = entry;
    return true;
}

bool
raft_hard_state_decode(struct bytes message, struct raft_hard_state *ret_state, struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct raft_hard_state state = {0};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_u64(&r, &f, &state.term);
        else if (f.number == 2)
            proto_field_u64(&r, &f, &state.vote);
        else if (f.number == 3)
            proto_field_u64(&r, &f, &state.commit);
    }
    if (!decoded(&r, "hard state", e))
        return false;
    *ret_state = state;
    return true;
}

bool
raft_conf_change_decode(struct bytes message, struct raft_conf_change *ret_change, struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct raft_conf_change change = {0};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_u64(&r, &f, &change.id);
        else if (f.number == 2)
            proto_field_u32(&r, &f, &change.type);
        else if (f.number == 3)
            proto_field_u64(&r, &f, &change.node_id);
        else if (f.number == 4)
            proto_field_bytes(&r, &f, &change.context);
    }
    if (!decoded(&r, "conf change", e))
        return false;
    *ret_change = change;
    return true;
}

bool
wal_metadata_decode(struct bytes message, struct wal_metadata *ret_metadata, struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct wal_metadata metadata = {0};
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_u64(&r, &f, &metadata.node_id);
        else if (f.number == 2)
            proto_field_u64(&r, &f, &metadata.cluster_id);
    }
    if (!decoded(&r, "metadata", e))
        return false;
    *ret_metadata = metadata;
    return true;
}

/* ARRAY is an anonymous struct: this names one for passing on. */
struct id_list {
    ARRAY(uint64_t) ids;
};

/* Writers do not pack; a packed field is what a newer protobuf library might send. */
static void
ids_decode(struct arena *mem, struct proto_reader *r, const struct proto_field *f,
           struct id_list *list)
{
    struct cursor c;
    uint64_t id;

    if (f->wire != PROTO_LENGTH) {
        if (proto_field_u64(r, f, &id))
            *ARRAY_PUSH(mem, &list->ids) = id;
        return;
    }
    c = cursor_of(f->bytes);
    while (cursor_left(&c) > 0) {
        if (!cursor_varint(&c, &id)) {
            r->failed = true;
            return;
        }
        *ARRAY_PUSH(mem, &list->ids) = id;
    }
}

bool
raft_conf_state_decode(struct arena *mem, struct bytes message, struct raft_conf_state *ret_state,
                       struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct id_list lists[4] = {{ARRAY_INIT}, {ARRAY_INIT}, {ARRAY_INIT}, {ARRAY_INIT}};
    bool auto_leave = false;
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number >= 1 && f.number <= 4)
            ids_decode(mem, &r, &f, &lists[f.number - 1]);
        else if (f.number == 5)
            proto_field_bool(&r, &f, &auto_leave);
    }
    if (!decoded(&r, "conf state", e))
        return false;
    *ret_state = (struct raft_conf_state){
        .voters = {lists[0].ids.items, lists[0].ids.count},
        .learners = {lists[1].ids.items, lists[1].ids.count},
        .voters_outgoing = {lists[2].ids.items, lists[2].ids.count},
        .learners_next = {lists[3].ids.items, lists[3].ids.count},
        .auto_leave = auto_leave,
    };
    return true;
}

bool
wal_snapshot_decode(struct arena *mem, struct bytes message, struct wal_snapshot *ret_snapshot,
                    struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct wal_snapshot snapshot = {0};
    struct bytes conf_state = BYTES_NONE;
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_u64(&r, &f, &snapshot.index);
        else if (f.number == 2)
            proto_field_u64(&r, &f, &snapshot.term);
        else if (f.number == 3)
            snapshot.has_conf_state = proto_field_bytes(&r, &f, &conf_state);
    }
    if (!decoded(&r, "wal snapshot", e))
        return false;
    if (snapshot.has_conf_state &&
        !raft_conf_state_decode(mem, conf_state, &snapshot.conf_state, e))
        return false;
    *ret_snapshot = snapshot;
    return true;
}

bool
raft_snapshot_metadata_decode(struct arena *mem, struct bytes message,
                              struct raft_snapshot_metadata *ret_metadata, struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct raft_snapshot_metadata metadata = {.index = 0};
    struct bytes conf_state = BYTES_NONE;
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_bytes(&r, &f, &conf_state);
        else if (f.number == 2)
            proto_field_u64(&r, &f, &metadata.index);
        else if (f.number == 3)
            proto_field_u64(&r, &f, &metadata.term);
    }
    if (!decoded(&r, "snapshot metadata", e) ||
        !raft_conf_state_decode(mem, conf_state, &metadata.conf_state, e))
        return false;
    *ret_metadata = metadata;
    return true;
}
