/*
 * The columns of the live view's table: one entry each. Which of them are shown depends on the terminal's width: they
 * come in by importance and stand in the table's order.
 */
#ifndef QUORATE_CLI_LIVE_COLUMNS_H
#define QUORATE_CLI_LIVE_COLUMNS_H

#include "cli/live/live_page.h"
#include "cluster/history.h"
#include "cluster/rules.h"

/* One member, as cells see it. */
struct live_row {
    struct arena *mem;
    const struct cluster_view *view;
    const struct member_view *member;
    const struct member_history *history;
    struct judge_days days;
    const char *label; /* fit for a terminal */
    bool utf8;
};

struct live_cell {
    const char *text;
    enum mark mark;
    double order; /* what is sorted by; NAN: not known, comes last */
};

struct live_column {
    const char *heading;
    const char *about; /* for the help */
    unsigned width;    /* 0: as wide as the longest label */
    enum page_align align;
    unsigned importance; /* 1 comes first; no two have the same */
    bool by_text;        /* sorted by its text */
    bool only_tls;       /* empty for a cluster without certificates */
    bool spark;          /* takes the room that is left over; not sorted by */
    void (*fill)(const struct live_row *row, size_t width, struct live_cell *ret_cell);
};

enum { LIVE_COLUMNS_MOST = 32, LIVE_LABEL_MOST = 24, LIVE_SPARK_MOST = 60 };

/* In the table's order; NULL behind the last. The first one is the member's name. */
const struct live_column *live_column_at(size_t i);
size_t live_column_last(void);

struct live_choice {
    const struct live_column *columns[LIVE_COLUMNS_MOST];
    size_t widths[LIVE_COLUMNS_MOST];
    size_t count;
};

/* The columns for so many columns of a terminal, two blanks between them. A wider terminal has at least the same. */
void live_columns_choose(size_t width, size_t label_width, bool with_tls,
                         struct live_choice *ret_choice);

/* "0.8 ms", "1.24 s"; "120/s", "0.4/s"; "1.2 kB/s", "-30 B/s". "-" of NAN. In 'mem'. */
const char *live_ms_text(struct arena *mem, double ms);
const char *live_rate_text(struct arena *mem, double per_s);
const char *live_growth_text(struct arena *mem, double bytes_per_s);
/* How much of the quota the file takes, in percent; NAN: etcd before 3.6 does not tell its quota. */
double live_quota_percent(const struct member_view *m);

#endif
