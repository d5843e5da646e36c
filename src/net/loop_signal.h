/*
 * SIGINT and SIGTERM as an event of a loop: for work that wants to say something before it ends. The
 * second one ends the process as ever. What our parent lets us ignore stays ignored.
 */
#ifndef QUORATE_NET_LOOP_SIGNAL_H
#define QUORATE_NET_LOOP_SIGNAL_H

#include <signal.h>

#include "base/error.h"
#include "net/loop.h"

struct loop_signal {
    struct loop *loop;
    int fd;
    sigset_t before; /* the signals that were blocked */
    struct loop_watch watch;
    int caught; /* the signal; 0: none came */
    void (*came)(void *context);
    void *context;
};

/* 'came' is called from the loop, once. Stays where it is until the end. */
MUST_CHECK bool loop_signal_begin(struct loop_signal *s, struct loop *loop,
                                  void (*came)(void *context), void *context, struct error *e);
void loop_signal_end(struct loop_signal *s);

/* Ends the process by the signal that was caught, so that whoever started it sees why. */
void loop_signal_die(const struct loop_signal *s) __attribute__((noreturn));

#endif
