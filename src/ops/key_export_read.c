#include "ops/key_export_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/io.h"

enum { READ_BYTES = 1 << 20 };

struct reader {
    const char *path;
    int fd;
    struct buf read;
    size_t at;     /* where the next line begins in it */
    uint64_t line; /* number of the last one taken, from 1 */
    key_export_visit *visit;
    void *context;
    struct sha256 *sha256;
    struct buf last_key;
    struct key_export_end counted;
    struct key_export_end end;
    bool ended; /* the last line was there */
};

static bool
line_error(const struct reader *r, struct error *e)
{
    return error_wrap(e, "'%s': line %" PRIu64, r->path, r->line);
}

static bool
damage_set(const struct reader *r, const char *what, struct error *e)
{
    error_set_(e, ERROR_CORRUPT, 0, "'%s': %s", r->path, what);
    return error_hint(e, "the file was cut or changed since 'quorate keys export' wrote it");
}

/* More of the file behind what is there; false without an error at its end. */
static bool
fill(struct reader *r, struct error *e)
{
    ssize_t size;

    buf_consume(&r->read, r->at);
    r->at = 0;
    if (r->read.size > KEY_EXPORT_LINE_MAX) {
        r->line++;
        error_set_(e, ERROR_FORMAT, 0, "longer than %d bytes", KEY_EXPORT_LINE_MAX);
        return line_error(r, e);
    }
    do
        size = read(r->fd, buf_reserve(&r->read, READ_BYTES), READ_BYTES);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return error_set_errno(e, errno, "'%s'", r->path);
    r->read.size += (size_t)size;
    return size > 0;
}

/* A line with its end; false at the end of the file, and with an error. */
static bool
line_next(struct reader *r, struct bytes *ret_line, struct error *e)
{
    size_t seen = 0;

    for (;;) {
        size_t left = r->read.size - r->at;
        const uint8_t *from = r->read.data + r->at;
        const uint8_t *end = left > seen ? memchr(from + seen, '\n', left - seen) : NULL;

        if (end != NULL) {
            *ret_line = bytes_of(from, (size_t)(end - from) + 1);
            r->at += ret_line->size;
            r->line++;
            return true;
        }
        seen = left;
        if (!fill(r, e))
            return e->code == ERROR_NONE && left > 0 ? damage_set(r, "it ends within a line", e)
                                                     : false;
    }
}

static bool
key_take(struct reader *r, const struct key_value *kv, struct error *e)
{
    if (r->counted.keys > 0 && bytes_compare(buf_bytes(&r->last_key), kv->key) >= 0) {
        error_set_(e, ERROR_CORRUPT, 0, "a key that is not behind the one before");
        return line_error(r, e);
    }
    buf_clear(&r->last_key);
    buf_append_bytes(&r->last_key, kv->key);
    r->counted.keys++;
    r->counted.bytes += kv->key.size + kv->value.size;
    return true;
}

static bool
line_take(struct reader *r, const struct key_export_line *line, struct error *e)
{
    if ((r->line == 1) != (line->type == KEY_EXPORT_HEADER)) {
        error_set_(e, ERROR_FORMAT, 0, "%s",
                   r->line == 1 ? "no first line of an export" : "a first line in the middle");
        return line_error(r, e);
    }
    switch (line->type) {
    case KEY_EXPORT_HEADER:
        return true;
    case KEY_EXPORT_LEASE:
        r->counted.leases++;
        break;
    case KEY_EXPORT_KEY:
        if (!key_take(r, &line->kv, e))
            return false;
        break;
    case KEY_EXPORT_END:
        r->end = line->end;
        r->ended = true;
        return true;
    }
    return r->visit == NULL || r->visit(r->context, line, e);
}

static bool
line_read(struct reader *r, struct bytes text, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct key_export_line line;

    if (r->ended)
        return damage_set(r, "there is more behind the last line", e);
    if (!key_export_line_decode(&tmp, bytes_of(text.data, text.size - 1), &line, e))
        return line_error(r, e);
    if (line.type != KEY_EXPORT_END)
        sha256_update(r->sha256, text.data, text.size);
    return line_take(r, &line, e);
}

static bool
end_check(struct reader *r, struct error *e)
{
    uint8_t digest[SHA256_SIZE];

    sha256_finish(r->sha256, digest);
    if (!r->ended)
        return damage_set(r, "the last line is missing", e);
    if (r->counted.keys != r->end.keys || r->counted.leases != r->end.leases ||
        r->counted.bytes != r->end.bytes)
        return damage_set(r, "its last line counts other lines", e);
    if (memcmp(digest, r->end.sha256, SHA256_SIZE) != 0)
        return damage_set(r, "its SHA-256 is not the one in its last line", e);
    return true;
}

static bool
lines_read(struct reader *r, struct error *e)
{
    struct bytes line;

    error_clear(e);
    while (line_next(r, &line, e)) {
        if (!line_read(r, line, e))
            return false;
    }
    return e->code == ERROR_NONE && end_check(r, e);
}

bool
key_export_read(const char *path, key_export_visit *visit, void *context,
                struct key_export_end *ret_end, struct error *e)
{
    AUTO_FD fd = -1;
    AUTO_SHA256 sha256 = sha256_new();
    struct reader r = {.path = path, .visit = visit, .context = context, .sha256 = sha256};
    bool ok;

    if (!file_open(path, O_RDONLY, 0, &fd, e))
        return false;
    r.fd = fd;
    ok = lines_read(&r, e);
    if (ok)
        *ret_end = r.end;
    buf_release(&r.read);
    buf_release(&r.last_key);
    return ok;
}
