#include "cluster/defrag_when.h"

#include <ctype.h>
#include <string.h>

/* What a part of the expression is: a number, or whether something holds. */
struct value {
    double number;
    bool is_truth;
};

enum { NESTED_MOST = 100 };

struct reader {
    const char *text;
    const char *at;
    const struct defrag_sizes *sizes;
    unsigned depth; /* of parentheses and '!' */
};

static bool or_read(struct reader *r, struct value *ret, struct error *e);

static void
blanks_skip(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static bool
take(struct reader *r, const char *word)
{
    blanks_skip(r);
    if (strncmp(r->at, word, strlen(word)) != 0)
        return false;
    r->at += strlen(word);
    return true;
}

static bool
wrong(const struct reader *r, const char *what, struct error *e)
{
    error_set_(e, ERROR_USAGE, 0, "'%s': at character %zu: %s", r->text,
               (size_t)(r->at - r->text) + 1, what);
    return error_hint(e, "for example: %s", DEFRAG_WHEN_DEFAULT);
}

/* --- numbers and names ------------------------------------------------------------------------ */

static double
unit_take(struct reader *r)
{
    static const struct {
        const char *word;
        double factor;
    } units[] = {{"KiB", 1024},
                 {"MiB", 1024.0 * 1024},
                 {"GiB", 1024.0 * 1024 * 1024},
                 {"kB", 1e3},
                 {"KB", 1e3},
                 {"MB", 1e6},
                 {"GB", 1e9},
                 {"%", 0.01}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (take(r, units[i].word))
            return units[i].factor;
    return 1;
}

/* Digits, and a point among them; whatever the locale is. */
static bool
number_read(struct reader *r, struct value *ret, struct error *e)
{
    double number = 0;
    double place = 0;

    for (; isdigit((unsigned char)*r->at) || (*r->at == '.' && place == 0); r->at++) {
        if (*r->at == '.') {
            place = 1;
            continue;
        }
        number = number * 10 + (*r->at - '0');
        place *= 10;
    }
    if (number > 1e18)
        return wrong(r, "the number is too large", e);
    *ret = (struct value){number / (place > 1 ? place : 1) * unit_take(r), false};
    return true;
}

static size_t
word_size(const char *text)
{
    size_t size = 0;

    while (isalnum((unsigned char)text[size]) || text[size] == '_')
        size++;
    return size;
}

static bool
quota_take(struct reader *r, struct value *ret, struct error *e)
{
    if (r->sizes->quota <= 0)
        return wrong(r, "the member does not tell its quota", e);
    *ret = (struct value){r->sizes->quota, false};
    return true;
}

static bool
name_read(struct reader *r, struct value *ret, struct error *e)
{
    const struct {
        const char *word;
        double number; /* below 0: the quota */
    } names[] = {
        {"size", r->sizes->size},
        {"dbSize", r->sizes->size},
        {"inuse", r->sizes->in_use},
        {"dbSizeInUse", r->sizes->in_use},
        {"free", r->sizes->size - r->sizes->in_use},
        {"dbSizeFree", r->sizes->size - r->sizes->in_use},
        {"quota", -1},
        {"dbQuota", -1},
    };
    size_t size = word_size(r->at);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].word) != size || strncmp(names[i].word, r->at, size) != 0)
            continue;
        if (names[i].number < 0 && !quota_take(r, ret, e))
            return false;
        if (names[i].number >= 0)
            *ret = (struct value){names[i].number, false};
        r->at += size;
        return true;
    }
    return wrong(r, "neither a number nor one of size, inuse, free, quota", e);
}

static bool
deeper(struct reader *r, struct error *e)
{
    return ++r->depth <= NESTED_MOST || wrong(r, "too many parentheses", e);
}

static bool
factor_read(struct reader *r, struct value *ret, struct error *e)
{
    blanks_skip(r);
    if (isdigit((unsigned char)*r->at))
        return number_read(r, ret, e);
    if (!take(r, "("))
        return name_read(r, ret, e);
    if (!deeper(r, e) || !or_read(r, ret, e))
        return false;
    r->depth--;
    return take(r, ")") || wrong(r, "a ')' is missing", e);
}

/* --- what stands between ---------------------------------------------------------------------- */

static bool
numbers_check(const struct reader *r, const struct value *a, const struct value *b, struct error *e)
{
    return (!a->is_truth && !b->is_truth) ||
           wrong(r, "a number is wanted here, not a comparison", e);
}

static bool
truths_check(const struct reader *r, const struct value *a, const struct value *b, struct error *e)
{
    return (a->is_truth && b->is_truth) || wrong(r, "a comparison is wanted here, not a number", e);
}

static bool
term_read(struct reader *r, struct value *ret, struct error *e)
{
    struct value right;

    if (!factor_read(r, ret, e))
        return false;
    for (;;) {
        bool times = take(r, "*");

        if (!times && !take(r, "/"))
            return true;
        if (!factor_read(r, &right, e) || !numbers_check(r, ret, &right, e))
            return false;
        if (!times && right.number == 0)
            return wrong(r, "a division by 0", e);
        ret->number = times ? ret->number * right.number : ret->number / right.number;
    }
}

static bool
sum_read(struct reader *r, struct value *ret, struct error *e)
{
    struct value right;

    if (!term_read(r, ret, e))
        return false;
    for (;;) {
        bool plus = take(r, "+");

        if (!plus && !take(r, "-"))
            return true;
        if (!term_read(r, &right, e) || !numbers_check(r, ret, &right, e))
            return false;
        ret->number += plus ? right.number : -right.number;
    }
}

static bool
compare(const char *word, double a, double b)
{
    if (word[0] == '<')
        return word[1] == '=' ? a <= b : a < b;
    if (word[0] == '>')
        return word[1] == '=' ? a >= b : a > b;
    return (word[0] == '=') == (a == b);
}

static bool
comparison_read(struct reader *r, struct value *ret, struct error *e)
{
    static const char *const words[] = {"<=", ">=", "==", "!=", "<", ">"};
    struct value right;

    if (!sum_read(r, ret, e))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!take(r, words[i]))
            continue;
        if (!sum_read(r, &right, e) || !numbers_check(r, ret, &right, e))
            return false;
        *ret = (struct value){compare(words[i], ret->number, right.number), true};
        return true;
    }
    return true;
}

static bool
not_read(struct reader *r, struct value *ret, struct error *e)
{
    if (!take(r, "!"))
        return comparison_read(r, ret, e);
    if (!deeper(r, e) || !not_read(r, ret, e) || !truths_check(r, ret, ret, e))
        return false;
    r->depth--;
    ret->number = ret->number == 0;
    return true;
}

static bool
and_read(struct reader *r, struct value *ret, struct error *e)
{
    struct value right;

    if (!not_read(r, ret, e))
        return false;
    while (take(r, "&&")) {
        if (!not_read(r, &right, e) || !truths_check(r, ret, &right, e))
            return false;
        ret->number = ret->number != 0 && right.number != 0;
    }
    return true;
}

static bool
or_read(struct reader *r, struct value *ret, struct error *e)
{
    struct value right;

    if (!and_read(r, ret, e))
        return false;
    while (take(r, "||")) {
        if (!and_read(r, &right, e) || !truths_check(r, ret, &right, e))
            return false;
        ret->number = ret->number != 0 || right.number != 0;
    }
    return true;
}

bool
defrag_when_holds(const char *expression, const struct defrag_sizes *sizes, bool *ret_holds,
                  struct error *e)
{
    struct reader r = {.text = expression, .at = expression, .sizes = sizes};
    struct value value;

    if (!or_read(&r, &value, e))
        return false;
    blanks_skip(&r);
    if (*r.at != '\0')
        return wrong(&r, "nothing more is wanted here", e);
    if (!value.is_truth)
        return wrong(&r, "it compares nothing", e);
    *ret_holds = value.number != 0;
    return true;
}
