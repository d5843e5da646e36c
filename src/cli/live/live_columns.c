#include "cli/live/live_columns.h"

#include <inttypes.h>
#include <math.h>

#include "base/time.h"
#include "cli/live/live_spark.h"
#include "cli/report_judgement.h"
#include "cli/status_members.h"
#include "cli/text.h"

static const char unknown[] = "-";

const char *
live_ms_text(struct arena *mem, double ms)
{
    if (isnan(ms))
        return unknown;
    return ms < 1000 ? arena_printf(mem, "%.1f ms", ms) : arena_printf(mem, "%.2f s", ms / 1000);
}

const char *
live_rate_text(struct arena *mem, double per_s)
{
    if (isnan(per_s))
        return unknown;
    return arena_printf(mem, per_s > 0 && per_s < 10 ? "%.1f/s" : "%.0f/s", per_s);
}

const char *
live_growth_text(struct arena *mem, double bytes_per_s)
{
    if (isnan(bytes_per_s))
        return unknown;
    return arena_printf(mem, "%s%s/s", bytes_per_s <= -0.5 ? "-" : "",
                        size_human(mem, (uint64_t)(fabs(bytes_per_s) + 0.5)));
}

double
live_quota_percent(const struct member_view *m)
{
    if (!m->known || m->status.db_size_quota_bytes <= 0)
        return NAN;
    return 100.0 * (double)m->status.db_size_bytes / (double)m->status.db_size_quota_bytes;
}

static void
text_cell(struct live_cell *cell, const char *text)
{
    *cell = (struct live_cell){.text = text, .order = NAN};
}

/* A number of a member that answers. */
static void
known_cell(const struct live_row *row, double value, const char *text, struct live_cell *cell)
{
    bool known = row->member->known;

    *cell = (struct live_cell){.text = known ? text : unknown, .order = known ? value : NAN};
}

static void
name_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    text_cell(cell, row->label);
}

static void
role_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    bool leader = row->member->member.id == row->view->leader_id;

    text_cell(cell, member_role_word(row->view, row->member));
    cell->mark = leader && row->member->known ? MARK_GOOD : MARK_NONE;
}

static void
health_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    struct member_health health = rule_member_health(row->view, row->member);

    *cell = (struct live_cell){health.word, verdict_mark(health.verdict),
                               (double)VERDICT_CRITICAL - (double)health.verdict};
}

static void
version_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    text_cell(cell, row->member->known
                        ? text_visible(row->mem, row->member->status.version, row->utf8)
                        : unknown);
}

static void
db_size_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    int64_t bytes = row->member->status.db_size_bytes;

    known_cell(row, (double)bytes, size_human(row->mem, (uint64_t)bytes), cell);
}

static void
in_use_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    int64_t bytes = row->member->status.db_size_in_use_bytes;

    known_cell(row, (double)bytes, size_human(row->mem, (uint64_t)bytes), cell);
}

static void
quota_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    double percent = live_quota_percent(row->member);

    known_cell(row, percent, isnan(percent) ? unknown : arena_printf(row->mem, "%.0f %%", percent),
               cell);
}

static void
lag_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    uint64_t lag = row->member->known ? view_lag(row->view, row->member) : 0;

    known_cell(row, (double)lag, arena_printf(row->mem, "%" PRIu64, lag), cell);
    cell->mark = lag > CAUGHT_UP_ENTRIES ? MARK_WARN : MARK_NONE;
}

static void
latency_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    double ms = (double)row->member->took_us / 1000;

    known_cell(row, ms, live_ms_text(row->mem, ms), cell);
}

static void
alarms_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    const char *text = member_alarms_text(row->mem, row->view, row->member->member.id);

    text_cell(cell, text[0] != '\0' ? text : unknown);
    cell->mark = text[0] != '\0' ? MARK_BAD : MARK_NONE;
}

static void
certificate_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    int64_t left;

    text_cell(cell, unknown);
    if (!member_certificate_days(row->view, row->member, &left))
        return;
    *cell = (struct live_cell){arena_printf(row->mem, "%" PRId64 " d", left),
                               certificate_mark(left, row->days), (double)left};
}

static void
growth_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    double rate = series_at(&row->history->growth_per_s, 0);

    known_cell(row, rate, live_growth_text(row->mem, rate), cell);
}

static void
applied_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    double rate = series_at(&row->history->applied_per_s, 0);

    known_cell(row, rate, live_rate_text(row->mem, rate), cell);
}

static void
fsync_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    double ms = row->history->pace.fsync_ms;

    known_cell(row, ms, live_ms_text(row->mem, ms), cell);
}

static void
commit_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    double ms = row->history->pace.commit_ms;

    known_cell(row, ms, live_ms_text(row->mem, ms), cell);
}

static void
revision_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    int64_t revision = row->member->status.header.revision;

    known_cell(row, (double)revision, arena_printf(row->mem, "%" PRId64, revision), cell);
}

static void
term_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    uint64_t term = row->member->status.raft_term;

    known_cell(row, (double)term, arena_printf(row->mem, "%" PRIu64, term), cell);
}

static void
endpoint_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    const char *endpoint = row->member->endpoint;

    text_cell(cell, endpoint != NULL ? text_visible(row->mem, endpoint, row->utf8) : unknown);
}

static void
id_fill(const struct live_row *row, size_t width UNUSED, struct live_cell *cell)
{
    text_cell(cell, arena_printf(row->mem, "%" PRIx64, row->member->member.id));
}

static void
spark_cell(const struct live_row *row, const struct series *s, size_t width, struct live_cell *cell)
{
    text_cell(cell, live_spark(row->mem, s, width, row->utf8));
}

static void
latency_spark_fill(const struct live_row *row, size_t width, struct live_cell *cell)
{
    spark_cell(row, &row->history->latency_ms, width, cell);
}

static void
applied_spark_fill(const struct live_row *row, size_t width, struct live_cell *cell)
{
    spark_cell(row, &row->history->applied_per_s, width, cell);
}

static const struct live_column columns[] = {
    {"MEMBER", "name, or id of one that has none yet", 0, PAGE_LEFT, 1, .by_text = true,
     .fill = name_fill},
    {"ID", "in hex", 16, PAGE_LEFT, 21, .by_text = true, .fill = id_fill},
    {"ENDPOINT", "where it was asked", 24, PAGE_LEFT, 19, .by_text = true, .fill = endpoint_fill},
    {"ROLE", "leader, follower or learner", 8, PAGE_LEFT, 2, .by_text = true, .fill = role_fill},
    {"HEALTH", "in a word; Enter tells why", 10, PAGE_LEFT, 3, .fill = health_fill},
    {"VERSION", "of its binary", 8, PAGE_LEFT, 5, .by_text = true, .fill = version_fill},
    {"DB SIZE", "its file", 8, PAGE_RIGHT, 6, .fill = db_size_fill},
    {"IN USE", "of the file, pages that are not vacant", 7, PAGE_RIGHT, 8, .fill = in_use_fill},
    {"QUOTA", "the file in percent of it; told by etcd 3.6 and later", 6, PAGE_RIGHT, 16,
     .fill = quota_fill},
    {"GROWTH", "of the file", 9, PAGE_RIGHT, 13, .fill = growth_fill},
    {"REVISION", "its newest", 9, PAGE_RIGHT, 17, .fill = revision_fill},
    {"TERM", "of raft", 6, PAGE_RIGHT, 20, .fill = term_fill},
    {"LAG", "entries behind the most advanced member", 6, PAGE_RIGHT, 4, .fill = lag_fill},
    {"APPLIED", "entries of the raft log", 8, PAGE_RIGHT, 14, .fill = applied_fill},
    {"APPLIED, SO FAR", "the same, look by look", 16, PAGE_LEFT, 18, .spark = true,
     .fill = applied_spark_fill},
    {"LATENCY", "until its answer was here", 8, PAGE_RIGHT, 7, .fill = latency_fill},
    {"LATENCY, SO FAR", "the same, look by look; a dot: no answer", 16, PAGE_LEFT, 12,
     .spark = true, .fill = latency_spark_fill},
    {"FSYNC", "99 of 100 syncs of the log took at most so long lately", 8, PAGE_RIGHT, 11,
     .fill = fsync_fill},
    {"COMMIT", "99 of 100 commits of the database, the same", 8, PAGE_RIGHT, 15,
     .fill = commit_fill},
    {"ALARMS", "NOSPACE, CORRUPT", 8, PAGE_LEFT, 9, .by_text = true, .fill = alarms_fill},
    {"CERT", "until its certificate ends", 6, PAGE_RIGHT, 10, .only_tls = true,
     .fill = certificate_fill},
};

enum { COUNT = sizeof(columns) / sizeof(columns[0]), GAP = 2 };

_Static_assert((int)COUNT <= (int)LIVE_COLUMNS_MOST, "a choice has room for all");

const struct live_column *
live_column_at(size_t i)
{
    return i < COUNT ? &columns[i] : NULL;
}

size_t
live_column_last(void)
{
    return COUNT - 1;
}

static const struct live_column *
by_importance(unsigned importance)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (columns[i].importance == importance)
            return &columns[i];
    }
    return NULL;
}

static size_t
column_width(const struct live_column *column, size_t label_width)
{
    if (column->width != 0)
        return column->width;
    if (label_width > LIVE_LABEL_MOST)
        return LIVE_LABEL_MOST;
    return label_width < 7 ? 7 : label_width; /* its heading's, and the sign of sorting */
}

/* What is left over goes to the sparklines, in equal parts. */
static void
sparks_widen(struct live_choice *choice, size_t left)
{
    size_t sparks = 0;

    for (size_t i = 0; i < choice->count; i++)
        sparks += choice->columns[i]->spark;
    for (size_t i = 0; sparks > 0 && i < choice->count; i++) {
        size_t more = left / sparks;

        if (!choice->columns[i]->spark)
            continue;
        choice->widths[i] += more;
        if (choice->widths[i] > LIVE_SPARK_MOST)
            choice->widths[i] = LIVE_SPARK_MOST;
    }
}

void
live_columns_choose(size_t width, size_t label_width, bool with_tls, struct live_choice *ret_choice)
{
    bool taken[COUNT] = {false};
    size_t left = width + GAP;

    for (unsigned importance = 1; importance <= COUNT; importance++) {
        const struct live_column *column = by_importance(importance);
        size_t takes;

        ASSERT(column != NULL);
        if (column->only_tls && !with_tls)
            continue;
        takes = column_width(column, label_width) + GAP;
        if (takes > left)
            break;
        taken[column - columns] = true;
        left -= takes;
    }
    ret_choice->count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (!taken[i])
            continue;
        ret_choice->columns[ret_choice->count] = &columns[i];
        ret_choice->widths[ret_choice->count++] = column_width(&columns[i], label_width);
    }
    sparks_widen(ret_choice, left);
}
