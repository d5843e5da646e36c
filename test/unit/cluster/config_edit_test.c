#include "expect.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cluster/config/config_edit.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state UNUSED)
{
    arena_release(&mem);
    return 0;
}

static struct inventory_urls
urls(const char *first, const char *second)
{
    const char **items = arena_zero(&mem, 2 * sizeof(*items));

    items[0] = first;
    items[1] = second;
    return (struct inventory_urls){items, second != NULL ? 2 : 1};
}

static struct inventory_member *
member_add(struct inventory *cluster, const char *name, uint64_t id, const char *host)
{
    struct inventory_member *m = ARRAY_PUSH(&mem, &cluster->members);

    *m = (struct inventory_member){.name = name, .id = id};
    m->client_urls = urls(arena_printf(&mem, "https://%s:2379", host), NULL);
    m->peer_urls = urls(arena_printf(&mem, "https://%s:2380", host), NULL);
    return m;
}

/* Cluster "prod" of one member "m1". */
static struct inventory
wanted(void)
{
    struct inventory cluster = {.name = "prod", .id = 0xc1, .version = "3.5.16"};

    cluster.endpoints = urls("https://h1:2379", NULL);
    member_add(&cluster, "m1", 0xa1, "h1");
    return cluster;
}

static void
becomes(const char *old, const struct inventory *cluster, bool prune, const char *new)
{
    struct error e = ERROR_INIT;
    struct bytes text;

    EXPECT_OK(config_edit(&mem, "f.yaml", bytes_of_text(old), cluster,
                          prune ? CONFIG_PRUNE : CONFIG_FACTS, &text, &e));
    assert_string_equal(arena_text_of_bytes(&mem, text), new);
    /* Once more there is nothing to do. */
    EXPECT_OK(
        config_edit(&mem, "f.yaml", text, cluster, prune ? CONFIG_PRUNE : CONFIG_FACTS, &text, &e));
    assert_string_equal(arena_text_of_bytes(&mem, text), new);
}

#define M1                                                                                         \
    "      m1:\n"                                                                                  \
    "        id: a1\n"                                                                             \
    "        client_urls: [https://h1:2379]\n"                                                     \
    "        peer_urls: [https://h1:2380]\n"
#define PROD                                                                                       \
    "  prod:\n"                                                                                    \
    "    id: c1\n"                                                                                 \
    "    version: 3.5.16\n"                                                                        \
    "    endpoints: [https://h1:2379]\n"                                                           \
    "    members:\n" M1

static void
test_a_new_cluster_comes_behind_the_others(void **state UNUSED)
{
    struct inventory cluster = wanted();

    becomes("", &cluster, false, "clusters:\n" PROD);
    becomes("# mine", &cluster, false, "# mine\nclusters:\n" PROD);
    becomes(
        "clusters: {}  # none yet\n", &cluster, false,
        "clusters: {prod: {id: c1, version: 3.5.16, endpoints: [https://h1:2379], members: {m1: "
        "{id: a1, client_urls: [https://h1:2379], peer_urls: [https://h1:2380]}}}}  # none "
        "yet\n");
    becomes("clusters:\n  dev:\n    endpoints: [h:1]   # x\n\n# end\n", &cluster, false,
            "clusters:\n  dev:\n    endpoints: [h:1]   # x\n" PROD "\n# end\n");
    becomes("clusters:\n  dev: {endpoints: [h:1]}", &cluster, false,
            "clusters:\n  dev: {endpoints: [h:1]}\n"
            "  prod:\n    id: c1\n    version: 3.5.16\n    endpoints: [https://h1:2379]\n"
            "    members:\n      m1:\n        id: a1\n        client_urls: [https://h1:2379]\n"
            "        peer_urls: [https://h1:2380]");
    /* Another indentation, another end of lines. */
    becomes("clusters:\r\n     dev: {endpoints: [h:1]}\r\nformat: 1\r\n", &cluster, false,
            "clusters:\r\n     dev: {endpoints: [h:1]}\r\n     prod:\r\n       id: c1\r\n"
            "       version: 3.5.16\r\n       endpoints: [https://h1:2379]\r\n       members:\r\n"
            "         m1:\r\n           id: a1\r\n           client_urls: [https://h1:2379]\r\n"
            "           peer_urls: [https://h1:2380]\r\nformat: 1\r\n");
}

static void
test_what_is_known_anew_is_set_in_its_place(void **state UNUSED)
{
    struct inventory cluster = wanted();
    const char *old = "# top\n"
                      "clusters:\n"
                      "  prod:     # ours\n"
                      "    endpoints: [https://lb:2379]  # stays\n"
                      "    version: '3.5.9'  # old\n"
                      "    members:\n"
                      "      # the first\n"
                      "      m1:\n"
                      "        peer_urls:\n"
                      "          - https://h0:2380   # moved\n"
                      "          - https://h0b:2380\n"
                      "        host: ssh://h1\n"
                      "        id: \"ff\"\n"
                      "  dev: {endpoints: [h:1]}\n";

    becomes(old, &cluster, false,
            "# top\n"
            "clusters:\n"
            "  prod:     # ours\n"
            "    endpoints: [https://lb:2379]  # stays\n"
            "    version: 3.5.16  # old\n"
            "    members:\n"
            "      # the first\n"
            "      m1:\n"
            "        peer_urls:\n"
            "          - https://h1:2380   # moved\n"
            "        host: ssh://h1\n"
            "        id: a1\n"
            "        client_urls: [https://h1:2379]\n"
            "    id: c1\n"
            "  dev: {endpoints: [h:1]}\n");
}

static void
test_members_come_and_go(void **state UNUSED)
{
    struct inventory cluster = wanted();
    const char *old = "clusters:\n" PROD "      m0:   # gone\n        host: ssh://h0\n";
    const char *kept = "clusters:\n" PROD "      m0:   # gone\n        host: ssh://h0\n"
                       "      m2:\n        id: b2\n        client_urls: [https://h2:2379]\n"
                       "        peer_urls: [https://h2:2380]\n";
    const char *pruned =
        "clusters:\n" PROD "      m2:\n        id: b2\n        client_urls: [https://h2:2379]\n"
        "        peer_urls: [https://h2:2380]\n";

    member_add(&cluster, "m2", 0xb2, "h2");
    becomes(old, &cluster, false, kept);
    becomes(old, &cluster, true, pruned);
}

static void
test_lists_in_lines(void **state UNUSED)
{
    struct inventory cluster = wanted();
    const char *old = "clusters:\n"
                      "  prod:\n"
                      "    id: c1\n"
                      "    version: 3.5.16\n"
                      "    members:\n"
                      "      m1: {id: a1, peer_urls: [https://h1:2380] }\n"
                      "      m2:\n"
                      "        id: b2\n"
                      "        client_urls:\n"
                      "        - https://h2:2379";

    member_add(&cluster, "m2", 0xb2, "h2")->client_urls = urls("https://h2:2379", "http://[::1]:1");
    becomes(old, &cluster, false,
            "clusters:\n"
            "  prod:\n"
            "    id: c1\n"
            "    version: 3.5.16\n"
            "    members:\n"
            "      m1: {id: a1, peer_urls: [https://h1:2380], client_urls: [https://h1:2379] }\n"
            "      m2:\n"
            "        id: b2\n"
            "        client_urls:\n"
            "        - https://h2:2379\n"
            "        - \"http://[::1]:1\"\n"
            "        peer_urls: [https://h2:2380]");
}

static void
test_hosts_paths_and_certificates(void **state UNUSED)
{
    struct inventory cluster = wanted();
    struct inventory_member *m = &cluster.members.items[0];
    const char *old = "clusters:\n" PROD "        tls:\n          ca_file: /old/ca.crt\n";

    m->host = "ssh://root@h1";
    m->runner = INVENTORY_RUNNER_SYSTEMD;
    m->runner_name = "etcd.service";
    m->data_dir = "/var/lib/my etcd";
    m->wal_dir = "/wal";
    m->tls = (struct inventory_tls){"/ca.crt", "/c.crt", "/c.key"};
    m->peer_tls = (struct inventory_tls){"/ca.crt", NULL, NULL};
    becomes(old, &cluster, false,
            "clusters:\n" PROD "        tls:\n          ca_file: /ca.crt\n"
            "          cert_file: /c.crt\n          key_file: /c.key\n"
            "        host: ssh://root@h1\n        runs: systemd:etcd.service\n"
            "        data_dir: \"/var/lib/my etcd\"\n        wal_dir: /wal\n"
            "        peer_tls:\n          ca_file: /ca.crt\n");
}

static void
test_texts_that_yaml_takes_for_something_else_are_quoted(void **state UNUSED)
{
    struct inventory cluster = wanted();

    cluster.id = 0x123e5;
    cluster.client_tls.ca_file = "/tls/no:";
    cluster.user.name = "yes";
    becomes("", &cluster, false,
            "clusters:\n  prod:\n    id: \"123e5\"\n    version: 3.5.16\n"
            "    endpoints: [https://h1:2379]\n    tls:\n      ca_file: \"/tls/no:\"\n"
            "    user: \"yes\"\n    members:\n" M1);
}

static void
test_what_cannot_be_changed_is_refused(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct inventory cluster = wanted();
    struct bytes text;
    const char *old = "clusters:\n  ? prod\n  : {endpoints: [h:1]}\n";

    cluster.name = "other";
    EXPECT_ERROR(config_edit(&mem, "f.yaml", bytes_of_text(old), &cluster, CONFIG_FACTS, &text, &e),
                 ERROR_FORMAT,
                 "f.yaml:2:5: a map that begins behind something else cannot be changed here: let "
                 "it begin on a line of its own");
    cluster = wanted();
    old = "clusters:\n  prod: {endpoints: [h:1], members: {m0: {}}}\n";
    EXPECT_ERROR(config_edit(&mem, "f.yaml", bytes_of_text(old), &cluster, CONFIG_PRUNE, &text, &e),
                 ERROR_FORMAT,
                 "f.yaml:2:38: member 'm0' cannot be taken out of a map in braces: do it by hand");
    old = "clusters:\n  prod: {}\n";
    EXPECT_ERROR(config_edit(&mem, "f.yaml", bytes_of_text(old), &cluster, CONFIG_PRUNE, &text, &e),
                 ERROR_FORMAT,
                 "f.yaml:2:3: cluster 'prod' has no 'endpoints', and no member has 'client_urls'");
}

static void
test_saving_keeps_the_old_file(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    const char *dir = mkdtemp(arena_text(&mem, "/tmp/quorate-config-XXXXXX"));
    const char *path = path_join(&mem, dir, "new/q.yaml");
    const char *link_path = path_join(&mem, dir, "link.yaml");
    const char *kept;
    const char *kept_next;
    struct bytes text;
    struct stat st;

    EXPECT_OK(config_save(&mem, path, false, BYTES_NONE, BYTES_LITERAL("one\n"), &kept, &e));
    assert_null(kept);
    assert_int_equal(chmod(path, 0640) | symlink("new/q.yaml", link_path), 0);
    EXPECT_ERROR(
        config_save(&mem, path, true, BYTES_LITERAL("other\n"), BYTES_LITERAL("two\n"), &kept, &e),
        ERROR_CONFLICT, arena_printf(&mem, "'%s' was changed meanwhile: nothing is written", path));
    EXPECT_OK(config_save(&mem, link_path, true, BYTES_LITERAL("one\n"), BYTES_LITERAL("two\n"),
                          &kept, &e));
    EXPECT_OK(file_read_all(&mem, kept, 100, &text, &e));
    assert_true(bytes_equal_text(text, "one\n"));
    EXPECT_OK(file_read_all(&mem, path, 100, &text, &e));
    assert_true(bytes_equal_text(text, "two\n"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(stat(kept, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(lstat(link_path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    /* Once more, in the same second as a rule. */
    EXPECT_OK(config_save(&mem, path, true, BYTES_LITERAL("two\n"), BYTES_LITERAL("three\n"),
                          &kept_next, &e));
    EXPECT_OK(file_read_all(&mem, kept, 100, &text, &e));
    assert_true(bytes_equal_text(text, "one\n"));
    EXPECT_OK(file_read_all(&mem, kept_next, 100, &text, &e));
    assert_true(bytes_equal_text(text, "two\n"));
    EXPECT_OK(tree_remove(dir, &e));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_cluster_comes_behind_the_others),
        cmocka_unit_test(test_what_is_known_anew_is_set_in_its_place),
        cmocka_unit_test(test_members_come_and_go),
        cmocka_unit_test(test_lists_in_lines),
        cmocka_unit_test(test_hosts_paths_and_certificates),
        cmocka_unit_test(test_texts_that_yaml_takes_for_something_else_are_quoted),
        cmocka_unit_test(test_what_cannot_be_changed_is_refused),
        cmocka_unit_test(test_saving_keeps_the_old_file),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
