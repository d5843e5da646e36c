#include "plan/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "plan/state_dir.h"

/* ,"crc":"e3069283"} */
#define TAIL_BEGIN ",\"crc\":\""
enum { CRC_DIGITS = 8, TAIL_SIZE = sizeof(TAIL_BEGIN) - 1 + CRC_DIGITS + 2 };

void
journal_close(struct journal *j)
{
    fd_close(&j->fd);
}

bool
journal_create(struct arena *mem, const char *path, struct journal *ret_journal, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = -1;
    const char *dir = path_dir(&tmp, path);

    if (!dir_make(dir, STATE_DIR_MODE, e) || !dir_sync_parent(dir, e) ||
        !file_open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, STATE_FILE_MODE, &fd, e) ||
        !dir_sync(dir, e))
        return false;
    *ret_journal = (struct journal)JOURNAL_INIT;
    ret_journal->path = arena_text(mem, path);
    ret_journal->fd = fd;
    fd = -1;
    return true;
}

/* NULL for a line that ends in its right checksum, else what is wrong. */
static const char *
line_damage(struct bytes line)
{
    char crc[CRC_DIGITS + 1];
    const uint8_t *tail;

    if (line.size < TAIL_SIZE)
        return "the record is cut";
    tail = line.data + line.size - TAIL_SIZE;
    if (memcmp(tail, TAIL_BEGIN, sizeof(TAIL_BEGIN) - 1) != 0 ||
        memcmp(tail + TAIL_SIZE - 2, "\"}", 2) != 0)
        return "the record has no checksum";
    snprintf(crc, sizeof(crc), "%08x", crc32c(0, line.data, line.size - TAIL_SIZE));
    if (memcmp(tail + sizeof(TAIL_BEGIN) - 1, crc, CRC_DIGITS) != 0)
        return "the record's checksum is wrong";
    return NULL;
}

static bool
line_decode(struct arena *mem, struct bytes line, uint64_t seq, const struct json **ret_record,
            struct error *e)
{
    uint64_t is;

    if (!json_parse(mem, line, ret_record, e) || !json_get_u64(*ret_record, "seq", &is, e))
        return false;
    if (is != seq)
        return error_set(e, ERROR_CORRUPT, "record %llu stands where record %llu belongs",
                         (unsigned long long)is, (unsigned long long)seq);
    return true;
}

/* A write that never returned leaves the front of one record; more than one is damage. */
static bool
line_is_torn(struct bytes line)
{
    const uint8_t *tail = memmem(line.data, line.size, TAIL_BEGIN, sizeof(TAIL_BEGIN) - 1);

    return tail == NULL || line.data + line.size - tail <= TAIL_SIZE;
}

/* ret_size: bytes of whole records. */
static bool
lines_read(struct arena *mem, const char *path, struct bytes text,
           struct journal_content *ret_content, uint64_t *ret_size, struct error *e)
{
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;

    *ret_content = (struct journal_content){0};
    while (at < end) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        struct bytes line = bytes_of(at, (size_t)((stop != NULL ? stop : end) - at));
        size_t number = ret_content->records.count + 1;
        const struct json *record;
        const char *damage = stop == NULL ? "the record is cut" : line_damage(line);

        if (damage != NULL && (stop == NULL || stop + 1 == end) && line_is_torn(line)) {
            ret_content->torn = true;
            break;
        }
        if (damage != NULL)
            return error_set(e, ERROR_CORRUPT, "'%s': line %zu: %s", path, number, damage);
        if (!line_decode(mem, line, number, &record, e))
            return error_wrap(e, "'%s': line %zu", path, number);
        *ARRAY_PUSH(mem, &ret_content->records) = record;
        at = stop + 1;
    }
    *ret_size = (uint64_t)(at - text.data);
    return true;
}

bool
journal_read(struct arena *mem, const char *path, struct journal_content *ret_content,
             struct error *e)
{
    struct bytes text;
    uint64_t size;

    return file_read_all(mem, path, JOURNAL_MAX_BYTES, &text, e) &&
           lines_read(mem, path, text, ret_content, &size, e);
}

bool
journal_open(struct arena *mem, const char *path, struct journal *ret_journal,
             struct journal_content *ret_content, struct error *e)
{
    AUTO_FD fd = -1;
    struct bytes text;
    uint64_t size;

    if (!file_read_all(mem, path, JOURNAL_MAX_BYTES, &text, e) ||
        !lines_read(mem, path, text, ret_content, &size, e) ||
        !file_open(path, O_WRONLY | O_APPEND, 0, &fd, e))
        return false;
    if (ret_content->torn && ftruncate(fd, (off_t)size) != 0)
        return error_set_errno(e, errno, "'%s': cut the torn record off", path);
    *ret_journal = (struct journal){
        .fd = fd,
        .path = arena_text(mem, path),
        .next_seq = ret_content->records.count + 1,
        .size = size,
    };
    fd = -1;
    return true;
}

void
journal_record_begin(const struct journal *j, struct json_writer *w, struct buf *out,
                     const char *type)
{
    buf_clear(out);
    json_writer_init(w, out, 0);
    json_object_begin(w);
    json_key_u64(w, "seq", j->next_seq);
    json_key_i64(w, "at", time_wall_ms());
    json_key_text(w, "type", type);
}

static bool
line_write(const struct journal *j, struct bytes line, struct error *e)
{
    if (FAILPOINT(journal_write))
        return error_set_errno(e, EIO, "'%s'", j->path);
    if (j->size + line.size > JOURNAL_MAX_BYTES)
        return error_set(e, ERROR_LIMIT, "'%s': longer than %d bytes", j->path, JOURNAL_MAX_BYTES);
    if (!fd_write_all(j->fd, j->path, line.data, line.size, e))
        return false;
    if (fdatasync(j->fd) != 0)
        return error_set_errno(e, errno, "'%s': sync", j->path);
    return true;
}

bool
journal_append(struct journal *j, struct json_writer *w, struct error *e)
{
    struct buf *line = w->out;
    char crc[CRC_DIGITS + 1];

    if (j->broken)
        return error_set(e, ERROR_IO, "'%s': an earlier record could not be written", j->path);
    snprintf(crc, sizeof(crc), "%08x", crc32c(0, line->data, line->size));
    json_key_text(w, "crc", crc);
    json_object_end(w);
    buf_append_byte(line, '\n');
    if (!line_write(j, buf_bytes(line), e)) {
        j->broken = true;
        /* What is left is a torn record, which readers drop; the cut only tidies up. */
        if (ftruncate(j->fd, (off_t)j->size) != 0)
            error_wrap_(e, "not cut back");
        return false;
    }
    j->size += line->size;
    j->next_seq++;
    if (FAILPOINT(journal_append)) {
        j->broken = true;
        return error_set_errno(e, EIO, "'%s'", j->path);
    }
    return true;
}
