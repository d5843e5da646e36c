/* The longest common subsequence of what is left when equal lines at both ends are set aside. */
#include "format/value/line_diff.h"

#include <string.h>

#include "base/arena.h"

struct lines {
    struct bytes *items;
    size_t count;
    size_t first; /* number of items[0] in the text, less 1 */
};

static struct lines
lines_of(struct arena *mem, struct bytes text)
{
    ARRAY(struct bytes) lines = ARRAY_INIT;
    size_t at = 0;

    while (at < text.size) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        size_t size = end != NULL ? (size_t)(end - text.data) - at : text.size - at;

        *ARRAY_PUSH(mem, &lines) = bytes_of(text.data + at, size);
        at += size + 1;
    }
    return (struct lines){lines.items, lines.count, 0};
}

static void
ends_trim(struct lines *a, struct lines *b)
{
    while (a->count > 0 && b->count > 0 && bytes_equal(a->items[0], b->items[0])) {
        a->items++, a->count--, a->first++;
        b->items++, b->count--, b->first++;
    }
    while (a->count > 0 && b->count > 0 &&
           bytes_equal(a->items[a->count - 1], b->items[b->count - 1])) {
        a->count--;
        b->count--;
    }
}

/* common[i * (b.count + 1) + j]: length of the longest common run of a from i on and b from j on. */
static uint16_t *
common_lengths(struct arena *mem, const struct lines *a, const struct lines *b)
{
    size_t width = b->count + 1;
    uint16_t *common = arena_zero(mem, (a->count + 1) * width * sizeof(*common));

    for (size_t i = a->count; i-- > 0;) {
        for (size_t j = b->count; j-- > 0;) {
            uint16_t down = common[(i + 1) * width + j];
            uint16_t right = common[i * width + j + 1];

            common[i * width + j] = bytes_equal(a->items[i], b->items[j])
                                        ? (uint16_t)(common[(i + 1) * width + j + 1] + 1)
                                        : (down >= right ? down : right);
        }
    }
    return common;
}

static bool
lines_tell(const struct lines *lines, size_t from, size_t to, bool added, line_diff_visit *visit,
           void *context, struct error *e)
{
    for (size_t i = from; i < to; i++) {
        if (!visit(context, added, lines->first + i + 1, lines->items[i], e))
            return false;
    }
    return true;
}

static bool
middle_tell(const struct lines *a, const struct lines *b, const uint16_t *common,
            line_diff_visit *visit, void *context, struct error *e)
{
    size_t width = b->count + 1;
    size_t i = 0;
    size_t j = 0;

    while (i < a->count && j < b->count) {
        if (bytes_equal(a->items[i], b->items[j])) {
            i++;
            j++;
        } else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            if (!lines_tell(a, i, i + 1, false, visit, context, e))
                return false;
            i++;
        } else {
            if (!lines_tell(b, j, j + 1, true, visit, context, e))
                return false;
            j++;
        }
    }
    return lines_tell(a, i, a->count, false, visit, context, e) &&
           lines_tell(b, j, b->count, true, visit, context, e);
}

bool
line_diff(struct bytes before, struct bytes after, line_diff_visit *visit, void *context,
          struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct lines a = lines_of(&mem, before);
    struct lines b = lines_of(&mem, after);

    ends_trim(&a, &b);
    if (a.count > LINE_DIFF_MAX || b.count > LINE_DIFF_MAX)
        return lines_tell(&a, 0, a.count, false, visit, context, e) &&
               lines_tell(&b, 0, b.count, true, visit, context, e);
    return middle_tell(&a, &b, common_lengths(&mem, &a, &b), visit, context, e);
}
