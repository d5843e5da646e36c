/* The failure table: TLS, and the lack of it. */
#include "failing_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"

static struct test_pair
server_pair(struct scene *s, const char *sans)
{
    return test_pair_make(&s->mem, &s->ca, s->dir, "server", sans, -60, 3600);
}

static void
server_tls(struct scene *s, enum fake_mode mode, const char *sans, const struct test_ca *clients)
{
    fake_server_start(&s->server, &s->loop, mode,
                      test_server_tls(server_pair(s, sans), "h2", clients));
}

static void
test_plaintext_to_a_tls_port_that_answers(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    answer_raw(s, BYTES_LITERAL("\x15\x03\x03\x00\x02\x02\x46"), true); /* an alert */
    assert_told(s, NET_FAILURE_PLAINTEXT_TO_TLS, ERROR_TLS,
                "the server speaks TLS, not plain HTTP/2");
    assert_string_equal(error_hint_text(&s->e), "the server speaks TLS here: use https://");
    scene_close(s);
}

static void
test_plaintext_to_a_tls_port_that_hangs_up(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", NULL);
    attempt(s,
            &(struct attempt){.url = arena_printf(&s->mem, "http://127.0.0.1:%u", s->server.port)});
    assert_told(s, NET_FAILURE_PLAINTEXT_TO_TLS, ERROR_TLS,
                "the server speaks TLS, not plain HTTP/2");
    assert_quick(s);
    scene_close(s);
}

static void
tls_to_plain(struct scene *s, enum fake_mode mode, struct bytes answer)
{
    fake_server_start(&s->server, &s->loop, mode, NULL);
    s->server.raw = answer;
    s->server.raw_close = true;
    attempt(
        s, &(struct attempt){.url = arena_printf(&s->mem, "https://127.0.0.1:%u", s->server.port)});
}

static void
test_tls_to_a_plaintext_port(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    tls_to_plain(s, FAKE_RAW, BYTES_LITERAL("HTTP/1.1 400 Bad Request\r\n\r\n"));
    assert_told(s, NET_FAILURE_TLS_TO_PLAINTEXT, ERROR_TLS,
                "the server does not speak TLS (wrong version number)");
    assert_string_equal(error_hint_text(&s->e), "the server speaks no TLS here: use http://");
    scene_close(s);
}

static void
test_tls_to_a_plaintext_http2_port_that_hangs_up(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    /* As etcd: a ClientHello is no HTTP/2 preface, so nghttp2's server ends the session. */
    tls_to_plain(s, FAKE_HTTP2, BYTES_NONE);
    assert_int_equal(s->u.result.failure.kind, NET_FAILURE_TLS_TO_PLAINTEXT);
    assert_int_equal(s->e.code, ERROR_TLS);
    assert_quick(s);
    scene_close(s);
}

static void
test_closed_in_the_tls_handshake(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    tls_to_plain(s, FAKE_CLOSE, BYTES_NONE);
    assert_told(s, NET_FAILURE_TLS_CLOSED, ERROR_TLS,
                "connection closed by the server in the TLS handshake");
    scene_close(s);
}

static void
test_an_unknown_authority(void **state)
{
    struct scene *s = scene_open();
    struct test_ca other;
    struct tls_options o;

    (void)state;
    test_ca_make(&s->mem, s->dir, "other CA", &other);
    o = (struct tls_options){.ca_file = other.file};
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", NULL);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_UNKNOWN_CA, ERROR_TLS,
                arena_printf(&s->mem,
                             "certificate verify failed: unable to get local issuer certificate: "
                             "issued by 'CN=test CA', which CA file '%s' does not hold",
                             other.file));
    assert_true(s->u.result.failure.certificate.seen);
    assert_string_equal(s->u.result.failure.certificate.subject, "CN=server");
    assert_string_equal(s->u.result.failure.certificate.names, "IP:127.0.0.1");
    assert_quick(s);
    test_ca_release(&other);
    scene_close(s);
}

static void
test_the_systems_authorities_do_not_know_it(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", NULL);
    attempt(s, &(struct attempt){.tls = NULL});
    assert_told(s, NET_FAILURE_TLS_UNKNOWN_CA, ERROR_TLS,
                "certificate verify failed: unable to get local issuer certificate: issued by "
                "'CN=test CA', which the system's list of authorities does not hold");
    scene_close(s);
}

static void
test_another_name(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};

    (void)state;
    server_tls(s, FAKE_HTTP2, "DNS:db1,IP:10.0.0.1,IP:fd00::1", NULL);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NAME_MISMATCH, ERROR_TLS,
                "certificate verify failed: IP address mismatch: '127.0.0.1' is not among "
                "DNS:db1, IP:10.0.0.1, IP:fd00::1");
    o.server_name = "db2";
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NAME_MISMATCH, ERROR_TLS,
                "certificate verify failed: hostname mismatch: 'db2' is not among DNS:db1, "
                "IP:10.0.0.1, IP:fd00::1");
    scene_close(s);
}

static const char *
our_clock(struct scene *s)
{
    assert_in_range(time_wall_ms() / 1000 - s->u.result.failure.clock_s, 0, 10);
    return time_rfc3339(&s->mem, s->u.result.failure.clock_s * 1000);
}

static void
test_a_certificate_out_of_its_time(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};
    struct test_pair pair;
    const struct net_certificate *c = &s->u.result.failure.certificate;

    (void)state;
    pair = test_pair_make(&s->mem, &s->ca, s->dir, "old", "IP:127.0.0.1", -7200, -3600);
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, "h2", NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_EXPIRED, ERROR_TLS,
                arena_printf(&s->mem,
                             "certificate verify failed: certificate has expired: 'CN=old' ended "
                             "at %s; our clock says %s",
                             time_rfc3339(&s->mem, c->not_after_s * 1000), our_clock(s)));
    assert_in_range(time_wall_ms() / 1000 - c->not_after_s, 3590, 3660);
    fake_server_stop(&s->server);

    pair = test_pair_make(&s->mem, &s->ca, s->dir, "new", "IP:127.0.0.1", 3600, 7200);
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, "h2", NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NOT_YET_VALID, ERROR_TLS,
                arena_printf(&s->mem,
                             "certificate verify failed: certificate is not yet valid: 'CN=new' "
                             "begins at %s; our clock says %s",
                             time_rfc3339(&s->mem, c->not_before_s * 1000), our_clock(s)));
    assert_in_range(c->not_before_s - time_wall_ms() / 1000, 3500, 3600);
    scene_close(s);
}

static void
test_a_client_certificate_is_required(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};

    (void)state;
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", &s->ca);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_CLIENT_REQUIRED, ERROR_TLS,
                "the server requires a client certificate (tlsv13 alert certificate required)");
    assert_string_equal(error_hint_text(&s->e), "give a client certificate with --cert and --key");
    assert_quick(s);
    scene_close(s);
}

static void
test_a_client_certificate_of_another_authority(void **state)
{
    struct scene *s = scene_open();
    struct test_ca other;
    struct test_pair client;
    struct tls_options o;

    (void)state;
    test_ca_make(&s->mem, s->dir, "other CA", &other);
    client = test_pair_make(&s->mem, &other, s->dir, "client", "", -60, 3600);
    o = (struct tls_options){
        .ca_file = s->ca.file, .cert_file = client.cert_file, .key_file = client.key_file};
    server_tls(s, FAKE_HTTP2, "IP:127.0.0.1", &s->ca);
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_CLIENT_REFUSED, ERROR_TLS,
                "the server does not trust the client certificate 'CN=client', issued by "
                "'CN=other CA' (tlsv1 alert unknown ca)");
    assert_quick(s);
    test_ca_release(&other);
    scene_close(s);
}

static void
test_tls_without_http2(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file};
    struct test_pair pair = server_pair(s, "IP:127.0.0.1");

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, NULL, NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NO_HTTP2, ERROR_TLS,
                "the server does not offer HTTP/2 over TLS");
    fake_server_stop(&s->server);
    fake_server_start(&s->server, &s->loop, FAKE_HTTP2, test_server_tls(pair, "http/1.1", NULL));
    attempt(s, &(struct attempt){.tls = &o});
    assert_told(s, NET_FAILURE_TLS_NO_HTTP2, ERROR_TLS,
                "the server does not offer HTTP/2 over TLS");
    scene_close(s);
}

static void
test_files_that_cannot_be_read(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = "/nowhere/ca.crt"};

    (void)state;
    attempt(s, &(struct attempt){.url = "https://127.0.0.1:1", .tls = &o});
    assert_told(s, NET_FAILURE_TLS_FILES, ERROR_TLS,
                "CA file: '/nowhere/ca.crt': No such file or directory");
    scene_close(s);
}

static void
test_the_tls_handshake_never_ends(void **state)
{
    struct scene *s = scene_open();
    struct tls_options o = {.ca_file = s->ca.file}; /* the system's take long to load */

    (void)state;
    fake_server_start(&s->server, &s->loop, FAKE_SILENT, NULL);
    attempt(s,
            &(struct attempt){.url = arena_printf(&s->mem, "https://127.0.0.1:%u", s->server.port),
                              .tls = &o,
                              .deadline_ms = 400});
    assert_told(s, NET_FAILURE_TLS_TIMEOUT, ERROR_TIMEOUT,
                "connected, but no answer in the TLS handshake within 400 ms");
    scene_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plaintext_to_a_tls_port_that_answers),
        cmocka_unit_test(test_plaintext_to_a_tls_port_that_hangs_up),
        cmocka_unit_test(test_tls_to_a_plaintext_port),
        cmocka_unit_test(test_tls_to_a_plaintext_http2_port_that_hangs_up),
        cmocka_unit_test(test_closed_in_the_tls_handshake),
        cmocka_unit_test(test_an_unknown_authority),
        cmocka_unit_test(test_the_systems_authorities_do_not_know_it),
        cmocka_unit_test(test_another_name),
        cmocka_unit_test(test_a_certificate_out_of_its_time),
        cmocka_unit_test(test_a_client_certificate_is_required),
        cmocka_unit_test(test_a_client_certificate_of_another_authority),
        cmocka_unit_test(test_tls_without_http2),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_the_tls_handshake_never_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
