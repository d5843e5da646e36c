/* The judgements that no server at hand provokes. */
#include "net/judge.h"

#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cmocka.h>

static const struct endpoint tcp = {.url = "http://db1:2379", .host = "db1"};
static const struct endpoint local = {.url = "unix://s", .path = "s"};

static void
assert_judged(const struct net_failure *f, enum net_failure_kind kind, const char *text)
{
    assert_string_equal(f->text, text);
    assert_int_equal(f->kind, kind);
}

static void
test_names(void **state)
{
    struct net_failure f;

    (void)state;
    judge_name(&f, &tcp, EAI_AGAIN, 0);
    assert_judged(&f, NET_FAILURE_NAME_TIMEOUT,
                  "endpoint 'http://db1:2379': the name 'db1' cannot be looked up now: Temporary "
                  "failure in name resolution");
    judge_name(&f, &tcp, EAI_SYSTEM, EMFILE);
    assert_judged(&f, NET_FAILURE_NAME_NOT_FOUND,
                  "endpoint 'http://db1:2379': the name 'db1' has no address: Too many open files");
    assert_int_equal(f.sys_errno, EMFILE);
}

static void
test_connections(void **state)
{
    struct net_failure f;

    (void)state;
    judge_connect(&f, &tcp, EHOSTUNREACH, "");
    assert_judged(&f, NET_FAILURE_UNREACHABLE,
                  "endpoint 'http://db1:2379': cannot connect: No route to host");
    judge_connect(&f, &tcp, ETIMEDOUT, "10.0.0.1:2379: Connection timed out");
    assert_judged(
        &f, NET_FAILURE_CONNECT_TIMEOUT,
        "endpoint 'http://db1:2379': cannot connect: 10.0.0.1:2379: Connection timed out");
    judge_connect(&f, &local, EACCES, "");
    assert_judged(&f, NET_FAILURE_NO_SOCKET,
                  "endpoint 'unix://s': cannot connect: Permission denied");
    judge_connect(&f, &tcp, EACCES, "");
    assert_judged(&f, NET_FAILURE_UNREACHABLE,
                  "endpoint 'http://db1:2379': cannot connect: Permission denied");
    judge_connect(&f, &tcp, 99999, "");
    assert_judged(&f, NET_FAILURE_UNREACHABLE,
                  "endpoint 'http://db1:2379': cannot connect: unknown error");
}

static void
test_timeouts(void **state)
{
    struct net_failure f;

    (void)state;
    judge_timeout(&f, &tcp, NET_STAGE_NAME, 5000);
    assert_judged(&f, NET_FAILURE_NAME_TIMEOUT,
                  "endpoint 'http://db1:2379': no answer from the name server within 5 s");
    judge_timeout(&f, &tcp, NET_STAGE_CONNECT, 2500);
    assert_judged(&f, NET_FAILURE_CONNECT_TIMEOUT,
                  "endpoint 'http://db1:2379': no connection within 2.5 s");
}

static void
test_lost_connections(void **state)
{
    struct net_failure f;

    (void)state;
    judge_lost(&f, &tcp, BYTES_NONE, true, ECONNRESET, "");
    assert_judged(&f, NET_FAILURE_CLOSED,
                  "endpoint 'http://db1:2379': connection reset by the server");
    judge_lost(&f, &tcp, BYTES_NONE, true, ETIMEDOUT, "");
    assert_judged(&f, NET_FAILURE_KEEPALIVE, "endpoint 'http://db1:2379': connection timed out");
    judge_lost(&f, &tcp, BYTES_NONE, true, EHOSTUNREACH, "");
    assert_judged(&f, NET_FAILURE_CLOSED,
                  "endpoint 'http://db1:2379': connection broken: No route to host");
    judge_add_received(&f, 12);
    assert_judged(&f, NET_FAILURE_CLOSED,
                  "endpoint 'http://db1:2379': connection broken: No route to host after 12 bytes "
                  "of the answer");
}

static void
test_first_bytes_that_may_yet_be_http2(void **state)
{
    struct net_failure f;

    (void)state;
    assert_false(judge_first_bytes(&f, &tcp, BYTES_NONE, true));
    assert_false(judge_first_bytes(&f, &tcp, BYTES_LITERAL("HTT"), false));
    assert_false(judge_first_bytes(&f, &tcp, BYTES_LITERAL("HTTP/1.1 200"), false));
    assert_false(judge_first_bytes(&f, &tcp, BYTES_LITERAL("\0\0\6\4\0\0\0\0\0\0"), true));
    /* A line without an end is quoted when it is as long as what is kept. */
    char line[NET_SERVER_LINE_SIZE] = "HTTP/1.1 ";
    memset(line + 9, 'x', sizeof(line) - 9);
    assert_true(judge_first_bytes(&f, &tcp, bytes_of(line, sizeof(line)), false));
    assert_int_equal(f.kind, NET_FAILURE_HTTP1_SERVER);
}

struct alert_case {
    int reason;
    const struct net_certificate *own;
    bool handshake_done;
    enum net_failure_kind kind;
};

enum { CLOCK_S = 1000000 };

static const struct net_certificate stranger = {.seen = true,
                                                .ours = true,
                                                .subject = "CN=me",
                                                .issuer = "CN=my CA",
                                                .not_before_s = CLOCK_S - 60,
                                                .not_after_s = CLOCK_S + 60};
static const struct net_certificate ended = {
    .seen = true, .ours = true, .subject = "CN=me", .not_after_s = CLOCK_S - 60};
static const struct net_certificate not_begun = {.seen = true,
                                                 .ours = true,
                                                 .subject = "CN=me",
                                                 .not_before_s = CLOCK_S + 60,
                                                 .not_after_s = CLOCK_S + 120};
static const struct net_certificate no_client = {.seen = true,
                                                 .ours = true,
                                                 .without_clientauth = true,
                                                 .subject = "CN=db1",
                                                 .not_after_s = CLOCK_S + 120};

static const struct alert_case alerts[] = {
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, NULL, true, NET_FAILURE_TLS_CLIENT_REQUIRED},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, &stranger, true, NET_FAILURE_TLS_CLIENT_REFUSED},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, &no_client, true, NET_FAILURE_TLS_CLIENT_USAGE},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, &ended, true, NET_FAILURE_TLS_CLIENT_EXPIRED},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, &not_begun, true, NET_FAILURE_TLS_CLIENT_EXPIRED},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, &stranger, false, NET_FAILURE_TLS_CLIENT_EXPIRED},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, &stranger, false, NET_FAILURE_TLS_CLIENT_REFUSED},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, &stranger, false, NET_FAILURE_TLS_CLIENT_REFUSED},
    {SSL_R_WRONG_VERSION_NUMBER, NULL, false, NET_FAILURE_TLS_TO_PLAINTEXT},
    {SSL_R_WRONG_VERSION_NUMBER, NULL, true, NET_FAILURE_TLS_OTHER},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, NULL, false, NET_FAILURE_TLS_NO_HTTP2},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, NULL, false, NET_FAILURE_TLS_OTHER},
};

static void
test_alerts(void **state)
{
    const struct net_certificate unseen = {.seen = false};
    struct net_failure f;

    (void)state;
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        const struct tls_evidence evidence = {
            .library_error = ERR_PACK(ERR_LIB_SSL, 0, (unsigned)alerts[i].reason),
            .handshake_done = alerts[i].handshake_done,
            .clock_s = CLOCK_S,
            .certificate = &unseen,
            .own = alerts[i].own,
        };

        judge_tls(&f, &tcp, &evidence);
        assert_int_equal(f.kind, alerts[i].kind);
    }
    judge_tls(&f, &tcp, &(struct tls_evidence){.sys_errno = ECONNRESET, .certificate = &unseen});
    assert_judged(
        &f, NET_FAILURE_TLS_CLOSED,
        "endpoint 'http://db1:2379': connection reset by the server in the TLS handshake");
    judge_tls(&f, &tcp,
              &(struct tls_evidence){.verify_result = X509_V_ERR_INVALID_PURPOSE,
                                     .certificate = &unseen});
    assert_int_equal(f.kind, NET_FAILURE_TLS_CERTIFICATE);
}

static void
test_each_kind_becomes_an_error(void **state)
{
    (void)state;
    for (int kind = NET_FAILURE_NONE + 1; kind < NET_FAILURE_COUNT; kind++) {
        struct net_failure f;
        struct error e = ERROR_INIT;

        judge_set(&f, (enum net_failure_kind)kind, &tcp, "why");
        f.sys_errno = EPIPE;
        assert_false(net_failure_error(&f, &e));
        assert_string_equal(e.text, "endpoint 'http://db1:2379': why");
        assert_true(e.code != ERROR_NONE);
        assert_int_equal(e.sys_errno, EPIPE);
        assert_true(net_failure_word(f.kind)[0] != '\0');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_connections),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_lost_connections),
        cmocka_unit_test(test_first_bytes_that_may_yet_be_http2),
        cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_each_kind_becomes_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
