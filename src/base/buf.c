#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

void
buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT;
}

uint8_t *
buf_reserve(struct buf *b, size_t more)
{
    if (b->capacity - b->size < more || b->data == NULL) {
        size_t wanted = b->capacity < 64 ? 64 : b->capacity;

        ASSERT(more <= SIZE_MAX / 4 && b->size <= SIZE_MAX / 4);
        while (wanted < b->size + more)
            wanted *= 2;
        b->data = realloc(b->data, wanted);
        if (b->data == NULL) {
            fprintf(stderr, "quorate: out of memory (%zu bytes)\n", wanted);
            abort();
        }
        b->capacity = wanted;
    }
    return b->data + b->size;
}

void
buf_append(struct buf *b, const void *data, size_t size)
{
    if (size == 0)
        return;
    memcpy(buf_reserve(b, size), data, size);
    b->size += size;
}

void
buf_append_bytes(struct buf *b, struct bytes bytes)
{
    buf_append(b, bytes.data, bytes.size);
}

void
buf_append_text(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void
buf_append_byte(struct buf *b, uint8_t byte)
{
    *buf_reserve(b, 1) = byte;
    b->size++;
}

void
buf_append_zeros(struct buf *b, size_t count)
{
    memset(buf_reserve(b, count), 0, count);
    b->size += count;
}

void
buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(size >= 0);
    va_start(args, format);
    vsnprintf((char *)buf_reserve(b, (size_t)size + 1), (size_t)size + 1, format, args);
    va_end(args);
    b->size += (size_t)size;
}

void
buf_append_u16le(struct buf *b, uint16_t value)
{
    uint8_t raw[2] = {(uint8_t)value, (uint8_t)(value >> 8)};

    buf_append(b, raw, sizeof(raw));
}

void
buf_append_u32le(struct buf *b, uint32_t value)
{
    uint8_t raw[4];

    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(value >> (8 * i));
    buf_append(b, raw, sizeof(raw));
}

void
buf_append_u64le(struct buf *b, uint64_t value)
{
    uint8_t raw[8];

    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(value >> (8 * i));
    buf_append(b, raw, sizeof(raw));
}

void
buf_append_u64be(struct buf *b, uint64_t value)
{
    uint8_t raw[8];

    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(value >> (56 - 8 * i));
    buf_append(b, raw, sizeof(raw));
}

void
buf_consume(struct buf *b, size_t count)
{
    ASSERT(count <= b->size);
    b->size -= count;
    if (b->size > 0)
        memmove(b->data, b->data + count, b->size);
}

const char *
buf_text(struct buf *b)
{
    *buf_reserve(b, 1) = '\0';
    return (const char *)b->data;
}
