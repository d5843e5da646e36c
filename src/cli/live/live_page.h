/*
 * What a full-screen view shows, as lines of text: made without a terminal, so that tests read it. A line is a row of
 * parts, each with a mark; the mark is a colour where there are some, and never all that tells something.
 */
#ifndef QUORATE_CLI_LIVE_PAGE_H
#define QUORATE_CLI_LIVE_PAGE_H

#include "base/arena.h"
#include "cli/report.h"

enum page_align { PAGE_LEFT, PAGE_RIGHT };

struct page_part {
    const char *text;
    enum mark mark;
};

struct page_line {
    ARRAY(struct page_part) parts;
    bool heading;  /* shown bold */
    bool selected; /* shown in reverse */
};

struct page_lines {
    struct arena *mem;
    size_t width;
    bool utf8;
    ARRAY(struct page_line) rows;
};

/* A new line; 'width' columns are what one has room for. */
struct page_line *page_line(struct page_lines *p);
/* To the end of the last line; text that came from elsewhere is to be made visible before. */
void page_part(struct page_lines *p, enum mark mark, const char *text);
void page_partf(struct page_lines *p, enum mark mark, const char *format, ...) PRINTF_LIKE(3, 4);
/* A part whose end stands at the right edge; one that has no room is left out. */
void page_part_right(struct page_lines *p, enum mark mark, const char *text);
/* As many lines as it takes, broken at blanks; all but the first begin with 'indent' blanks. */
void page_wrapped(struct page_lines *p, enum mark mark, size_t indent, const char *text);

/* The text in exactly 'width' columns: filled up with blanks, or cut, with '~' where something is missing. In 'mem'. */
const char *page_fit(struct arena *mem, const char *text, size_t width, enum page_align align);
/* A line's text, cut to the page's width. In p->mem. */
const char *page_line_text(const struct page_lines *p, const struct page_line *line);

#endif
