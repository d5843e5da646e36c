#include "net/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct good_url {
    const char *url;
    const char *host;
    const char *path;
    const char *authority;
    uint16_t port;
    bool tls_by_default;
    bool tls;
};

static const struct good_url good[] = {
    {"http://127.0.0.1:2379", "127.0.0.1", NULL, "127.0.0.1:2379", 2379, false, false},
    {"http://127.0.0.1:2379", "127.0.0.1", NULL, "127.0.0.1:2379", 2379, true, false},
    {"https://db1.example:65535/", "db1.example", NULL, "db1.example:65535", 65535, false, true},
    {"http://[fd00::1]:2379", "fd00::1", NULL, "[fd00::1]:2379", 2379, false, false},
    {"http://[fe80::1%eth0]:1", "fe80::1%eth0", NULL, "[fe80::1%eth0]:1", 1, false, false},
    {"db1:2379", "db1", NULL, "db1:2379", 2379, false, false},
    {"db1:2379", "db1", NULL, "db1:2379", 2379, true, true},
    {"unix:///run/etcd.sock", NULL, "/run/etcd.sock", "localhost", 0, false, false},
    {"unixs://etcd.sock", NULL, "etcd.sock", "localhost", 0, false, true},
};

static void
assert_text_or_null(const char *a, const char *b)
{
    if (b == NULL)
        assert_null(a);
    else
        assert_string_equal(a, b);
}

static void
test_urls_are_taken_apart(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const struct good_url *g = &good[i];
        struct endpoint ep;

        assert_true(endpoint_parse(&tmp, g->url, g->tls_by_default, &ep, &e));
        assert_string_equal(ep.url, g->url);
        assert_text_or_null(ep.host, g->host);
        assert_text_or_null(ep.path, g->path);
        assert_string_equal(ep.authority, g->authority);
        assert_int_equal(ep.port, g->port);
        assert_int_equal(ep.tls, g->tls);
    }
}

static const struct {
    const char *url;
    const char *text;
} bad[] = {
    {"http://db1", "endpoint 'http://db1': no port"},
    {"http://[::1]", "endpoint 'http://[::1]': no port"},
    {"", "endpoint '': no port"},
    {"http://db1:0", "endpoint 'http://db1:0': '0' is no port"},
    {"http://db1:65536", "endpoint 'http://db1:65536': '65536' is no port"},
    {"http://db1:99999999999", "endpoint 'http://db1:99999999999': '99999999999' is no port"},
    {"http://db1:12x", "endpoint 'http://db1:12x': '12x' is no port"},
    {"http://db1:", "endpoint 'http://db1:': '' is no port"},
    {"http://:2379", "endpoint 'http://:2379': '' is no host name"},
    {"http://[]:2379", "endpoint 'http://[]:2379': '' is no host name"},
    {"http://:[]:2379", "endpoint 'http://:[]:2379': an IPv6 address needs brackets"},
    {"http://a b:1", "endpoint 'http://a b:1': 'a b' is no host name"},
    {"http://a\r\nx:1", "endpoint 'http://a  x:1': 'a  x' is no host name"},
    {"http://u@h:1", "endpoint 'http://u@h:1': 'u@h' is no host name"},
    {"http://h/v3:1", "endpoint 'http://h/v3:1': 'h/v3' is no host name"},
    {"http://h:1/v3", "endpoint 'http://h:1/v3': '1/v3' is no port"},
    {"http://fd00::1:2379", "endpoint 'http://fd00::1:2379': an IPv6 address needs brackets"},
    {"ftp://h:1", "endpoint 'ftp://h:1': the scheme is none of http, https, unix, unixs"},
    {"unix://", "endpoint 'unix://': no path"},
};

static void
test_bad_urls_are_quoted(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error e = ERROR_INIT;
        struct endpoint ep;

        assert_false(endpoint_parse(&tmp, bad[i].url, false, &ep, &e));
        assert_int_equal(e.code, ERROR_USAGE);
        assert_string_equal(e.text, bad[i].text);
    }
}

static void
test_a_socket_path_that_is_too_long_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct endpoint ep;
    const char *url = arena_printf(&tmp, "unix:///%0120d", 7);

    (void)state;
    assert_false(endpoint_parse(&tmp, url, false, &ep, &e));
    assert_string_equal(
        e.text, arena_printf(&tmp, "endpoint '%s': the path is longer than 107 bytes", url));
}

static void
test_addresses_are_told_from_names(void **state)
{
    (void)state;
    assert_true(host_is_address("10.0.0.1"));
    assert_true(host_is_address("::1"));
    assert_true(host_is_address("fe80::1%eth0"));
    assert_false(host_is_address("localhost"));
    assert_false(host_is_address("10.0.0"));
    assert_false(host_is_address("a:b"));
    assert_false(host_is_address("fe80:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_are_taken_apart),
        cmocka_unit_test(test_bad_urls_are_quoted),
        cmocka_unit_test(test_a_socket_path_that_is_too_long_is_refused),
        cmocka_unit_test(test_addresses_are_told_from_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
