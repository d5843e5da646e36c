/* One character at a time, as Go's unquoting does; everything else stays the byte it is. */

#include "cli/quoted.h"

#include <string.h>

#include "base/buf.h"

bool
quoted_is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r' && byte != '\v');
}

static void
append_utf8(struct buf *out, uint32_t character)
{
    if (character < 0x80) {
        buf_append_byte(out, (uint8_t)character);
        return;
    }
    if (character < 0x800) {
        buf_append_byte(out, (uint8_t)(0xc0 | character >> 6));
    } else {
        if (character < 0x10000) {
            buf_append_byte(out, (uint8_t)(0xe0 | character >> 12));
        } else {
            buf_append_byte(out, (uint8_t)(0xf0 | character >> 18));
            buf_append_byte(out, (uint8_t)(0x80 | (character >> 12 & 0x3f)));
        }
        buf_append_byte(out, (uint8_t)(0x80 | (character >> 6 & 0x3f)));
    }
    buf_append_byte(out, (uint8_t)(0x80 | (character & 0x3f)));
}

/* Exactly 'count' digits of base 8 or 16. */
static bool
read_digits(struct cursor *c, unsigned count, unsigned base, uint32_t *ret_value)
{
    uint32_t value = 0;

    for (; count > 0; count--) {
        uint8_t byte;
        int digit;

        if (!cursor_u8(c, &byte))
            return false;
        digit = hex_digit((char)byte);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *ret_value = value;
    return true;
}

/* \x41, \101: a byte. \u00e9, \U0001F600: a character, never half of a pair. */
static bool
read_numeric(struct cursor *c, uint8_t letter, struct buf *out)
{
    bool octal = letter >= '0' && letter <= '7';
    bool byte = octal || letter == 'x';
    uint32_t value;

    if (octal)
        c->at--; /* the letter is the first digit */
    if (!read_digits(c,
                     octal           ? 3
                     : letter == 'x' ? 2
                     : letter == 'u' ? 4
                                     : 8,
                     octal ? 8 : 16, &value))
        return false;
    if (byte ? value > 0xff : value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return false;
    if (byte)
        buf_append_byte(out, (uint8_t)value);
    else
        append_utf8(out, value);
    return true;
}

/* Behind a backslash; there is at least one more byte. */
static bool
read_escape(struct cursor *c, struct buf *out, struct error *e)
{
    static const char from[] = "abfnrtv\\\"";
    static const char to[] = "\a\b\f\n\r\t\v\\\"";
    const uint8_t *start = c->at - 1;
    const char *found;
    uint8_t letter;
    size_t size;

    ASSERT(cursor_u8(c, &letter));
    found = letter != 0 ? strchr(from, letter) : NULL;
    if (found != NULL) {
        buf_append_byte(out, (uint8_t)to[found - from]);
        return true;
    }
    if (letter != 0 && strchr("01234567xuU", letter) != NULL && read_numeric(c, letter, out))
        return true;
    size = (size_t)(c->at - start);
    c->at = start;
    return error_set(e, ERROR_INPUT, "'%.*s' is no escape that Go knows", (int)size,
                     (const char *)start);
}

static bool
read_raw(struct arena *mem, struct cursor *c, uint8_t quote, struct bytes *ret_text,
         struct error *e)
{
    const uint8_t *start = c->at + 1;
    const uint8_t *end = memchr(start, quote, cursor_left(c) - 1);

    if (end == NULL)
        return error_set(e, ERROR_INPUT, "the closing quote is missing");
    *ret_text = arena_copy(mem, bytes_of(start, (size_t)(end - start)));
    c->at = end + 1;
    return true;
}

static bool
read_escaped(struct arena *mem, struct cursor *c, struct bytes *ret_text, struct error *e)
{
    AUTO_BUF text = BUF_INIT;
    const uint8_t *start = c->at;
    uint8_t byte;

    c->at++;
    while (cursor_u8(c, &byte)) {
        if (byte == '"') {
            *ret_text = arena_copy(mem, buf_bytes(&text));
            return true;
        }
        if (byte != '\\')
            buf_append_byte(&text, byte);
        else if (cursor_left(c) > 0 && !read_escape(c, &text, e))
            return false;
    }
    c->at = start;
    return error_set(e, ERROR_INPUT, "the closing quote is missing");
}

bool
quoted_read(struct arena *mem, struct cursor *c, struct bytes *ret_text, struct error *e)
{
    if (cursor_left(c) > 0 && *c->at == '`')
        return read_raw(mem, c, '`', ret_text, e);
    if (cursor_left(c) == 0 || *c->at != '"')
        return error_set(e, ERROR_INPUT, "a text in double quotes is expected here");
    return read_escaped(mem, c, ret_text, e);
}

static bool
read_word(struct arena *mem, struct cursor *c, struct bytes *ret_word, struct error *e)
{
    const uint8_t *start = c->at;

    if (*start == '"')
        return quoted_read(mem, c, ret_word, e);
    if (*start == '\'')
        return read_raw(mem, c, '\'', ret_word, e);
    while (cursor_left(c) > 0 && !quoted_is_blank(*c->at))
        c->at++;
    *ret_word = arena_copy(mem, bytes_of(start, (size_t)(c->at - start)));
    return true;
}

bool
quoted_words(struct arena *mem, struct bytes line, struct bytes **ret_words, size_t *ret_count,
             struct error *e)
{
    struct cursor c = cursor_of(line);
    const uint8_t *start = c.at;
    ARRAY(struct bytes) words = ARRAY_INIT;

    for (;;) {
        while (cursor_left(&c) > 0 && quoted_is_blank(*c.at))
            c.at++;
        if (cursor_left(&c) == 0)
            break;
        if (!read_word(mem, &c, ARRAY_PUSH(mem, &words), e))
            return error_wrap(e, "column %zu", (size_t)(c.at - start) + 1);
    }
    *ret_words = words.items;
    *ret_count = words.count;
    return true;
}
