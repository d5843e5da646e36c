/*
 * Protocol buffers, read without copying and written without a schema compiler.
 *
 * Reading: a field iterator over a message; a decoder is a loop with a switch on the number.
 *
 *     struct proto_reader r = proto_reader_of(message);
 *     struct proto_field f;
 *
 *     while (proto_next(&r, &f)) {
 *         switch (f.number) {
 *         case 1: proto_field_bytes(&r, &f, &kv->key); break;
 *
 * Proto3's rules: unknown fields are skipped, the last value of a field wins, missing is zero.
 * Groups and field number 0 are refused. Source: the protobuf encoding specification.
 */
#ifndef QUORATE_FORMAT_PROTO_H
#define QUORATE_FORMAT_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cursor.h"

enum proto_wire { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_LENGTH = 2, PROTO_FIXED32 = 5 };

struct proto_field {
    uint32_t number;
    enum proto_wire wire;
    uint64_t value;     /* VARINT, FIXED64, FIXED32 */
    struct bytes bytes; /* LENGTH: points into the message */
};

struct proto_reader {
    struct cursor cursor;
    bool failed; /* the message is cut or malformed */
};

struct proto_reader proto_reader_of(struct bytes message);

/* The next field; false at the end and on damage, which 'failed' tells apart. */
bool proto_next(struct proto_reader *r, struct proto_field *ret_field);

/* A field's value if the wire type fits; a wrong one marks the reader as failed. */
bool proto_field_u64(struct proto_reader *r, const struct proto_field *f, uint64_t *ret_value);
bool proto_field_i64(struct proto_reader *r, const struct proto_field *f, int64_t *ret_value);
bool proto_field_u32(struct proto_reader *r, const struct proto_field *f, uint32_t *ret_value);
bool proto_field_bool(struct proto_reader *r, const struct proto_field *f, bool *ret_value);
bool proto_field_bytes(struct proto_reader *r, const struct proto_field *f,
                       struct bytes *ret_bytes);

/* Writing, to the end of 'out'. These leave zero and empty values out, as proto3 does. */
void proto_put_u64(struct buf *out, uint32_t number, uint64_t value);
void proto_put_i64(struct buf *out, uint32_t number, int64_t value);
void proto_put_bool(struct buf *out, uint32_t number, bool value);
void proto_put_bytes(struct buf *out, uint32_t number, struct bytes value);
void proto_put_text(struct buf *out, uint32_t number, const char *value);

/* Always written: etcd's raft and WAL messages (proto2, non-nullable), and members of a oneof. */
void proto_put_u64_always(struct buf *out, uint32_t number, uint64_t value);
void proto_put_bytes_always(struct buf *out, uint32_t number, struct bytes value);

void proto_put_varint(struct buf *out, uint64_t value);

/*
 * A message inside a message: write it between the two calls.
 *
 *     size_t mark = proto_message_begin(out, 4);
 *     proto_put_u64(out, 1, id);
 *     proto_message_end(out, mark);
 */
size_t proto_message_begin(struct buf *out, uint32_t number);
void proto_message_end(struct buf *out, size_t mark);

#endif
