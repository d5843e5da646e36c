/*
 * Reads JSON (json-c does the parsing: it alone keeps ids above 2^63 exact). A document lives in
 * an arena and goes with it. Getters name the key in their errors; they refuse a value of another
 * type and a number that does not fit.
 */
#ifndef QUORATE_BASE_JSON_H
#define QUORATE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct json;

/* ERROR_FORMAT names line and column. Content behind the value is refused, white space is not. */
MUST_CHECK bool json_parse(struct arena *mem, struct bytes text, const struct json **ret_json,
                           struct error *e);

/* The member of an object, or NULL: not there, null, or not an object. */
const struct json *json_get(const struct json *object, const char *key);

/* Each of these fails with ERROR_FORMAT when the key is missing or of another type. Text with
 * \u0000 in it is refused: it would not survive as C text. */
MUST_CHECK bool json_get_text(struct arena *mem, const struct json *object, const char *key,
                              const char **ret_text, struct error *e);
/* As json_get_text, and with NULs: the UTF-8 bytes. */
MUST_CHECK bool json_get_bytes(struct arena *mem, const struct json *object, const char *key,
                               struct bytes *ret_bytes, struct error *e);
MUST_CHECK bool json_get_u64(const struct json *object, const char *key, uint64_t *ret_value,
                             struct error *e);
MUST_CHECK bool json_get_i64(const struct json *object, const char *key, int64_t *ret_value,
                             struct error *e);
MUST_CHECK bool json_get_bool(const struct json *object, const char *key, bool *ret_value,
                              struct error *e);
/* An id as json_key_id writes it. */
MUST_CHECK bool json_get_id(const struct json *object, const char *key, uint64_t *ret_id,
                            struct error *e);
MUST_CHECK bool json_get_array(const struct json *object, const char *key,
                               const struct json **ret_array, struct error *e);

size_t json_array_count(const struct json *array); /* 0 for NULL and for what is no array */
const struct json *json_array_at(const struct json *array, size_t i);
/* An item that is text itself. */
MUST_CHECK bool json_as_text(struct arena *mem, const struct json *value, const char **ret_text,
                             struct error *e);
/* An item that is a number from 0 on; ids above 2^63 are exact. */
MUST_CHECK bool json_as_u64(const struct json *value, uint64_t *ret_value, struct error *e);
bool json_is_object(const struct json *value);

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_I64,
    JSON_U64, /* a whole number above that: json_as_u64 */
    JSON_DOUBLE,
    JSON_TEXT,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* What a value is; NULL is JSON's null. */
enum json_kind json_kind_of(const struct json *value);
/* Of a value of that kind only; the text is UTF-8, may hold NULs and lives as long as the document. */
struct bytes json_text_of(const struct json *value);
int64_t json_i64_of(const struct json *value);
bool json_bool_of(const struct json *value);
/* The value as JSON text on one line, numbers exact, members in the document's order. */
struct bytes json_print(struct arena *mem, const struct json *value);

/* Calls visit for each member of an object, in the document's order, until it returns false. */
typedef bool json_visit(void *context, const char *key, const struct json *value, struct error *e);
MUST_CHECK bool json_each(const struct json *object, json_visit *visit, void *context,
                          struct error *e);

#endif
