/*
 * Any bytes as an HTTP/1 answer, arriving in pieces of any size: the outcome is the same as when they
 * arrive at once, and a body lies within what arrived.
 */
#include <string.h>

#include "net/http1_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT_BYTES = 4096 };

static enum http1_progress
look_in_pieces(struct http1_answer *a, const uint8_t *data, size_t size, size_t piece,
               struct bytes *ret_body)
{
    enum http1_progress progress = HTTP1_MORE;

    for (size_t at = 0; at < size && progress == HTTP1_MORE; at += piece) {
        buf_append(&a->raw, data + at, size - at < piece ? size - at : piece);
        progress = http1_answer_look(a, false, LIMIT_BYTES, ret_body);
    }
    return progress == HTTP1_MORE ? http1_answer_look(a, true, LIMIT_BYTES, ret_body) : progress;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http1_answer whole = {.status = 0};
    struct http1_answer pieces = {.status = 0};
    struct bytes whole_body = BYTES_NONE;
    struct bytes pieces_body = BYTES_NONE;
    size_t piece = size > 0 ? 1 + data[size - 1] % 16u : 1;
    enum http1_progress progress = look_in_pieces(&whole, data, size, size + 1, &whole_body);
    struct bytes value;

    if (look_in_pieces(&pieces, data, size, piece, &pieces_body) == HTTP1_COMPLETE) {
        ASSERT(pieces_body.size <= LIMIT_BYTES);
        ASSERT(pieces.head_size + pieces_body.size <= pieces.raw.size);
        if (progress == HTTP1_COMPLETE && (whole.chunked || whole.has_length))
            ASSERT(bytes_equal(whole_body, pieces_body));
        (void)http1_header_find(bytes_of(pieces.raw.data, pieces.head_size), "x-etcd-index",
                                &value);
    }
    http1_answer_release(&whole);
    http1_answer_release(&pieces);
    return 0;
}
