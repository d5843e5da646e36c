#include "format/settings/unit_text.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

struct unit_reader {
    struct arena *mem;
    struct bytes bytes;
    size_t at;     /* the next line begins here */
    unsigned line; /* its number, from 1 */
    struct buf text;
    struct buf offsets; /* size_t each */
};

static void
reader_release(struct unit_reader *r)
{
    buf_release(&r->text);
    buf_release(&r->offsets);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The line that begins at 'at', without its line end; moves on to the next one. */
static struct bytes
line_next(struct unit_reader *r, size_t *ret_begin)
{
    size_t begin = r->at;
    size_t end = begin;

    while (end < r->bytes.size && r->bytes.data[end] != '\n')
        end++;
    r->at = end < r->bytes.size ? end + 1 : end;
    r->line++;
    if (end > begin && r->bytes.data[end - 1] == '\r')
        end--;
    *ret_begin = begin;
    return bytes_of(r->bytes.data + begin, end - begin);
}

static bool
is_comment(struct bytes line)
{
    size_t i = 0;

    while (i < line.size && is_blank((char)line.data[i]))
        i++;
    return i < line.size && (line.data[i] == '#' || line.data[i] == ';');
}

/* An odd number of backslashes at its end. */
static bool
is_continued(struct bytes line)
{
    size_t count = 0;

    while (count < line.size && line.data[line.size - 1 - count] == '\\')
        count++;
    return count % 2 == 1;
}

static void
piece_add(struct unit_reader *r, struct bytes line, size_t begin, bool continued)
{
    for (size_t i = 0; i < line.size; i++) {
        size_t offset = begin + i;
        bool joint = continued && i + 1 == line.size;

        buf_append_byte(&r->text, joint ? ' ' : line.data[i]);
        buf_append(&r->offsets, &offset, sizeof(offset));
    }
}

/* A line with all that continue it; comments between them do not count. False at the end. */
static bool
logical_line(struct unit_reader *r, size_t *ret_start, size_t *ret_end, unsigned *ret_line)
{
    bool open = false;

    buf_clear(&r->text);
    buf_clear(&r->offsets);
    while (r->at < r->bytes.size) {
        size_t begin;
        struct bytes line = line_next(r, &begin);
        bool continued;

        if (is_comment(line))
            continue;
        continued = is_continued(line);
        if (!open) {
            *ret_start = begin;
            *ret_line = r->line;
        }
        *ret_end = begin + line.size;
        piece_add(r, line, begin, continued);
        open = true;
        if (!continued)
            break;
    }
    return open;
}

static void
assignment_add(struct unit_reader *r, struct unit_lines *lines, const char *section,
               struct unit_line line)
{
    const char *text = buf_text(&r->text);
    const char *equals = strchr(text, '=');
    size_t key = 0;
    size_t key_end, value, end;

    if (section == NULL || equals == NULL)
        return;
    while (is_blank(text[key]))
        key++;
    for (key_end = (size_t)(equals - text); key_end > key && is_blank(text[key_end - 1]);)
        key_end--;
    value = (size_t)(equals - text) + 1;
    while (is_blank(text[value]))
        value++;
    for (end = strlen(text); end > value && is_blank(text[end - 1]);)
        end--;
    line.section = section;
    line.key = arena_text_of_bytes(r->mem, bytes_of(text + key, key_end - key));
    line.value = arena_text_of_bytes(r->mem, bytes_of(text + value, end - value));
    line.offsets = (const size_t *)(const void *)arena_copy(
                       r->mem, bytes_of((const size_t *)(const void *)r->offsets.data + value,
                                        (end - value) * sizeof(size_t)))
                       .data;
    *ARRAY_PUSH(r->mem, &lines->items) = line;
}

static const char *
section_name(struct arena *mem, const char *text)
{
    const char *end;

    while (is_blank(*text))
        text++;
    end = strchr(text, ']');
    return text[0] == '[' && end != NULL
               ? arena_text_of_bytes(mem, bytes_of(text + 1, (size_t)(end - text - 1)))
               : NULL;
}

bool
unit_text_parse(struct arena *mem, const char *file, struct bytes bytes,
                struct unit_lines *ret_lines, struct error *e)
{
    struct unit_reader r __attribute__((cleanup(reader_release))) = {
        .mem = mem, .bytes = bytes, .text = BUF_INIT, .offsets = BUF_INIT};
    struct unit_lines lines = {ARRAY_INIT};
    struct unit_line line = {0};
    const char *section = NULL;

    if (bytes.size > UNIT_MAX_BYTES)
        return error_set(e, ERROR_LIMIT, "%s: %zu bytes, at most %d are read", file, bytes.size,
                         UNIT_MAX_BYTES);
    if (bytes.size > 0 && memchr(bytes.data, '\0', bytes.size) != NULL)
        return error_set(e, ERROR_FORMAT, "%s: a NUL in a unit", file);
    while (logical_line(&r, &line.start, &line.end, &line.line)) {
        const char *header = section_name(mem, buf_text(&r.text));

        if (header != NULL)
            section = header;
        else
            assignment_add(&r, &lines, section, line);
    }
    *ret_lines = lines;
    return true;
}

struct word_reader {
    const char *value;
    size_t at;
    struct buf *out;
};

static bool
number_escape(struct word_reader *r, unsigned base, size_t digits)
{
    unsigned value = 0;

    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(r->value[r->at + i]);

        if (digit < 0 || (unsigned)digit >= base)
            return false;
        value = value * base + (unsigned)digit;
    }
    r->at += digits;
    if (value == 0 || value > 0xff)
        return false;
    buf_append_byte(r->out, (uint8_t)value);
    return true;
}

/* Behind a backslash. Characters beyond a byte (\u) are refused: no flag of etcd's needs them. */
static bool
escape_read(struct word_reader *r)
{
    static const char from[] = "abfnrtv\\\"'s;";
    static const char to[] = "\a\b\f\n\r\t\v\\\"' ;";
    char c = r->value[r->at];
    const char *known = c != '\0' ? strchr(from, c) : NULL;

    if (known != NULL) {
        buf_append_byte(r->out, (uint8_t)to[known - from]);
        r->at++;
        return true;
    }
    if (c == 'x') {
        r->at++;
        return number_escape(r, 16, 2);
    }
    return c >= '0' && c <= '3' && number_escape(r, 8, 3);
}

static bool
word_read(struct word_reader *r, bool *ret_ok)
{
    char quote = '\0';

    *ret_ok = true;
    while (is_blank(r->value[r->at]) || r->value[r->at] == '\n')
        r->at++;
    if (r->value[r->at] == '\0')
        return false;
    for (;;) {
        char c = r->value[r->at];

        if (c == '\0' || (quote == '\0' && is_blank(c)))
            break;
        r->at++;
        if (c == '\\')
            *ret_ok = *ret_ok && escape_read(r);
        else if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else if (c == quote)
            quote = '\0';
        else
            buf_append_byte(r->out, (uint8_t)c);
        if (!*ret_ok)
            return false;
    }
    *ret_ok = quote == '\0';
    return *ret_ok;
}

bool
unit_line_words(struct arena *mem, const char *file, const struct unit_line *line,
                struct unit_words *ret_words, struct error *e)
{
    AUTO_BUF text = BUF_INIT;
    struct word_reader r = {.value = line->value, .out = &text};
    struct unit_words words = {ARRAY_INIT};
    bool ok;

    for (;;) {
        size_t begin = r.at;

        buf_clear(&text);
        if (!word_read(&r, &ok))
            break;
        while (is_blank(line->value[begin]))
            begin++;
        *ARRAY_PUSH(mem, &words.items) = (struct unit_word){
            .text = arena_text(mem, buf_text(&text)),
            .start = line->offsets[begin],
            .end = line->offsets[r.at - 1] + 1,
        };
    }
    if (!ok)
        return error_set(e, ERROR_FORMAT,
                         "%s:%u: a quote in '%s' is not closed, or an escape not known", file,
                         line->line, line->key);
    *ret_words = words;
    return true;
}

/* systemd's \xNN, and '-' for '/', as in instance names. */
static const char *
name_unescape(struct arena *mem, const char *text)
{
    AUTO_BUF out = BUF_INIT;

    for (; *text != '\0'; text++) {
        uint8_t byte;

        if (text[0] == '\\' && text[1] == 'x' && text[2] != '\0' && text[3] != '\0' &&
            hex_decode((char[]){text[2], text[3], '\0'}, &byte, 1)) {
            buf_append_byte(&out, byte);
            text += 3;
        } else {
            buf_append_byte(&out, *text == '-' ? '/' : (uint8_t)*text);
        }
    }
    return arena_text(mem, buf_text(&out));
}

/* What a specifier stands for, or NULL. Source: systemd.unit(5), for the system's manager. */
static const char *
specifier(struct arena *mem, const struct unit_names *names, char c)
{
    const char *dot = strrchr(names->unit, '.');
    size_t length = dot != NULL ? (size_t)(dot - names->unit) : strlen(names->unit);
    const char *whole = arena_text_of_bytes(mem, bytes_of(names->unit, length));
    const char *at = strchr(whole, '@');
    const char *prefix =
        at != NULL ? arena_text_of_bytes(mem, bytes_of(whole, (size_t)(at - whole))) : whole;
    const char *short_end = names->host != NULL ? strchr(names->host, '.') : NULL;

    switch (c) {
    case 'n':
        return names->unit;
    case 'N':
        return whole;
    case 'p':
        return prefix;
    case 'P':
        return name_unescape(mem, prefix);
    case 'i':
        return at != NULL ? at + 1 : "";
    case 'I':
        return name_unescape(mem, at != NULL ? at + 1 : "");
    case 'H':
        return names->host;
    case 'l':
        return short_end != NULL
                   ? arena_text_of_bytes(mem,
                                         bytes_of(names->host, (size_t)(short_end - names->host)))
                   : names->host;
    case 't':
        return "/run";
    case 'S':
        return "/var/lib";
    case 'C':
        return "/var/cache";
    case 'L':
        return "/var/log";
    case 'E':
        return "/etc";
    case 'T':
        return "/tmp";
    case 'V':
        return "/var/tmp";
    case '%':
        return "%";
    default:
        return NULL;
    }
}

bool
unit_specifiers(struct arena *mem, const struct unit_names *names, const char *text,
                const char **ret_text, struct error *e)
{
    AUTO_BUF out = BUF_INIT;

    for (; *text != '\0'; text++) {
        const char *value;

        if (*text != '%' || text[1] == '\0') {
            buf_append_byte(&out, (uint8_t)*text);
            continue;
        }
        value = specifier(mem, names, *++text);
        if (value == NULL)
            return error_set(e, ERROR_FORMAT, "specifier '%%%c' is not known", *text);
        buf_append_text(&out, value);
    }
    *ret_text = arena_text(mem, buf_text(&out));
    return true;
}

const char *
unit_word_written(struct arena *mem, const char *text, bool exec)
{
    AUTO_BUF out = BUF_INIT;
    bool quoted = text[0] == '\0' || strpbrk(text, " \t\"'\\;#") != NULL;

    if (quoted)
        buf_append_byte(&out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_append_byte(&out, '\\');
        if (*text == '%' || (exec && *text == '$'))
            buf_append_byte(&out, (uint8_t)*text);
        buf_append_byte(&out, (uint8_t)*text);
    }
    if (quoted)
        buf_append_byte(&out, '"');
    return arena_text(mem, buf_text(&out));
}
