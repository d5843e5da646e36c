/* A growing run of bytes on the heap: what encoders write into and streams read into. */
#ifndef QUORATE_BASE_BUF_H
#define QUORATE_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

#define BUF_INIT                                                                                   \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }
#define AUTO_BUF __attribute__((cleanup(buf_release))) struct buf

void buf_release(struct buf *b); /* back to BUF_INIT */

/* Room for at least 'more' bytes behind the end; returns the end. */
uint8_t *buf_reserve(struct buf *b, size_t more) __attribute__((returns_nonnull));
void buf_append(struct buf *b, const void *data, size_t size);
void buf_append_bytes(struct buf *b, struct bytes bytes);
void buf_append_text(struct buf *b, const char *text);
void buf_append_byte(struct buf *b, uint8_t byte);
void buf_append_zeros(struct buf *b, size_t count);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Little-endian and big-endian numbers. */
void buf_append_u16le(struct buf *b, uint16_t value);
void buf_append_u32le(struct buf *b, uint32_t value);
void buf_append_u64le(struct buf *b, uint64_t value);
void buf_append_u64be(struct buf *b, uint64_t value);

/* Drops the first 'count' bytes, moving the rest to the front. */
void buf_consume(struct buf *b, size_t count);

static inline void
buf_clear(struct buf *b)
{
    b->size = 0;
}

static inline struct bytes
buf_bytes(const struct buf *b)
{
    return (struct bytes){b->data, b->size};
}

/* The content as text; the NUL behind it does not count and goes at the next append. */
const char *buf_text(struct buf *b);

#endif
