#include "failing_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/time.h"

struct scene *
scene_open(void)
{
    static struct scene scene;
    struct scene *s = &scene;

    *s = (struct scene){.dir = "/tmp/quorate-net-XXXXXX"};
    loop_init(&s->loop);
    assert_non_null(mkdtemp(s->dir));
    test_ca_make(&s->mem, s->dir, "test CA", &s->ca);
    return s;
}

void
scene_close(struct scene *s)
{
    struct error e = ERROR_INIT;

    arena_release(&s->mem);
    if (s->server.loop != NULL)
        fake_server_stop(&s->server);
    test_ca_release(&s->ca);
    assert_true(tree_remove(s->dir, &e));
    loop_release(&s->loop);
}

void
attempt(struct scene *s, const struct attempt *a)
{
    struct grpc_channel_options o = {
        .endpoint = a->url != NULL ? a->url : s->server.url,
        .tls = a->tls != NULL ? tls_context_new(&s->mem, a->tls) : NULL,
        .connect_timeout_ms = a->connect_timeout_ms,
        .keepalive_time_ms = a->keepalive_ms,
        .keepalive_timeout_ms =
            a->keepalive_timeout_ms > 0 ? a->keepalive_timeout_ms : a->keepalive_ms,
        .receive_limit_bytes = a->receive_limit_bytes,
    };
    struct grpc_call_options call = {.method = "/test.Service/Call",
                                     .deadline_ms = a->deadline_ms > 0 ? a->deadline_ms : 5000};
    struct grpc_channel *channel;
    int64_t started_ms = time_monotonic_ms();

    assert_true(grpc_channel_new(&s->mem, &s->loop, &o, &channel, &s->e));
    grpc_unary_start(&s->mem, channel, &call, BYTES_LITERAL("ping"), &s->u);
    assert_false(grpc_unary_finish(&s->u, &s->e));
    s->took_ms = time_monotonic_ms() - started_ms;
}

void
assert_told(const struct scene *s, enum net_failure_kind kind, enum error_code code,
            const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *url = grpc_channel_endpoint(s->u.channel);

    assert_string_equal(s->e.text, arena_printf(&tmp, "endpoint '%s': %s", url, text));
    assert_int_equal(s->u.result.failure.kind, kind);
    assert_int_equal(s->e.code, code);
}

void
assert_quick(const struct scene *s)
{
    assert_true(s->took_ms < 2000);
}

void
answer_raw(struct scene *s, struct bytes bytes, bool then_close)
{
    fake_server_start(&s->server, &s->loop, FAKE_RAW, NULL);
    s->server.raw = bytes;
    s->server.raw_close = then_close;
    attempt(s, &(struct attempt){.connect_timeout_ms = 400});
}
