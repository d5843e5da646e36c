#include "etcd/fake_etcd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "etcd/message/auth_message.h"

enum { PREFIX_BYTES = 5 };

static void
token_answer(struct fake_member *m, struct fake_stream *stream)
{
    char token[32];
    struct etcd_authenticate_response response = {.header.revision = 1};

    snprintf(token, sizeof(token), "token-%u", ++m->tokens);
    response.token = bytes_of_text(token);
    fake_send_value(stream, &etcd_authenticate_response_message, &response);
    fake_answer_end(stream, "0", "");
}

/* 'body_taken' of the request is kept in the stream's note. */
static void
message_came(struct fake_stream *stream)
{
    struct fake_member *m = stream->connection->server->note;
    size_t at = (size_t)(uintptr_t)stream->note;

    while (stream->request.size >= at + PREFIX_BYTES) {
        const uint8_t *p = stream->request.data + at;
        size_t size = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];

        if (stream->request.size < at + PREFIX_BYTES + size)
            return;
        at += PREFIX_BYTES + size;
        stream->note = (void *)(uintptr_t)at; // NOLINT(performance-no-int-to-ptr)
        if (strcmp(stream->path, "/etcdserverpb.Auth/Authenticate") == 0)
            token_answer(m, stream);
        else
            m->cluster->message(m, stream, bytes_of(p + PREFIX_BYTES, size));
    }
}

void
fake_member_start(struct fake_member *m)
{
    fake_server_start_at(&m->server, m->cluster->loop, m->path);
    m->server.note = m;
    m->server.message = message_came;
    m->up = true;
}

void
fake_member_kill(struct fake_member *m)
{
    if (m->up)
        fake_server_stop(&m->server);
    m->up = false;
    (void)unlink(m->path);
}

void
fake_cluster_open(struct fake_cluster *c, size_t count, const char *user, fake_message *message)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_SECRET password = SECRET_INIT;
    const char *urls[FAKE_MEMBERS_MAX];
    struct etcd_options options = ETCD_OPTIONS_INIT;
    struct error e;

    *c = (struct fake_cluster){.count = count, .message = message};
    for (size_t i = 0; i < count; i++) {
        snprintf(c->members[i].path, sizeof(c->members[i].path), "/tmp/fake-etcd-%ld-%zu",
                 (long)getpid(), i);
        c->members[i].cluster = c;
        urls[i] = arena_printf(&tmp, "unix://%s", c->members[i].path);
    }
    secret_set(&password, BYTES_LITERAL("secret"));
    options.endpoints = urls;
    options.endpoint_count = count;
    options.user = user;
    options.password = &password;
    assert_true(etcd_client_open(&options, &c->client, &e));
    c->loop = c->client->loop;
    for (size_t i = 0; i < count; i++)
        fake_member_start(&c->members[i]);
}

void
fake_cluster_close(struct fake_cluster *c)
{
    for (size_t i = 0; i < c->count; i++)
        fake_member_kill(&c->members[i]);
    etcd_client_close(&c->client);
}

void
fake_send(struct fake_stream *stream, struct bytes message)
{
    if (stream->body.size == 0 && stream->body_taken == 0)
        fake_answer_begin(stream);
    fake_answer_message(stream, message);
    fake_flush(stream->connection);
}

void
fake_send_value(struct fake_stream *stream, const struct message *m, const void *value)
{
    AUTO_BUF encoded = BUF_INIT;

    message_encode(&encoded, m, value);
    fake_send(stream, buf_bytes(&encoded));
}

void
fake_run_until(struct fake_cluster *c, const bool *done)
{
    assert_true(loop_run(c->loop, done, time_monotonic_ms() + 20000));
}

void
fake_run_for(struct fake_cluster *c, int64_t ms)
{
    const bool never = false;

    assert_false(loop_run(c->loop, &never, time_monotonic_ms() + ms));
}
