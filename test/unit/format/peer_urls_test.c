#include "format/peer_urls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What etcdutl 3.5.30 says to each of these; "" where it is content. */
static const struct {
    const char *text;
    const char *error;
} cases[] = {
    {"http://10.0.0.1:2380", ""},
    {"https://db1.example.org:2380", ""},
    {"HTTP://10.0.0.1:2380", ""},
    {"  http://10.0.0.1:2380\t", ""},
    {"http://[::1]:2380", ""},
    {"http://[fe80::1%25eth0]:2380", ""},
    {"http://:2380", ""},
    {"http://h:", ""},
    {"http://h:1?x=1", ""},
    {"unix:/tmp/x", ""},
    {"unix://x:1", ""},
    {"unixs:///run/etcd.sock", ""},
    {"http://h:2380/x", "URL must not contain a path: http://h:2380/x"},
    {"http://h:2380/", "URL must not contain a path: http://h:2380/"},
    {"http://h", "URL address does not have the form \"host:port\": http://h"},
    {"http://", "URL address does not have the form \"host:port\": http://"},
    {"http:h:1", "URL address does not have the form \"host:port\": http:h:1"},
    {"http://[::1]", "URL address does not have the form \"host:port\": http://[::1]"},
    {"http://::1:2", "URL address does not have the form \"host:port\": http://::1:2"},
    {"ftp://h:1", "URL scheme must be http, https, unix, or unixs: ftp://h:1"},
    {"h:2380", "URL scheme must be http, https, unix, or unixs: h:2380"},
    {"", "URL scheme must be http, https, unix, or unixs: "},
    {"10.0.0.1:2380", "parse \"10.0.0.1:2380\": first path segment in URL cannot contain colon"},
    {":2380", "parse \":2380\": missing protocol scheme"},
    {"http://h:abc", "parse \"http://h:abc\": invalid port \":abc\" after host"},
    {"http://[::1]x", "parse \"http://[::1]x\": invalid port \"x\" after host"},
    {"http://h h:1", "parse \"http://h h:1\": invalid character \" \" in host name"},
    {"http://h\\:1", "parse \"http://h\\\\:1\": invalid character \"\\\\\" in host name"},
    {"http://h%zz:1", "parse \"http://h%zz:1\": invalid URL escape \"%zz\""},
    {"http://h:1/%zz", "parse \"http://h:1/%zz\": invalid URL escape \"%zz\""},
    {"http://[::1:1", "parse \"http://[::1:1\": missing ']' in host"},
    {"http://h\x01:1", "parse \"http://h\\x01:1\": net/url: invalid control character in URL"},
};

static void
test_urls_are_judged_as_etcdutl_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct peer_urls urls;

        if (peer_urls_parse(&tmp, cases[i].text, &urls, &e)) {
            assert_string_equal("", cases[i].error);
            assert_int_equal(urls.count, 1);
        } else {
            assert_string_equal(e.text, cases[i].error);
            assert_int_equal(e.code, ERROR_USAGE);
        }
    }
}

static void
test_lists_are_trimmed_and_sorted(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct peer_urls urls;

    (void)state;
    assert_true(peer_urls_parse(&tmp, "http://b:2, HTTP://a:1 ,http://10.0.0.1:9", &urls, &e));
    assert_string_equal(peer_urls_text(&tmp, &urls), "http://10.0.0.1:9,http://a:1,http://b:2");
    assert_true(peer_urls_contain(&urls, "http://a:1"));
    assert_false(peer_urls_contain(&urls, "HTTP://a:1"));
}

static void
test_no_url_and_too_many_are_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct peer_urls urls;
    const char *many[PEER_URLS_MAX + 1];

    (void)state;
    assert_false(peer_urls_check(&tmp, NULL, 0, &urls, &e));
    assert_int_equal(e.code, ERROR_USAGE);
    assert_string_equal(e.text, "no valid URLs given");
    for (size_t i = 0; i <= PEER_URLS_MAX; i++)
        many[i] = "http://h:1";
    assert_false(peer_urls_check(&tmp, many, PEER_URLS_MAX + 1, &urls, &e));
    assert_int_equal(e.code, ERROR_LIMIT);
    assert_string_equal(e.text, "65 peer URLs for one member, the most is 64");
}

static void
test_equality_is_textual(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct peer_urls a;
    struct peer_urls b;

    (void)state;
    assert_true(peer_urls_parse(&tmp, "http://a:1,http://b:1", &a, &e));
    assert_true(peer_urls_parse(&tmp, "http://b:1,http://a:1", &b, &e));
    assert_true(peer_urls_equal(&a, &b));
    assert_true(peer_urls_parse(&tmp, "http://b:1", &b, &e));
    assert_false(peer_urls_equal(&a, &b));
    assert_true(peer_urls_parse(&tmp, "http://b:1,http://c:1", &b, &e));
    assert_false(peer_urls_equal(&a, &b));
}

static void
test_host_and_port_come_apart(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *host;
    const char *port;

    (void)state;
    assert_true(peer_url_host_port(&tmp, "https://user@db1:2380?x=1", &host, &port));
    assert_string_equal(host, "db1");
    assert_string_equal(port, "2380");
    assert_true(peer_url_host_port(&tmp, "http://[::1]:99", &host, &port));
    assert_string_equal(host, "::1");
    assert_string_equal(port, "99");
    assert_false(peer_url_host_port(&tmp, "unix:/tmp/x", &host, &port));
    assert_false(peer_url_host_port(&tmp, "http://h", &host, &port));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_are_judged_as_etcdutl_does),
        cmocka_unit_test(test_lists_are_trimmed_and_sorted),
        cmocka_unit_test(test_no_url_and_too_many_are_refused),
        cmocka_unit_test(test_equality_is_textual),
        cmocka_unit_test(test_host_and_port_come_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
