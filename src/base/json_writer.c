#include "base/json_writer.h"

#include <string.h>

#include "base/decimal.h"
#include "base/utf8.h"

void
json_writer_init(struct json_writer *w, struct buf *out, unsigned indent)
{
    *w = (struct json_writer){.out = out, .indent = indent};
}

static void
line_break(struct json_writer *w)
{
    if (w->indent == 0)
        return;
    buf_append_byte(w->out, '\n');
    for (unsigned i = 0; i < w->indent * w->depth; i++)
        buf_append_byte(w->out, ' ');
}

/* What stands before a value or a key. */
static void
item_begin(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->need_comma)
        buf_append_byte(w->out, ',');
    if (w->depth > 0)
        line_break(w);
}

static void
container_begin(struct json_writer *w, uint8_t bracket)
{
    item_begin(w);
    buf_append_byte(w->out, bracket);
    w->depth++;
    w->need_comma = false;
}

static void
container_end(struct json_writer *w, uint8_t bracket)
{
    ASSERT(w->depth > 0 && !w->after_key);
    w->depth--;
    if (w->need_comma)
        line_break(w);
    buf_append_byte(w->out, bracket);
    w->need_comma = true;
}

void
json_object_begin(struct json_writer *w)
{
    container_begin(w, '{');
}

void
json_object_end(struct json_writer *w)
{
    container_end(w, '}');
}

void
json_array_begin(struct json_writer *w)
{
    container_begin(w, '[');
}

void
json_array_end(struct json_writer *w)
{
    container_end(w, ']');
}

static void
append_ascii(struct buf *out, uint8_t c)
{
    switch (c) {
    case '"':
    case '\\':
        buf_append_byte(out, '\\');
        buf_append_byte(out, c);
        return;
    case '\n':
        buf_append_text(out, "\\n");
        return;
    case '\r':
        buf_append_text(out, "\\r");
        return;
    case '\t':
        buf_append_text(out, "\\t");
        return;
    default:
        if (c < 0x20 || c == '&' || c == '<' || c == '>')
            buf_printf(out, "\\u%04x", c);
        else
            buf_append_byte(out, c);
    }
}

static bool
is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '&' && c != '<' && c != '>';
}

/* So many bytes from the front on stand in JSON as they are. */
static size_t
plain_size(struct bytes text)
{
    size_t size = 0;

    while (size < text.size && is_plain(text.data[size]))
        size++;
    return size;
}

static void
append_quoted(struct buf *out, struct bytes text)
{
    buf_append_byte(out, '"');
    while (text.size > 0) {
        uint32_t character;
        size_t length = plain_size(text);

        if (length > 0) {
            buf_append(out, text.data, length);
            text = bytes_of(text.data + length, text.size - length);
            continue;
        }
        length = utf8_decode(text.data, text.size, &character);
        if (length == 0) {
            buf_append_text(out, "\\ufffd");
            length = 1;
        } else if (length == 1) {
            append_ascii(out, text.data[0]);
        } else if (length == 3 && memcmp(text.data, "\xe2\x80\xa8", 3) == 0) {
            buf_append_text(out, "\\u2028");
        } else if (length == 3 && memcmp(text.data, "\xe2\x80\xa9", 3) == 0) {
            buf_append_text(out, "\\u2029");
        } else {
            buf_append(out, text.data, length);
        }
        text = bytes_of(text.data + length, text.size - length);
    }
    buf_append_byte(out, '"');
}

void
json_key(struct json_writer *w, const char *key)
{
    json_key_bytes(w, bytes_of_text(key));
}

void
json_key_bytes(struct json_writer *w, struct bytes key)
{
    ASSERT(!w->after_key);
    item_begin(w);
    append_quoted(w->out, key);
    buf_append_text(w->out, w->indent > 0 ? ": " : ":");
    w->after_key = true;
    w->need_comma = true;
}

void
json_text_bytes(struct json_writer *w, struct bytes text)
{
    item_begin(w);
    append_quoted(w->out, text);
    w->need_comma = true;
}

void
json_text(struct json_writer *w, const char *text)
{
    json_text_bytes(w, bytes_of_text(text));
}

void
base64_append(struct buf *out, struct bytes data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    uint8_t *to = buf_reserve(out, (data.size + 2) / 3 * 4);
    size_t whole = data.size - data.size % 3;
    size_t left = data.size - whole;

    for (size_t i = 0; i < whole; i += 3, to += 4) {
        uint32_t group = (uint32_t)data.data[i] << 16 | (uint32_t)data.data[i + 1] << 8 |
                         (uint32_t)data.data[i + 2];

        to[0] = (uint8_t)digits[group >> 18];
        to[1] = (uint8_t)digits[group >> 12 & 63];
        to[2] = (uint8_t)digits[group >> 6 & 63];
        to[3] = (uint8_t)digits[group & 63];
    }
    if (left > 0) {
        uint32_t group =
            (uint32_t)data.data[whole] << 16 | (left > 1 ? (uint32_t)data.data[whole + 1] << 8 : 0);

        to[0] = (uint8_t)digits[group >> 18];
        to[1] = (uint8_t)digits[group >> 12 & 63];
        to[2] = left > 1 ? (uint8_t)digits[group >> 6 & 63] : '=';
        to[3] = '=';
    }
    out->size += (data.size + 2) / 3 * 4;
}

/* The value of a base64 digit; above 63: it is none. */
static uint32_t
base64_digit(uint8_t c)
{
    return c >= 'A' && c <= 'Z'   ? c - (uint32_t)'A'
           : c >= 'a' && c <= 'z' ? c - (uint32_t)'a' + 26
           : c >= '0' && c <= '9' ? c - (uint32_t)'0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : 64;
}

bool
base64_decode(struct buf *out, struct bytes text)
{
    size_t padding = 0;
    uint8_t *to;
    uint32_t bad = 0;
    uint32_t group = 0;

    if (text.size == 0 || text.size % 4 != 0)
        return text.size == 0;
    while (padding < 2 && text.data[text.size - 1 - padding] == '=')
        padding++;
    to = buf_reserve(out, text.size / 4 * 3);
    for (size_t i = 0; i < text.size; i++) {
        uint32_t digit = i < text.size - padding ? base64_digit(text.data[i]) : 0;

        bad |= digit & 64;
        group = group << 6 | digit;
        if (i % 4 == 3) {
            *to++ = (uint8_t)(group >> 16);
            *to++ = (uint8_t)(group >> 8);
            *to++ = (uint8_t)group;
        }
    }
    if (bad != 0 || (padding > 0 && (group & (padding == 1 ? 0xffU : 0xffffU)) != 0))
        return false;
    out->size += text.size / 4 * 3 - padding;
    return true;
}

void
json_base64(struct json_writer *w, struct bytes data)
{
    item_begin(w);
    buf_append_byte(w->out, '"');
    base64_append(w->out, data);
    buf_append_byte(w->out, '"');
    w->need_comma = true;
}

void
json_u64(struct json_writer *w, uint64_t value)
{
    item_begin(w);
    decimal_append_u64(w->out, value);
    w->need_comma = true;
}

void
json_i64(struct json_writer *w, int64_t value)
{
    item_begin(w);
    decimal_append_i64(w->out, value);
    w->need_comma = true;
}

void
json_bool(struct json_writer *w, bool value)
{
    item_begin(w);
    buf_append_text(w->out, value ? "true" : "false");
    w->need_comma = true;
}

void
json_null(struct json_writer *w)
{
    item_begin(w);
    buf_append_text(w->out, "null");
    w->need_comma = true;
}

void
json_raw(struct json_writer *w, struct bytes json)
{
    item_begin(w);
    buf_append_bytes(w->out, json);
    w->need_comma = true;
}

void
json_key_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_text(w, text);
}

void
json_key_u64(struct json_writer *w, const char *key, uint64_t value)
{
    json_key(w, key);
    json_u64(w, value);
}

void
json_key_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_i64(w, value);
}

void
json_key_bool(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_bool(w, value);
}

void
json_key_id(struct json_writer *w, const char *key, uint64_t id)
{
    char text[20];

    snprintf(text, sizeof(text), "%llx", (unsigned long long)id);
    json_key_text(w, key, text);
}
