/* Walks any bytes as a message, and each length-delimited field as a message again. */

#include "format/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(struct bytes message, unsigned depth)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    while (proto_next(&r, &f)) {
        struct bytes inner;

        if (f.wire == PROTO_LENGTH && proto_field_bytes(&r, &f, &inner) && depth < 16)
            walk(inner, depth + 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk(bytes_of(data, size), 0);
    return 0;
}
