/* The head of the live view: which cluster, how it is and why, and what goes on in it. */
#include <ctype.h>
#include <math.h>

#include "base/time.h"
#include "cli/live/live_faces.h"
#include "cli/live/live_spark.h"
#include "cli/report_judgement.h"
#include "cli/text.h"

/* The fewest columns of the sparkline; from how many lines on a terminal is not a low one, and which part of those the
 * reasons may take. */
enum { SPARK_LEAST = 10, TALL_LINES = 16, REASONS_PART = 6 };

/* "06:15:44Z" */
static const char *
clock_text(struct arena *mem, int64_t wall_ms)
{
    return wall_ms != 0 ? time_rfc3339(mem, wall_ms) + sizeof("2026-11-23T") - 1 : "";
}

static const char *
pace_text(const struct live_picture *picture, struct arena *mem)
{
    const struct live_state *s = picture->state;

    if (picture->waiting_ms > 0)
        return arena_printf(mem, "waiting for answers, %.0f s", (double)picture->waiting_ms / 1000);
    if (s->paused)
        return "PAUSED";
    return arena_printf(mem, "every %s", duration_text(mem, s->interval_ms));
}

static void
title(const struct live_picture *picture, struct page_lines *p)
{
    page_line(p)->heading = true;
    page_part(p, MARK_NONE, text_visible(p->mem, picture->target, p->utf8));
    if (picture->view != NULL)
        page_partf(p, MARK_NONE, "  cluster %llx", (unsigned long long)picture->view->cluster_id);
    page_part_right(p, MARK_NONE,
                    arena_printf(p->mem, "%s  %s", pace_text(picture, p->mem),
                                 clock_text(p->mem, picture->looked_ms)));
}

static const char *
upper(struct arena *mem, const char *word)
{
    char *text = arena_text(mem, word);

    for (char *at = text; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    return text;
}

/* How many lines the reasons may take; the table matters more. */
static size_t
reasons_most(const struct live_picture *picture)
{
    return picture->height < TALL_LINES ? 1 : picture->height / REASONS_PART;
}

/* As many of these lines as they may take. */
static void
reasons(const struct live_picture *picture, const struct page_lines *all, struct page_lines *p)
{
    size_t most = reasons_most(picture);

    for (size_t i = 0; i < all->rows.count; i++) {
        const bool last = i + 1 == most && all->rows.count > most;

        if (last && most > 1) {
            page_line(p);
            page_part(p, MARK_NONE, "  and more: w tells all");
        } else {
            *page_line(p) = all->rows.items[i];
        }
        if (last)
            return;
    }
}

static void
verdict(const struct live_picture *picture, struct page_lines *p)
{
    const struct judgement *j = picture->judgement;
    struct page_lines all = {.mem = p->mem, .width = p->width, .utf8 = p->utf8};

    page_line(p);
    page_part(p, verdict_mark(j->verdict), upper(p->mem, verdict_word(j->verdict)));
    page_partf(p, MARK_NONE, "  %s", text_visible(p->mem, j->summary, p->utf8));
    live_remarks(picture, &all);
    reasons(picture, &all, p);
}

static void
silence(const struct live_picture *picture, struct page_lines *p)
{
    struct page_lines all = {.mem = p->mem, .width = p->width, .utf8 = p->utf8};

    page_wrapped(
        &all, MARK_BAD, 2,
        arena_printf(p->mem, "NO ANSWER  %s", text_visible(p->mem, picture->silence, p->utf8)));
    reasons(picture, &all, p);
}

static void
rates(const struct live_picture *picture, struct page_lines *p)
{
    const struct cluster_view *view = picture->view;
    const struct series *writes = &picture->history->writes_per_s;
    size_t width = p->width / 3;

    page_line(p);
    page_partf(p, MARK_NONE, "writes %-8s ", live_rate_text(p->mem, series_at(writes, 0)));
    width = width > LIVE_SPARK_MOST ? LIVE_SPARK_MOST : width < SPARK_LEAST ? SPARK_LEAST : width;
    page_part(p, MARK_GOOD, live_spark(p->mem, writes, width, p->utf8));
    page_partf(p, MARK_NONE, "  revision %lld", (long long)view_revision(view));
    page_partf(p, MARK_NONE, "  leader %s",
               view->leader_id != 0
                   ? text_visible(p->mem, view_member_label(p->mem, view, view->leader_id), p->utf8)
                   : "unknown");
}

void
live_head(const struct live_picture *picture, struct page_lines *p)
{
    title(picture, p);
    if (picture->silence != NULL) {
        silence(picture, p);
    } else if (picture->view == NULL) {
        page_line(p);
        page_part(p, MARK_NONE, "looking");
    }
    if (picture->view == NULL)
        return;
    if (picture->silence == NULL || picture->height >= TALL_LINES)
        verdict(picture, p);
    rates(picture, p);
    if (picture->height >= TALL_LINES)
        page_line(p);
}
