#include "expect.h"

#include <string.h>

#include "base/buf.h"
#include "cluster/inventory_host.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state UNUSED)
{
    arena_release(&mem);
    return 0;
}

static struct etcd_servers *
servers_new(void)
{
    struct etcd_servers *servers = arena_zero(&mem, sizeof(*servers));

    servers->items[0] = (struct found_etcd){.name = "m1", .client_urls = "http://other:1"};
    servers->items[1] = (struct found_etcd){
        .by = ETCD_BY_SYSTEMD,
        .starter = "etcd.service",
        .name = "m1",
        .data_dir = "/d",
        .wal_dir = "/w",
        .tls = {"/ca", "/cert", "/key"},
        .client_urls = "http://a:1,http://b:1",
    };
    servers->count = 2;
    return servers;
}

static struct inventory
inventory_new(void)
{
    static const char *urls[] = {"http://b:1"};
    struct inventory inventory = {.name = "prod"};
    struct inventory_member *m = ARRAY_PUSH(&mem, &inventory.members);

    *m = (struct inventory_member){
        .name = "m1", .client_urls = {urls, 1}, .host = "ssh://old", .data_dir = "/before"};
    return inventory;
}

static const char *
differences(const struct inventory_member *m, const struct etcd_servers *servers)
{
    struct inventory_comparison c = {0};
    AUTO_BUF text = BUF_INIT;

    inventory_compare_found(&mem, m, servers, &c);
    for (size_t i = 0; i < c.items.count; i++)
        buf_printf(&text, "%s%s: '%s' -> '%s'%s%s", i > 0 ? "; " : "", c.items.items[i].what,
                   c.items.items[i].configured, c.items.items[i].found,
                   c.items.items[i].remark != NULL ? " " : "",
                   c.items.items[i].remark != NULL ? c.items.items[i].remark : "");
    return arena_text(&mem, buf_text(&text));
}

static void
test_a_server_is_the_member_of_its_name_and_urls(void **state UNUSED)
{
    struct etcd_servers *servers = servers_new();
    struct inventory inventory = inventory_new();
    const struct inventory_member *m = &inventory.members.items[0];

    assert_false(inventory_take_found(&inventory, "ssh://db1", &servers->items[0]));
    assert_string_equal(m->host, "ssh://old");
    assert_true(inventory_take_found(&inventory, "ssh://db1", &servers->items[1]));
    assert_string_equal(m->host, "ssh://db1");
    assert_string_equal(inventory_runner_text(&mem, m), "systemd:etcd.service");
    assert_string_equal(m->data_dir, "/d");
    assert_string_equal(m->wal_dir, "/w");
    assert_string_equal(m->tls.key_file, "/key");
    assert_null(m->peer_tls.ca_file);
    assert_string_equal(differences(m, servers), "");
    /* It has just gone to TLS, and its peers do not hear it. */
    servers->items[1].client_urls = "https://b:1";
    assert_true(inventory_take_found(&inventory, "ssh://db1", &servers->items[1]));
    servers->items[1].client_urls = "https://b:11";
    assert_false(inventory_take_found(&inventory, "ssh://db1", &servers->items[1]));
}

static void
test_what_differs_on_the_host(void **state UNUSED)
{
    struct etcd_servers *servers = servers_new();
    struct inventory inventory = inventory_new();
    struct inventory_member *m = &inventory.members.items[0];

    m->runner = INVENTORY_RUNNER_STATIC_POD;
    m->runner_name = "/m.yaml";
    m->wal_dir = "/w";
    m->peer_tls.ca_file = "/ca";
    m->tls.key_file = "/other";
    assert_string_equal(differences(m, servers),
                        "runs: 'static-pod:/m.yaml' -> 'systemd:etcd.service'; data-dir: '/before' "
                        "-> '/d'; tls: '/other' -> '/key'; peer-tls: '/ca' -> ''");
    servers->count = 1;
    assert_string_equal(differences(m, servers), "process-missing: 'ssh://old' -> '' none of its "
                                                 "name and client URLs runs there");
    *ARRAY_PUSH(&mem, &servers->problems) = "process 7: no manifest";
    assert_string_equal(differences(m, servers),
                        "process-missing: 'ssh://old' -> '' process 7: no manifest");
}

static void
test_what_does_not_run_is_told_and_compared(void **state UNUSED)
{
    struct etcd_servers *servers = servers_new();
    struct inventory inventory = inventory_new();

    servers->items[1].stopped = "unit 'etcd.service' is held down";
    assert_string_equal(differences(&inventory.members.items[0], servers),
                        "stopped: 'ssh://old' -> '' unit 'etcd.service' is held down; data-dir: "
                        "'/before' -> '/d'");
}

static void
test_a_cluster_that_is_down_is_what_its_files_say(void **state UNUSED)
{
    struct etcd_servers *servers = servers_new();
    struct inventory inventory = {.name = "prod"};
    struct error e = ERROR_INIT;

    servers->items[0].peer_urls = "http://localhost:2380";
    servers->items[1].peer_urls = "http://a:2,http://b:2";
    EXPECT_OK(inventory_add_found(&mem, &inventory, servers, &e));
    assert_int_equal(inventory.members.count, 1);
    assert_string_equal(inventory.members.items[0].name, "m1");
    assert_string_equal(inventory.members.items[0].client_urls.items[1], "http://b:1");
    assert_string_equal(inventory.members.items[0].peer_urls.items[0], "http://a:2");
    EXPECT_ERROR(inventory_add_found(&mem, &inventory, servers, &e), ERROR_CONFLICT,
                 "a second etcd is called 'm1'");
}

static void
test_urls_are_split_at_commas(void **state UNUSED)
{
    struct inventory_urls urls = inventory_urls_split(&mem, "a,,b,");

    assert_int_equal(urls.count, 2);
    assert_string_equal(urls.items[0], "a");
    assert_string_equal(urls.items[1], "b");
    assert_int_equal(inventory_urls_split(&mem, NULL).count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_server_is_the_member_of_its_name_and_urls),
        cmocka_unit_test(test_what_differs_on_the_host),
        cmocka_unit_test(test_what_does_not_run_is_told_and_compared),
        cmocka_unit_test(test_a_cluster_that_is_down_is_what_its_files_say),
        cmocka_unit_test(test_urls_are_split_at_commas),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
