/* Progress lines. Time is looked at only when a tenth of a second may have passed. */

#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/app.h"
#include "cli/terminal.h"

enum { PROGRESS_INTERVAL_MS = 100, PROGRESS_LINES_AFTER_MS = 2000, PROGRESS_WIDTH_DEFAULT = 80 };

void
progress_start(struct progress_line *p, const struct app *app, const char *what)
{
    bool quiet = app->style.output == OUTPUT_JSON;

    *p = (struct progress_line){
        .what = what,
        .fd = quiet ? -1 : STDERR_FILENO,
        .tty = !quiet && isatty(STDERR_FILENO),
        .started_ms = time_monotonic_ms(),
    };
    p->width = p->tty ? terminal_width(STDERR_FILENO) : 0;
    if (p->width == 0)
        p->width = PROGRESS_WIDTH_DEFAULT;
}

/* Rewrites the line; too long a text is cut, because a second line would stay. */
static void
rewrite(struct progress_line *p, const char *text)
{
    dprintf(p->fd, "\r\x1b[K%.*s", (int)(p->width - 1), text);
    p->shown = true;
}

static const char *
amount(struct arena *mem, const struct progress_line *p, uint64_t count)
{
    return p->unit == NULL ? size_human(mem, count)
                           : arena_printf(mem, "%" PRIu64 " %s", count, p->unit);
}

static const char *
describe(struct arena *mem, const struct progress_line *p, uint64_t done, uint64_t all,
         int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - p->started_ms;
    uint64_t rate = elapsed_ms > 0 ? (uint64_t)((double)done * 1000 / (double)elapsed_ms) : 0;

    if (all == 0)
        return arena_printf(mem, "%s: %s, %s/s", p->what, amount(mem, p, done),
                            amount(mem, p, rate));
    return arena_printf(mem, "%s: %s of %s, %u %%, %s/s", p->what, amount(mem, p, done),
                        amount(mem, p, all), (unsigned)((double)done * 100 / (double)all),
                        amount(mem, p, rate));
}

void
progress_update(struct progress_line *p, uint64_t done, uint64_t all)
{
    AUTO_ARENA tmp = ARENA_INIT;
    unsigned tenths = all > 0 ? (unsigned)((double)done * 10 / (double)all) : 0;
    int64_t now_ms;

    if (p->fd < 0 || (!p->tty && tenths <= p->tenths))
        return;
    now_ms = time_monotonic_ms();
    if (p->tty ? now_ms - p->printed_ms < PROGRESS_INTERVAL_MS && done != all
               : now_ms - p->started_ms < PROGRESS_LINES_AFTER_MS)
        return;
    p->printed_ms = now_ms;
    p->tenths = tenths;
    if (p->tty)
        rewrite(p, describe(&tmp, p, done, all, now_ms));
    else
        dprintf(p->fd, "%s\n", describe(&tmp, p, done, all, now_ms));
}

void
progress_say(struct progress_line *p, const char *text)
{
    if (p->fd < 0)
        return;
    if (p->tty)
        rewrite(p, text);
    else
        dprintf(p->fd, "%s\n", text);
}

void
progress_end(struct progress_line *p)
{
    if (p->fd >= 0 && p->shown)
        dprintf(p->fd, "\r\x1b[K");
    p->fd = -1;
}
