#include "ops/load_stats.h"

#include <math.h>
#include <string.h>

/* Welford's way: no call is kept, and nothing cancels out. */
void
load_stats_add(struct load_stats *s, int64_t took_us)
{
    double took_s = (double)took_us / 1e6;
    double off = took_s - s->mean_s;

    s->calls++;
    s->mean_s += off / (double)s->calls;
    s->squares += off * (took_s - s->mean_s);
    if (took_s > s->slowest_s)
        s->slowest_s = took_s;
}

void
load_stats_add_error(struct load_stats *s, const char *text)
{
    size_t i = 0;

    while (i < s->error_kinds && strcmp(s->errors[i].text, text) != 0)
        i++;
    if (i == LOAD_ERRORS_MAX)
        i--;
    if (i == s->error_kinds) {
        snprintf(s->errors[i].text, sizeof(s->errors[i].text), "%s", text);
        s->error_kinds++;
    }
    s->errors[i].count++;
}

double
load_stats_rate(const struct load_stats *s, int64_t total_us)
{
    return total_us > 0 ? (double)s->calls * 1e6 / (double)total_us : 0;
}

double
load_stats_deviation(const struct load_stats *s)
{
    return s->calls > 0 ? sqrt(s->squares / (double)s->calls) : (double)NAN;
}
