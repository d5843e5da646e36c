#include "cluster/member_hosts.h"

#include <string.h>

#include "base/buf.h"
#include "expect.h"

static struct inventory_urls
urls(const char **items, size_t count)
{
    return (struct inventory_urls){items, count};
}

/* Its own URLs, and what of the endpoints is nobody's. */
static void
test_what_a_member_is_dialled_by(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF text = BUF_INIT;
    const char *client1[] = {"https://10.0.0.1:2379", "https://db1.example.com:2379"};
    const char *peer1[] = {"https://[fd00::1]:2380", "https://0.0.0.0:2380"};
    const char *client2[] = {"https://10.0.0.2:2379"};
    const char *peer2[] = {"https://10.0.0.2:2380"};
    const char *endpoints[] = {"https://10.0.0.1:2379", "https://10.0.0.2:2379",
                               "https://etcd.example.com:2379"};
    struct inventory inventory = {.endpoints = urls(endpoints, 3)};
    struct inventory_member *m = ARRAY_PUSH(&mem, &inventory.members);
    struct member_hosts hosts;

    (void)state;
    *m = (struct inventory_member){
        .name = "m1", .client_urls = urls(client1, 2), .peer_urls = urls(peer1, 2)};
    *ARRAY_PUSH(&mem, &inventory.members) = (struct inventory_member){
        .name = "m2", .client_urls = urls(client2, 1), .peer_urls = urls(peer2, 1)};
    hosts = member_hosts_of(&mem, &inventory, &inventory.members.items[0]);
    for (size_t i = 0; i < hosts.count; i++)
        buf_printf(&text, "%s ", hosts.items[i]);
    assert_string_equal(buf_text(&text), "localhost 127.0.0.1 ::1 10.0.0.1 db1.example.com fd00::1 "
                                         "etcd.example.com ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_a_member_is_dialled_by)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
