/*
 * SIGINT and SIGTERM as a question, for work that has no event loop and something to take back:
 *
 *     interrupt_begin();
 *     ... if (!interrupt_check(e)) between two pieces of work ...
 *     interrupt_end();
 *
 * Only the first signal is a question; the second ends the process as ever. What our parent lets us
 * ignore stays ignored.
 */
#ifndef QUORATE_BASE_INTERRUPT_H
#define QUORATE_BASE_INTERRUPT_H

#include "base/error.h"

void interrupt_begin(void);
/* Back to the usual. Without a begin it does nothing. */
void interrupt_end(void);

/* e  ERROR_CANCELLED: "interrupted". Without a begin there is never any. */
MUST_CHECK bool interrupt_check(struct error *e);

/* Ends the process by the signal that came, so that whoever started it sees why; returns when none
 * came. */
void interrupt_die(void);

#endif
