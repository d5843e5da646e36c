#include "net/grpc_framing.h"

#include <string.h>

#include "base/error.h"

enum {
    KEEP_BYTES = 1 << 20,    /* a buffer above this size is not kept for the next message */
    AT_ONCE_BYTES = 4 << 20, /* so much room is made because a prefix says so */
    MOVE_BYTES = 64 << 10,   /* from this size on, moving the buffer beats copying */
};

void
grpc_framing_release(struct grpc_framing *f)
{
    buf_release(&f->partial);
}

static struct bytes
take(struct bytes *input, size_t most)
{
    struct bytes piece = {input->data, input->size < most ? input->size : most};

    if (piece.size > 0)
        *input = (struct bytes){input->data + piece.size, input->size - piece.size};
    return piece;
}

static void
forget_last(struct grpc_framing *f)
{
    if (!f->handed_out)
        return;
    f->handed_out = false;
    f->prefix_size = 0;
    buf_clear(&f->partial);
    if (f->partial.capacity > KEEP_BYTES)
        buf_release(&f->partial);
}

/* True when the prefix is complete. */
static bool
prefix_read(struct grpc_framing *f, struct bytes *input)
{
    struct bytes piece = take(input, GRPC_PREFIX_SIZE - f->prefix_size);

    if (piece.size > 0)
        memcpy(f->prefix + f->prefix_size, piece.data, piece.size);
    f->prefix_size += piece.size;
    f->size = (uint64_t)f->prefix[1] << 24 | (uint64_t)f->prefix[2] << 16 |
              (uint64_t)f->prefix[3] << 8 | f->prefix[4];
    return f->prefix_size == GRPC_PREFIX_SIZE;
}

enum grpc_framing_result
grpc_framing_next(struct grpc_framing *f, struct bytes *input, uint64_t limit,
                  struct bytes *ret_message)
{
    forget_last(f);
    if (f->prefix_size < GRPC_PREFIX_SIZE) {
        if (!prefix_read(f, input))
            return GRPC_FRAMING_MORE;
        if (f->prefix[0] != 0)
            return GRPC_FRAMING_COMPRESSED;
        if (f->size > limit)
            return GRPC_FRAMING_TOO_LARGE;
    }
    if (f->partial.size == 0 && input->size >= f->size) {
        *ret_message = take(input, (size_t)f->size);
    } else {
        if (f->size <= AT_ONCE_BYTES && f->partial.size == 0)
            buf_reserve(&f->partial, (size_t)f->size);
        buf_append_bytes(&f->partial, take(input, (size_t)f->size - f->partial.size));
        if (f->partial.size < f->size)
            return GRPC_FRAMING_MORE;
        *ret_message = buf_bytes(&f->partial);
    }
    f->handed_out = true;
    return GRPC_FRAMING_MESSAGE;
}

static void
kept_release(void *subject)
{
    buf_release(subject);
}

struct bytes
grpc_framing_keep(struct grpc_framing *f, struct arena *mem, struct bytes message)
{
    struct buf *kept;

    if (message.data != f->partial.data || message.size < MOVE_BYTES)
        return arena_copy(mem, message);
    kept = arena_alloc(mem, sizeof(*kept));
    *kept = f->partial;
    f->partial = (struct buf)BUF_INIT;
    arena_on_release(mem, kept_release, kept);
    return message;
}

bool
grpc_framing_at_boundary(const struct grpc_framing *f)
{
    return f->handed_out || f->prefix_size == 0;
}

void
grpc_framing_put_prefix(struct buf *out, size_t size)
{
    ASSERT(size <= UINT32_MAX);
    buf_append_byte(out, 0);
    buf_append_byte(out, (uint8_t)(size >> 24));
    buf_append_byte(out, (uint8_t)(size >> 16));
    buf_append_byte(out, (uint8_t)(size >> 8));
    buf_append_byte(out, (uint8_t)size);
}
