/* What settings say of TLS: files, whom etcd asks, under which names it is dialled. */
#include "cluster/member_tls.h"

#include <string.h>

#include "expect.h"

static const char *client_urls[] = {"https://db1.example.com:2379"};
static const char *peer_urls[] = {"https://10.0.0.1:2380"};

static const struct inventory_member member = {
    .name = "db1",
    .client_urls = {client_urls, 1},
    .peer_urls = {peer_urls, 1},
    .tls = {"/i/ca", "/i/crt", "/i/key"},
};

static void
set(struct arena *mem, struct etcd_settings *settings, const char *name, const char *value)
{
    settings_add(mem, settings, (struct etcd_setting){.name = name, .value = value});
    settings_resolve(settings);
}

static const char *
hosts_text(struct arena *mem, const struct member_hosts *hosts)
{
    const char *text = "";

    for (size_t i = 0; i < hosts->count; i++)
        text = arena_printf(mem, "%s%s%s", text, i > 0 ? " " : "", hosts->items[i]);
    return text;
}

static void
test_settings(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_settings s = ETCD_SETTINGS_INIT;
    struct member_tls tls;

    (void)state;
    set(&mem, &s, "listen-client-urls", "https://0.0.0.0:2379,https://127.0.0.1:2379");
    set(&mem, &s, "advertise-client-urls", "https://10.0.0.1:2379");
    set(&mem, &s, "listen-peer-urls", "http://10.0.0.1:2380");
    set(&mem, &s, "initial-advertise-peer-urls", "https://old:2380");
    set(&mem, &s, "cert-file", "/s.crt");
    set(&mem, &s, "key-file", "/s.key");
    set(&mem, &s, "trusted-ca-file", "/ca.crt");
    set(&mem, &s, "peer-cert-file", "");
    set(&mem, &s, "peer-cert-allowed-cn", "a,b");
    tls = member_tls_of(&mem, &member, &s, NULL, 0);
    assert_true(tls.clients.listens && tls.clients.asks_clients && tls.clients.is_client);
    assert_string_equal(tls.clients.files.cert_file, "/s.crt");
    assert_string_equal(tls.clients.files.ca_file, "/ca.crt");
    assert_string_equal(hosts_text(&mem, &tls.clients.hosts), "db1.example.com 10.0.0.1 127.0.0.1");
    assert_false(tls.peers.listens || tls.peers.asks_clients || tls.peers.makes_own);
    assert_null(tls.peers.files.cert_file);
    assert_string_equal(hosts_text(&mem, &tls.peers.hosts), "10.0.0.1");
    assert_int_equal(tls.peers.common_names.count, 2);
    assert_string_equal(tls.peers.common_names.items[1], "b");
    assert_string_equal(member_tls_setting(&mem, &tls.peers, "key-file"), "peer-key-file");
}

static void
test_who_is_client(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_settings s = ETCD_SETTINGS_INIT;
    struct member_tls tls;

    (void)state;
    set(&mem, &s, "cert-file", "/s.crt");
    tls = member_tls_of(&mem, &member, &s, NULL, 0);
    assert_false(tls.clients.asks_clients || tls.clients.is_client);
    assert_true(tls.peers.is_client);
    set(&mem, &s, "client-cert-auth", "true");
    tls = member_tls_of(&mem, &member, &s, NULL, 0);
    assert_true(tls.clients.asks_clients && tls.clients.is_client);
    set(&mem, &s, "client-cert-file", "/c.crt");
    tls = member_tls_of(&mem, &member, &s, NULL, 0);
    assert_true(tls.clients.asks_clients && !tls.clients.is_client);
    assert_string_equal(tls.clients.client_cert_file, "/c.crt");
    set(&mem, &s, "client-cert-file", "");
    set(&mem, &s, "enable-grpc-gateway", "false");
    tls = member_tls_of(&mem, &member, &s, NULL, 0);
    assert_false(tls.clients.is_client);
}

static void
test_changes_come_first(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_settings s = ETCD_SETTINGS_INIT;
    const struct setting_change changes[] = {
        {"peer-cert-file", "/new.crt"},
        {"listen-peer-urls", "http://a:1,https://a:2"},
        {"peer-auto-tls", NULL},
        {"experimental-peer-skip-client-san-verification", "true"}};
    struct member_tls tls;

    (void)state;
    set(&mem, &s, "peer-cert-file", "/old.crt");
    set(&mem, &s, "peer-auto-tls", "true");
    tls = member_tls_of(&mem, &member, &s, changes, 4);
    assert_true(tls.peers.listens && !tls.peers.makes_own && tls.peers.skips_source);
    assert_string_equal(tls.peers.files.cert_file, "/new.crt");
}

static void
test_without_settings(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct member_tls tls = member_tls_of(&mem, &member, NULL, NULL, 0);

    (void)state;
    assert_string_equal(tls.clients.files.key_file, "/i/key");
    assert_true(tls.clients.asks_clients && tls.clients.is_client);
    assert_null(tls.peers.files.ca_file);
    assert_string_equal(hosts_text(&mem, &tls.clients.hosts), "db1.example.com");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_who_is_client),
        cmocka_unit_test(test_changes_come_first),
        cmocka_unit_test(test_without_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
