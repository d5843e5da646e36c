/*
 * Messages out of a stream of bytes: each is a compressed flag (0), a length (4 bytes, big-endian)
 * and that many bytes. A message that lies wholly in one piece of input is handed out where it
 * lies; others are put together in a buffer: of a few megabytes at once, beyond that it grows with
 * what has really arrived.
 *
 * Source: gRPC over HTTP/2, "Length-Prefixed-Message".
 */
#ifndef QUORATE_NET_GRPC_FRAMING_H
#define QUORATE_NET_GRPC_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"

enum { GRPC_PREFIX_SIZE = 5 };

enum grpc_framing_result {
    GRPC_FRAMING_MORE,       /* all input was taken, and no message is complete */
    GRPC_FRAMING_MESSAGE,    /* one is; input may hold more */
    GRPC_FRAMING_COMPRESSED, /* we never offered to understand that */
    GRPC_FRAMING_TOO_LARGE,  /* 'size' is above the limit */
};

struct grpc_framing {
    uint8_t prefix[GRPC_PREFIX_SIZE];
    size_t prefix_size;
    uint64_t size;      /* of the message under way */
    struct buf partial; /* its bytes so far; or the last message, until the next call */
    bool handed_out;
};

void grpc_framing_release(struct grpc_framing *f);

/* Takes bytes off the front of 'input'. *ret_message is valid until the next call, and as long as
 * the input. After COMPRESSED or TOO_LARGE the stream cannot be read on. */
enum grpc_framing_result grpc_framing_next(struct grpc_framing *f, struct bytes *input,
                                           uint64_t limit, struct bytes *ret_message);

/* The message that was handed out last, for as long as 'mem' lives: a large one that was put together is
 * moved there, another one copied. */
struct bytes grpc_framing_keep(struct grpc_framing *f, struct arena *mem, struct bytes message);

/* True between messages: where a stream may end. */
bool grpc_framing_at_boundary(const struct grpc_framing *f);

/* Writes the prefix of a message of 'size' bytes (at most 2^32 - 1). */
void grpc_framing_put_prefix(struct buf *out, size_t size);

#endif
