/* The parts of the live view's screen. For cli/live only. */
#ifndef QUORATE_CLI_LIVE_FACES_H
#define QUORATE_CLI_LIVE_FACES_H

#include "cli/live/live_columns.h"
#include "cli/live/live_layout.h"

/* One member as a row; what no look has seen yet has an empty history. */
void live_row_of(const struct live_picture *picture, struct arena *mem, const struct member_view *m,
                 struct live_row *ret_row);
/* The members in the order that was chosen. In 'mem'. */
const struct member_view **live_members_sorted(const struct live_picture *picture,
                                               struct arena *mem);

/* Lines of the head: who, verdict, why, rates. */
void live_head(const struct live_picture *picture, struct page_lines *p);
/* What the verdict rests on, in as many lines as it takes. */
void live_remarks(const struct live_picture *picture, struct page_lines *p);
/* Headings and rows. */
void live_table(const struct live_picture *picture, const struct member_view *const *members,
                size_t selected, struct page_lines *p);
/* All of one member; of the cluster, why; the keys and columns. */
void live_member(const struct live_picture *picture, const struct member_view *m,
                 struct page_lines *p);
void live_why(const struct live_picture *picture, struct page_lines *p);
void live_help(struct page_lines *p);

#endif
