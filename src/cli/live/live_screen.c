#include "cli/live/live_screen.h"

#include <curses.h>
#include <stdlib.h>
#include <term.h>

#include "cli/live/live_state.h"
#include "cli/text.h"

/* Escape alone is known as such after this time: sequences of keys come at once, also over ssh. */
enum { ESCAPE_DELAY_MS = 50 };

static struct {
    SCREEN *terminal; /* NULL: not open */
    bool color;
} screen;

static const short colors[] = {
    [MARK_NONE] = -1,       [MARK_GOOD] = COLOR_GREEN, [MARK_WARN] = COLOR_YELLOW,
    [MARK_BAD] = COLOR_RED, [MARK_DIM] = -1,
};

static void
colors_begin(void)
{
    start_color();
    use_default_colors();
    for (int i = MARK_GOOD; i <= MARK_BAD; i++)
        init_pair((short)i, colors[i], -1);
}

static attr_t
attributes(enum mark mark)
{
    attr_t plain = mark == MARK_BAD ? A_BOLD : mark == MARK_DIM ? A_DIM : A_NORMAL;

    if (!screen.color || colors[mark] < 0)
        return plain;
    return plain | (attr_t)COLOR_PAIR(mark);
}

static bool
can_move_cursor(void)
{
    const char *sequence = tigetstr("cup");

    return sequence != NULL && (intptr_t)sequence != -1;
}

bool
live_screen_open(bool color, struct error *e)
{
    const char *name = getenv("TERM");

    screen.terminal = newterm(NULL, stdout, stdin);
    if (screen.terminal == NULL || !can_move_cursor()) {
        live_screen_close();
        return error_set(e, ERROR_UNAVAILABLE, "the terminal '%s' cannot show a screen",
                         name != NULL ? name : "") ||
               error_hint(e, "set TERM to what it is, or use --watch -w json");
    }
    screen.color = color && has_colors();
    if (screen.color)
        colors_begin();
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    return true;
}

void
live_screen_close(void)
{
    if (screen.terminal == NULL)
        return;
    endwin();
    delscreen(screen.terminal);
    screen.terminal = NULL;
}

void
live_screen_size(size_t *ret_width, size_t *ret_height)
{
    *ret_width = (size_t)getmaxx(stdscr);
    *ret_height = (size_t)getmaxy(stdscr);
}

static void
line_draw(const struct page_lines *page, const struct page_line *line)
{
    attr_t all = (line->heading ? A_BOLD : A_NORMAL) | (line->selected ? A_REVERSE : A_NORMAL);
    AUTO_ARENA tmp = ARENA_INIT;
    size_t left = page->width;

    for (size_t i = 0; i < line->parts.count && left > 0; i++) {
        const struct page_part *part = &line->parts.items[i];
        size_t width = text_width(part->text);

        attrset((int)(attributes(part->mark) | all));
        addstr(width <= left ? part->text : page_fit(&tmp, part->text, left, PAGE_LEFT));
        left -= width <= left ? width : left;
    }
    attrset((int)all);
    if (line->selected)
        addstr(page_fit(&tmp, "", left, PAGE_LEFT));
    attrset(A_NORMAL);
}

void
live_screen_draw(const struct page_lines *page)
{
    erase();
    for (size_t i = 0; i < page->rows.count; i++) {
        move((int)i, 0);
        line_draw(page, &page->rows.items[i]);
    }
    refresh();
}

bool
live_screen_key(int *ret_key)
{
    int key = getch();

    switch (key) {
    case ERR:
        return false;
    case KEY_UP:
        *ret_key = LIVE_KEY_UP;
        return true;
    case KEY_DOWN:
        *ret_key = LIVE_KEY_DOWN;
        return true;
    case KEY_PPAGE:
        *ret_key = LIVE_KEY_PAGE_UP;
        return true;
    case KEY_NPAGE:
        *ret_key = LIVE_KEY_PAGE_DOWN;
        return true;
    case KEY_HOME:
        *ret_key = LIVE_KEY_HOME;
        return true;
    case KEY_END:
        *ret_key = LIVE_KEY_END;
        return true;
    case KEY_ENTER:
        *ret_key = LIVE_KEY_ENTER;
        return true;
    default:
        *ret_key = key >= KEY_MIN ? LIVE_KEY_OTHER : key;
        return true;
    }
}
