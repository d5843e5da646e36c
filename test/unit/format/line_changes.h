/* What an edit did to a text, line by line: "-old\n+new\n", nothing of what stayed. */
#ifndef QUORATE_TEST_LINE_CHANGES_H
#define QUORATE_TEST_LINE_CHANGES_H

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"

enum { LINE_CHANGES_MAX = 256 };

static inline size_t
text_lines(struct bytes text, struct bytes *ret_lines)
{
    size_t count = 0;

    for (size_t at = 0; at < text.size; count++) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        size_t next = end != NULL ? (size_t)(end - text.data) + 1 : text.size;

        ASSERT(count < LINE_CHANGES_MAX);
        ret_lines[count] = bytes_of(text.data + at, next - at);
        at = next;
    }
    return count;
}

static inline const char *
line_changes(struct arena *mem, struct bytes before, struct bytes after)
{
    static struct bytes a[LINE_CHANGES_MAX], b[LINE_CHANGES_MAX];
    static unsigned common[LINE_CHANGES_MAX + 1][LINE_CHANGES_MAX + 1];
    size_t na = text_lines(before, a);
    size_t nb = text_lines(after, b);
    AUTO_BUF out = BUF_INIT;
    size_t i = 0, j = 0;

    memset(common, 0, sizeof(common));
    for (size_t x = na; x-- > 0;) {
        for (size_t y = nb; y-- > 0;) {
            unsigned skip =
                common[x + 1][y] > common[x][y + 1] ? common[x + 1][y] : common[x][y + 1];

            common[x][y] = bytes_equal(a[x], b[y]) ? common[x + 1][y + 1] + 1 : skip;
        }
    }
    while (i < na || j < nb) {
        bool same = i < na && j < nb && bytes_equal(a[i], b[j]);
        bool gone = !same && i < na && (j == nb || common[i + 1][j] >= common[i][j + 1]);

        if (!same) {
            buf_append_byte(&out, gone ? '-' : '+');
            buf_append_bytes(&out, gone ? a[i] : b[j]);
            if (out.data[out.size - 1] != '\n')
                buf_append_text(&out, "<end>\n");
        }
        i += same || gone;
        j += same || !gone;
    }
    return arena_text(mem, buf_text(&out));
}

#endif
