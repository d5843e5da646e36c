/* Terminals: asked once, before anything is printed. */

#include "cli/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool
terminal_color(int fd, enum color_when color)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (color != COLOR_AUTO)
        return color == COLOR_ALWAYS;
    return isatty(fd) && (no_color == NULL || no_color[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

unsigned
terminal_width(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

void
terminal_detect(struct terminal *ret_terminal, enum color_when color)
{
    setlocale(LC_CTYPE, "");
    *ret_terminal = (struct terminal){
        .color = terminal_color(STDOUT_FILENO, color),
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .tty = isatty(STDOUT_FILENO),
        .width = terminal_width(STDOUT_FILENO),
    };
}
