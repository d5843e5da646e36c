/*
 * The live view's screen, as text: the head with the verdict and the rates, the table of members or another face, the
 * line of keys. Pure: the same picture gives the same lines.
 */
#ifndef QUORATE_CLI_LIVE_LAYOUT_H
#define QUORATE_CLI_LIVE_LAYOUT_H

#include "cli/live/live_page.h"
#include "cli/live/live_state.h"
#include "cluster/history.h"
#include "cluster/rules.h"

struct live_picture {
    const char *target;              /* what is looked at: "lab:demo" */
    const struct cluster_view *view; /* NULL: nobody has answered yet */
    const struct judgement *judgement;
    const char *silence; /* why the last look had no answer at all; NULL: it had one */
    const struct history *history;
    const struct live_state *state;
    struct judge_days days;
    int64_t looked_ms;  /* when the look was, wall clock; 0: there was none */
    int64_t waiting_ms; /* how long the look that is under way has taken; 0: none is */
    size_t width;
    size_t height;
    bool utf8;
};

/*
 * At most picture->height lines into 'page', an empty one but for 'mem'; what keys need to know of them into 'ret_shown'.
 * Everything in page->mem.
 */
void live_layout(const struct live_picture *picture, struct page_lines *page,
                 struct live_shown *ret_shown);

#endif
