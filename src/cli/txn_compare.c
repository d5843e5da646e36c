/* TARGET("KEY") OPERATOR "VALUE", read from left to right; blanks may stand between the parts. */

#include <string.h>

#include "base/number.h"
#include "cli/quoted.h"
#include "cli/txn_line.h"

/* A line being read: where it began tells the column of an error. */
struct compare_line {
    struct arena *mem;
    const uint8_t *start;
    struct cursor at;
};

static bool
fail_here(const struct compare_line *line, struct error *e)
{
    return error_wrap(e, "column %zu", (size_t)(line->at.at - line->start) + 1);
}

static void
skip_blanks(struct cursor *c)
{
    while (cursor_left(c) > 0 && quoted_is_blank(*c->at))
        c->at++;
}

/* As many bytes as are none of 'ends', without blanks behind them. */
static struct bytes
read_until(struct cursor *c, const char *ends)
{
    const uint8_t *start = c->at;
    size_t size;

    while (cursor_left(c) > 0 && (*c->at == '\0' || strchr(ends, *c->at) == NULL))
        c->at++;
    size = (size_t)(c->at - start);
    while (size > 0 && quoted_is_blank(start[size - 1]))
        size--;
    return bytes_of(start, size);
}

static bool
read_target(struct compare_line *line, enum etcd_compare_target *ret_target, struct error *e)
{
    static const struct {
        const char *word;
        enum etcd_compare_target target;
    } targets[] = {
        {"version", ETCD_COMPARE_VERSION}, {"ver", ETCD_COMPARE_VERSION},
        {"create", ETCD_COMPARE_CREATE},   {"c", ETCD_COMPARE_CREATE},
        {"mod", ETCD_COMPARE_MOD},         {"m", ETCD_COMPARE_MOD},
        {"value", ETCD_COMPARE_VALUE},     {"val", ETCD_COMPARE_VALUE},
        {"lease", ETCD_COMPARE_LEASE},
    };
    struct cursor c = line->at;
    struct bytes word = read_until(&c, "(");

    if (cursor_left(&c) == 0) {
        error_set_(e, ERROR_INPUT, 0, "'%.*s' is no compare", (int)word.size,
                   (const char *)word.data);
        error_hint_(e,
                    "a compare looks like mod(\"KEY\") > \"0\"; an empty line ends the compares");
        return fail_here(line, e);
    }
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (!bytes_equal_text(word, targets[i].word))
            continue;
        *ret_target = targets[i].target;
        line->at = c;
        return cursor_skip(&line->at, 1);
    }
    error_set_(e, ERROR_INPUT, 0,
               "'%.*s' cannot be compared: it is one of version, create, mod, value, lease",
               (int)word.size, (const char *)word.data);
    return fail_here(line, e);
}

static bool
read_text(struct compare_line *line, const char *what, struct bytes *ret_text, struct error *e)
{
    skip_blanks(&line->at);
    if (quoted_read(line->mem, &line->at, ret_text, e))
        return true;
    error_wrap_(e, "the %s", what);
    return fail_here(line, e);
}

static bool
read_parenthesis(struct compare_line *line, struct error *e)
{
    skip_blanks(&line->at);
    if (cursor_left(&line->at) > 0 && *line->at.at == ')')
        return cursor_skip(&line->at, 1);
    error_set_(e, ERROR_INPUT, 0, "')' is missing behind the key");
    return fail_here(line, e);
}

static bool
read_operator(struct compare_line *line, enum etcd_compare_result *ret_result, struct error *e)
{
    /* In the order of enum etcd_compare_result. */
    static const char *const operators[] = {"=", ">", "<", "!="};
    struct cursor c = line->at;
    struct bytes word;

    skip_blanks(&c);
    word = read_until(&c, " \t\"`");
    for (unsigned i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (!bytes_equal_text(word, operators[i]))
            continue;
        *ret_result = (enum etcd_compare_result)i;
        line->at = c;
        return true;
    }
    skip_blanks(&line->at);
    error_set_(e, ERROR_INPUT, 0, "'%.*s' is no operator: it is one of = != > <", (int)word.size,
               (const char *)word.data);
    return fail_here(line, e);
}

static int64_t *
number_member(struct etcd_compare *compare)
{
    switch (compare->target) {
    case ETCD_COMPARE_VERSION:
        return &compare->version;
    case ETCD_COMPARE_CREATE:
        return &compare->create_revision;
    case ETCD_COMPARE_MOD:
        return &compare->mod_revision;
    case ETCD_COMPARE_LEASE:
        return &compare->lease;
    case ETCD_COMPARE_VALUE:
        break;
    }
    return NULL;
}

static bool
set_number(struct arena *mem, struct etcd_compare *compare, struct bytes value, struct error *e)
{
    const char *text = arena_text_of_bytes(mem, value);
    uint64_t id;
    bool ok;

    if (strlen(text) != value.size)
        return error_set(e, ERROR_INPUT, "a number cannot hold a NUL");
    if (compare->target == ETCD_COMPARE_LEASE) {
        ok = number_parse_id(text, &id, e);
        if (ok)
            compare->lease = (int64_t)id;
    } else {
        ok = number_parse_i64(text, number_member(compare), e);
    }
    if (!ok)
        e->code = ERROR_INPUT;
    return ok;
}

static bool
read_value(struct compare_line *line, struct etcd_compare *compare, struct error *e)
{
    struct compare_line before;
    struct bytes value;

    skip_blanks(&line->at);
    before = *line;
    if (!read_text(line, "value", &value, e))
        return false;
    if (number_member(compare) == NULL)
        compare->value = value;
    else if (!set_number(line->mem, compare, value, e))
        return fail_here(&before, e);
    return true;
}

static bool
read_end(struct compare_line *line, struct error *e)
{
    skip_blanks(&line->at);
    if (cursor_left(&line->at) == 0)
        return true;
    error_set_(e, ERROR_INPUT, 0, "'%.*s' is too much: one compare a line",
               (int)cursor_left(&line->at), (const char *)line->at.at);
    return fail_here(line, e);
}

bool
txn_compare_parse(struct arena *mem, struct bytes line, struct etcd_compare *ret_compare,
                  struct error *e)
{
    struct compare_line l = {mem, NULL, cursor_of(line)};
    struct etcd_compare compare = {.version = 0};

    l.start = l.at.at;
    skip_blanks(&l.at);
    if (!read_target(&l, &compare.target, e) || !read_text(&l, "key", &compare.key, e) ||
        !read_parenthesis(&l, e) || !read_operator(&l, &compare.result, e) ||
        !read_value(&l, &compare, e) || !read_end(&l, e))
        return false;
    *ret_compare = compare;
    return true;
}
