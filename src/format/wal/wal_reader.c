/*
 * Frames, records and the running CRC, judged as etcd's decoder judges them: the same bytes are
 * good, torn or damaged for both.
 */
#include "format/wal/wal_reader.h"

#include <errno.h>
#include <fcntl.h>

#include "base/hash.h"
#include "base/io.h"
#include "format/proto.h"

enum {
    FRAME_HEAD_SIZE = 8,
    SECTOR_SIZE = 512,       /* what a disk writes whole or not at all (minSectorSize) */
    WINDOW_SIZE = 256 << 10, /* of one pread */
};

struct frame {
    uint64_t record_size;
    uint64_t padding;
    struct bytes body; /* record and padding */
};

static bool
segment_open(struct wal_reader *reader, struct error *e)
{
    const char *path = reader->segments[reader->segment_at].path;

    fd_close(&reader->fd);
    reader->offset = 0;
    reader->window_offset = 0;
    buf_clear(&reader->window);
    return file_open(path, O_RDONLY, 0, &reader->fd, e) &&
           file_size(reader->fd, path, &reader->file_size, e);
}

bool
wal_reader_open(struct arena *mem, const char *dir, uint64_t snapshot_index,
                struct wal_reader *ret_reader, struct error *e)
{
    struct wal_reader reader = WAL_READER_INIT;
    struct wal_segment *segments;

    if (!wal_segments_list(mem, dir, &segments, &reader.segment_count, e) ||
        !wal_segments_from(dir, snapshot_index, &segments, &reader.segment_count, e))
        return false;
    reader.segments = segments;
    if (!segment_open(&reader, e))
        return false;
    *ret_reader = reader;
    return true;
}

bool
wal_reader_open_file(struct arena *mem, const char *path, struct wal_reader *ret_reader,
                     struct error *e)
{
    struct wal_reader reader = WAL_READER_INIT;
    struct wal_segment *segment = arena_zero(mem, sizeof(*segment));

    segment->path = arena_text(mem, path);
    segment->name = path_name(segment->path);
    reader.segments = segment;
    reader.segment_count = 1;
    if (!segment_open(&reader, e))
        return false;
    *ret_reader = reader;
    return true;
}

void
wal_reader_close(struct wal_reader *reader)
{
    fd_close(&reader->fd);
    buf_release(&reader->window);
}

static bool
is_last_segment(const struct wal_reader *reader)
{
    return reader->segment_at + 1 >= reader->segment_count;
}

static void
damage_set(struct wal_reader *reader, enum wal_damage_kind kind)
{
    reader->damage = (struct wal_damage){
        .kind = kind,
        .path = reader->segments[reader->segment_at].path,
        .offset = reader->offset,
        .repairable = kind == WAL_UNEXPECTED_EOF && is_last_segment(reader),
    };
}

/* Reads on at the window's end until 'size' bytes of it are there or the file ends. */
static bool
window_fill(struct wal_reader *reader, size_t size, struct error *e)
{
    const char *path = reader->segments[reader->segment_at].path;

    while (reader->window.size < size) {
        size_t missing = size - reader->window.size;
        size_t wanted = missing > WINDOW_SIZE ? missing : WINDOW_SIZE;
        uint8_t *at = buf_reserve(&reader->window, wanted);
        ssize_t got =
            pread(reader->fd, at, wanted, (off_t)(reader->window_offset + reader->window.size));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(e, errno, "'%s'", path);
        if (got == 0) {
            /* A running etcd cut the segment in the meantime. */
            reader->file_size = reader->window_offset + reader->window.size;
            return true;
        }
        reader->window.size += (size_t)got;
    }
    return true;
}

/* 'size' bytes at the offset, fewer at the end of the file. */
static bool
window_at(struct wal_reader *reader, uint64_t offset, size_t size, struct bytes *ret_bytes,
          struct error *e)
{
    uint64_t window_end = reader->window_offset + reader->window.size;
    size_t skip;

    if (offset < reader->window_offset || offset > window_end) {
        reader->window_offset = offset;
        buf_clear(&reader->window);
    } else if (offset + size > window_end) {
        buf_consume(&reader->window, (size_t)(offset - reader->window_offset));
        reader->window_offset = offset;
    }
    skip = (size_t)(offset - reader->window_offset);
    if (!window_fill(reader, skip + size, e))
        return false;
    if (skip + size > reader->window.size)
        size = reader->window.size - skip;
    *ret_bytes = bytes_of(reader->window.data + skip, size);
    return true;
}

/*
 * The length in front of a record. The top bit says that there is padding, its lowest three bits how
 * much; zero is the end of what was written.
 */
static bool
frame_head(struct wal_reader *reader, struct frame *frame, bool *ret_end, struct error *e)
{
    struct bytes head;
    struct cursor c;
    uint64_t field;

    *ret_end = false;
    if (!window_at(reader, reader->offset, FRAME_HEAD_SIZE, &head, e))
        return false;
    if (head.size == 0) {
        *ret_end = true;
        return true;
    }
    c = cursor_of(head);
    if (!cursor_u64le(&c, &field)) {
        damage_set(reader, WAL_UNEXPECTED_EOF);
        return true;
    }
    *ret_end = field == 0;
    frame->record_size = field & ~(UINT64_C(0xff) << 56);
    frame->padding = field >> 63 != 0 ? field >> 56 & 7 : 0;
    return true;
}

static bool
frame_body(struct wal_reader *reader, struct frame *frame, struct error *e)
{
    uint64_t size = frame->record_size + frame->padding;
    uint64_t start = reader->offset + FRAME_HEAD_SIZE;

    if (start > reader->file_size || size > reader->file_size - start) {
        damage_set(reader, WAL_UNEXPECTED_EOF);
        return true;
    }
    if (size > WAL_RECORD_MAX_BYTES) {
        damage_set(reader, WAL_TOO_LARGE);
        return true;
    }
    if (!window_at(reader, start, (size_t)size, &frame->body, e))
        return false;
    if (frame->body.size < size)
        damage_set(reader, WAL_UNEXPECTED_EOF);
    return true;
}

/* Whether any piece of the body between sector boundaries is all zeros: a write that was cut off by
 * a crash. Only the end of the log can be torn. */
static bool
is_torn(const struct wal_reader *reader, struct bytes body)
{
    uint64_t file_offset = reader->offset + FRAME_HEAD_SIZE;
    bool piece_is_zero = true;

    if (!is_last_segment(reader) || body.size == 0)
        return false;
    for (size_t i = 0; i < body.size; i++) {
        if (i > 0 && (file_offset + i) % SECTOR_SIZE == 0) {
            if (piece_is_zero)
                return true;
            piece_is_zero = true;
        }
        piece_is_zero = piece_is_zero && body.data[i] == 0;
    }
    return piece_is_zero;
}

static bool
record_decode(struct bytes message, struct wal_record *record)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == 1)
            proto_field_u32(&r, &f, &record->type);
        else if (f.number == 2)
            proto_field_u32(&r, &f, &record->crc);
        else if (f.number == 3)
            proto_field_bytes(&r, &f, &record->data);
    }
    return !r.failed;
}

/* A CRC record at the start of a segment carries the value on; 0 means that nothing was read yet. */
static bool
crc_matches(struct wal_reader *reader, const struct wal_record *record)
{
    uint32_t crc;

    if (record->type == WAL_CRC) {
        if (reader->crc != 0 && record->crc != reader->crc)
            return false;
        reader->crc = record->crc;
        return true;
    }
    crc = crc32c(reader->crc, record->data.data, record->data.size);
    if (crc != record->crc)
        return false;
    reader->crc = crc;
    return true;
}

static void
record_check(struct wal_reader *reader, const struct frame *frame, struct wal_record *record)
{
    struct bytes message = bytes_of(frame->body.data, (size_t)frame->record_size);
    enum wal_damage_kind kind = WAL_INTACT;

    *record = (struct wal_record){
        .path = reader->segments[reader->segment_at].path,
        .offset = reader->offset,
    };
    if (!record_decode(message, record))
        kind = WAL_MALFORMED;
    else if (!crc_matches(reader, record))
        kind = WAL_CRC_MISMATCH;
    if ((kind == WAL_MALFORMED || (kind == WAL_CRC_MISMATCH && record->type != WAL_CRC)) &&
        is_torn(reader, frame->body))
        kind = WAL_UNEXPECTED_EOF;
    if (kind == WAL_INTACT && (record->type < WAL_METADATA || record->type > WAL_SNAPSHOT))
        kind = WAL_UNKNOWN_TYPE;
    if (kind != WAL_INTACT)
        damage_set(reader, kind);
    else
        reader->offset += FRAME_HEAD_SIZE + frame->body.size;
}

bool
wal_reader_next(struct wal_reader *reader, struct wal_record *ret_record, enum wal_event *ret_event,
                struct error *e)
{
    struct frame frame = {0};
    struct wal_record record;
    bool end = false;

    while (reader->damage.kind == WAL_INTACT) {
        if (!frame_head(reader, &frame, &end, e))
            return false;
        if (!end)
            break;
        if (is_last_segment(reader)) {
            *ret_event = WAL_EVENT_END;
            return true;
        }
        reader->segment_at++;
        if (!segment_open(reader, e))
            return false;
    }
    if (reader->damage.kind == WAL_INTACT && !frame_body(reader, &frame, e))
        return false;
    if (reader->damage.kind == WAL_INTACT)
        record_check(reader, &frame, &record);
    if (reader->damage.kind != WAL_INTACT) {
        *ret_event = WAL_EVENT_DAMAGE;
        return true;
    }
    *ret_record = record;
    *ret_event = WAL_EVENT_RECORD;
    return true;
}
