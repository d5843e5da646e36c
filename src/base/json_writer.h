/*
 * Writes JSON, in the order of the calls, without building a tree. Commas and colons come by
 * themselves. Numbers are exact: ids above 2^63 stay what they are.
 */
#ifndef QUORATE_BASE_JSON_WRITER_H
#define QUORATE_BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

struct json_writer {
    struct buf *out;
    unsigned indent; /* blanks a level; 0 for one line */
    unsigned depth;
    bool need_comma;
    bool after_key;
};

/* Writes to the end of 'out'. */
void json_writer_init(struct json_writer *w, struct buf *out, unsigned indent);

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_key_bytes(struct json_writer *w, struct bytes key);

/* Invalid UTF-8 becomes U+FFFD; &, <, > and U+2028/2029 are escaped as Go's encoder does. */
void json_text(struct json_writer *w, const char *text);
void json_text_bytes(struct json_writer *w, struct bytes text);
void json_base64(struct json_writer *w, struct bytes data);
void json_u64(struct json_writer *w, uint64_t value);
void json_i64(struct json_writer *w, int64_t value);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
/* A value that is JSON already; not looked at. */
void json_raw(struct json_writer *w, struct bytes json);

/* Key and value in one. */
void json_key_text(struct json_writer *w, const char *key, const char *text);
void json_key_u64(struct json_writer *w, const char *key, uint64_t value);
void json_key_i64(struct json_writer *w, const char *key, int64_t value);
void json_key_bool(struct json_writer *w, const char *key, bool value);
/* Lower-case hex without padding, as text: what etcd prints for ids and jq does not round. */
void json_key_id(struct json_writer *w, const char *key, uint64_t id);

/* Standard base64 with padding, to the end of 'out'. */
void base64_append(struct buf *out, struct bytes data);
/* The bytes of such a text, to the end of 'out'. False when it is anything else: another alphabet,
 * padding that is missing or too much, bits behind the last byte; 'out' is as it was then. */
bool base64_decode(struct buf *out, struct bytes text);

#endif
