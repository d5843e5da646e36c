/*
 * Protobuf messages as tables: one line a field, which both the encoder and the decoder read.
 *
 *     static const struct message_field put_fields[] = {
 *         MESSAGE_BYTES(struct etcd_put_request, key, 1),
 *         MESSAGE_I64(struct etcd_put_request, lease, 3),
 *     };
 *     const struct message etcd_put_request_message =
 *         MESSAGE("PutRequest", struct etcd_put_request, put_fields);
 *
 * Each macro checks the member's C type. Proto3's rules hold: zero and empty are not written,
 * unknown fields are skipped, missing ones are zero, so one table serves etcd 3.4 to 3.7.
 */
#ifndef QUORATE_ETCD_MESSAGE_H
#define QUORATE_ETCD_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

enum message_kind {
    MESSAGE_KIND_U64,
    MESSAGE_KIND_I64,
    MESSAGE_KIND_U32,
    MESSAGE_KIND_ENUM,
    MESSAGE_KIND_BOOL,
    MESSAGE_KIND_BYTES,
    MESSAGE_KIND_TEXT,     /* const char *, "" when missing */
    MESSAGE_KIND_TEXTS,    /* const char *const * and a count */
    MESSAGE_KIND_KEYS,     /* const struct bytes * and a count */
    MESSAGE_KIND_INNER,    /* a struct in the struct */
    MESSAGE_KIND_OPTIONAL, /* a pointer to a struct, NULL when missing; members of a oneof too */
    MESSAGE_KIND_REPEATED, /* a pointer to structs and a count */
};

struct message;

struct message_field {
    const char *name; /* as in etcd's .proto, which is also its key in etcdctl's JSON */
    uint32_t number;
    enum message_kind kind;
    size_t offset;
    size_t count_offset;         /* TEXTS, KEYS, REPEATED */
    const struct message *inner; /* INNER, OPTIONAL, REPEATED */
};

struct message {
    const char *name; /* as in etcd's .proto */
    size_t size;
    const struct message_field *fields;
    size_t field_count;
};

#define MESSAGE(name_, type, table)                                                                \
    {                                                                                              \
        (name_), sizeof(type), (table), sizeof(table) / sizeof((table)[0])                         \
    }

/* The member's offset; does not compile when the member is not of the type. */
#define MESSAGE_OFFSET(type, member, c_type)                                                       \
    (offsetof(type, member) +                                                                      \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member), c_type) ? 1     \
                                                                                           : -1]))
#define MESSAGE_FIELD(name_, type, member, n, kind_, c_type)                                       \
    {                                                                                              \
        (name_), (n), MESSAGE_KIND_##kind_, MESSAGE_OFFSET(type, member, c_type), 0, NULL          \
    }
/* The forms with _AS give the .proto's name where the C member has another one. */
#define MESSAGE_U64_AS(name, t, member, n)  MESSAGE_FIELD(name, t, member, n, U64, uint64_t)
#define MESSAGE_I64_AS(name, t, member, n)  MESSAGE_FIELD(name, t, member, n, I64, int64_t)
#define MESSAGE_U32_AS(name, t, member, n)  MESSAGE_FIELD(name, t, member, n, U32, uint32_t)
#define MESSAGE_BOOL_AS(name, t, member, n) MESSAGE_FIELD(name, t, member, n, BOOL, bool)
#define MESSAGE_TEXT_AS(name, t, member, n) MESSAGE_FIELD(name, t, member, n, TEXT, const char *)
#define MESSAGE_ENUM_AS(name, t, member, n, enum_type)                                             \
    MESSAGE_FIELD(name, t, member, n, ENUM, enum_type)
#define MESSAGE_TEXTS_AS(name_, type, member, count_member, n)                                     \
    {                                                                                              \
        (name_), (n), MESSAGE_KIND_TEXTS, MESSAGE_OFFSET(type, member, const char *const *),       \
            MESSAGE_OFFSET(type, count_member, size_t), NULL                                       \
    }
#define MESSAGE_KEYS(type, member, count_member, n)                                                \
    {                                                                                              \
#member, (n), MESSAGE_KIND_KEYS, MESSAGE_OFFSET(type, member, const struct bytes *),       \
            MESSAGE_OFFSET(type, count_member, size_t), NULL                                       \
    }
#define MESSAGE_INNER_AS(name_, type, member, n, inner_type, table)                                \
    {                                                                                              \
        (name_), (n), MESSAGE_KIND_INNER, MESSAGE_OFFSET(type, member, inner_type), 0, &(table)    \
    }
#define MESSAGE_OPTIONAL_AS(name_, type, member, n, inner_type, table)                             \
    {                                                                                              \
        (name_), (n), MESSAGE_KIND_OPTIONAL, MESSAGE_OFFSET(type, member, const inner_type *), 0,  \
            &(table)                                                                               \
    }
#define MESSAGE_REPEATED_AS(name_, type, member, count_member, n, inner_type, table)               \
    {                                                                                              \
        (name_), (n), MESSAGE_KIND_REPEATED, MESSAGE_OFFSET(type, member, const inner_type *),     \
            MESSAGE_OFFSET(type, count_member, size_t), &(table)                                   \
    }
#define MESSAGE_U64(type, member, n)   MESSAGE_U64_AS(#member, type, member, n)
#define MESSAGE_I64(type, member, n)   MESSAGE_I64_AS(#member, type, member, n)
#define MESSAGE_U32(type, member, n)   MESSAGE_U32_AS(#member, type, member, n)
#define MESSAGE_BOOL(type, member, n)  MESSAGE_BOOL_AS(#member, type, member, n)
#define MESSAGE_TEXT(type, member, n)  MESSAGE_TEXT_AS(#member, type, member, n)
#define MESSAGE_BYTES(type, member, n) MESSAGE_FIELD(#member, type, member, n, BYTES, struct bytes)
#define MESSAGE_ENUM(type, member, n, enum_type)                                                   \
    MESSAGE_ENUM_AS(#member, type, member, n, enum_type)
#define MESSAGE_TEXTS(type, member, count_member, n)                                               \
    MESSAGE_TEXTS_AS(#member, type, member, count_member, n)
#define MESSAGE_INNER(type, member, n, inner_type, table)                                          \
    MESSAGE_INNER_AS(#member, type, member, n, inner_type, table)
#define MESSAGE_OPTIONAL(type, member, n, inner_type, table)                                       \
    MESSAGE_OPTIONAL_AS(#member, type, member, n, inner_type, table)
#define MESSAGE_REPEATED(type, member, count_member, n, inner_type, table)                         \
    MESSAGE_REPEATED_AS(#member, type, member, count_member, n, inner_type, table)

/* For code that walks over any message: a number or bool as it is, and a list's length. */
uint64_t message_field_number(const struct message_field *f, const void *value);
size_t message_field_count(const struct message_field *f, const void *value);
/* Nothing in it: a message that was not sent. */
bool message_is_empty(const struct message *m, const void *value);

/* Messages may hold messages this deep (a transaction in a transaction takes two). */
enum { MESSAGE_MAX_DEPTH = 32 };

/* Appends the message that the struct 'value' describes. */
void message_encode(struct buf *out, const struct message *m, const void *value);

/*
 * Reads 'encoded' into ret_value (m->size bytes), which is cleared first.
 *
 * mem    holds arrays and texts; struct bytes members point into 'encoded', which must live on.
 * e      ERROR_FORMAT names the message: cut, malformed, wrong wire type, nested too deeply.
 * Bounds memory is at most some 150 bytes for each byte of 'encoded' (empty key-values in a row).
 */
MUST_CHECK bool message_decode(struct arena *mem, const struct message *m, struct bytes encoded,
                               void *ret_value, struct error *e);

#endif
