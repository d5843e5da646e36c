#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum digits_result { DIGITS_OK, DIGITS_WRONG, DIGITS_TOO_LARGE };

/* Too large is said only of a number: all of 'text' is looked at first. */
static enum digits_result
digits_parse(const char *text, unsigned base, uint64_t most, uint64_t *ret_value)
{
    enum digits_result result = DIGITS_OK;
    uint64_t value = 0;

    if (*text == '\0')
        return DIGITS_WRONG;
    for (; *text != '\0'; text++) {
        int digit = hex_digit(*text);

        if (digit < 0 || (unsigned)digit >= base)
            return DIGITS_WRONG;
        if (value > (most - (unsigned)digit) / base)
            result = DIGITS_TOO_LARGE;
        if (result == DIGITS_OK)
            value = value * base + (unsigned)digit;
    }
    *ret_value = value;
    return result;
}

static bool
natural_parse(const char *text, uint64_t most, uint64_t *ret_value, struct error *e)
{
    uint64_t value;

    switch (digits_parse(text, 10, most, &value)) {
    case DIGITS_WRONG:
        return error_set(e, ERROR_USAGE, "'%s' is not a whole number", text);
    case DIGITS_TOO_LARGE:
        return error_set(e, ERROR_USAGE, "'%s' is too large, at most %llu fits", text,
                         (unsigned long long)most);
    case DIGITS_OK:
        break;
    }
    *ret_value = value;
    return true;
}

bool
number_parse_u64(const char *text, uint64_t *ret_value, struct error *e)
{
    return natural_parse(text, UINT64_MAX, ret_value, e);
}

bool
number_parse_u32(const char *text, uint32_t *ret_value, struct error *e)
{
    uint64_t value;

    if (!natural_parse(text, UINT32_MAX, &value, e))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

bool
number_parse_i64(const char *text, int64_t *ret_value, struct error *e)
{
    bool negative = text[0] == '-';
    uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t value;

    switch (digits_parse(text + (negative || text[0] == '+' ? 1 : 0), 10, most, &value)) {
    case DIGITS_WRONG:
        return error_set(e, ERROR_USAGE, "'%s' is not a whole number", text);
    case DIGITS_TOO_LARGE:
        if (negative)
            return error_set(e, ERROR_USAGE, "'%s' is too small, at least %lld fits", text,
                             (long long)INT64_MIN);
        return error_set(e, ERROR_USAGE, "'%s' is too large, at most %lld fits", text,
                         (long long)INT64_MAX);
    case DIGITS_OK:
        break;
    }
    *ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

bool
number_parse_id(const char *text, uint64_t *ret_id, struct error *e)
{
    uint64_t id;

    if (digits_parse(text, 16, UINT64_MAX, &id) != DIGITS_OK)
        return error_set(e, ERROR_USAGE, "'%s' is not an id of up to 16 digits of hex", text);
    *ret_id = id;
    return true;
}

bool
number_parse_f64(const char *text, double *ret_value, struct error *e)
{
    char *end;
    double value;

    /* strtod takes blanks, hex, "inf" and "nan" as well. The locale is never set, so it is C's. */
    if (text[0] == '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
        return error_set(e, ERROR_USAGE, "'%s' is not a number", text);
    value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return error_set(e, ERROR_USAGE, "'%s' is not a number", text);
    *ret_value = value;
    return true;
}
