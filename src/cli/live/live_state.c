#include "cli/live/live_state.h"

#include "cli/live/live_columns.h"

/* What + and - step through. */
static const int64_t intervals_ms[] = {
    LIVE_INTERVAL_LEAST_MS, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000,
    LIVE_INTERVAL_MOST_MS};

enum { INTERVALS = sizeof(intervals_ms) / sizeof(intervals_ms[0]) };

void
live_state_init(struct live_state *s, int64_t interval_ms)
{
    *s = (struct live_state){.interval_ms = interval_ms};
}

size_t
live_selected_row(const struct live_state *s, const struct live_shown *shown)
{
    for (size_t i = 0; i < shown->row_count; i++) {
        if (shown->ids[i] == s->selected_id)
            return i;
    }
    return 0;
}

static void
interval_step(struct live_state *s, bool longer)
{
    if (longer) {
        for (size_t i = 0; i < INTERVALS; i++) {
            if (intervals_ms[i] > s->interval_ms) {
                s->interval_ms = intervals_ms[i];
                return;
            }
        }
        return;
    }
    for (size_t i = INTERVALS; i-- > 0;) {
        if (intervals_ms[i] < s->interval_ms) {
            s->interval_ms = intervals_ms[i];
            return;
        }
    }
}

static void
sort_step(struct live_state *s, bool forward)
{
    do {
        if (forward)
            s->sort = live_column_at(s->sort + 1) != NULL ? s->sort + 1 : 0;
        else
            s->sort = s->sort > 0 ? s->sort - 1 : live_column_last();
    } while (live_column_at(s->sort)->spark);
    s->reversed = false;
}

/* 'at' moved by 'by' lines, from 0 to 'most'. */
static size_t
moved(size_t at, int64_t by, size_t most)
{
    int64_t to = (int64_t)at + by;

    if (to < 0)
        return 0;
    return (size_t)to > most ? most : (size_t)to;
}

static void
move(struct live_state *s, const struct live_shown *shown, int64_t by)
{
    size_t row;

    if (s->face != LIVE_FACE_TABLE) {
        s->scroll = moved(s->scroll, by, shown->scroll_most);
        return;
    }
    if (shown->row_count == 0)
        return;
    row = moved(live_selected_row(s, shown), by, shown->row_count - 1);
    s->selected_id = shown->ids[row];
}

static void
face_set(struct live_state *s, enum live_face face)
{
    s->face = s->face == face ? LIVE_FACE_TABLE : face;
    s->scroll = 0;
}

static bool
move_key(struct live_state *s, int key, const struct live_shown *shown)
{
    const int64_t page = (int64_t)shown->page_lines;

    switch (key) {
    case LIVE_KEY_UP:
    case 'k':
        move(s, shown, -1);
        return true;
    case LIVE_KEY_DOWN:
    case 'j':
        move(s, shown, 1);
        return true;
    case LIVE_KEY_PAGE_UP:
        move(s, shown, -page);
        return true;
    case LIVE_KEY_PAGE_DOWN:
        move(s, shown, page);
        return true;
    case LIVE_KEY_HOME:
    case 'g':
        move(s, shown, -INT32_MAX);
        return true;
    case LIVE_KEY_END:
    case 'G':
        move(s, shown, INT32_MAX);
        return true;
    default:
        return false;
    }
}

/* Whoever opens a member's face, or closes it, means the row that is shown as selected. */
static void
member_toggle(struct live_state *s, const struct live_shown *shown)
{
    if (shown->row_count == 0)
        return;
    s->selected_id = shown->ids[live_selected_row(s, shown)];
    face_set(s, LIVE_FACE_MEMBER);
}

static void
leave(struct live_state *s)
{
    if (s->face == LIVE_FACE_TABLE)
        s->quit = true;
    else
        face_set(s, s->face);
}

void
live_state_key(struct live_state *s, int key, const struct live_shown *shown)
{
    if (move_key(s, key, shown))
        return;
    switch (key) {
    case LIVE_KEY_ENTER:
    case '\n':
        member_toggle(s, shown);
        break;
    case 'w':
        face_set(s, LIVE_FACE_WHY);
        break;
    case '?':
    case 'h':
        face_set(s, LIVE_FACE_HELP);
        break;
    case 's':
    case '>':
        sort_step(s, true);
        break;
    case '<':
        sort_step(s, false);
        break;
    case 'r':
        s->reversed = !s->reversed;
        break;
    case 'p':
        s->paused = !s->paused;
        break;
    case ' ':
        s->look_now = true;
        break;
    case '+':
    case '-':
        interval_step(s, key == '+');
        break;
    case 'q':
    case LIVE_KEY_ESCAPE:
        leave(s);
        break;
    default:
        break;
    }
}
