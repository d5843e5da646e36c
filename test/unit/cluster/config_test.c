#include "expect.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cluster/config/config.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state UNUSED)
{
    arena_release(&mem);
    return 0;
}

static void
test_the_example_of_the_documents_says_all_there_is(void **state UNUSED)
{
    const char *path = getenv("QUORATE_INVENTORY_EXAMPLE");
    struct error e = ERROR_INIT;
    const struct inventory *c;
    const struct inventory_member *m;
    struct config *config;

    assert_non_null(path);
    EXPECT_OK(config_load(&mem, path, &config, &e));
    assert_int_equal(config->clusters.count, 2);
    c = config_cluster(config, "prod");
    assert_non_null(c);
    assert_null(c->lab);
    assert_string_equal(c->path, path);
    assert_int_equal(c->id, 0x7ca84cf0d4e4ce24);
    assert_string_equal(c->version, "3.5.16");
    assert_int_equal(c->endpoints.count, 3);
    assert_string_equal(c->endpoints.items[2], "https://10.0.0.3:2379");
    assert_string_equal(c->client_tls.ca_file,
                        path_join(&mem, path_dir(&mem, path), "prod/ca.crt"));
    assert_string_equal(c->client_tls.cert_file, "/etc/quorate/prod/client.crt");
    assert_string_equal(c->client_tls.key_file, "/etc/quorate/prod/client.key");
    assert_string_equal(c->server_name, "etcd.example.org");
    assert_string_equal(c->user.name, "operator");
    assert_string_equal(c->user.password_file, "/etc/quorate/prod/password");
    assert_null(c->user.password_variable);
    assert_string_equal(c->repository, "/var/backups/etcd");
    assert_int_equal(c->members.count, 3);
    m = inventory_member_by_name(c, "db1");
    assert_int_equal(m->id, 0x8e9e05c52164694d);
    assert_string_equal(m->host, "ssh://root@10.0.0.1");
    assert_int_equal(m->runner, INVENTORY_RUNNER_SYSTEMD);
    assert_string_equal(m->runner_name, "etcd.service");
    assert_string_equal(m->client_urls.items[0], "https://10.0.0.1:2379");
    assert_string_equal(m->peer_urls.items[0], "https://10.0.0.1:2380");
    assert_string_equal(m->data_dir, "/var/lib/etcd/default");
    assert_string_equal(m->wal_dir, "/wal/etcd");
    assert_string_equal(m->log_path, "/var/log/etcd.log");
    assert_string_equal(m->tls.key_file, "/etc/etcd/server.key");
    assert_string_equal(m->peer_tls.ca_file, "/etc/etcd/peer-ca.crt");
    m = inventory_member_by_name(c, "db2");
    assert_int_equal(m->runner, INVENTORY_RUNNER_STATIC_POD);
    assert_string_equal(m->runner_name, "/etc/kubernetes/manifests/etcd.yaml");
    assert_int_equal(inventory_member_by_name(c, "db3")->runner, INVENTORY_RUNNER_PROCESS);
    c = config_cluster(config, "staging");
    assert_string_equal(c->user.password_variable, "STAGING_ETCD_PASSWORD");
    assert_string_equal(c->endpoints.items[0], "http://10.1.0.1:2379");
    assert_string_equal(c->members.items[0].host, "local:");
    assert_null(config_cluster(config, "lab"));
}

/* The error of a file, of which "f.yaml" is the name. */
static void
refused_as(const char *file, enum error_code code, const char *text)
{
    struct error e = ERROR_INIT;
    struct config *config;

    EXPECT_ERROR(config_parse(&mem, "f.yaml", bytes_of_text(file), &config, &e), code, text);
}

static void
refused(const char *file, const char *text)
{
    refused_as(file, ERROR_FORMAT, text);
}

/* One cluster "a", whose keys are these lines. */
#define CLUSTER(lines) "clusters:\n  a:\n" lines
/* Its one member "m". */
#define MEMBER(lines) CLUSTER("    members:\n      m:\n" lines)

static void
test_the_frame_of_the_file(void **state UNUSED)
{
    refused("", "f.yaml: nothing is in it");
    refused("# nothing\n", "f.yaml: nothing is in it");
    refused("- a\n", "f.yaml:1:1: is a list, a map belongs here");
    refused("format: 1\n", "f.yaml:1:1: this map lacks 'clusters'");
    refused("format: one\nclusters: {}\n",
            "f.yaml:1:9: 'format' is 'one': a whole number belongs here");
    refused("format: 0\nclusters: {}\n", "f.yaml:1:9: format 0: 1 is the one that is known");
    refused_as("format: 2\nclsters: {}\n", ERROR_TOO_NEW,
               "f.yaml:1:9: format 2: 1 is the one that is known");
    refused("clusters:\n", "f.yaml:1:10: 'clusters' is empty, a map belongs here");
    refused("clusters: [a]\n", "f.yaml:1:11: 'clusters' is a list, a map belongs here");
    refused("clusters:\n  a:\n    endpoints: [h:1]\n  a:\n    endpoints: [h:1]\n",
            "f.yaml:4:3: key 'a' is here a second time, first in line 2");
    refused("clusters:\n  a: &x\n", "f.yaml:2:7: anchors and aliases are not supported: write the "
                                    "value out");
}

static void
test_a_misspelt_key_has_a_suggestion(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct config *config;

    EXPECT_ERROR(
        config_parse(&mem, "f.yaml", bytes_of_text(CLUSTER("    endpoint: [h:1]\n")), &config, &e),
        ERROR_FORMAT, "f.yaml:3:5: unknown key 'endpoint'");
    assert_string_equal(e.hint, "did you mean 'endpoints'?");
    EXPECT_ERROR(
        config_parse(&mem, "f.yaml", bytes_of_text(MEMBER("        datadir: /d\n")), &config, &e),
        ERROR_FORMAT, "f.yaml:5:9: unknown key 'datadir'");
    assert_string_equal(e.hint, "did you mean 'data_dir'?");
    EXPECT_ERROR(config_parse(&mem, "f.yaml", bytes_of_text("cluster: {}\n"), &config, &e),
                 ERROR_FORMAT, "f.yaml:1:1: unknown key 'cluster'");
    assert_string_equal(e.hint, "did you mean 'clusters'?");
}

static void
test_clusters(void **state UNUSED)
{
    refused("clusters:\n  lab:x:\n    endpoints: [h:1]\n",
            "f.yaml:2:3: 'lab:x' cannot name a cluster: at most 64 letters, digits, '-', '_', "
            "'.', the first a letter or digit");
    refused("clusters:\n  a: {}\n",
            "f.yaml:2:3: cluster 'a' has no 'endpoints', and no member has 'client_urls'");
    refused("clusters:\n  a:\n", "f.yaml:2:5: 'a' is empty, a map belongs here");
    refused(CLUSTER("    id: xyz\n"), "f.yaml:3:9: 'xyz' is no id: hexadecimal, as etcd prints it");
    refused(CLUSTER("    id: 0\n"), "f.yaml:3:9: '0' is no id: hexadecimal, as etcd prints it");
    refused(CLUSTER("    version: new\n"),
            "f.yaml:3:14: 'new' is no version of etcd, such as 3.5.16");
    refused(CLUSTER("    endpoints: h:1\n"),
            "f.yaml:3:16: 'endpoints' is a single value, a list belongs here");
    refused(CLUSTER("    endpoints: []\n"), "f.yaml:3:16: 'endpoints' is an empty list");
    refused(CLUSTER("    endpoints:\n      - http://h:1\n      - http://h:1\n"),
            "f.yaml:5:9: endpoint http://h:1 is here a second time, first in line 4");
    refused(CLUSTER("    endpoints: ['http://h:99999']\n"),
            "f.yaml:3:17: endpoint 'http://h:99999': '99999' is no port");
    refused(CLUSTER("    repository: ~/backups\n"),
            "f.yaml:3:17: '~/backups': '~' means nothing here, write the folder's path out");
    refused(CLUSTER("    repository: ''\n"), "f.yaml:3:17: 'repository' is empty");
}

static void
test_tls(void **state UNUSED)
{
    refused(CLUSTER("    tls: yes\n"), "f.yaml:3:10: 'tls' is a single value, a map belongs here");
    refused(CLUSTER("    tls:\n      cert_file: c\n"),
            "f.yaml:4:7: 'cert_file' needs a 'key_file'");
    refused(CLUSTER("    tls:\n      key_file: c\n"), "f.yaml:4:7: 'key_file' needs a 'cert_file'");
    refused(CLUSTER("    tls:\n      ca: c\n"), "f.yaml:4:7: unknown key 'ca'");
    refused(MEMBER("        tls: {ca_file: ca.crt}\n"),
            "f.yaml:5:24: 'ca.crt' is a relative path: on the member's host it has to begin with "
            "'/'");
    refused(MEMBER("        peer_tls: {server_name: x}\n"),
            "f.yaml:5:20: unknown key 'server_name'");
}

static void
test_a_password_has_no_place(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct config *config;
    const char *file = CLUSTER("    user: {name: root, password: hunter2}\n");

    EXPECT_ERROR(config_parse(&mem, "f.yaml", bytes_of_text(file), &config, &e), ERROR_FORMAT,
                 "f.yaml:3:34: a password does not belong into this file");
    assert_string_equal(e.hint, "password_file: FILE, or password_environment: VARIABLE");
    file = CLUSTER("    user: root:hunter2\n");
    EXPECT_ERROR(config_parse(&mem, "f.yaml", bytes_of_text(file), &config, &e), ERROR_FORMAT,
                 "f.yaml:3:11: a password does not belong into this file");
    assert_null(strstr(e.hint, "hunter2"));
    refused(CLUSTER("    user: {password_file: x}\n"), "f.yaml:3:11: 'user' lacks 'name'");
    refused(CLUSTER("    user: {name: r, password_file: x, password_environment: Y}\n"),
            "f.yaml:3:39: the password is in a file or in the environment, not in both");
    refused(CLUSTER("    user: [x]\n"),
            "f.yaml:3:11: 'user' is a list, a single value belongs here");
}

static void
test_members(void **state UNUSED)
{
    refused(CLUSTER("    members: [m]\n"), "f.yaml:3:14: 'members' is a list, a map belongs here");
    refused(CLUSTER("    members:\n      a=b: {}\n"),
            "f.yaml:4:7: 'a=b' cannot name a member: 1 to 255 bytes without '=', ',' and blanks");
    refused(MEMBER("        host: db1\n"),
            "f.yaml:5:15: 'db1' is neither local: nor ssh://[USER@]HOST[:PORT]");
    refused(MEMBER("        host: ssh://-oProxyCommand=x\n"),
            "f.yaml:5:15: 'ssh://-oProxyCommand=x': '-oProxyCommand=x' is no host's name");
    refused(MEMBER("        runs: docker\n"),
            "f.yaml:5:15: 'docker' says not how etcd runs: systemd:UNIT, "
            "static-pod:/PATH/OF/MANIFEST, or process");
    refused(MEMBER("        runs: static-pod:etcd.yaml\n"),
            "f.yaml:5:15: 'static-pod:etcd.yaml' says not how etcd runs: systemd:UNIT, "
            "static-pod:/PATH/OF/MANIFEST, or process");
    refused(MEMBER("        client_urls: [h:2379]\n"),
            "f.yaml:5:23: 'h:2379' is no URL: http://HOST:PORT or https://HOST:PORT");
    refused(MEMBER("        peer_urls: [http://h]\n"),
            "f.yaml:5:21: URL address does not have the form \"host:port\": http://h");
    refused(MEMBER("        data_dir: etcd\n"),
            "f.yaml:5:19: 'etcd' is a relative path: on the member's host it has to begin with "
            "'/'");
    refused(MEMBER("        wal_dir: {}\n"),
            "f.yaml:5:18: 'wal_dir' is a map, a single value belongs here");
    refused(CLUSTER("    members:\n      m: {id: a1}\n      n: {id: a1}\n"),
            "f.yaml:5:15: the id a1 is here a second time, first in line 4");
    refused(CLUSTER("    members:\n      m: {peer_urls: [http://h:1]}\n"
                    "      n: {peer_urls: [http://h:1]}\n"),
            "f.yaml:5:23: peer URL http://h:1 is here a second time, first in line 4");
}

static void
test_an_unknown_name_is_answered_with_those_there_are(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct config *config;
    const char *file = "clusters:\n  prod: {endpoints: [h:1]}\n  dev: {endpoints: [h:1]}\n";

    EXPECT_OK(config_parse(&mem, "f.yaml", bytes_of_text(file), &config, &e));
    EXPECT_ERROR(config_no_cluster(config, "prd", &e), ERROR_NOT_FOUND,
                 "cluster 'prd' is not known");
    assert_string_equal(e.hint, "did you mean 'prod'? 'f.yaml' has: prod, dev");
    EXPECT_ERROR(config_no_cluster(config, "staging", &e), ERROR_NOT_FOUND,
                 "cluster 'staging' is not known");
    assert_string_equal(e.hint, "'f.yaml' has: prod, dev; labs are called lab:NAME");
    EXPECT_ERROR(config_no_cluster(NULL, "prod", &e), ERROR_NOT_FOUND,
                 "cluster 'prod' is not known");
    assert_string_equal(e.hint, "labs are called lab:NAME; other clusters stand in a quorate.yaml: "
                                "'quorate cluster discover --write' makes one");
}

static void
write_config(const char *path, mode_t mode)
{
    struct error e = ERROR_INIT;

    EXPECT_OK(file_replace(path, BYTES_LITERAL("clusters: {a: {endpoints: [h:1]}}\n"), 0600, &e));
    assert_int_equal(chmod(path, mode), 0);
}

static void
test_who_may_change_the_file(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    const char *dir = mkdtemp(arena_text(&mem, "/tmp/quorate-config-XXXXXX"));
    const char *path = path_join(&mem, dir, "q.yaml");
    struct config *config;

    write_config(path, 0644);
    EXPECT_OK(config_load(&mem, path, &config, &e));
    assert_int_equal(config->warnings.count, 0);
    write_config(path, 0666);
    EXPECT_OK(config_load(&mem, path, &config, &e));
    assert_int_equal(config->warnings.count, 1);
    assert_string_equal(config->warnings.items[0],
                        arena_printf(&mem,
                                     "'%s' can be changed by others (mode 0666): chmod go-w '%s'",
                                     path, path));
    if (geteuid() == 0) {
        assert_int_equal(chmod(path, 0644) | chown(path, 65534, 65534), 0);
        EXPECT_OK(config_load(&mem, path, &config, &e));
        assert_int_equal(config->warnings.count, 1);
        assert_string_equal(config->warnings.items[0],
                            arena_printf(&mem,
                                         "'%s' is another user's (uid 65534), who can change where "
                                         "quorate connects to",
                                         path));
    }
    EXPECT_ERROR(config_load(&mem, path_join(&mem, dir, "no"), &config, &e), ERROR_NOT_FOUND,
                 arena_printf(&mem, "'%s/no': No such file or directory", dir));
    EXPECT_OK(tree_remove(dir, &e));
}

static void
test_where_it_is_looked_for(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    const char *dir = mkdtemp(arena_text(&mem, "/tmp/quorate-config-XXXXXX"));
    const char *home = path_join(&mem, dir, "home");
    const char *in_home = path_join(&mem, home, ".config/quorate/quorate.yaml");
    const char *path;

    assert_int_equal(chdir(dir) | setenv("HOME", home, 1) | unsetenv("XDG_CONFIG_HOME"), 0);
    EXPECT_ERROR(config_find(&mem, "other.yaml", &path, &e), ERROR_NOT_FOUND,
                 "'other.yaml': there is no such file");
    EXPECT_OK(dir_make(path_dir(&mem, in_home), 0700, &e));
    write_config(in_home, 0600);
    EXPECT_OK(config_find(&mem, NULL, &path, &e));
    assert_string_equal(path, in_home);
    assert_int_equal(setenv("XDG_CONFIG_HOME", path_join(&mem, home, ".config"), 1), 0);
    EXPECT_OK(config_find(&mem, "", &path, &e));
    assert_string_equal(path, in_home);
    write_config("quorate.yaml", 0600);
    EXPECT_OK(config_find(&mem, NULL, &path, &e));
    assert_string_equal(path, path_join(&mem, dir, "quorate.yaml"));
    write_config("other.yaml", 0600);
    EXPECT_OK(config_find(&mem, "other.yaml", &path, &e));
    assert_string_equal(path, path_join(&mem, dir, "other.yaml"));
    if (geteuid() == 0) {
        assert_int_equal(chown("quorate.yaml", 65534, 65534), 0);
        EXPECT_ERROR(config_find(&mem, NULL, &path, &e), ERROR_REFUSED,
                     "'quorate.yaml' in the working directory is another user's (uid 65534)");
        assert_string_equal(e.hint, "--config quorate.yaml, when you trust it");
    }
    assert_int_equal(chdir("/"), 0);
    EXPECT_OK(tree_remove(dir, &e));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_the_documents_says_all_there_is),
        cmocka_unit_test(test_the_frame_of_the_file),
        cmocka_unit_test(test_a_misspelt_key_has_a_suggestion),
        cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_a_password_has_no_place),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_an_unknown_name_is_answered_with_those_there_are),
        cmocka_unit_test(test_who_may_change_the_file),
        cmocka_unit_test(test_where_it_is_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
