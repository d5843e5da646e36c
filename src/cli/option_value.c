/* From the text of an option to its value: one place where each type says what it accepts. */

#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/time.h"
#include "cli/option.h"

/* pflag takes what Go's strconv.ParseBool takes. */
static bool
bool_parse(const char *text, bool *ret_value)
{
    static const char *const yes[] = {"true", "t", "1"};
    static const char *const no[] = {"false", "f", "0"};

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return *ret_value = true;
        if (strcasecmp(text, no[i]) == 0)
            return *ret_value = false, true;
    }
    return false;
}

/* The factor of a unit: "k", "KB", "Ki", "KiB" and so on; 0 for anything else. */
static uint64_t
size_unit(const char *unit)
{
    static const char letters[] = "kmgt";
    uint64_t factor = 1;
    uint64_t step;
    const char *letter;

    if (unit[0] == '\0' || strcmp(unit, "B") == 0)
        return 1;
    letter = memchr(letters, unit[0] | 0x20, sizeof(letters) - 1);
    if (letter == NULL)
        return 0;
    unit++;
    step = unit[0] == 'i' ? 1024 : 1000;
    unit += unit[0] == 'i';
    if (unit[0] != '\0' && strcmp(unit, "B") != 0)
        return 0;
    for (ptrdiff_t i = 0; i <= letter - letters; i++)
        factor *= step;
    return factor;
}

bool
size_parse(const char *text, uint64_t *ret_bytes, struct error *e)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t factor = size_unit(text + digits);
    char number[24];
    uint64_t value;

    if (digits == 0 || digits >= sizeof(number) || factor == 0)
        return error_set(e, ERROR_USAGE, "'%s' is not a size such as 4096, 64MiB or 2GB", text);
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (!number_parse_u64(number, &value, e) || value > UINT64_MAX / factor)
        return error_set(e, ERROR_USAGE, "the size '%s' is too large", text);
    *ret_bytes = value * factor;
    return true;
}

/* The place of 'text' among "a|b|c", or -1. */
static int
choice_index(const char *choices, const char *text)
{
    int index = 0;
    size_t length = strlen(text);

    for (const char *at = choices;; index++) {
        size_t size = strcspn(at, "|");

        if (size == length && strncasecmp(at, text, size) == 0)
            return index;
        if (at[size] == '\0')
            return -1;
        at += size + 1;
    }
}

/* Commas separate; empty items are dropped, so that a trailing comma does no harm. */
static void
list_add(struct arena *mem, struct option_value *value, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, ",");

        if (size > 0)
            *ARRAY_PUSH(mem, &value->list) = arena_printf(mem, "%.*s", (int)size, text);
        text += size + (text[size] == ',');
    }
}

static bool
set_bool(struct option_value *value, const char *label, const char *text, struct error *e)
{
    if (!bool_parse(text, &value->boolean))
        return error_set(e, ERROR_USAGE, "%s: '%s' is neither true nor false", label, text);
    return true;
}

static bool
set_duration(struct option_value *value, const char *label, const char *text, struct error *e)
{
    int64_t ms;

    if (!duration_parse(text, &ms, e))
        return error_wrap(e, "%s", label);
    if (ms < 0)
        return error_set(e, ERROR_USAGE, "%s: '%s' is a negative duration", label, text);
    value->number = ms;
    return true;
}

static bool
set_choice(struct option_value *value, const char *label, const char *text, struct error *e)
{
    int index = choice_index(value->def->choices, text);

    if (index < 0) {
        char words[256];

        snprintf(words, sizeof(words), "%s", value->def->choices);
        for (char *c = words; *c != '\0'; c++)
            *c = *c == '|' ? ' ' : *c;
        return error_set(e, ERROR_FEATURE, "%s: '%s' is not one of: %s", label, text, words);
    }
    value->number = index;
    return true;
}

static bool
set_typed(struct arena *mem, struct option_value *value, const char *label, const char *text,
          struct error *e)
{
    switch (value->def->type) {
    case OPTION_BOOL:
        return set_bool(value, label, text, e);
    case OPTION_I64:
        return number_parse_i64(text, &value->number, e) || error_wrap(e, "%s", label);
    case OPTION_U64:
        return number_parse_u64(text, &value->natural, e) || error_wrap(e, "%s", label);
    case OPTION_HEX:
        return number_parse_id(text, &value->natural, e) || error_wrap(e, "%s", label);
    case OPTION_SIZE:
        return size_parse(text, &value->natural, e) || error_wrap(e, "%s", label);
    case OPTION_DURATION:
        return set_duration(value, label, text, e);
    case OPTION_CHOICE:
        return set_choice(value, label, text, e);
    case OPTION_TEXTS:
    case OPTION_URLS:
        list_add(mem, value, text);
        return true;
    case OPTION_TEXT:
    case OPTION_URL:
    case OPTION_FILE:
    case OPTION_DIR:
    case OPTION_SECRET:
        return true;
    }
    return true;
}

bool
option_set(struct arena *mem, struct option_value *value, const char *label, const char *text,
           enum option_source source, struct error *e)
{
    /* The second --endpoints adds to the first, but both replace the environment's. */
    if (source != value->source)
        value->list.count = 0;
    if (!set_typed(mem, value, label, text, e)) {
        /* etcdctl's flag parser knows no hex: an id is a text to it, which the command refuses. */
        if (e->code == ERROR_USAGE && value->def->type != OPTION_HEX)
            e->code = ERROR_FLAG;
        return false;
    }
    value->text = text;
    value->source = source;
    return true;
}
