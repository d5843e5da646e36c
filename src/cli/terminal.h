/* What stdout and stderr are. */
#ifndef QUORATE_CLI_TERMINAL_H
#define QUORATE_CLI_TERMINAL_H

#include <stdbool.h>

#include "cli/output.h"

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER }; /* the order of --color's choices */

/*
 * Looks at stdout; sets the process's character type locale, which is slow enough to be left to
 * those who print tables.
 */
void terminal_detect(struct terminal *ret_terminal, enum color_when color);

/* Whether colours may go to this descriptor (NO_COLOR, TERM=dumb). */
bool terminal_color(int fd, enum color_when color);

/* Columns of the terminal behind 'fd'; 0 when it is none. */
unsigned terminal_width(int fd);

#endif
