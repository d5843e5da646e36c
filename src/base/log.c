#include "base/log.h"

#include <stdarg.h>

#include "base/time.h"

static bool enabled;
static int64_t started_ms;

void
log_enable(bool on)
{
    enabled = on;
    if (on && started_ms == 0)
        started_ms = time_monotonic_ms();
}

bool
log_enabled(void)
{
    return enabled;
}

void
log_debug(const char *format, ...)
{
    char line[1024];
    va_list args;

    if (!enabled)
        return;
    va_start(args, format);
    error_line_finish(line, sizeof(line), vsnprintf(line, sizeof(line), format, args));
    va_end(args);
    fprintf(stderr, "debug %6lld ms: %s\n", (long long)(time_monotonic_ms() - started_ms), line);
}
