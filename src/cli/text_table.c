/* Tables for people: measured first, then drawn line by line. */

#include "cli/text_table.h"

#include <string.h>

#include "cli/text.h"

/* etcdctl up to 3.6 breaks cells at words beyond this width (tablewriter's MAX_ROW_WIDTH). */
enum { WRAP_WIDTH = 30 };

struct border {
    const char *across;
    const char *down;
    const char *top[3];
    const char *middle[3];
    const char *bottom[3];
};

static const struct border border_ascii = {
    "-", "|", {"+", "+", "+"}, {"+", "+", "+"}, {"+", "+", "+"},
};
static const struct border border_box = {
    "─", "│", {"┌", "┬", "┐"}, {"├", "┼", "┤"}, {"└", "┴", "┘"},
};

void
text_table_init(struct text_table *t, struct arena *mem, const char *const *headings,
                size_t column_count)
{
    *t = (struct text_table){.mem = mem, .column_count = column_count, .headings = headings};
}

void
text_table_cell(struct text_table *t, const char *text)
{
    ARRAY_PUSH(t->mem, &t->cells)->text = arena_text(t->mem, text);
}

void
text_table_cellf(struct text_table *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    ARRAY_PUSH(t->mem, &t->cells)->text = arena_vprintf(t->mem, format, args);
    va_end(args);
}

void
text_table_color(struct text_table *t, const char *color)
{
    ASSERT(t->cells.count > 0);
    t->cells.items[t->cells.count - 1].color = color;
}

/* A cell's lines, ready to be drawn. */
struct lines {
    const char **items;
    size_t count;
    size_t least_width; /* of the column, whatever the lines need */
};

/* Breaks at blanks so that no line but a long word is wider than WRAP_WIDTH. */
static struct lines
wrap(struct arena *mem, const char *text)
{
    ARRAY(const char *) lines = ARRAY_INIT;
    const char *line = NULL;
    size_t width = text_width(text);

    while (text != NULL) {
        size_t size = strcspn(text, " ");
        const char *word = arena_printf(mem, "%.*s", (int)size, text);
        const char *longer = line != NULL ? arena_printf(mem, "%s %s", line, word) : word;

        if (line != NULL && text_width(longer) > WRAP_WIDTH) {
            *ARRAY_PUSH(mem, &lines) = line;
            line = word;
        } else {
            line = longer;
        }
        text = text[size] == ' ' ? text + size + 1 : NULL;
    }
    *ARRAY_PUSH(mem, &lines) = line;
    /* A cell that had to be broken makes its column as wide as the limit. */
    return (struct lines){lines.items, lines.count, width < WRAP_WIDTH ? width : WRAP_WIDTH};
}

/* The newer table printer, and ours, cut blanks at the ends of a cell. */
static const char *
trimmed(struct arena *mem, const char *text)
{
    size_t size;

    text += strspn(text, " ");
    size = strlen(text);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return arena_printf(mem, "%.*s", (int)size, text);
}

static struct lines
cell_lines(struct arena *mem, const char *text, const struct output_style *style)
{
    const char *visible = text_visible(mem, text, style->terminal.utf8);
    const char **items;

    if (style->wrap_cells)
        return wrap(mem, visible);
    items = arena_alloc(mem, sizeof(*items));
    items[0] = trimmed(mem, visible);
    return (struct lines){items, 1, 0};
}

struct layout {
    struct lines *cells;
    size_t *widths;
};

static struct layout
measure(struct arena *mem, const struct text_table *t, const struct output_style *style)
{
    struct layout layout;

    ASSERT(t->column_count > 0);
    layout.cells = arena_alloc(mem, t->cells.count * sizeof(*layout.cells));
    layout.widths = arena_zero(mem, t->column_count * sizeof(*layout.widths));
    for (size_t i = 0; i < t->column_count; i++)
        layout.widths[i] = text_width(t->headings[i]);
    for (size_t i = 0; i < t->cells.count; i++) {
        size_t *width = &layout.widths[i % t->column_count];

        layout.cells[i] = cell_lines(mem, t->cells.items[i].text, style);
        if (layout.cells[i].least_width > *width)
            *width = layout.cells[i].least_width;
        for (size_t k = 0; k < layout.cells[i].count; k++) {
            size_t columns = text_width(layout.cells[i].items[k]);

            *width = columns > *width ? columns : *width;
        }
    }
    return layout;
}

static void
append_blanks(struct buf *out, size_t count)
{
    buf_printf(out, "%*s", (int)count, "");
}

static void
draw_rule(const struct text_table *t, const struct layout *layout, const struct border *border,
          const char *const corners[3], struct buf *out)
{
    for (size_t i = 0; i < t->column_count; i++) {
        buf_append_text(out, corners[i == 0 ? 0 : 1]);
        for (size_t k = 0; k < layout->widths[i] + 2; k++)
            buf_append_text(out, border->across);
    }
    buf_append_text(out, corners[2]);
    buf_append_byte(out, '\n');
}

static void
draw_headings(const struct text_table *t, const struct layout *layout, const struct border *border,
              struct buf *out)
{
    for (size_t i = 0; i < t->column_count; i++) {
        size_t blanks = layout->widths[i] - text_width(t->headings[i]);

        buf_append_text(out, border->down);
        append_blanks(out, 1 + blanks / 2);
        buf_append_text(out, t->headings[i]);
        append_blanks(out, 1 + blanks - blanks / 2);
    }
    buf_append_text(out, border->down);
    buf_append_byte(out, '\n');
}

static void
draw_cell(const struct text_table *t, const struct layout *layout, size_t cell, size_t line,
          const struct output_style *style, struct buf *out)
{
    size_t column = cell % t->column_count;
    const struct lines *lines = &layout->cells[cell];
    const char *text = line < lines->count ? lines->items[line] : "";
    const char *color = style->terminal.color ? t->cells.items[cell].color : NULL;
    size_t blanks = layout->widths[column] - text_width(text);
    bool left = t->align != NULL && t->align[column] == ALIGN_LEFT;

    append_blanks(out, left ? 0 : blanks);
    if (color != NULL)
        buf_append_text(out, color);
    buf_append_text(out, text);
    if (color != NULL)
        buf_append_text(out, TEXT_COLOR_END);
    append_blanks(out, left ? blanks : 0);
}

static void
draw_row(const struct text_table *t, const struct layout *layout, size_t first,
         const struct border *border, const struct output_style *style, struct buf *out)
{
    size_t height = 1;

    for (size_t i = 0; i < t->column_count; i++)
        if (layout->cells[first + i].count > height)
            height = layout->cells[first + i].count;
    for (size_t line = 0; line < height; line++) {
        for (size_t i = 0; i < t->column_count; i++) {
            buf_append_text(out, border->down);
            buf_append_byte(out, ' ');
            draw_cell(t, layout, first + i, line, style, out);
            buf_append_byte(out, ' ');
        }
        buf_append_text(out, border->down);
        buf_append_byte(out, '\n');
    }
}

void
text_table_draw(const struct text_table *t, const struct output_style *style, struct buf *out)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct layout layout = measure(&tmp, t, style);
    const struct border *border = style->boxes ? &border_box : &border_ascii;

    draw_rule(t, &layout, border, border->top, out);
    draw_headings(t, &layout, border, out);
    /* The printer that draws boxes leaves the middle line out when there is nothing under it. */
    if (t->cells.count > 0 || !style->boxes)
        draw_rule(t, &layout, border, border->middle, out);
    for (size_t i = 0; i + t->column_count <= t->cells.count; i += t->column_count)
        draw_row(t, &layout, i, border, style, out);
    draw_rule(t, &layout, border, border->bottom, out);
}

/* Cuts the blanks that padding left at the end of the line. */
static void
end_line(struct buf *out)
{
    while (out->size > 0 && out->data[out->size - 1] == ' ')
        out->size--;
    buf_append_byte(out, '\n');
}

void
text_table_draw_plain(const struct text_table *t, const struct output_style *style, struct buf *out)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct layout layout = measure(&tmp, t, style);

    ASSERT(t->column_count > 0);
    for (size_t i = 0; i < t->column_count; i++) {
        size_t blanks = layout.widths[i] - text_width(t->headings[i]);
        bool left = t->align != NULL && t->align[i] == ALIGN_LEFT;

        append_blanks(out, (i > 0 ? 2 : 0) + (left ? 0 : blanks));
        buf_append_text(out, t->headings[i]);
        append_blanks(out, left ? blanks : 0);
    }
    end_line(out);
    for (size_t i = 0; i < t->cells.count; i++) {
        append_blanks(out, i % t->column_count > 0 ? 2 : 0);
        draw_cell(t, &layout, i, 0, style, out);
        if ((i + 1) % t->column_count == 0)
            end_line(out);
    }
}
