/*
 * The terminal of the live view, by ncurses, which writes only what has changed. Nothing else in quorate knows
 * ncurses. There is one terminal, so there may be one screen at a time.
 */
#ifndef QUORATE_CLI_LIVE_SCREEN_H
#define QUORATE_CLI_LIVE_SCREEN_H

#include "cli/live/live_page.h"

/*
 * Takes the terminal of standard input and output. SIGTSTP gives it back for as long as the program is stopped.
 *
 * color  whether marks are shown in colour, where the terminal has some.
 * e      ERROR_UNAVAILABLE: TERM names a terminal that is not known, or cannot move its cursor.
 */
MUST_CHECK bool live_screen_open(bool color, struct error *e);
/* Gives it back as it was. Twice is fine. */
void live_screen_close(void);

void live_screen_size(size_t *ret_width, size_t *ret_height);
void live_screen_draw(const struct page_lines *page);
/* The next key that was pressed: a character, or one of enum live_key. False: there is none. */
bool live_screen_key(int *ret_key);

#endif
