/* What options were given, by name. The tables are short, so a linear search is all there is. */

#include "cli/option.h"

#include <string.h>

struct option_value *
options_find(struct options *o, const char *name)
{
    for (size_t i = 0; i < o->values.count; i++)
        if (strcmp(o->values.items[i].def->name, name) == 0)
            return &o->values.items[i];
    return NULL;
}

void
options_add(struct arena *mem, struct options *o, const struct option_def *table)
{
    struct error e = ERROR_INIT;

    if (table == NULL)
        return;
    for (const struct option_def *def = table; def->name != NULL; def++) {
        struct option_value *value;

        if (options_find(o, def->name) != NULL)
            continue;
        value = ARRAY_PUSH(mem, &o->values);
        value->def = def;
        value->text = "";
        if (def->fallback != NULL)
            ASSERT(option_set(mem, value, def->name, def->fallback, OPTION_FROM_FALLBACK, &e));
    }
}

static const struct option_value *
find_value(const struct options *o, const char *name)
{
    for (size_t i = 0; i < o->values.count; i++)
        if (strcmp(o->values.items[i].def->name, name) == 0)
            return &o->values.items[i];
    return NULL;
}

static const struct option_value *
get_value(const struct options *o, const char *name)
{
    const struct option_value *value = find_value(o, name);

    if (value == NULL)
        fprintf(stderr, "quorate: bug: no option '%s' in this command's tables\n", name);
    ASSERT(value != NULL);
    return value;
}

bool
option_exists(const struct options *o, const char *name)
{
    return find_value(o, name) != NULL;
}

bool
option_bool(const struct options *o, const char *name)
{
    const struct option_value *value = get_value(o, name);

    ASSERT(value->def->type == OPTION_BOOL);
    return value->boolean;
}

const char *
option_text(const struct options *o, const char *name)
{
    const struct option_value *value = get_value(o, name);

    ASSERT(value->def->type != OPTION_BOOL && value->def->type != OPTION_TEXTS &&
           value->def->type != OPTION_URLS);
    return value->text;
}

int64_t
option_i64(const struct options *o, const char *name)
{
    const struct option_value *value = get_value(o, name);

    ASSERT(value->def->type == OPTION_I64);
    return value->number;
}

uint64_t
option_u64(const struct options *o, const char *name)
{
    const struct option_value *value = get_value(o, name);

    ASSERT(value->def->type == OPTION_U64 || value->def->type == OPTION_HEX ||
           value->def->type == OPTION_SIZE);
    return value->natural;
}

int64_t
option_ms(const struct options *o, const char *name)
{
    const struct option_value *value = get_value(o, name);

    ASSERT(value->def->type == OPTION_DURATION);
    return value->number;
}

int
option_choice(const struct options *o, const char *name)
{
    const struct option_value *value = get_value(o, name);

    ASSERT(value->def->type == OPTION_CHOICE);
    return (int)value->number;
}

const char *const *
option_list(const struct options *o, const char *name, size_t *ret_count)
{
    const struct option_value *value = get_value(o, name);

    ASSERT(value->def->type == OPTION_TEXTS || value->def->type == OPTION_URLS);
    *ret_count = value->list.count;
    return value->list.items;
}

bool
option_given(const struct options *o, const char *name)
{
    return get_value(o, name)->source != OPTION_FROM_FALLBACK;
}

enum option_source
option_source(const struct options *o, const char *name)
{
    return get_value(o, name)->source;
}
