#include "base/observer.h"

#include <stdarg.h>

#include "base/arena.h"

void
observer_note(const struct observer *observer, const char *format, ...)
{
    AUTO_ARENA tmp = ARENA_INIT;
    va_list args;

    if (observer == NULL || observer->note == NULL)
        return;
    va_start(args, format);
    observer->note(observer->context, arena_vprintf(&tmp, format, args));
    va_end(args);
}

void
observer_progress(const struct observer *observer, const char *what, const char *unit,
                  uint64_t done, uint64_t total)
{
    if (observer != NULL && observer->progress != NULL)
        observer->progress(observer->context, what, unit, done, total);
}
