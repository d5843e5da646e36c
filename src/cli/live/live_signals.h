/*
 * What ends the live view from outside (SIGINT, SIGTERM, SIGQUIT, SIGHUP) as a readable descriptor, so that the terminal is
 * given back before the program ends by that very signal.
 */
#ifndef QUORATE_CLI_LIVE_SIGNALS_H
#define QUORATE_CLI_LIVE_SIGNALS_H

#include "base/error.h"

struct live_signals {
    int fd;
    int came; /* 0: none */
};

MUST_CHECK bool live_signals_begin(struct live_signals *s, struct error *e);
/* Whether one came. */
bool live_signals_check(struct live_signals *s);
/* Back to the usual; ends the process by the signal that came, if one did. */
void live_signals_end(struct live_signals *s);

#endif
