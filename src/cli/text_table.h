/*
 * A table as etcdctl draws it: headings centred (an odd blank goes to the right), cells to the
 * right. Borders are +-| as in upstream 3.4 to 3.6, or boxes as in 3.7 and in Debian's builds.
 */
#ifndef QUORATE_CLI_TEXT_TABLE_H
#define QUORATE_CLI_TEXT_TABLE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/output.h"

enum cell_align { ALIGN_RIGHT, ALIGN_LEFT };

struct text_cell {
    const char *text;
    const char *color; /* an escape sequence that ends with text_color_end; NULL for none */
};

struct text_table {
    struct arena *mem;
    size_t column_count;
    const char *const *headings;  /* not copied */
    const enum cell_align *align; /* NULL: all to the right */
    ARRAY(struct text_cell) cells;
};

#define TEXT_COLOR_END "\x1b[0m"

void text_table_init(struct text_table *t, struct arena *mem, const char *const *headings,
                     size_t column_count);
/* The next cell, row by row; the text is copied and made visible when drawn. */
void text_table_cell(struct text_table *t, const char *text);
void text_table_cellf(struct text_table *t, const char *format, ...) PRINTF_LIKE(2, 3);
/* Colours the cell added last. */
void text_table_color(struct text_table *t, const char *color);

/* With borders. */
void text_table_draw(const struct text_table *t, const struct output_style *style, struct buf *out);
/* Without borders: columns two blanks apart, headings as the cells are aligned. */
void text_table_draw_plain(const struct text_table *t, const struct output_style *style,
                           struct buf *out);

#endif
