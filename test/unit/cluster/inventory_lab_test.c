#include "cluster/inventory_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/io.h"

struct fixture {
    struct arena mem;
    const char *state;
    struct inventory_lab lab;
    struct error e;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->state = mkdtemp(arena_text(&f->mem, "/tmp/quorate-inventory-XXXXXX"));
    *state = f;
    return f->state == NULL;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    bool removed = tree_remove(f->state, &f->e);

    arena_release(&f->mem);
    free(f);
    return removed ? 0 : 1;
}

static struct inventory
example(struct fixture *f, bool tls)
{
    static const char *client[] = {"https://127.0.0.1:1"};
    static const char *peer[] = {"https://127.0.0.1:2", "https://[::1]:2"};
    struct inventory inventory = {.name = "lab:demo", .lab = &f->lab};
    struct inventory_tls files = {"/ca", "/cert", "/key"};

    f->lab = (struct inventory_lab){
        .dir = inventory_lab_dir(&f->mem, f->state, "demo"),
        .token = "token",
        .etcd = "/usr/bin/etcd",
        .etcd_version = "3.5.16",
        .quota_bytes = 1 << 20,
    };
    for (int i = 1; i <= 2; i++) {
        *ARRAY_PUSH(&f->mem, &inventory.members) = (struct inventory_member){
            .name = arena_printf(&f->mem, "m%d", i),
            .client_urls = {client, 1},
            .peer_urls = {peer, i == 1 ? 1 : 2},
            .data_dir = "/data",
            .log_path = i == 1 ? "/log" : NULL,
            .tls = tls ? files : (struct inventory_tls){0},
        };
    }
    if (tls)
        inventory.client_tls = (struct inventory_tls){.ca_file = "/ca"};
    assert_true(dir_make(f->lab.dir, 0700, &f->e));
    return inventory;
}

static void
test_comes_back_as_it_was_saved(void **state)
{
    struct fixture *f = *state;
    struct inventory saved = example(f, true);
    struct inventory *loaded;
    const struct inventory_member *member;
    struct stat st;

    assert_true(inventory_save_lab(&saved, &f->e));
    assert_true(inventory_load_lab(&f->mem, f->state, "demo", &loaded, &f->e));
    assert_string_equal(loaded->name, "lab:demo");
    assert_string_equal(loaded->path, path_join(&f->mem, f->lab.dir, "lab.json"));
    assert_string_equal(loaded->lab->dir, f->lab.dir);
    assert_string_equal(loaded->lab->token, "token");
    assert_string_equal(loaded->lab->etcd, "/usr/bin/etcd");
    assert_string_equal(loaded->lab->etcd_version, "3.5.16");
    assert_int_equal(loaded->lab->quota_bytes, 1 << 20);
    assert_int_equal(loaded->endpoints.count, 2);
    assert_string_equal(loaded->endpoints.items[1], "https://127.0.0.1:1");
    assert_string_equal(loaded->client_tls.ca_file, "/ca");
    assert_null(loaded->client_tls.key_file);
    assert_int_equal(loaded->members.count, 2);
    member = inventory_member_by_name(loaded, "m2");
    assert_int_equal(member->peer_urls.count, 2);
    assert_string_equal(member->peer_urls.items[1], "https://[::1]:2");
    assert_string_equal(member->client_urls.items[0], "https://127.0.0.1:1");
    assert_string_equal(member->data_dir, "/data");
    assert_null(member->log_path);
    assert_string_equal(member->tls.key_file, "/key");
    assert_string_equal(member->peer_tls.key_file, "/key");
    assert_string_equal(member->host, "local:");
    assert_string_equal(inventory_runner_word(member->runner), "process");
    assert_null(inventory_member_by_name(loaded, "m3"));
    assert_string_equal(inventory_initial_cluster(&f->mem, loaded),
                        "m1=https://127.0.0.1:2,m2=https://127.0.0.1:2,m2=https://[::1]:2");
    assert_int_equal(stat(path_join(&f->mem, f->lab.dir, INVENTORY_LAB_FILE), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_without_tls_there_are_no_files(void **state)
{
    struct fixture *f = *state;
    struct inventory saved = example(f, false);
    struct inventory *loaded;

    assert_true(inventory_save_lab(&saved, &f->e));
    assert_true(inventory_load_lab(&f->mem, f->state, "demo", &loaded, &f->e));
    assert_null(loaded->client_tls.ca_file);
    assert_null(loaded->members.items[0].tls.cert_file);
}

static void
assert_load_fails(struct fixture *f, const char *text, enum error_code code, const char *problem)
{
    const char *dir = inventory_lab_dir(&f->mem, f->state, "demo");
    const char *path = path_join(&f->mem, dir, INVENTORY_LAB_FILE);
    struct inventory *loaded;

    assert_true(dir_make(dir, 0700, &f->e));
    assert_true(file_replace(path, bytes_of_text(text), 0600, &f->e));
    assert_false(inventory_load_lab(&f->mem, f->state, "demo", &loaded, &f->e));
    assert_string_equal(f->e.text, arena_printf(&f->mem, "'%s': %s", path, problem));
    assert_int_equal(f->e.code, code);
}

#define HEAD "{\"format\":1,\"name\":\"n\",\"token\":\"t\",\"etcd\":\"e\",\"etcd_version\":\"v\","

static void
test_damaged_file_is_named(void **state)
{
    struct fixture *f = *state;

    assert_load_fails(f, "{\"format\":2}", ERROR_TOO_NEW, "lab format 2, newest known is 1");
    assert_load_fails(f, "{}", ERROR_FORMAT, "'format' is missing");
    assert_load_fails(f, HEAD "\"members\":1}", ERROR_FORMAT, "'members' is not an array");
    assert_load_fails(f, HEAD "\"members\":[{\"name\":\"m1\"}]}", ERROR_FORMAT,
                      "member 1: 'client_urls' is missing");
    assert_load_fails(f, HEAD "\"members\":[{\"name\":\"m1\",\"client_urls\":[1]}]}", ERROR_FORMAT,
                      "member 1: 'client_urls': a value is not text");
}

static void
test_missing_lab_is_answered_with_those_there_are(void **state)
{
    struct fixture *f = *state;
    struct inventory *loaded;
    struct inventory saved;

    assert_false(inventory_load_lab(&f->mem, f->state, "x", &loaded, &f->e));
    assert_int_equal(f->e.code, ERROR_NOT_FOUND);
    assert_string_equal(f->e.text, arena_printf(&f->mem, "there is no lab 'x' in '%s'", f->state));
    assert_string_equal(f->e.hint, "quorate lab up --name x");
    saved = example(f, false);
    assert_true(inventory_save_lab(&saved, &f->e));
    assert_false(inventory_load_lab(&f->mem, f->state, "x", &loaded, &f->e));
    assert_string_equal(f->e.hint, "labs that exist: demo");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_comes_back_as_it_was_saved),
        TEST(test_without_tls_there_are_no_files),
        TEST(test_damaged_file_is_named),
        TEST(test_missing_lab_is_answered_with_those_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
