#include "cluster/inventory_save.h"

#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cluster/inventory_find.h"

#define BEFORE                                                                                     \
    "# ours\n"                                                                                     \
    "clusters:\n"                                                                                  \
    "  prod: # the real one\n"                                                                     \
    "    members:\n"                                                                               \
    "      m1: # in the cellar\n"                                                                  \
    "        host: ssh://root@a\n"                                                                 \
    "        client_urls: [ 'http://a:2379' ]\n"                                                   \
    "  spare:\n"                                                                                   \
    "    endpoints: [http://s:2379]\n"

struct fixture {
    struct arena mem;
    const char *dir;
    const char *path;
    struct error e;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->dir = mkdtemp(arena_text(&f->mem, "/tmp/quorate-inventory-XXXXXX"));
    *state = f;
    if (f->dir == NULL)
        return 1;
    f->path = path_join(&f->mem, f->dir, "quorate.yaml");
    return file_replace(f->path, BYTES_LITERAL(BEFORE), 0600, &f->e) ? 0 : 1;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    bool removed = tree_remove(f->dir, &f->e);

    arena_release(&f->mem);
    free(f);
    return removed ? 0 : 1;
}

static struct inventory *
load(struct fixture *f)
{
    const struct inventory_places places = {.state_dir = f->dir, .config = f->path};
    struct inventory *inventory = NULL;

    assert_true(inventory_find(&f->mem, &places, "prod", &inventory, &f->e));
    return inventory;
}

static const char *
text_now(struct fixture *f)
{
    struct bytes text;

    assert_true(file_read_all(&f->mem, f->path, 1 << 20, &text, &f->e));
    return arena_text_of_bytes(&f->mem, text);
}

static void
test_a_member_comes_and_goes_and_no_other_byte_moves(void **state)
{
    static const char *urls[] = {"http://b:2379"};
    struct fixture *f = *state;
    struct inventory *inventory = load(f);
    const struct inventory_member m2 = {.name = "m2",
                                        .host = "ssh://root@b",
                                        .runner = INVENTORY_RUNNER_SYSTEMD,
                                        .runner_name = "etcd.service",
                                        .client_urls = {urls, 1}};
    const struct inventory_member *found;

    *ARRAY_PUSH(&f->mem, &inventory->members) = m2;
    assert_true(inventory_save(inventory, &f->e));
    assert_non_null(strstr(text_now(f), "m1: # in the cellar"));
    inventory = load(f);
    found = inventory_member_by_name(inventory, "m2");
    assert_non_null(found);
    assert_string_equal(found->host, "ssh://root@b");
    assert_string_equal(found->runner_name, "etcd.service");

    inventory->members.count--;
    assert_true(inventory_save(inventory, &f->e));
    assert_string_equal(text_now(f), BEFORE);
}

/* As a cluster does that goes to TLS and back; the name that is expected in certificates stays. */
static void
test_certificates_come_and_go_and_no_other_byte_moves(void **state)
{
    const struct inventory_tls files = {"/ca.crt", "/c.crt", "/c.key"};
    struct fixture *f = *state;
    struct inventory *inventory = load(f);

    inventory->client_tls = inventory->members.items[0].tls = files;
    inventory->members.items[0].peer_tls = files;
    assert_true(inventory_save(inventory, &f->e));
    inventory = load(f);
    assert_string_equal(inventory->client_tls.key_file, "/c.key");
    assert_string_equal(inventory->members.items[0].peer_tls.cert_file, "/c.crt");

    inventory->client_tls = inventory->members.items[0].tls = (struct inventory_tls){0};
    inventory->members.items[0].peer_tls = (struct inventory_tls){0};
    assert_true(inventory_save(inventory, &f->e));
    assert_string_equal(text_now(f), BEFORE);

    assert_true(file_replace(f->path,
                             BYTES_LITERAL("clusters:\n"
                                           "  prod:\n"
                                           "    endpoints: [https://h:1]\n"
                                           "    tls:\n"
                                           "      ca_file: /ca.crt\n"
                                           "      server_name: etcd\n"),
                             0600, &f->e));
    inventory = load(f);
    inventory->client_tls = (struct inventory_tls){0};
    assert_true(inventory_save(inventory, &f->e));
    assert_null(strstr(text_now(f), "ca_file"));
    assert_string_equal(load(f)->server_name, "etcd");
}

static void
test_what_is_said_already_is_not_written(void **state)
{
    struct fixture *f = *state;
    const char **names;
    size_t count;

    assert_true(inventory_save(load(f), &f->e));
    assert_string_equal(text_now(f), BEFORE);
    assert_true(dir_list(&f->mem, f->dir, &names, &count, &f->e));
    assert_int_equal(count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_member_comes_and_goes_and_no_other_byte_moves, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_certificates_come_and_go_and_no_other_byte_moves,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_said_already_is_not_written, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
