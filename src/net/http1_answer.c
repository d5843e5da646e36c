#include "net/http1_answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { HTTP1_NO_CONTENT = 204 };

void
http1_answer_release(struct http1_answer *a)
{
    buf_release(&a->raw);
}

/* One line without its end; false when there is no whole line. */
static bool
line_take(struct bytes *rest, struct bytes *ret_line)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    size_t size;

    if (end == NULL)
        return false;
    size = (size_t)(end - rest->data);
    *ret_line = (struct bytes){rest->data, size};
    if (size > 0 && end[-1] == '\r')
        ret_line->size--;
    *rest = (struct bytes){end + 1, rest->size - size - 1};
    return true;
}

static int
digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* The number at the front, and how many digits it has; more than 15 are never right. */
static size_t
number_take(struct bytes text, int base, uint64_t *ret_number)
{
    size_t used = 0;

    *ret_number = 0;
    while (used < text.size && used < 16 && digit_of(text.data[used]) < base)
        *ret_number = *ret_number * (uint64_t)base + (uint64_t)digit_of(text.data[used++]);
    return used < 16 ? used : 0;
}

static bool
status_read(struct http1_answer *a, struct bytes line)
{
    uint64_t status;

    /* "HTTP/1.1 200 OK" */
    if (line.size < 12 || memcmp(line.data, "HTTP/1.", 7) != 0 || line.data[8] != ' ' ||
        number_take(bytes_of(line.data + 9, line.size - 9), 10, &status) != 3)
        return false;
    a->status = (unsigned)status;
    return true;
}

/* The value of a header line, if it is the one of this name. */
static bool
header_is(struct bytes line, const char *name, struct bytes *ret_value)
{
    size_t size = strlen(name);

    if (line.size <= size || line.data[size] != ':' ||
        strncasecmp((const char *)line.data, name, size) != 0)
        return false;
    size++;
    while (size < line.size && (line.data[size] == ' ' || line.data[size] == '\t'))
        size++;
    *ret_value = bytes_of(line.data + size, line.size - size);
    return true;
}

/* Source: RFC 9110, section 5.6.7, the one form that servers send. */
static int64_t
date_read(struct bytes value)
{
    char text[40];
    struct tm tm = {0};

    snprintf(text, sizeof(text), "%.*s", (int)value.size, (const char *)value.data);
    return strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm) != NULL ? (int64_t)timegm(&tm) : 0;
}

static bool
header_read(struct http1_answer *a, struct bytes line)
{
    struct bytes value;

    if (header_is(line, "date", &value)) {
        a->date_s = date_read(value);
        return true;
    }
    if (header_is(line, "content-length", &value)) {
        a->has_length = true;
        return value.size > 0 && number_take(value, 10, &a->length) == value.size;
    }
    if (header_is(line, "transfer-encoding", &value)) {
        a->chunked = value.size == 7 && strncasecmp((const char *)value.data, "chunked", 7) == 0;
        return a->chunked;
    }
    return true;
}

bool
http1_header_find(struct bytes head, const char *name, struct bytes *ret_value)
{
    struct bytes line;

    while (line_take(&head, &line)) {
        if (header_is(line, name, ret_value))
            return true;
    }
    return false;
}

static enum http1_progress
head_read(struct http1_answer *a)
{
    struct bytes rest = buf_bytes(&a->raw);
    struct bytes line;
    bool first = true;

    *a = (struct http1_answer){.raw = a->raw};
    while (line_take(&rest, &line)) {
        if (line.size == 0 && !first) {
            a->head_size = a->raw.size - rest.size;
            return HTTP1_COMPLETE;
        }
        if (first ? !status_read(a, line) : !header_read(a, line))
            return HTTP1_BROKEN;
        first = false;
    }
    return a->raw.size > HTTP1_HEAD_MAX_BYTES ? HTTP1_LARGE : HTTP1_MORE;
}

/* One whole chunk at a->chunk_at, its end of line included, moved to the others. */
static enum http1_progress
chunk_take(struct http1_answer *a, size_t limit_bytes, bool *ret_last)
{
    struct bytes rest = {a->raw.data + a->chunk_at, a->raw.size - a->chunk_at};
    struct bytes line;
    struct bytes data;
    uint64_t size;

    if (!line_take(&rest, &line))
        return rest.size > HTTP1_HEAD_MAX_BYTES ? HTTP1_LARGE : HTTP1_MORE;
    if (number_take(line, 16, &size) == 0)
        return HTTP1_BROKEN;
    if (size > limit_bytes - (a->chunks_end - a->head_size))
        return HTTP1_LARGE;
    *ret_last = size == 0;
    if (size == 0)
        return HTTP1_COMPLETE;
    if (rest.size < size)
        return HTTP1_MORE;
    data = bytes_of(rest.data, (size_t)size);
    rest = bytes_of(rest.data + size, rest.size - (size_t)size);
    if (!line_take(&rest, &line))
        return rest.size > 2 ? HTTP1_BROKEN : HTTP1_MORE;
    if (line.size != 0)
        return HTTP1_BROKEN;
    memmove(a->raw.data + a->chunks_end, data.data, data.size);
    a->chunks_end += data.size;
    a->chunk_at = (size_t)(rest.data - a->raw.data);
    return HTTP1_COMPLETE;
}

/* Goes on where the last look stopped: a large body in small chunks is walked once. */
static enum http1_progress
chunks_look(struct http1_answer *a, size_t limit_bytes, struct bytes *ret_body)
{
    enum http1_progress progress = HTTP1_COMPLETE;
    bool last = false;

    if (a->chunk_at == 0) {
        a->chunk_at = a->head_size;
        a->chunks_end = a->head_size;
    }
    while (progress == HTTP1_COMPLETE && !last)
        progress = chunk_take(a, limit_bytes, &last);
    if (progress == HTTP1_COMPLETE)
        *ret_body = bytes_of(a->raw.data + a->head_size, a->chunks_end - a->head_size);
    return progress;
}

enum http1_progress
http1_answer_look(struct http1_answer *a, bool ended, size_t limit_bytes, struct bytes *ret_body)
{
    enum http1_progress progress = HTTP1_COMPLETE;
    size_t arrived;

    if (a->head_size == 0)
        progress = head_read(a);
    if (progress != HTTP1_COMPLETE)
        return progress;
    if (a->status == HTTP1_NO_CONTENT) {
        *ret_body = BYTES_NONE;
        return HTTP1_COMPLETE;
    }
    if (a->chunked)
        return chunks_look(a, limit_bytes, ret_body);
    arrived = a->raw.size - a->head_size;
    if ((a->has_length ? a->length : arrived) > limit_bytes)
        return HTTP1_LARGE;
    if (a->has_length ? arrived < a->length : !ended)
        return HTTP1_MORE;
    *ret_body = bytes_of(a->raw.data + a->head_size, a->has_length ? (size_t)a->length : arrived);
    return HTTP1_COMPLETE;
}
