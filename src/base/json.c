#include "base/json.h"

#include <string.h>

#include <json-c/json.h>

#include "base/number.h"

enum { JSON_DEPTH = 64, JSON_MAX_BYTES = 64 << 20 };

/* json-c's getters take pointers to non-const without changing anything. */
static struct json_object *
raw(const struct json *value)
{
    return without_const(value);
}

static void
document_put(void *document)
{
    json_object_put(document);
}

static void
place_of(struct bytes text, size_t offset, size_t *ret_line, size_t *ret_column)
{
    *ret_line = 1;
    *ret_column = 1;
    for (size_t i = 0; i < offset && i < text.size; i++) {
        if (text.data[i] == '\n') {
            (*ret_line)++;
            *ret_column = 1;
        } else {
            (*ret_column)++;
        }
    }
}

static bool
rest_is_blank(struct bytes text, size_t offset)
{
    for (; offset < text.size; offset++) {
        if (text.data[offset] == '\0' || strchr(" \t\r\n", text.data[offset]) == NULL)
            return false;
    }
    return true;
}

/* Whether what stands at 'at' is a whole number that 64 bits hold, or no whole number at all. */
static bool
number_fits(struct bytes text, size_t at, size_t size)
{
    char number[24];
    struct error ignored = ERROR_INIT;
    uint64_t u64;
    int64_t i64;

    for (size_t i = 0; i < size; i++) {
        if (strchr(".eE", text.data[at + i]) != NULL)
            return true;
    }
    if (size >= sizeof(number))
        return false;
    memcpy(number, text.data + at, size);
    number[size] = '\0';
    return number[0] == '-' ? number_parse_i64(number, &i64, &ignored)
                            : number_parse_u64(number, &u64, &ignored);
}

/*
 * The place of a whole number that does not fit 64 bits, or the text's size. json-c 0.16 takes such
 * a number and makes the nearest one of it, which nobody could tell from the real one afterwards.
 * 'text' is well-formed.
 */
static size_t
misfit_find(struct bytes text)
{
    bool in_text = false;
    size_t at = 0;

    while (at < text.size) {
        uint8_t c = text.data[at];
        size_t size = 1;

        if (c == '"')
            in_text = !in_text;
        else if (in_text)
            size = c == '\\' ? 2 : 1;
        else if (c == '-' || (c >= '0' && c <= '9')) {
            while (at + size < text.size && text.data[at + size] != '\0' &&
                   strchr("0123456789+-.eE", text.data[at + size]) != NULL)
                size++;
            if (!number_fits(text, at, size))
                return at;
        }
        at += size;
    }
    return text.size;
}

static bool
place_set(struct bytes text, size_t at, const char *what, struct error *e)
{
    size_t line;
    size_t column;

    place_of(text, at, &line, &column);
    return error_set(e, ERROR_FORMAT, "line %zu, column %zu: %s", line, column, what);
}

bool
json_parse(struct arena *mem, struct bytes text, const struct json **ret_json, struct error *e)
{
    struct json_tokener *tokener;
    struct json_object *document;
    enum json_tokener_error problem;
    size_t end;
    size_t misfit;

    if (text.size > JSON_MAX_BYTES)
        return error_set(e, ERROR_LIMIT, "JSON of %zu bytes, at most %d are expected", text.size,
                         JSON_MAX_BYTES);
    tokener = json_tokener_new_ex(JSON_DEPTH);
    ASSERT(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
                                        JSON_TOKENER_ALLOW_TRAILING_CHARS);
    document = json_tokener_parse_ex(tokener, (const char *)text.data, (int)text.size);
    problem = json_tokener_get_error(tokener);
    if (problem == json_tokener_continue) {
        /* A bare number needs something behind it to end. */
        document = json_tokener_parse_ex(tokener, "", 1);
        problem = json_tokener_get_error(tokener);
        end = text.size;
    } else {
        end = json_tokener_get_parse_end(tokener);
    }
    json_tokener_free(tokener);
    if (problem != json_tokener_success)
        return place_set(text, end, json_tokener_error_desc(problem), e);
    misfit = misfit_find(bytes_of(text.data, end));
    if (misfit < end || !rest_is_blank(text, end)) {
        json_object_put(document);
        return misfit < end ? place_set(text, misfit, "the number does not fit 64 bits", e)
                            : place_set(text, end, "content behind the JSON value", e);
    }
    if (document != NULL)
        arena_on_release(mem, document_put, document);
    *ret_json = (const struct json *)document;
    return true;
}

const struct json *
json_get(const struct json *object, const char *key)
{
    struct json_object *value = NULL;

    if (!json_is_object(object) || !json_object_object_get_ex(raw(object), key, &value))
        return NULL;
    return (const struct json *)value;
}

static bool
get_typed(const struct json *object, const char *key, enum json_type type, const char *type_name,
          const struct json **ret_value, struct error *e)
{
    const struct json *value = json_get(object, key);

    if (value == NULL)
        return error_set(e, ERROR_FORMAT, "'%s' is missing", key);
    if (json_object_get_type(raw(value)) != type)
        return error_set(e, ERROR_FORMAT, "'%s' is not %s", key, type_name);
    *ret_value = value;
    return true;
}

/* \u0000 is fine in JSON, but as C text what is behind it would silently be lost. */
static bool
text_has_nul(const struct json *value)
{
    return strlen(json_object_get_string(raw(value))) !=
           (size_t)json_object_get_string_len(raw(value));
}

bool
json_as_text(struct arena *mem, const struct json *value, const char **ret_text, struct error *e)
{
    if (value == NULL || json_object_get_type(raw(value)) != json_type_string)
        return error_set(e, ERROR_FORMAT, "a value is not text");
    if (text_has_nul(value))
        return error_set(e, ERROR_FORMAT, "a value is text with a NUL in it");
    *ret_text = arena_text(mem, json_object_get_string(raw(value)));
    return true;
}

bool
json_get_text(struct arena *mem, const struct json *object, const char *key, const char **ret_text,
              struct error *e)
{
    const struct json *value;

    if (!get_typed(object, key, json_type_string, "text", &value, e))
        return false;
    if (text_has_nul(value))
        return error_set(e, ERROR_FORMAT, "'%s' is text with a NUL in it", key);
    return json_as_text(mem, value, ret_text, e);
}

bool
json_get_bytes(struct arena *mem, const struct json *object, const char *key,
               struct bytes *ret_bytes, struct error *e)
{
    const struct json *value;

    if (!get_typed(object, key, json_type_string, "text", &value, e))
        return false;
    *ret_bytes = arena_copy(mem, bytes_of(json_object_get_string(raw(value)),
                                          (size_t)json_object_get_string_len(raw(value))));
    return true;
}

bool
json_get_u64(const struct json *object, const char *key, uint64_t *ret_value, struct error *e)
{
    const struct json *value;
    uint64_t number;

    if (!get_typed(object, key, json_type_int, "a whole number", &value, e))
        return false;
    number = json_object_get_uint64(raw(value));
    /* json-c saturates: a negative number reads as 0 here and as itself there. */
    if (json_object_get_int64(raw(value)) < 0)
        return error_set(e, ERROR_FORMAT, "'%s' is negative", key);
    *ret_value = number;
    return true;
}

bool
json_get_i64(const struct json *object, const char *key, int64_t *ret_value, struct error *e)
{
    const struct json *value;

    if (!get_typed(object, key, json_type_int, "a whole number", &value, e))
        return false;
    if (json_object_get_uint64(raw(value)) > INT64_MAX)
        return error_set(e, ERROR_FORMAT, "'%s' is too large", key);
    *ret_value = json_object_get_int64(raw(value));
    return true;
}

bool
json_get_bool(const struct json *object, const char *key, bool *ret_value, struct error *e)
{
    const struct json *value;

    if (!get_typed(object, key, json_type_boolean, "true or false", &value, e))
        return false;
    *ret_value = json_object_get_boolean(raw(value));
    return true;
}

bool
json_get_id(const struct json *object, const char *key, uint64_t *ret_id, struct error *e)
{
    const struct json *value;

    if (!get_typed(object, key, json_type_string, "an id in hex", &value, e))
        return false;
    if (text_has_nul(value) || !number_parse_id(json_object_get_string(raw(value)), ret_id, e))
        return error_set(e, ERROR_FORMAT, "'%s' is not an id in hex", key);
    return true;
}

bool
json_get_array(const struct json *object, const char *key, const struct json **ret_array,
               struct error *e)
{
    return get_typed(object, key, json_type_array, "an array", ret_array, e);
}

size_t
json_array_count(const struct json *array)
{
    if (array == NULL || json_object_get_type(raw(array)) != json_type_array)
        return 0;
    return json_object_array_length(raw(array));
}

const struct json *
json_array_at(const struct json *array, size_t i)
{
    ASSERT(i < json_array_count(array));
    return (const struct json *)json_object_array_get_idx(raw(array), i);
}

bool
json_as_u64(const struct json *value, uint64_t *ret_value, struct error *e)
{
    if (value == NULL || json_object_get_type(raw(value)) != json_type_int)
        return error_set(e, ERROR_FORMAT, "a value is not a whole number");
    if (json_object_get_int64(raw(value)) < 0)
        return error_set(e, ERROR_FORMAT, "a value is negative");
    *ret_value = json_object_get_uint64(raw(value));
    return true;
}

bool
json_is_object(const struct json *value)
{
    return value != NULL && json_object_get_type(raw(value)) == json_type_object;
}

enum json_kind
json_kind_of(const struct json *value)
{
    switch (value == NULL ? json_type_null : json_object_get_type(raw(value))) {
    case json_type_null:
        return JSON_NULL;
    case json_type_boolean:
        return JSON_BOOL;
    case json_type_int:
        return json_object_get_uint64(raw(value)) > INT64_MAX ? JSON_U64 : JSON_I64;
    case json_type_double:
        return JSON_DOUBLE;
    case json_type_string:
        return JSON_TEXT;
    case json_type_array:
        return JSON_ARRAY;
    case json_type_object:
        return JSON_OBJECT;
    }
    return JSON_NULL;
}

struct bytes
json_text_of(const struct json *value)
{
    ASSERT(json_kind_of(value) == JSON_TEXT);
    return bytes_of(json_object_get_string(raw(value)),
                    (size_t)json_object_get_string_len(raw(value)));
}

int64_t
json_i64_of(const struct json *value)
{
    ASSERT(json_kind_of(value) == JSON_I64);
    return json_object_get_int64(raw(value));
}

bool
json_bool_of(const struct json *value)
{
    ASSERT(json_kind_of(value) == JSON_BOOL);
    return json_object_get_boolean(raw(value)) != 0;
}

struct bytes
json_print(struct arena *mem, const struct json *value)
{
    size_t size;
    const char *text = json_object_to_json_string_length(
        raw(value), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);

    ASSERT(text != NULL);
    return arena_copy(mem, bytes_of(text, size));
}

bool
json_each(const struct json *object, json_visit *visit, void *context, struct error *e)
{
    ASSERT(json_is_object(object));
    json_object_object_foreach(raw(object), key, value)
    {
        if (!visit(context, key, (const struct json *)value, e))
            return false;
    }
    return true;
}
