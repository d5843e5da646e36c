/* Questions on the terminal, where there is one. They use /dev/tty: stdin may carry data. */
#ifndef QUORATE_CLI_PROMPT_H
#define QUORATE_CLI_PROMPT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"

/*
 * Asks for a password without echo.
 *
 * e  ERROR_AUTH without a terminal, with the variable that would give the password.
 */
MUST_CHECK bool prompt_password(const char *user, struct secret *ret_password, struct error *e);

/* Asks "text [y/N] "; ERROR_REFUSED without a terminal, ERROR_CANCELLED unless the answer is yes. */
MUST_CHECK bool prompt_yes(const char *text, struct error *e);

#endif
