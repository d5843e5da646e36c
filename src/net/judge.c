#include "net/judge.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <nghttp2/nghttp2.h>
#include <stdarg.h>
#include <string.h>

#include "net/grpc.h"

/* RFC 9113, section 4.1: length (3), type (1), flags (1), stream (4). */
enum { FRAME_HEADER_SIZE = 9, FRAME_TYPE_AT = 3 };
/* RFC 8446, section 5.1: content types alert and handshake, then the version 3.x. */
enum { TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_MAJOR = 3 };

void
judge_set(struct net_failure *f, enum net_failure_kind kind, const struct endpoint *ep,
          const char *format, ...)
{
    char reason[NET_TEXT_SIZE / 2]; /* leaves room for the URL in front */
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    *f = (struct net_failure){.kind = kind};
    snprintf(f->endpoint, sizeof(f->endpoint), "%s", ep->url);
    snprintf(f->text, sizeof(f->text), "endpoint '%s': %s", ep->url, reason);
}

/* What a peer sent, made fit for one line of text. */
static void
peer_text(struct bytes bytes, char *ret_text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < bytes.size && used + 5 < size; i++) {
        uint8_t c = bytes.data[i];

        if (c >= ' ' && c < 0x7f)
            ret_text[used++] = (char)c;
        else
            used += (size_t)snprintf(ret_text + used, size - used, "\\x%02x", c);
    }
    ret_text[used] = '\0';
}

/* "350 ms", "5 s", "2.5 s" */
static const char *
wait_text(int64_t ms, char text[32])
{
    if (ms < 1000)
        snprintf(text, 32, "%lld ms", (long long)ms);
    else if (ms % 1000 < 100)
        snprintf(text, 32, "%lld s", (long long)ms / 1000);
    else
        snprintf(text, 32, "%lld.%lld s", (long long)ms / 1000, (long long)ms % 1000 / 100);
    return text;
}

void
judge_name(struct net_failure *f, const struct endpoint *ep, int gai_error, int sys_errno)
{
    if (gai_error == EAI_AGAIN) {
        judge_set(f, NET_FAILURE_NAME_TIMEOUT, ep, "the name '%s' cannot be looked up now: %s",
                  ep->host, gai_strerror(gai_error));
        return;
    }
    judge_set(f, NET_FAILURE_NAME_NOT_FOUND, ep, "the name '%s' has no address: %s", ep->host,
              sys_errno != 0 ? strerrordesc_np(sys_errno) : gai_strerror(gai_error));
    f->sys_errno = sys_errno;
}

void
judge_connect(struct net_failure *f, const struct endpoint *ep, int sys_errno, const char *tried)
{
    const char *reason = strerrordesc_np(sys_errno);
    enum net_failure_kind kind = NET_FAILURE_UNREACHABLE;

    if (reason == NULL)
        reason = "unknown error";
    switch (sys_errno) {
    case ECONNREFUSED:
        kind = NET_FAILURE_REFUSED;
        reason = "connection refused";
        break;
    case ETIMEDOUT:
        kind = NET_FAILURE_CONNECT_TIMEOUT;
        break;
    case ENOENT:
    case EACCES:
    case EPERM:
    case ENOTSOCK:
        kind = ep->path != NULL ? NET_FAILURE_NO_SOCKET : kind;
        break;
    default:
        break;
    }
    if (tried[0] != '\0')
        judge_set(f, kind, ep, "cannot connect: %s", tried);
    else if (sys_errno == ECONNREFUSED)
        judge_set(f, kind, ep, "%s", reason);
    else
        judge_set(f, kind, ep, "cannot connect: %s", reason);
    f->sys_errno = sys_errno;
}

void
judge_timeout(struct net_failure *f, const struct endpoint *ep, enum net_stage stage,
              int64_t waited_ms)
{
    static const struct {
        enum net_failure_kind kind;
        const char *what;
    } stages[] = {
        [NET_STAGE_NAME] = {NET_FAILURE_NAME_TIMEOUT, "no answer from the name server"},
        [NET_STAGE_CONNECT] = {NET_FAILURE_CONNECT_TIMEOUT, "no connection"},
        [NET_STAGE_HANDSHAKE] = {NET_FAILURE_TLS_TIMEOUT,
                                 "connected, but no answer in the TLS handshake"},
        [NET_STAGE_SILENT] = {NET_FAILURE_NO_ANSWER, "connected, but no HTTP/2 answer"},
        [NET_STAGE_OPEN] = {NET_FAILURE_DEADLINE, "no complete answer"},
    };
    char wait[32];

    judge_set(f, stages[stage].kind, ep, "%s within %s", stages[stage].what,
              wait_text(waited_ms, wait));
}

/* An HTTP/1 status line is worth quoting whole: wait for its end. */
static bool
judge_http1(struct net_failure *f, const struct endpoint *ep, struct bytes first, bool ended)
{
    const uint8_t *end = memchr(first.data, '\r', first.size);
    char line[NET_SERVER_LINE_SIZE];

    if (end == NULL)
        end = memchr(first.data, '\n', first.size);
    if (end == NULL && !ended && first.size < NET_SERVER_LINE_SIZE)
        return false;
    if (end != NULL)
        first.size = (size_t)(end - first.data);
    peer_text(first, line, sizeof(line));
    judge_set(f, NET_FAILURE_HTTP1_SERVER, ep, "an HTTP/1 server answered: '%s'", line);
    memcpy(f->server_line, line, sizeof(line));
    return true;
}

static bool
looks_like_tls(struct bytes first)
{
    return first.size >= 2 && (first.data[0] == TLS_ALERT || first.data[0] == TLS_HANDSHAKE) &&
           first.data[1] == TLS_MAJOR;
}

bool
judge_first_bytes(struct net_failure *f, const struct endpoint *ep, struct bytes first, bool ended)
{
    char text[NET_SERVER_LINE_SIZE];

    if (first.size == 0)
        return false;
    if (bytes_starts_with(first, BYTES_LITERAL("HTTP/")))
        return judge_http1(f, ep, first, ended);
    if (looks_like_tls(first)) {
        judge_set(f, NET_FAILURE_PLAINTEXT_TO_TLS, ep, "the server speaks TLS, not plain HTTP/2");
        return true;
    }
    if (first.size >= FRAME_HEADER_SIZE ? first.data[FRAME_TYPE_AT] == NGHTTP2_SETTINGS : !ended)
        return false;
    peer_text(first, text, 48);
    judge_set(f, NET_FAILURE_NOT_HTTP2, ep, "the server does not speak HTTP/2: it sent '%s'", text);
    memcpy(f->server_line, text, sizeof(f->server_line));
    return true;
}

void
judge_lost(struct net_failure *f, const struct endpoint *ep, struct bytes first, bool open,
           int sys_errno, const char *library)
{
    if (!open && judge_first_bytes(f, ep, first, true))
        return;
    if (library[0] != '\0')
        judge_set(f, NET_FAILURE_PROTOCOL, ep, "the server broke the HTTP/2 protocol: %s", library);
    else if (sys_errno == ECONNRESET || sys_errno == EPIPE)
        judge_set(f, NET_FAILURE_CLOSED, ep, "connection reset by the server");
    else if (sys_errno == ETIMEDOUT)
        judge_set(f, NET_FAILURE_KEEPALIVE, ep, "connection timed out");
    else if (sys_errno != 0)
        judge_set(f, NET_FAILURE_CLOSED, ep, "connection broken: %s", strerrordesc_np(sys_errno));
    else
        judge_set(f, NET_FAILURE_CLOSED, ep, "connection closed by the server%s",
                  open ? "" : " before it answered");
    f->sys_errno = sys_errno;
}

void
judge_goaway(struct net_failure *f, const struct endpoint *ep, uint32_t http2_error,
             struct bytes reason)
{
    char text[NET_SERVER_LINE_SIZE];

    peer_text(reason, text, sizeof(text));
    if (http2_error == NGHTTP2_ENHANCE_YOUR_CALM && strcmp(text, "too_many_pings") == 0)
        judge_set(f, NET_FAILURE_TOO_MANY_PINGS, ep,
                  "the server ended the connection: too many keep-alive pings");
    else if (http2_error == NGHTTP2_NO_ERROR)
        judge_set(f, NET_FAILURE_SHUTTING_DOWN, ep, "the server is shutting down%s%s%s",
                  text[0] != '\0' ? " (" : "", text, text[0] != '\0' ? ")" : "");
    else
        judge_set(f, NET_FAILURE_CLOSED, ep, "the server ended the connection: %s%s%s",
                  nghttp2_http2_strerror(http2_error), text[0] != '\0' ? ": " : "", text);
    memcpy(f->server_line, text, sizeof(text));
}

/* Source: gRPC over HTTP/2, "Errors" (grpc/grpc doc/PROTOCOL-HTTP2.md). */
static int
code_of_reset(uint32_t http2_error)
{
    switch (http2_error) {
    case NGHTTP2_REFUSED_STREAM:
        return GRPC_UNAVAILABLE;
    case NGHTTP2_CANCEL:
        return GRPC_CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM:
        return GRPC_RESOURCE_EXHAUSTED;
    case NGHTTP2_INADEQUATE_SECURITY:
        return GRPC_PERMISSION_DENIED;
    default:
        return GRPC_INTERNAL;
    }
}

void
judge_reset(struct net_failure *f, const struct endpoint *ep, uint32_t http2_error, int *ret_code)
{
    *ret_code = code_of_reset(http2_error);
    judge_set(f, NET_FAILURE_RESET, ep, "the server broke off the call: HTTP/2 error %s",
              nghttp2_http2_strerror(http2_error));
    f->not_processed = http2_error == NGHTTP2_REFUSED_STREAM;
}

/* Kinds that break off a good answer; for the others its length says nothing. */
static bool
breaks_off(enum net_failure_kind kind)
{
    switch (kind) {
    case NET_FAILURE_CLOSED:
    case NET_FAILURE_DEADLINE:
    case NET_FAILURE_KEEPALIVE:
    case NET_FAILURE_RESET:
    case NET_FAILURE_SHUTTING_DOWN:
    case NET_FAILURE_TOO_MANY_PINGS:
        return true;
    default:
        return false;
    }
}

void
judge_add_received(struct net_failure *f, uint64_t received_bytes)
{
    size_t used = strlen(f->text);

    f->received_bytes = received_bytes;
    if (received_bytes > 0 && breaks_off(f->kind))
        snprintf(f->text + used, sizeof(f->text) - used, " after %llu bytes of the answer",
                 (unsigned long long)received_bytes);
}
