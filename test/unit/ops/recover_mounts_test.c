#include "expect.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "node/host/host_tree.h"
#include "ops/recover_mounts.h"

static struct error e;

static void
test_what_is_mounted(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    bool is_mount;

    (void)state;
    assert_true(host_open(&tmp, "local:", NULL, &host, &e));
    assert_true(host_tree_is_mount(host, "/proc", &is_mount, &e));
    assert_true(is_mount);
    assert_true(host_tree_is_mount(host, "/proc/self/task", &is_mount, &e));
    assert_false(is_mount);
    assert_true(host_tree_is_mount(host, "/nowhere/at all", &is_mount, &e));
    assert_false(is_mount);
}

static void
test_hosts_are_asked_and_a_lab_is_not(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct inventory_member members[3] = {
        {.name = "db1", .host = "local:", .data_dir = "/proc"},
        {.name = "db2", .host = "local:", .data_dir = "/proc/self"},
        {.name = "db3", .host = "local:"},
    };
    struct inventory_lab lab = {.dir = "/nowhere"};
    struct inventory inventory = {.name = "prod", .members = {members, 3, 3}};
    struct recover_mounts mounts;

    (void)state;
    if (geteuid() != 0)
        skip(); /* commands on hosts are root's */
    assert_true(recover_mounts_look(&tmp, &inventory, &mounts, &e));
    assert_int_equal(mounts.members.count, 1);
    assert_true(recover_mounts_have(&mounts, "db1"));
    assert_false(recover_mounts_have(&mounts, "db2"));
    inventory.lab = &lab;
    assert_true(recover_mounts_look(&tmp, &inventory, &mounts, &e));
    assert_int_equal(mounts.members.count, 0);
    inventory.lab = NULL;
    members[2].host = NULL;
    assert_false(recover_mounts_look(&tmp, &inventory, &mounts, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    error_clear(&e);
}

static void
test_inputs_have_them(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    const char *names[] = {"db1", "db 2\""};
    const struct recover_mounts mounts = {.members = {names, 2, 2}};
    struct recover_mounts read;
    struct json_writer w;
    const struct json *doc;

    (void)state;
    json_writer_init(&w, &out, 0);
    json_object_begin(&w);
    recover_mounts_encode(&w, &mounts);
    json_object_end(&w);
    assert_true(json_parse(&tmp, buf_bytes(&out), &doc, &e));
    assert_true(recover_mounts_decode(&tmp, doc, &read, &e));
    assert_int_equal(read.members.count, 2);
    assert_true(recover_mounts_have(&read, "db 2\""));
    assert_true(json_parse(&tmp, bytes_of("{\"mounts\":[1]}", 14), &doc, &e));
    assert_false(recover_mounts_decode(&tmp, doc, &read, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    error_clear(&e);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_mounted),
        cmocka_unit_test(test_hosts_are_asked_and_a_lab_is_not),
        cmocka_unit_test(test_inputs_have_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
