/*
 * SIGINT and SIGTERM as events of the loop, for commands that have something to give back before they
 * end. Only the first one is: from then on they end the program at once, as usual.
 */
#ifndef QUORATE_CLI_SIGNALS_H
#define QUORATE_CLI_SIGNALS_H

#include "base/error.h"
#include "net/loop.h"

/* 'number' is SIGINT or SIGTERM. */
typedef void signals_came(void *context, int number);

/* Stays where it is until the end. */
struct signals {
    struct loop *loop;
    struct loop_watch watch;
    int fd; /* -1: not watched */
    signals_came *came;
    void *context;
};

/* e  ERROR_IO: the system has no descriptor left. */
MUST_CHECK bool signals_begin(struct signals *s, struct loop *loop, signals_came *came,
                              void *context, struct error *e);
/* Back to the usual. Twice is fine. */
void signals_end(struct signals *s);

#endif
