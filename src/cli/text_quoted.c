/*
 * Go's %q and etcdctl's --hex. Whole key spaces go through here, so each byte is looked at once and
 * written where it stays.
 */
#include <string.h>

#include "base/utf8.h"
#include "cli/text.h"

/* Input that is taken at a time; the longest form of a byte is \\x00, of a character \\U0001f600. */
enum {
    PIECE_BYTES = 16384,
    WORD_BYTES = sizeof(uint64_t),
    BYTE_FORM_MAX = 4,
    CHARACTER_FORM_MAX = 10,
    TWO_BYTES_END = 0x800, /* characters from 0x80 up to this one are two bytes */
};

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
is_in_ranges(uint32_t character)
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

/* Whether go_prints a character of two bytes, a bit each: of these, random bytes are full. */
static const uint32_t *
two_byte_characters(void)
{
    static uint32_t bits[TWO_BYTES_END / 32];

    if (bits['a' / 32] == 0)
        for (uint32_t c = 'a'; c < TWO_BYTES_END; c++)
            bits[c / 32] |= (uint32_t)(c < 0x80 || is_in_ranges(c)) << c % 32;
    return bits;
}

static bool
go_prints(uint32_t character)
{
    return character < TWO_BYTES_END
               ? (two_byte_characters()[character / 32] >> character % 32 & 1) != 0
               : is_in_ranges(character);
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
    uint32_t size;
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
 * of the input that was. There are two bytes. */
static size_t
put_character(uint8_t **to, const uint8_t *at, size_t left)
{
    uint32_t character = 0;
    size_t size = 2;

    if (at[0] < 0xe0 && is_lead(at[0], at[1]))
        character = (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU);
    else
        size = utf8_decode(at, left, &character);
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

/* Always four bytes: of random ones no branch could be foretold. */
static inline uint8_t *
put_byte(uint8_t *to, const struct byte_form *form)
{
    memcpy(to, form->text, sizeof(form->text));
    return to + form->size;
}

static inline uint64_t
word_at(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* Which of the eight bytes in memory is the first with a bit here. */
static inline size_t
first_byte(uint64_t bits)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return (size_t)__builtin_clzll(bits) / 8;
#else
    return (size_t)__builtin_ctzll(bits) / 8;
#endif
}

/* EACH(0x80): that byte, eight times. */
#define EACH(byte) ((uint64_t)(byte)*0x0101010101010101U)

/* Are all eight bytes written as they are: ASCII, printable, no quote and no backslash? Each term has
 * the high bits of the bytes that are not, and perhaps of some behind them. */
static inline bool
is_plain(uint64_t word)
{
    uint64_t quotes = word ^ EACH('"');
    uint64_t slashes = word ^ EACH('\\');

    return ((word | (word + EACH(0x01)) | (word - EACH(0x20)) | (quotes - EACH(0x01)) |
             (slashes - EACH(0x01))) &
            EACH(0x80)) == 0;
}

/* The high bits of those bytes of the word that go on with a longer character. */
static inline uint64_t
continuations(uint64_t word)
{
    return word & ~(word << 1) & EACH(0x80);
}

/* The high bits of those of the eight bytes at 'at' at which a longer character may begin: one byte
 * goes on with it, or two behind 0xe0 and above. There are ten bytes. */
static inline uint64_t
leads_of(const uint8_t *at)
{
    uint64_t word = word_at(at);

    return word & word << 1 & continuations(word_at(at + 1)) &
           (~(word << 2) | continuations(word_at(at + 2)));
}

/*
 * Eight bytes, or those in front of a longer character and that; returns how many. All eight are
 * written at any rate and some of them again: to stop at a place that random bytes choose would take
 * longer.
 */
static size_t
put_eight(uint8_t **ret_to, const uint8_t *at, size_t left)
{
    const struct byte_form *forms = byte_forms();
    uint8_t *to[WORD_BYTES + 1] = {*ret_to};
    uint64_t leads = leads_of(at);
    size_t i = WORD_BYTES;

    for (size_t k = 0; k < WORD_BYTES; k++)
        to[k + 1] = put_byte(to[k], &forms[at[k]]);
    if (leads != 0) {
        i = first_byte(leads);
        *ret_to = to[i];
        return i + put_character(ret_to, at + i, left - i);
    }
    *ret_to = to[i];
    return i;
}

/* The input from i up to 'end', and what belongs to the last word and character; returns where that
 * ends. */
static size_t
put_piece(uint8_t **ret_to, struct bytes text, size_t i, size_t end)
{
    const struct byte_form *forms = byte_forms();
    uint8_t *to = *ret_to;

    while (i < end && text.size - i >= WORD_BYTES + 2) {
        uint64_t word = word_at(text.data + i);

        if (is_plain(word)) {
            memcpy(to, &word, sizeof(word));
            to += sizeof(word);
            i += sizeof(word);
        } else {
            i += put_eight(&to, text.data + i, text.size - i);
        }
    }
    while (i < end) {
        if (i + 1 < text.size && is_lead(text.data[i], text.data[i + 1])) {
            i += put_character(&to, text.data + i, text.size - i);
        } else {
            to = put_byte(to, &forms[text.data[i]]);
            i++;
        }
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
        uint8_t *to = buf_reserve(out, (end - i + WORD_BYTES) * BYTE_FORM_MAX + CHARACTER_FORM_MAX);
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
