#include "base/time.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* Go's: nanoseconds in 63 bits, some 292 years. */
#define DURATION_MOST_NS ((uint64_t)INT64_MAX)

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

int64_t
time_cpu_ms(void)
{
    return clock_ms(CLOCK_PROCESS_CPUTIME_ID);
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
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
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
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    int64_t wall_ms = (int64_t)timegm(&utc) * 1000;
    AUTO_ARENA tmp = ARENA_INIT;

    /* strptime takes blanks, short years and the 31st of February: what it took is written anew. */
    if (rest == NULL || strlen(text) != sizeof("2026-11-23T06:15:44Z") - 1 ||
        strcmp(time_rfc3339(&tmp, wall_ms), text) != 0)
        return error_set(e, ERROR_FORMAT, "'%s' is not a time like 2026-11-23T06:15:44Z", text);
    *ret_wall_ms = wall_ms;
    return true;
}

/* Reads a unit's name and goes on behind it; its nanoseconds, or 0. */
static uint64_t
unit_take(const char **at)
{
    /* "ms" before "m". The micro sign has two code points, and Go takes both. */
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"ns", 1},       {"us", 1000},      {"\xc2\xb5s", 1000},       {"\xce\xbcs", 1000},
        {"ms", 1000000}, {"s", 1000000000}, {"m", 60 * 1000000000ULL}, {"h", 3600 * 1000000000ULL},
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t length = strlen(units[i].name);

        if (strncmp(*at, units[i].name, length) == 0) {
            *at += length;
            return units[i].ns;
        }
    }
    return 0;
}

/* Reads "12.5": the whole part, and the decimals as a fraction. Digits past what 64 bits hold are
 * finer than a nanosecond, whatever the unit; a whole part that long is UINT64_MAX, too long for
 * any unit. False without a digit. */
static bool
decimal_take(const char **at, uint64_t *ret_whole, uint64_t *ret_part, uint64_t *ret_scale)
{
    bool some = false;

    *ret_whole = 0;
    *ret_part = 0;
    *ret_scale = 1;
    for (; **at >= '0' && **at <= '9'; (*at)++, some = true) {
        uint64_t digit = (uint64_t)(**at - '0');

        *ret_whole = *ret_whole > DURATION_MOST_NS / 10 ? UINT64_MAX : *ret_whole * 10 + digit;
    }
    if (**at != '.')
        return some;
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, some = true) {
        if (*ret_scale > DURATION_MOST_NS / 100)
            continue;
        *ret_scale *= 10;
        *ret_part = *ret_part * 10 + (uint64_t)(**at - '0');
    }
    return some;
}

bool
duration_parse(const char *text, int64_t *ret_ms, struct error *e)
{
    const char *at = text + (text[0] == '-' || text[0] == '+');
    uint64_t total_ns = 0;

    if (strcmp(at, "0") == 0) {
        *ret_ms = 0;
        return true;
    }
    do {
        unsigned __int128 ns;
        uint64_t whole;
        uint64_t part;
        uint64_t scale;
        uint64_t unit_ns;

        if (!decimal_take(&at, &whole, &part, &scale))
            return error_set(e, ERROR_USAGE, "'%s' is not a duration like 5s, 1m30s or 250ms",
                             text);
        unit_ns = unit_take(&at);
        if (unit_ns == 0)
            return error_set(e, ERROR_USAGE, "'%s': a duration needs a unit, as in 5s, 1m30s",
                             text);
        ns = (unsigned __int128)whole * unit_ns + (unsigned __int128)part * unit_ns / scale;
        if (ns > DURATION_MOST_NS - total_ns)
            return error_set(e, ERROR_USAGE, "'%s': the duration is too long", text);
        total_ns += (uint64_t)ns;
    } while (*at != '\0');
    *ret_ms = (int64_t)(total_ns / 1000000 + (total_ns % 1000000 != 0));
    if (text[0] == '-')
        *ret_ms = -*ret_ms;
    return true;
}

const char *
duration_text(struct arena *mem, int64_t ms)
{
    const char *sign = ms < 0 ? "-" : "";
    uint64_t left = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
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
    double factor = 1;
    double value;
    unsigned step = 0;

    if (size_bytes < 10)
        return arena_printf(mem, "%llu B", (unsigned long long)size_bytes);
    for (uint64_t rest = size_bytes; rest >= 1000; rest /= 1000) {
        factor *= 1000;
        step++;
    }
    /* etcdctl rounds to one decimal first, then drops the decimal from 10 on (docs/formats). */
    value = floor((double)size_bytes / factor * 10 + 0.5) / 10;
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
