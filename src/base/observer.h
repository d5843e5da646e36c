/* How an operation that is no plan tells its face what it is doing. */
#ifndef QUORATE_BASE_OBSERVER_H
#define QUORATE_BASE_OBSERVER_H

#include <stdint.h>

#include "base/error.h"

/* Both functions may be NULL. */
struct observer {
    void *context;
    /* A line for people: "streaming from m2 (http://...)". */
    void (*note)(void *context, const char *text);
    /* How far the work in hand ("streaming") is, in 'unit', or in bytes for NULL; total 0: not
     * known. The texts are constants. */
    void (*progress)(void *context, const char *what, const char *unit, uint64_t done,
                     uint64_t total);
};

void observer_note(const struct observer *observer, const char *format, ...) PRINTF_LIKE(2, 3);
void observer_progress(const struct observer *observer, const char *what, const char *unit,
                       uint64_t done, uint64_t total);

#endif
