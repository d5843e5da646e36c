/*
 * Argument vectors as text for shells: the one place where quoting is done.
 *
 * ssh(1) has no argument vectors: what it is given goes as one text to the login shell of the user on
 * the host, whichever that is. So there are two layers. shell_words makes a line for /bin/sh, in which
 * any byte but NUL survives. shell_login_line wraps such a line so that it holds nothing that sh, bash,
 * dash, zsh, ksh, csh or fish see differently.
 */
#ifndef QUORATE_NODE_HOST_SHELL_WORDS_H
#define QUORATE_NODE_HOST_SHELL_WORDS_H

#include "base/buf.h"

/* The kernel's limit for one argument, its NUL included (MAX_ARG_STRLEN, linux/binfmts.h), which the
 * login shell's line is on the host. */
enum { SHELL_LINE_MOST = 128 << 10 };

/* Appends the words, blanks between them, quoted for a POSIX shell where they need it. argv ends in
 * NULL. */
void shell_words(struct buf *line, const char *const *argv);

/*
 * Appends a line that has any login shell become /bin/sh, in the C locale, and run 'line'. Nothing of
 * 'line' but letters, digits and "_./:=@%+,-" stands in it as it is: the rest is octal, which printf
 * turns back.
 */
void shell_login_line(struct buf *ret, struct bytes line);

#endif
