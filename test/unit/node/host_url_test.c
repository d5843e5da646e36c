#include "node/host/host_url.h"

#include <string.h>

#include "expect.h"

static void
test_parts(void **state)
{
    static const struct {
        const char *url, *host, *user, *port;
    } cases[] = {
        {"ssh://db1", "db1", NULL, NULL},
        {"ssh://db1/", "db1", NULL, NULL},
        {"ssh://root@10.0.0.4:2222", "10.0.0.4", "root", "2222"},
        {"ssh://op@corp@db1", "db1", "op@corp", NULL},
        {"ssh://[fd00::4]:22", "fd00::4", NULL, "22"},
        {"ssh://etcd@[fe80::1%eth0]", "fe80::1%eth0", "etcd", NULL},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_url url;
    struct error e = ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        EXPECT_OK(host_url_parse(&tmp, cases[i].url, &url, &e));
        assert_string_equal(url.host, cases[i].host);
        assert_false(url.is_local);
        assert_int_equal(url.user != NULL, cases[i].user != NULL);
        assert_int_equal(url.port != NULL, cases[i].port != NULL);
        if (url.user != NULL)
            assert_string_equal(url.user, cases[i].user);
        if (url.port != NULL)
            assert_string_equal(url.port, cases[i].port);
    }
    EXPECT_OK(host_url_parse(&tmp, "local:", &url, &e));
    assert_true(url.is_local);
    assert_string_equal(url.host, "local");
}

static void
test_refused(void **state)
{
    static const char *const cases[][2] = {
        {"db1", "'db1' is neither local: nor ssh://[USER@]HOST[:PORT]"},
        {"local:x", "'local:x' is neither local: nor ssh://[USER@]HOST[:PORT]"},
        {"ssh://", "'ssh://': '' is no host's name"},
        {"ssh://-oProxyCommand=id",
         "'ssh://-oProxyCommand=id': '-oProxyCommand=id' is no host's name"},
        {"ssh://a b", "'ssh://a b': 'a b' is no host's name"},
        {"ssh://$(id)", "'ssh://$(id)': '$(id)' is no host's name"},
        {"ssh://db1:0", "'ssh://db1:0': '0' is no port"},
        {"ssh://db1:70000", "'ssh://db1:70000': '70000' is no port"},
        {"ssh://db1:", "'ssh://db1:': '' is no port"},
        {"ssh://fd00::4", "'ssh://fd00::4': an IPv6 address stands in brackets"},
        {"ssh://[fd00::4", "'ssh://[fd00::4': no ']' behind the address"},
        {"ssh://-l@db1", "'ssh://-l@db1': '-l' is no user's name"},
        {"ssh://root:secret@db1", "a password does not belong into a host's URL: ssh takes keys"},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_url url;
    struct error e = ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        EXPECT_ERROR(host_url_parse(&tmp, cases[i][0], &url, &e), ERROR_USAGE, cases[i][1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
