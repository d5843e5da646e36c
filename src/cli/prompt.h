/*
 * Questions. On the terminal they use /dev/tty, since standard input may carry data. Passwords are
 * read from standard input when that is no terminal, as etcdctl does (speakeasy, read in 3.4 to
 * 3.7): the question then goes to 'out', where etcdctl writes it too, and the answer is one line.
 */
#ifndef QUORATE_CLI_PROMPT_H
#define QUORATE_CLI_PROMPT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"

/* Longer answers are refused. */
enum { PROMPT_ANSWER_MAX = 1023 };

/*
 * The password of an existing user, without echo.
 *
 * input_is_data  standard input is the command's: only the terminal is asked.
 * e              ERROR_AUTH when nobody can be asked, with the variable that would give the password.
 */
MUST_CHECK bool prompt_password(const char *user, bool input_is_data, struct buf *out,
                                struct secret *ret_password, struct error *e);
/*
 * A password that is to be set, asked for twice.
 *
 * e  ERROR_USAGE: it is empty, or the two differ.
 */
MUST_CHECK bool prompt_new_password(const char *user, struct buf *out, struct secret *ret_password,
                                    struct error *e);
/*
 * One word of standard input, unasked: --interactive=false.
 *
 * e  ERROR_USAGE: there is none. etcdctl takes that for the empty password.
 */
MUST_CHECK bool prompt_read_word(const char *user, struct secret *ret_password, struct error *e);

/* Asks "text [y/N] "; ERROR_REFUSED without a terminal, ERROR_CANCELLED unless the answer is yes. */
MUST_CHECK bool prompt_yes(const char *text, struct error *e);

#endif
