#include "cli/live/live_spark.h"

#include <math.h>

#include "base/buf.h"

enum { LEVELS = 8 };

static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[LEVELS] = {"_", ",", "-", "~", "=", "+", "*", "#"};

/* Nothing is the lowest level; the largest alone is the highest. */
static size_t
level_of(double value, double most)
{
    if (value <= 0 || most <= 0)
        return 0;
    return (size_t)(value / most * (LEVELS - 1) + 0.5);
}

const char *
live_spark(struct arena *mem, const struct series *s, size_t width, bool utf8)
{
    AUTO_BUF out = BUF_INIT;
    const double most = series_most(s, width);

    for (size_t back = width; back-- > 0;) {
        double value = series_at(s, back);

        if (back >= s->count)
            buf_append_text(&out, " ");
        else if (isnan(value))
            buf_append_text(&out, utf8 ? "·" : ".");
        else
            buf_append_text(&out, (utf8 ? blocks : ascii)[level_of(value, most)]);
    }
    return arena_text(mem, buf_text(&out));
}
