#include "net/http2.h"

#include <stdlib.h>
#include <string.h>

/* Enough to fill a TLS record or a socket's buffer, small enough to stay in the cache. */
enum { OUTPUT_BYTES = 64 << 10 };

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
          size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags UNUSED,
          void *user)
{
    struct http2 *h = user;
    void *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

    if (stream != NULL)
        h->events->header(stream, bytes_of(name, name_size), bytes_of(value, value_size));
    return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags UNUSED, int32_t stream_id, const uint8_t *data,
        size_t size, void *user)
{
    struct http2 *h = user;
    void *stream = nghttp2_session_get_stream_user_data(session, stream_id);

    nghttp2_session_consume_connection(session, size);
    if (stream != NULL)
        h->events->data(stream, bytes_of(data, size));
    return 0;
}

static int
on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t error_code, void *user)
{
    struct http2 *h = user;
    void *stream = nghttp2_session_get_stream_user_data(session, stream_id);

    if (stream != NULL)
        h->events->closed(stream, error_code);
    return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2 *h = user;
    void *stream;

    if (frame->hd.type == NGHTTP2_SETTINGS && !h->open &&
        (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        h->open = true;
        h->events->opened(h->connection);
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
        h->events->goaway(h->connection, frame->goaway.error_code,
                          bytes_of(frame->goaway.opaque_data, frame->goaway.opaque_data_len));
    } else if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
               (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
        if (stream != NULL)
            h->events->finished(stream);
    }
    return 0;
}

static int
on_not_sent(nghttp2_session *session UNUSED, const nghttp2_frame *frame, int error UNUSED,
            void *user)
{
    struct http2 *h = user;

    if (frame->hd.type == NGHTTP2_HEADERS)
        h->events->not_sent(h->connection, frame->hd.stream_id);
    return 0;
}

/* nghttp2 tells the peer what was wrong with its frames: so we learn it as well. */
static int
on_sent(nghttp2_session *session UNUSED, const nghttp2_frame *frame, void *user)
{
    struct http2 *h = user;
    const nghttp2_goaway *goaway = &frame->goaway;

    if (frame->hd.type == NGHTTP2_GOAWAY && goaway->error_code != NGHTTP2_NO_ERROR &&
        h->library[0] == '\0')
        snprintf(h->library, sizeof(h->library), "%s%s%.*s",
                 nghttp2_http2_strerror(goaway->error_code),
                 goaway->opaque_data_len > 0 ? ": " : "", (int)goaway->opaque_data_len,
                 (const char *)goaway->opaque_data);
    return 0;
}

static int
on_library_error(nghttp2_session *session UNUSED, int code UNUSED, const char *text, size_t size,
                 void *user)
{
    struct http2 *h = user;
    size_t room = sizeof(h->library) - 1;

    memcpy(h->library, text, size < room ? size : room);
    h->library[size < room ? size : room] = '\0';
    return 0;
}

static int
on_bad_frame(nghttp2_session *session UNUSED, const nghttp2_frame *frame UNUSED, int code,
             void *user)
{
    struct http2 *h = user;

    if (h->library[0] == '\0')
        snprintf(h->library, sizeof(h->library), "%s", nghttp2_strerror(code));
    return 0;
}

static nghttp2_session_callbacks *
callbacks_new(void)
{
    nghttp2_session_callbacks *callbacks;

    ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    nghttp2_session_callbacks_set_error_callback2(callbacks, on_library_error);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_bad_frame);
    return callbacks;
}

void
http2_init(struct http2 *h, const struct http2_events *events, void *connection)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP2_HEADERS_MAX_BYTES},
    };
    nghttp2_session_callbacks *callbacks = callbacks_new();
    nghttp2_option *option;

    *h = (struct http2){.events = events, .connection = connection};
    ASSERT(nghttp2_option_new(&option) == 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    ASSERT(nghttp2_session_client_new2(&h->session, callbacks, h, option) == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
                            sizeof(settings) / sizeof(settings[0]));
    nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                          HTTP2_CONNECTION_WINDOW_BYTES);
}

void
http2_release(struct http2 *h)
{
    if (h->session != NULL)
        nghttp2_session_del(h->session);
    h->session = NULL;
    buf_release(&h->output);
}

bool
http2_receive(struct http2 *h, struct bytes input)
{
    ssize_t taken;

    if (!h->open && h->first_size < sizeof(h->first)) {
        size_t room = sizeof(h->first) - h->first_size;
        size_t size = input.size < room ? input.size : room;

        memcpy(h->first + h->first_size, input.data, size);
        h->first_size += size;
    }
    taken = nghttp2_session_mem_recv(h->session, input.data, input.size);
    if (taken < 0 && h->library[0] == '\0')
        snprintf(h->library, sizeof(h->library), "%s", nghttp2_strerror((int)taken));
    return taken >= 0 && nghttp2_session_want_read(h->session) != 0;
}

struct bytes
http2_output(struct http2 *h)
{
    if (h->output_taken == h->output.size) {
        buf_clear(&h->output);
        h->output_taken = 0;
    }
    while (h->output.size < OUTPUT_BYTES) {
        const uint8_t *data;
        ssize_t size = nghttp2_session_mem_send(h->session, &data);

        if (size <= 0)
            break;
        buf_append(&h->output, data, (size_t)size);
    }
    return bytes_of(h->output.data == NULL ? NULL : h->output.data + h->output_taken,
                    h->output.size - h->output_taken);
}

void
http2_output_take(struct http2 *h, size_t size)
{
    h->output_taken += size;
}

static ssize_t
body_read(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t room, uint32_t *flags,
          nghttp2_data_source *source, void *user)
{
    struct http2 *h = user;
    bool end = false;
    size_t size;

    /* The stream may have been cancelled since. */
    if (nghttp2_session_get_stream_user_data(session, stream_id) == NULL)
        return NGHTTP2_ERR_DEFERRED;
    size = h->events->produce(source->ptr, to, room, &end);
    if (end)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return size == 0 && !end ? NGHTTP2_ERR_DEFERRED : (ssize_t)size;
}

/* nghttp2 takes names and values without const; it copies them, and never writes to them. */
int32_t
http2_request(struct http2 *h, const struct http2_header *headers, size_t count, void *stream)
{
    nghttp2_nv nv[HTTP2_REQUEST_HEADERS_MAX];
    nghttp2_data_provider body = {.source.ptr = stream, .read_callback = body_read};
    int32_t id;

    ASSERT(count <= HTTP2_REQUEST_HEADERS_MAX);
    for (size_t i = 0; i < count; i++)
        nv[i] = (nghttp2_nv){
            .name = without_const(headers[i].name),
            .namelen = strlen(headers[i].name),
            .value = without_const(headers[i].value.data),
            .valuelen = headers[i].value.size,
            .flags = headers[i].secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE,
        };
    id = nghttp2_submit_request(h->session, NULL, nv, count, &body, stream);
    return id < 0 ? -1 : id;
}

void
http2_resume(struct http2 *h, int32_t stream_id)
{
    nghttp2_session_resume_data(h->session, stream_id);
}

void
http2_consume(struct http2 *h, int32_t stream_id, size_t size)
{
    nghttp2_session_consume_stream(h->session, stream_id, size);
}

void
http2_forget(struct http2 *h, int32_t stream_id)
{
    nghttp2_session_set_stream_user_data(h->session, stream_id, NULL);
}

void
http2_cancel(struct http2 *h, int32_t stream_id)
{
    http2_forget(h, stream_id);
    nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CANCEL);
}

void
http2_ping(struct http2 *h)
{
    nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
}

void
http2_goodbye(struct http2 *h)
{
    nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
}
