#include "base/time.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static int64_t
clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
time_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t
time_monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
time_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

void
time_sleep_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static struct tm
utc_of(int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    return utc;
}

const char *
time_rfc3339(struct arena *mem, int64_t wall_ms)
{
    struct tm utc = utc_of(wall_ms);
    char text[64];

    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return arena_text(mem, text);
}

const char *
time_compact(struct arena *mem, int64_t wall_ms)
{
    struct tm utc = utc_of(wall_ms);
    char text[64];

    strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
    return arena_text(mem, text);
}

bool
time_parse_rfc3339(const char *text, int64_t *ret_wall_ms, struct error *e)
{
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);

    if (rest == NULL || strcmp(rest, "Z") != 0)
        return error_set(e, ERROR_FORMAT, "'%s' is not a time like 2026-11-23T06:15:44Z", text);
    *ret_wall_ms = (int64_t)timegm(&utc) * 1000;
    return true;
}

static bool
unit_parse(const char **text, double *ret_unit_ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {
        {"ms", 1},   {"ns", 1e-6},       {"us", 1e-3},     {"\xc2\xb5s", 1e-3},
        {"s", 1000}, {"m", 60.0 * 1000}, {"h", 3600000.0},
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t length = strlen(units[i].name);

        if (strncmp(*text, units[i].name, length) == 0) {
            *text += length;
            *ret_unit_ms = units[i].ms;
            return true;
        }
    }
    return false;
}

bool
duration_parse(const char *text, int64_t *ret_ms, struct error *e)
{
    const char *at = text;
    double total_ms = 0;
    double sign = 1;

    if (*at == '-' || *at == '+')
        sign = *at++ == '-' ? -1 : 1;
    if (strcmp(at, "0") == 0) {
        *ret_ms = 0;
        return true;
    }
    do {
        char *rest;
        double unit_ms;
        double number;

        if ((*at < '0' || *at > '9') && *at != '.')
            return error_set(e, ERROR_USAGE, "'%s' is not a duration like 5s, 1m30s or 250ms",
                             text);
        number = strtod(at, &rest);
        at = rest;
        if (!unit_parse(&at, &unit_ms))
            return error_set(e, ERROR_USAGE, "'%s': a duration needs a unit, as in 5s, 1m30s",
                             text);
        total_ms += number * unit_ms;
    } while (*at != '\0');
    if (!(total_ms < 9e15))
        return error_set(e, ERROR_USAGE, "'%s': the duration is too long", text);
    *ret_ms = (int64_t)(sign * ceil(total_ms));
    return true;
}

const char *
duration_text(struct arena *mem, int64_t ms)
{
    const char *sign = ms < 0 ? "-" : "";
    uint64_t left = ms < 0 ? (uint64_t)-ms : (uint64_t)ms;
    unsigned long long hours = left / 3600000;
    unsigned long long minutes = left / 60000 % 60;
    unsigned long long seconds = left / 1000 % 60;
    unsigned long long rest = left % 1000;
    char fraction[8] = "";

    if (left == 0)
        return "0s";
    if (left < 1000)
        return arena_printf(mem, "%s%llums", sign, rest);
    if (rest > 0) {
        size_t length = (size_t)snprintf(fraction, sizeof(fraction), ".%03llu", rest);

        while (fraction[length - 1] == '0')
            fraction[--length] = '\0';
    }
    if (hours > 0)
        return arena_printf(mem, "%s%lluh%llum%llu%ss", sign, hours, minutes, seconds, fraction);
    if (minutes > 0)
        return arena_printf(mem, "%s%llum%llu%ss", sign, minutes, seconds, fraction);
    return arena_printf(mem, "%s%llu%ss", sign, seconds, fraction);
}

const char *
duration_human(struct arena *mem, int64_t ms)
{
    long long n = (long long)ms;

    if (n < 1000)
        return arena_printf(mem, "%lld ms", n);
    if (n < 60000)
        return arena_printf(mem, "%lld.%lld s", n / 1000, n % 1000 / 100);
    if (n < 3600000)
        return arena_printf(mem, "%lld min %lld s", n / 60000, n / 1000 % 60);
    if (n < 48LL * 3600000)
        return arena_printf(mem, "%lld h %lld min", n / 3600000, n / 60000 % 60);
    return arena_printf(mem, "%lld d", n / (24LL * 3600000));
}

const char *
size_human(struct arena *mem, uint64_t size_bytes)
{
    static const char *const suffixes[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)size_bytes;
    unsigned step = 0;

    if (size_bytes < 10)
        return arena_printf(mem, "%llu B", (unsigned long long)size_bytes);
    while (value >= 1000 && step < 6) {
        value /= 1000;
        step++;
    }
    /* etcdctl rounds to one decimal first, then drops the decimal from 10 on (docs/formats). */
    value = floor(value * 10 + 0.5) / 10;
    return arena_printf(mem, value < 10 ? "%.1f %s" : "%.0f %s", value, suffixes[step]);
}

const char *
duration_text_us(struct arena *mem, int64_t us)
{
    char digits[8];
    size_t length;

    if (us <= -1000000 || us >= 1000000)
        return duration_text(mem, us / 1000);
    if (us > -1000 && us < 1000)
        return us == 0 ? "0s" : arena_printf(mem, "%lld\u00b5s", (long long)us);
    length = (size_t)snprintf(digits, sizeof(digits), ".%03d", abs((int)(us % 1000)));
    while (length > 0 && (digits[length - 1] == '0' || digits[length - 1] == '.'))
        digits[--length] = '\0';
    return arena_printf(mem, "%s%d%sms", us < 0 ? "-" : "", abs((int)(us / 1000)), digits);
}
