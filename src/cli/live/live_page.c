#include "cli/live/live_page.h"

#include <string.h>

#include "base/utf8.h"
#include "cli/text.h"

struct page_line *
page_line(struct page_lines *p)
{
    return ARRAY_PUSH(p->mem, &p->rows);
}

static struct page_line *
line_last(struct page_lines *p)
{
    ASSERT(p->rows.count > 0);
    return &p->rows.items[p->rows.count - 1];
}

void
page_part(struct page_lines *p, enum mark mark, const char *text)
{
    *ARRAY_PUSH(p->mem, &line_last(p)->parts) = (struct page_part){text, mark};
}

void
page_partf(struct page_lines *p, enum mark mark, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    page_part(p, mark, arena_vprintf(p->mem, format, args));
    va_end(args);
}

static size_t
line_width(const struct page_line *line)
{
    size_t width = 0;

    for (size_t i = 0; i < line->parts.count; i++)
        width += text_width(line->parts.items[i].text);
    return width;
}

void
page_part_right(struct page_lines *p, enum mark mark, const char *text)
{
    size_t used = line_width(line_last(p)) + text_width(text);

    if (used >= p->width)
        return;
    page_partf(p, MARK_NONE, "%*s", (int)(p->width - used), "");
    page_part(p, mark, text);
}

/* Bytes of the text that take at most 'width' columns. */
static size_t
bytes_of_width(const char *text, size_t width)
{
    size_t left = strlen(text);
    size_t at = 0;

    while (at < left) {
        uint32_t character;
        size_t size = utf8_decode((const uint8_t *)text + at, left - at, &character);
        char one[8] = {0};
        size_t columns;

        size += size == 0;
        memcpy(one, text + at, size);
        columns = text_width(one);
        if (columns > width)
            break;
        width -= columns;
        at += size;
    }
    return at;
}

/* The same, less the part of a word that would be torn, unless it alone is too long. */
static size_t
bytes_of_words(const char *text, size_t width)
{
    size_t most = bytes_of_width(text, width);
    size_t at = most;

    if (text[most] == '\0')
        return most;
    while (at > 0 && text[at] != ' ')
        at--;
    return at > 0 ? at : most;
}

void
page_wrapped(struct page_lines *p, enum mark mark, size_t indent, const char *text)
{
    size_t before = 0;

    do {
        size_t size = bytes_of_words(text, p->width > before + 1 ? p->width - before : 1);

        size += size == 0 && text[0] != '\0'; /* wider than the page */
        page_line(p);
        page_partf(p, mark, "%*s%.*s", (int)before, "", (int)size, text);
        text += size;
        text += strspn(text, " ");
        before = indent;
    } while (text[0] != '\0');
}

const char *
page_fit(struct arena *mem, const char *text, size_t width, enum page_align align)
{
    size_t columns = text_width(text);
    size_t size;

    if (columns <= width && align == PAGE_RIGHT)
        return arena_printf(mem, "%*s%s", (int)(width - columns), "", text);
    if (columns <= width)
        return arena_printf(mem, "%s%*s", text, (int)(width - columns), "");
    if (width == 0)
        return "";
    size = bytes_of_width(text, width - 1);
    text = arena_printf(mem, "%.*s~", (int)size, text);
    columns = text_width(text); /* one less, where a wide character had no room */
    return arena_printf(mem, "%s%*s", text, (int)(width - columns), "");
}

const char *
page_line_text(const struct page_lines *p, const struct page_line *line)
{
    AUTO_BUF all = BUF_INIT;
    const char *text;

    for (size_t i = 0; i < line->parts.count; i++)
        buf_append_text(&all, line->parts.items[i].text);
    text = arena_text(p->mem, buf_text(&all));
    return text_width(text) > p->width ? page_fit(p->mem, text, p->width, PAGE_LEFT) : text;
}
