#include "net/http1.h"

#include <inttypes.h>
#include <string.h>

#include "base/json_writer.h"
#include "net/http1_answer.h"
#include "net/transport.h"

enum { TIMEOUT_MS = 5000, LIMIT_BYTES = 1 << 20, READ_BYTES = 64 << 10 };

struct http1_request {
    struct arena mem;
    struct arena *result;
    struct http1_exchange *exchange;
    struct loop *loop;
    struct http1_options options;
    struct endpoint endpoint;
    struct transport transport;
    struct loop_timer timer;
    struct secret text;  /* of the request: it may carry a password */
    struct bytes unsent; /* its rest */
    struct http1_answer answer;
};

const char *
http1_method_word(enum http1_method method)
{
    static const char *const words[] = {"GET", "PUT", "POST", "DELETE"};

    return words[method];
}

bool
http1_header(const struct http1_exchange *exchange, const char *name, struct bytes *ret_value)
{
    return http1_header_find(exchange->head, name, ret_value);
}

void
http1_cancel(struct http1_exchange *exchange)
{
    struct http1_request *r = exchange->request;
    struct arena mem;

    if (r == NULL)
        return;
    exchange->request = NULL;
    transport_close(&r->transport);
    loop_timer_stop(&r->timer);
    http1_answer_release(&r->answer);
    secret_release(&r->text);
    mem = r->mem;
    arena_release(&mem);
}

static void
request_end(struct http1_request *r)
{
    struct http1_exchange *exchange = r->exchange;

    exchange->unsent = r->unsent.size == r->text.size;
    http1_cancel(exchange);
    exchange->done = true;
}

static void
request_fail(struct http1_request *r, enum net_failure_kind kind, const char *text)
{
    /* Not the query: it may hold a value. */
    judge_set(&r->exchange->failure, kind, &r->endpoint, "%.*s%s",
              (int)strcspn(r->options.path, "?"), r->options.path, text);
    request_end(r);
}

/* True while more is to come. */
static bool
answer_look(struct http1_request *r, bool ended)
{
    struct bytes body;

    switch (http1_answer_look(&r->answer, ended, r->options.limit_bytes, &body)) {
    case HTTP1_COMPLETE:
        r->exchange->status = r->answer.status;
        r->exchange->date_s = r->answer.date_s;
        r->exchange->head =
            arena_copy(r->result, bytes_of(r->answer.raw.data, r->answer.head_size));
        r->exchange->body = arena_copy(r->result, body);
        request_end(r);
        return false;
    case HTTP1_BROKEN:
        request_fail(r, NET_FAILURE_PROTOCOL, ": the answer is not HTTP/1");
        return false;
    case HTTP1_LARGE:
        request_fail(r, NET_FAILURE_TOO_LARGE,
                     arena_printf(&r->mem, ": the answer is above the limit of %zu bytes",
                                  r->options.limit_bytes));
        return false;
    default:
        if (r->options.long_poll && r->answer.head_size > 0)
            loop_timer_stop(&r->timer);
        return true;
    }
}

static void
request_lost(struct http1_request *r)
{
    struct net_failure *failure = &r->exchange->failure;

    if (!answer_look(r, true))
        return;
    if (!transport_judge(&r->transport, failure))
        judge_lost(failure, &r->endpoint, BYTES_NONE, r->answer.raw.size > 0,
                   r->transport.sys_errno, "");
    request_end(r);
}

static void
request_ready(void *context)
{
    struct http1_request *r = context;
    enum net_io io = NET_IO_DONE;
    size_t size;

    while (r->unsent.size > 0 && io == NET_IO_DONE) {
        io = transport_write(&r->transport, r->unsent.data, r->unsent.size, &size);
        if (io == NET_IO_DONE)
            r->unsent = bytes_of(r->unsent.data + size, r->unsent.size - size);
    }
    transport_want_write(&r->transport, io == NET_IO_AGAIN);
    do {
        uint8_t *to = buf_reserve(&r->answer.raw, READ_BYTES);

        io = transport_read(&r->transport, to, READ_BYTES, &size);
        r->answer.raw.size += size;
        if (io == NET_IO_DONE && !answer_look(r, false))
            return;
    } while (io == NET_IO_DONE);
    if (io != NET_IO_AGAIN)
        request_lost(r);
}

static void
request_opened(void *context, const struct net_failure *failure)
{
    struct http1_request *r = context;

    if (failure == NULL) {
        if (r->options.long_poll)
            transport_keep_alive(&r->transport);
        request_ready(r);
        return;
    }
    r->exchange->failure = *failure;
    request_end(r);
}

static void
request_expired(void *context)
{
    struct http1_request *r = context;

    if (r->transport.open)
        request_fail(r, r->answer.raw.size > 0 ? NET_FAILURE_DEADLINE : NET_FAILURE_NO_ANSWER,
                     arena_printf(&r->mem, ": no complete answer within %" PRId64 " ms",
                                  r->options.timeout_ms));
    else {
        judge_timeout(&r->exchange->failure, &r->endpoint, transport_stage(&r->transport),
                      r->options.timeout_ms);
        request_end(r);
    }
}

static bool
path_check(const char *path, struct error *e)
{
    for (const char *c = path; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return error_set(e, ERROR_USAGE, "path '%s': blanks and special characters", path);
    }
    return true;
}

/* Built in one piece of its final size, so that no copy of a password stays behind. */
static void
request_write(const struct http1_options *o, const char *authority, struct secret *ret_text)
{
    AUTO_BUF text = BUF_INIT;

    buf_reserve(&text, 512 + strlen(o->path) + strlen(authority) + o->body.size +
                           (o->basic != NULL ? 2 * o->basic->size : 0));
    buf_printf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: quorate/%s\r\n",
               http1_method_word(o->method), o->path, authority, QUORATE_VERSION);
    if (o->basic != NULL) {
        buf_append_text(&text, "Authorization: Basic ");
        base64_append(&text, bytes_of(o->basic->text, o->basic->size));
        buf_append_text(&text, "\r\n");
    }
    if (o->content_type != NULL)
        buf_printf(&text, "Content-Type: %s\r\n", o->content_type);
    if (o->method == HTTP1_PUT || o->method == HTTP1_POST)
        buf_printf(&text, "Content-Length: %zu\r\n", o->body.size);
    buf_append_text(&text, "Connection: close\r\n\r\n");
    buf_append_bytes(&text, o->body);
    secret_set(ret_text, buf_bytes(&text));
    explicit_bzero(text.data, text.size);
}

bool
http1_start(struct arena *mem, struct loop *loop, const struct http1_options *options,
            struct http1_exchange *ret_exchange, struct error *e)
{
    struct arena own = ARENA_INIT;
    struct http1_request *r = arena_zero(&own, sizeof(*r));

    if (!endpoint_parse(&own, options->endpoint, false, &r->endpoint, e) ||
        !path_check(options->path, e)) {
        arena_release(&own);
        return false;
    }
    r->options = *options;
    r->options.path = arena_text(&own, options->path);
    r->options.timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    r->options.limit_bytes = options->limit_bytes > 0 ? options->limit_bytes : LIMIT_BYTES;
    if (r->options.tls == NULL && r->endpoint.tls)
        r->options.tls = tls_context_new(&own, &(struct tls_options){.ca_file = NULL});
    request_write(options, r->endpoint.authority, &r->text);
    r->unsent = bytes_of(r->text.text, r->text.size);
    r->mem = own;
    r->result = mem;
    r->exchange = ret_exchange;
    r->loop = loop;
    *ret_exchange = (struct http1_exchange){.request = r};
    loop_timer_set(loop, &r->timer, loop_now_ms(loop) + r->options.timeout_ms, request_expired, r);
    transport_open(&r->transport, loop, &r->endpoint, r->options.tls, "http/1.1", request_opened,
                   request_ready, r);
    return true;
}

bool
http1_finish(struct loop *loop, struct http1_exchange *exchange, struct error *e)
{
    bool done = loop_run(loop, &exchange->done, LOOP_FOREVER);

    ASSERT(done); /* the time-out ends it */
    return exchange->failure.kind == NET_FAILURE_NONE || net_failure_error(&exchange->failure, e);
}
