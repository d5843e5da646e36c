/* What the person at the keyboard has chosen, and how keys change it. Knows no terminal. */
#ifndef QUORATE_CLI_LIVE_STATE_H
#define QUORATE_CLI_LIVE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How often a cluster may be looked at. */
enum { LIVE_INTERVAL_LEAST_MS = 200, LIVE_INTERVAL_MOST_MS = 60 * 60 * 1000 };

enum live_face {
    LIVE_FACE_TABLE,
    LIVE_FACE_MEMBER, /* all of the one that is selected */
    LIVE_FACE_WHY,    /* all that the verdict rests on */
    LIVE_FACE_HELP,
};

/* Keys that are no characters; a character is itself. */
enum live_key {
    LIVE_KEY_ENTER = '\r',
    LIVE_KEY_ESCAPE = 27,
    LIVE_KEY_UP = 0x110000, /* above all characters */
    LIVE_KEY_DOWN,
    LIVE_KEY_PAGE_UP,
    LIVE_KEY_PAGE_DOWN,
    LIVE_KEY_HOME,
    LIVE_KEY_END,
    LIVE_KEY_OTHER,
};

struct live_state {
    enum live_face face;
    uint64_t selected_id; /* 0: the first row */
    size_t sort;          /* a column's place in live_columns.h's table */
    bool reversed;
    bool paused;
    bool look_now; /* a look is wanted before its time */
    bool quit;
    int64_t interval_ms;
    size_t scroll; /* lines of a face that are above the screen */
};

/* What is on the screen, as far as keys depend on it. */
struct live_shown {
    const uint64_t *ids; /* of the rows, from the top */
    size_t row_count;
    size_t page_lines; /* that Page Up and Page Down move by */
    size_t scroll_most;
};

void live_state_init(struct live_state *s, int64_t interval_ms);
void live_state_key(struct live_state *s, int key, const struct live_shown *shown);
/* The row that is selected: that of the member, else the first. */
size_t live_selected_row(const struct live_state *s, const struct live_shown *shown);

#endif
