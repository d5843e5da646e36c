/*
 * A second thread for a piece of work: it takes no signals, and whoever started it waits for its
 * end. Errors are handed over in the context, which the starter reads after thread_join.
 */
#ifndef QUORATE_BASE_THREAD_H
#define QUORATE_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

/* Stays where it is while the thread runs. */
struct thread {
    pthread_t id;
    bool running;
    void (*run)(void *context);
    void *context;
};

#define AUTO_THREAD __attribute__((cleanup(thread_join))) struct thread

/* Has run(context) run beside the caller. False when the system has no thread to give: then the
 * caller does the work itself, and nothing needs to be joined. */
MUST_CHECK bool thread_start(struct thread *t, void (*run)(void *context), void *context);

/* Processors that this process may use: at least 1. */
unsigned thread_processors(void);

/* Waits for the end; nothing to wait for is fine. */
void thread_join(struct thread *t);

#endif
