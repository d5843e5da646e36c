#include "fake_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/grpc_framing.h"

nghttp2_nv
fake_nv(const char *name, const char *value)
{
    union {
        const char *in;
        uint8_t *out;
    } n = {name}, v = {value};

    return (nghttp2_nv){n.out, v.out, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static struct fake_stream *
stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int
on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct fake_connection *c = user;
    struct fake_stream *stream;

    if (stream_of(session, frame->hd.stream_id) != NULL)
        return 0;
    stream = arena_zero(&c->server->mem, sizeof(*stream));
    stream->connection = c;
    stream->id = frame->hd.stream_id;
    stream->next = c->streams;
    c->streams = stream;
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static int
on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t size,
          const uint8_t *value, size_t value_size, uint8_t flags UNUSED, void *user UNUSED)
{
    struct fake_stream *stream = stream_of(session, frame->hd.stream_id);
    struct bytes n = bytes_of(name, size);
    char *to = bytes_equal_text(n, ":path")          ? stream->path
               : bytes_equal_text(n, ":authority")   ? stream->authority
               : bytes_equal_text(n, "grpc-timeout") ? stream->timeout
               : bytes_equal_text(n, "token")        ? stream->token
                                                     : NULL;

    if (to != NULL)
        snprintf(to, 32, "%.*s", (int)value_size, (const char *)value);
    return 0;
}

static int
on_data(nghttp2_session *session, uint8_t flags UNUSED, int32_t id, const uint8_t *data,
        size_t size, void *user)
{
    struct fake_connection *c = user;
    struct fake_stream *stream = stream_of(session, id);

    buf_append(&stream->request, data, size);
    if (c->server->message != NULL)
        c->server->message(stream);
    return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct fake_connection *c = user;
    struct fake_stream *stream = stream_of(session, frame->hd.stream_id);

    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        c->reset_error = frame->rst_stream.error_code;
        c->resets++;
    }
    if (frame->hd.type == NGHTTP2_PING)
        c->pings++;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        c->goaway_seen = true;
    if (stream == NULL || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    stream->request_ended = true;
    c->server->requests++;
    if (c->server->request != NULL)
        c->server->request(stream);
    return 0;
}

static void
connection_free(struct fake_connection *c)
{
    struct fake_connection **link = &c->server->connections;

    fake_close(c);
    for (struct fake_stream *s = c->streams; s != NULL; s = s->next) {
        buf_release(&s->request);
        buf_release(&s->body);
    }
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
}

void
fake_close(struct fake_connection *c)
{
    if (c->fd < 0)
        return;
    loop_watch_remove(c->server->loop, &c->watch);
    if (c->ssl != NULL)
        SSL_free(c->ssl);
    if (c->session != NULL)
        nghttp2_session_del(c->session);
    c->session = NULL;
    c->ssl = NULL;
    close(c->fd);
    c->fd = -1;
}

static ssize_t
fake_read(struct fake_connection *c, void *data, size_t size)
{
    if (c->ssl == NULL)
        return recv(c->fd, data, size, 0);
    int got = SSL_read(c->ssl, data, (int)size);

    if (got > 0)
        return got;
    errno = SSL_get_error(c->ssl, got) == SSL_ERROR_WANT_READ ? EAGAIN : ECONNRESET;
    return -1;
}

static ssize_t
fake_write(struct fake_connection *c, const void *data, size_t size)
{
    if (c->ssl == NULL)
        return send(c->fd, data, size, MSG_NOSIGNAL);
    return SSL_write(c->ssl, data, (int)size);
}

static ssize_t
on_send(nghttp2_session *session UNUSED, const uint8_t *data, size_t size, int flags UNUSED,
        void *user)
{
    ssize_t sent = fake_write(user, data, size);

    return sent > 0 ? sent : NGHTTP2_ERR_WOULDBLOCK;
}

void
fake_flush(struct fake_connection *c)
{
    if (c->session == NULL)
        return;
    (void)nghttp2_session_send(c->session);
    loop_watch_change(&c->watch,
                      nghttp2_session_want_write(c->session) ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

static void
session_start(struct fake_connection *c)
{
    nghttp2_session_callbacks *cb;
    nghttp2_option *option;
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000}};

    nghttp2_session_callbacks_new(&cb);
    nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_send_callback(cb, on_send);
    nghttp2_option_new(&option);
    nghttp2_option_set_max_send_header_block_length(option, 1 << 20);
    nghttp2_session_server_new2(&c->session, cb, c, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 1);
}

static bool
accept_tls(struct fake_connection *c)
{
    int got = SSL_accept(c->ssl);

    c->accepted = got == 1;
    if (got != 1 && SSL_get_error(c->ssl, got) != SSL_ERROR_WANT_READ)
        fake_close(c);
    return c->accepted;
}

static void
connection_ready(void *context, unsigned events UNUSED)
{
    struct fake_connection *c = context;
    struct fake_server *s = c->server;
    uint8_t data[16384];
    ssize_t got = 0;

    if (c->ssl != NULL && !c->accepted && !accept_tls(c))
        return;
    while (c->fd >= 0 && (got = fake_read(c, data, sizeof(data))) > 0) {
        if (s->mode == FAKE_SILENT)
            continue;
        if (s->mode == FAKE_RAW)
            snprintf(s->heard, sizeof(s->heard), "%.*s", (int)got, (const char *)data);
        if (s->mode == FAKE_RAW)
            (void)fake_write(c, s->raw.data, s->raw.size);
        if (s->mode == FAKE_CLOSE || (s->mode == FAKE_RAW && s->raw_close)) {
            fake_close(c);
            return;
        }
        if (s->mode != FAKE_HTTP2)
            continue;
        if (nghttp2_session_mem_recv(c->session, data, (size_t)got) < 0) {
            fake_close(c);
            return;
        }
    }
    if (c->fd >= 0 && (got == 0 || errno != EAGAIN))
        fake_close(c);
    else
        fake_flush(c);
}

static void
server_ready(void *context, unsigned events UNUSED)
{
    struct fake_server *s = context;
    int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct fake_connection *c;

    if (fd < 0)
        return;
    s->accepted++;
    c = arena_zero(&s->mem, sizeof(*c));
    c->server = s;
    c->fd = fd;
    c->next = s->connections;
    s->connections = c;
    loop_watch_add(s->loop, &c->watch, fd, LOOP_READ, connection_ready, c);
    if (s->tls != NULL && s->mode != FAKE_SILENT) {
        c->ssl = SSL_new(s->tls);
        SSL_set_fd(c->ssl, fd);
    }
    if (s->mode == FAKE_HTTP2)
        session_start(c);
}

static void
listen_at(struct fake_server *s, const struct sockaddr *address, socklen_t size)
{
    s->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(s->fd, address, size) != 0 || listen(s->fd, 16) != 0)
        abort();
    loop_watch_add(s->loop, &s->watch, s->fd, LOOP_READ, server_ready, s);
}

void
fake_server_start(struct fake_server *s, struct loop *loop, enum fake_mode mode, SSL_CTX *tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    *s = (struct fake_server){.loop = loop, .mode = mode, .tls = tls};
    listen_at(s, (const struct sockaddr *)&address, size);
    getsockname(s->fd, (struct sockaddr *)&address, &size);
    s->port = ntohs(address.sin_port);
    snprintf(s->url, sizeof(s->url), "%s://127.0.0.1:%u", tls != NULL ? "https" : "http", s->port);
}

void
fake_server_start_at(struct fake_server *s, struct loop *loop, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *s = (struct fake_server){.loop = loop, .mode = FAKE_HTTP2};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    listen_at(s, (const struct sockaddr *)&address, sizeof(address));
    snprintf(s->url, sizeof(s->url), "unix://%s", path);
}

void
fake_server_stop(struct fake_server *s)
{
    while (s->connections != NULL)
        connection_free(s->connections);
    loop_watch_remove(s->loop, &s->watch);
    close(s->fd);
    if (s->tls != NULL)
        SSL_CTX_free(s->tls);
    arena_release(&s->mem);
}

void
fake_url_refused(char ret_url[128], const char *scheme)
{
    struct loop loop;
    struct fake_server s;

    loop_init(&loop);
    fake_server_start(&s, &loop, FAKE_SILENT, NULL);
    snprintf(ret_url, 128, "%s://127.0.0.1:%u", scheme, s.port);
    fake_server_stop(&s);
    loop_release(&loop);
}

static ssize_t
body_read(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
          nghttp2_data_source *source, void *user UNUSED)
{
    struct fake_stream *stream = source->ptr;
    size_t size = stream->body.size - stream->body_taken;

    if (size > room)
        size = room;
    if (size == 0 && !stream->finishing)
        return NGHTTP2_ERR_DEFERRED;
    if (size > 0)
        memcpy(to, stream->body.data + stream->body_taken, size);
    stream->body_taken += size;
    if (!stream->finishing || stream->body_taken < stream->body.size)
        return (ssize_t)size;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->status != NULL) {
        const nghttp2_nv trailers[] = {fake_nv("grpc-status", stream->status),
                                       fake_nv("grpc-message", stream->message)};

        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, id, trailers, stream->message[0] != '\0' ? 2 : 1);
    }
    return (ssize_t)size;
}

void
fake_answer_with(struct fake_stream *stream, const char *http_status, const char *type)
{
    const nghttp2_nv headers[] = {fake_nv(":status", http_status), fake_nv("content-type", type)};
    const nghttp2_data_provider body = {.source.ptr = stream, .read_callback = body_read};

    nghttp2_submit_response(stream->connection->session, stream->id, headers, 2, &body);
}

void
fake_answer_begin(struct fake_stream *stream)
{
    fake_answer_with(stream, "200", "application/grpc");
}

void
fake_answer_raw(struct fake_stream *stream, struct bytes bytes)
{
    buf_append_bytes(&stream->body, bytes);
    nghttp2_session_resume_data(stream->connection->session, stream->id);
}

void
fake_answer_message(struct fake_stream *stream, struct bytes message)
{
    grpc_framing_put_prefix(&stream->body, message.size);
    fake_answer_raw(stream, message);
}

void
fake_answer_end(struct fake_stream *stream, const char *status, const char *message)
{
    stream->finishing = true;
    stream->status = status;
    stream->message = message;
    nghttp2_session_resume_data(stream->connection->session, stream->id);
}

void
fake_answer_trailers_only(struct fake_stream *stream, const char *status, const char *message)
{
    const nghttp2_nv headers[] = {fake_nv(":status", "200"),
                                  fake_nv("content-type", "application/grpc"),
                                  fake_nv("grpc-status", status), fake_nv("grpc-message", message)};

    nghttp2_submit_response(stream->connection->session, stream->id, headers, 4, NULL);
}
