/*
 * Any bytes as a server's side of an HTTP/2 connection, with three calls open on it; and the same
 * bytes as the body of an answer. The first byte says into what pieces they are cut.
 */
#include "net/grpc_framing.h"
#include "net/http2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS = 3, MESSAGE_LIMIT = 1 << 20 };

struct fuzz_call {
    struct http2 *http2;
    int32_t id;
    struct grpc_framing framing;
    bool over;
};

static struct fuzz_call calls[CALLS];

static void
fuzz_header(void *stream, struct bytes name, struct bytes value)
{
    /* As the real one: a call may be given up at any moment. */
    struct fuzz_call *call = stream;

    if (name.size == 1 && value.size == 1) {
        http2_cancel(call->http2, call->id);
        call->over = true;
    }
}

static void
framing_feed(struct grpc_framing *f, struct bytes input, bool *over)
{
    enum grpc_framing_result result = GRPC_FRAMING_MESSAGE;
    volatile uint8_t sum = 0;
    struct bytes message;

    while (result == GRPC_FRAMING_MESSAGE && !*over) {
        result = grpc_framing_next(f, &input, MESSAGE_LIMIT, &message);
        for (size_t i = 0; result == GRPC_FRAMING_MESSAGE && i < message.size; i++)
            sum = (uint8_t)(sum + message.data[i]);
    }
    *over = *over || result > GRPC_FRAMING_MESSAGE;
}

static void
fuzz_data(void *stream, struct bytes data)
{
    struct fuzz_call *call = stream;

    framing_feed(&call->framing, data, &call->over);
    http2_consume(call->http2, call->id, data.size);
}

static size_t
fuzz_produce(void *stream, uint8_t *to, size_t room, bool *ret_end)
{
    (void)stream;
    to[0] = 'x';
    *ret_end = true;
    return room > 0;
}

static void
fuzz_finished(void *stream)
{
    struct fuzz_call *call = stream;

    http2_forget(call->http2, call->id);
}

static void
fuzz_closed(void *stream, uint32_t http2_error UNUSED)
{
    fuzz_finished(stream);
}

static void
fuzz_not_sent(void *connection UNUSED, int32_t stream_id UNUSED)
{
}

static void
fuzz_opened(void *connection UNUSED)
{
}

static void
fuzz_goaway(void *connection UNUSED, uint32_t http2_error UNUSED, struct bytes reason UNUSED)
{
}

static const struct http2_events events = {
    .header = fuzz_header,
    .data = fuzz_data,
    .produce = fuzz_produce,
    .finished = fuzz_finished,
    .closed = fuzz_closed,
    .not_sent = fuzz_not_sent,
    .opened = fuzz_opened,
    .goaway = fuzz_goaway,
};

static void
flush(struct http2 *h)
{
    struct bytes output;

    while ((output = http2_output(h)).size > 0)
        http2_output_take(h, output.size);
}

static void
connection_run(struct bytes input, size_t piece)
{
    static const struct http2_header headers[] = {
        {":method", BYTES_LITERAL("POST"), false},
        {":scheme", BYTES_LITERAL("http"), false},
        {":path", BYTES_LITERAL("/a.B/C"), false},
        {":authority", BYTES_LITERAL("h:1"), false},
    };
    bool going_on = true;
    struct http2 h;

    http2_init(&h, &events, NULL);
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = (struct fuzz_call){.http2 = &h};
        calls[i].id = http2_request(&h, headers, 4, &calls[i]);
    }
    flush(&h);
    while (going_on && input.size > 0) {
        size_t size = input.size < piece ? input.size : piece;

        going_on = http2_receive(&h, bytes_of(input.data, size));
        input = bytes_of(input.data + size, input.size - size);
        flush(&h);
    }
    http2_release(&h);
    for (size_t i = 0; i < CALLS; i++)
        grpc_framing_release(&calls[i].framing);
}

static void
framing_run(struct bytes input, size_t piece)
{
    struct grpc_framing f = {.size = 0};
    bool over = false;

    while (!over && input.size > 0) {
        size_t size = input.size < piece ? input.size : piece;

        framing_feed(&f, bytes_of(input.data, size), &over);
        input = bytes_of(input.data + size, input.size - size);
    }
    grpc_framing_release(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t piece;

    if (size < 1)
        return 0;
    piece = data[0] == 0 ? size : data[0];
    connection_run(bytes_of(data + 1, size - 1), piece);
    framing_run(bytes_of(data + 1, size - 1), piece);
    return 0;
}
