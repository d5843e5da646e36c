/* Two envelopes: CRC and message outside; inside, the v2 store and where it stands in the log. */
#include "format/raft/raft_snap.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/io.h"
#include "format/proto.h"

#define SNAP_SUFFIX ".snap"

const char *
raft_snap_name(struct arena *mem, uint64_t term, uint64_t index)
{
    return arena_printf(mem, "%016" PRIx64 "-%016" PRIx64 SNAP_SUFFIX, term, index);
}

/* Exactly 16 lower-case hex digits. */
static bool
hex16_parse(const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (int i = 0; i < 16; i++) {
        char c = text[i];

        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *ret_value = value;
    return true;
}

bool
raft_snap_parse_name(const char *name, uint64_t *ret_term, uint64_t *ret_index)
{
    return strlen(name) == 33 + strlen(SNAP_SUFFIX) && name[16] == '-' &&
           strcmp(name + 33, SNAP_SUFFIX) == 0 && hex16_parse(name, ret_term) &&
           hex16_parse(name + 17, ret_index);
}

static bool
message_decode(struct arena *mem, struct bytes message, struct raft_snap *snap, struct error *e)
{
    struct proto_reader r = proto_reader_of(message);
    struct bytes metadata = BYTES_NONE;
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_bytes(&r, &f, &snap->store);
        else if (f.number == 2)
            proto_field_bytes(&r, &f, &metadata);
    }
    if (r.failed)
        return error_set(e, ERROR_CORRUPT, "snap: malformed raft snapshot");
    return raft_snapshot_metadata_decode(mem, metadata, &snap->metadata, e);
}

bool
raft_snap_decode(struct arena *mem, struct bytes content, struct raft_snap *ret_snap,
                 struct error *e)
{
    struct proto_reader r = proto_reader_of(content);
    struct raft_snap snap = {.crc = 0};
    struct bytes message = BYTES_NONE;
    struct proto_field f;
    uint32_t crc;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_u32(&r, &f, &snap.crc);
        else if (f.number == 2)
            proto_field_bytes(&r, &f, &message);
    }
    if (r.failed)
        return error_set(e, ERROR_CORRUPT, "snap: malformed file");
    if (message.size == 0 || snap.crc == 0)
        return error_set(e, ERROR_CORRUPT, "snap: empty snapshot");
    crc = crc32c(0, message.data, message.size);
    if (crc != snap.crc)
        return error_set(e, ERROR_CORRUPT,
                         "snap: crc mismatch (stored %08" PRIx32 ", computed %08" PRIx32 ")",
                         snap.crc, crc);
    if (!message_decode(mem, message, &snap, e))
        return false;
    *ret_snap = snap;
    return true;
}

bool
raft_snap_load(struct arena *mem, const char *path, struct raft_snap *ret_snap, struct error *e)
{
    struct bytes content;

    if (!file_read_all(mem, path, RAFT_SNAP_MAX_BYTES, &content, e))
        return false;
    if (!raft_snap_decode(mem, content, ret_snap, e)) {
        (void)error_wrap(e, "raft snapshot '%s'", path);
        return error_hint(e, "etcd renames such a file to '%s.broken' and takes the one before it",
                          path_name(path));
    }
    return true;
}

void
raft_snap_encode(struct buf *out, struct bytes store, const struct raft_snapshot_metadata *metadata)
{
    AUTO_BUF message = BUF_INIT;
    size_t mark;

    proto_put_bytes(&message, 1, store);
    mark = proto_message_begin(&message, 2);
    raft_snapshot_metadata_encode(&message, metadata);
    proto_message_end(&message, mark);
    proto_put_u64_always(out, 1, crc32c(0, message.data, message.size));
    proto_put_bytes_always(out, 2, buf_bytes(&message));
}

static bool
is_allowed(const struct raft_snap *snap, const struct wal_snapshot *allowed, size_t count)
{
    if (allowed == NULL)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (allowed[i].index == snap->metadata.index && allowed[i].term == snap->metadata.term)
            return true;
    }
    return false;
}

/* Names are hex of a fixed width, so the last in order is the newest. */
bool
raft_snap_load_newest(struct arena *mem, const char *dir, const struct wal_snapshot *allowed,
                      size_t allowed_count, const char **ret_name, struct raft_snap *ret_snap,
                      struct error *e)
{
    struct error newest = ERROR_INIT;
    const char **names;
    size_t count;

    if (!dir_list(mem, dir, &names, &count, e))
        return false;
    for (size_t i = count; i > 0; i--) {
        struct error damage = ERROR_INIT;
        uint64_t term;
        uint64_t index;

        if (!raft_snap_parse_name(names[i - 1], &term, &index))
            continue;
        if (!raft_snap_load(mem, path_join(mem, dir, names[i - 1]), ret_snap, &damage)) {
            if (newest.code == ERROR_NONE)
                newest = damage;
            continue;
        }
        if (is_allowed(ret_snap, allowed, allowed_count)) {
            *ret_name = names[i - 1];
            return true;
        }
    }
    if (newest.code != ERROR_NONE) {
        *e = newest;
        return false;
    }
    *ret_name = NULL;
    return true;
}
