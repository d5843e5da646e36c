/*
 * Go's %q and etcdctl's --hex. Whole key spaces go through here, so each byte is looked at once and
 * written where it stays.
 */
#include <string.h>

#include "base/utf8.h"
#include "cli/text.h"

/* Input that is taken at a time; the longest form of a byte is \\x00, of a character \\U0001f600. */
enum { PIECE_BYTES = 16384, BYTE_FORM_MAX = 4, CHARACTER_FORM_MAX = 10 };

static const char hex_digits[] = "0123456789abcdef";

/* Go's names for some control characters; 0 for the others. Source: strconv/quote.go. */
static char
go_escape(uint8_t byte)
{
    static const char from[] = "\a\b\f\n\r\t\v\\\"";
    static const char to[] = "abfnrtv\\\"";
    const char *found = byte != 0 ? strchr(from, byte) : NULL;

    return found != NULL ? to[found - from] : '\0';
}

struct character_range {
    uint32_t first;
    uint32_t last;
};

/* Characters above ASCII that Go's strconv.IsPrint takes, as etcdctl 3.7.3 has it. */
static const struct character_range printable[] = {
#include "cli/printable_ranges.inc"
};

static bool
go_prints(uint32_t character)
{
    size_t low = 0;
    size_t high = sizeof(printable) / sizeof(printable[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (printable[middle].last < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof(printable) / sizeof(printable[0]) && printable[low].first <= character;
}

static uint8_t *
put_hex(uint8_t *to, char letter, unsigned digits, uint32_t value)
{
    *to++ = '\\';
    *to++ = (uint8_t)letter;
    while (digits-- > 0)
        *to++ = (uint8_t)hex_digits[value >> (4 * digits) & 15];
    return to;
}

/* How a byte is written that is no part of a longer character. */
struct byte_form {
    uint8_t text[BYTE_FORM_MAX];
    uint8_t size;
};

static struct byte_form
byte_form_of(uint8_t byte)
{
    struct byte_form form = {{byte}, 1};
    char escape = go_escape(byte);

    if (escape != '\0') {
        form = (struct byte_form){{'\\', (uint8_t)escape}, 2};
    } else if (byte < 0x20 || byte >= 0x7f) {
        put_hex(form.text, 'x', 2, byte);
        form.size = BYTE_FORM_MAX;
    }
    return form;
}

static const struct byte_form *
byte_forms(void)
{
    static struct byte_form forms[256];

    if (forms['a'].size == 0)
        for (unsigned i = 0; i < 256; i++)
            forms[i] = byte_form_of((uint8_t)i);
    return forms;
}

/* Can a character of several bytes begin with these two? */
static bool
is_lead(uint8_t byte, uint8_t next)
{
    return byte >= 0xc2 && byte <= 0xf4 && (next & 0xc0) == 0x80;
}

/* Writes the character of several bytes at 'at', or its first byte when it is none; returns how much
 * of the input that was. */
static size_t
put_character(uint8_t **to, const uint8_t *at, size_t left)
{
    uint32_t character = 0;
    size_t size = utf8_decode(at, left, &character);

    if (size == 0) {
        *to = put_hex(*to, 'x', 2, *at);
        return 1;
    }
    if (go_prints(character)) {
        memcpy(*to, at, size);
        *to += size;
    } else {
        *to =
            character < 0x10000 ? put_hex(*to, 'u', 4, character) : put_hex(*to, 'U', 8, character);
    }
    return size;
}

/* The input from i up to 'end', and what belongs to the last character; returns where that ends. */
static size_t
put_piece(uint8_t **ret_to, struct bytes text, size_t i, size_t end)
{
    const struct byte_form *forms = byte_forms();
    uint8_t *to = *ret_to;

    while (i < end) {
        const struct byte_form *form = &forms[text.data[i]];

        if (i + 1 < text.size && is_lead(text.data[i], text.data[i + 1])) {
            i += put_character(&to, text.data + i, text.size - i);
            continue;
        }
        /* Always four bytes: of random ones no branch could be foretold. */
        memcpy(to, form->text, sizeof(form->text));
        to += form->size;
        i++;
    }
    *ret_to = to;
    return i;
}

void
text_append_quoted(struct buf *out, struct bytes text)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < text.size;) {
        size_t end = text.size - i > PIECE_BYTES ? i + PIECE_BYTES : text.size;
        uint8_t *to = buf_reserve(out, (end - i) * BYTE_FORM_MAX + CHARACTER_FORM_MAX);
        uint8_t *start = to;

        i = put_piece(&to, text, i, end);
        out->size += (size_t)(to - start);
    }
    buf_append_byte(out, '"');
}

void
text_append_hex(struct buf *out, struct bytes bytes)
{
    uint8_t *to = buf_reserve(out, bytes.size * BYTE_FORM_MAX);

    for (size_t i = 0; i < bytes.size; i++)
        to = put_hex(to, 'x', 2, bytes.data[i]);
    out->size += bytes.size * BYTE_FORM_MAX;
}
