#include "format/value/kube_created.h"

#include <string.h>

#include "base/time.h"
#include "format/proto.h"

/* Field numbers of Unknown, of every object, of ObjectMeta, of Time. */
enum { UNKNOWN_RAW = 2, OBJECT_METADATA = 1, METADATA_CREATED = 8, TIME_SECONDS = 1 };
enum { RFC3339_MOST_BYTES = 40 };

static const struct bytes protobuf_prefix = BYTES_LITERAL("k8s\0");
/* In a text inside the object the quotes would be escaped. */
static const struct bytes json_field = BYTES_LITERAL("\"creationTimestamp\":\"");

/* The message in field 'number'; false when there is none. */
static bool
message_find(struct bytes message, uint32_t number, struct bytes *ret_message)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f)) {
        if (f.number == number && f.wire == PROTO_LENGTH) {
            *ret_message = f.bytes;
            return true;
        }
    }
    return false;
}

static bool
protobuf_created(struct bytes envelope, int64_t *ret_wall_ms)
{
    struct bytes message;
    struct proto_reader r;
    struct proto_field f;

    if (!message_find(envelope, UNKNOWN_RAW, &message) ||
        !message_find(message, OBJECT_METADATA, &message) ||
        !message_find(message, METADATA_CREATED, &message))
        return false;
    r = proto_reader_of(message);
    while (proto_next(&r, &f)) {
        if (f.number == TIME_SECONDS && f.wire == PROTO_VARINT && f.value < INT64_MAX / 1000) {
            *ret_wall_ms = (int64_t)f.value * 1000;
            return true;
        }
    }
    return false;
}

static bool
json_created(struct bytes text, int64_t *ret_wall_ms)
{
    const char *at = memmem(text.data, text.size, json_field.data, json_field.size);
    struct error ignored = ERROR_INIT;
    char time[RFC3339_MOST_BYTES];
    size_t size = 0;
    size_t left;

    if (at == NULL)
        return false;
    at += json_field.size;
    left = text.size - (size_t)(at - (const char *)text.data);
    while (size < left && size < sizeof(time) - 1 && at[size] != '"') {
        time[size] = at[size];
        size++;
    }
    time[size] = '\0';
    return time_parse_rfc3339(time, ret_wall_ms, &ignored);
}

bool
kube_created_at(struct bytes value, int64_t *ret_wall_ms)
{
    if (bytes_starts_with(value, protobuf_prefix))
        return protobuf_created(
            bytes_of(value.data + protobuf_prefix.size, value.size - protobuf_prefix.size),
            ret_wall_ms);
    return value.size > 0 && value.data[0] == '{' && json_created(value, ret_wall_ms);
}
