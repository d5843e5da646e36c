#include "node/kubeadm_map.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json_writer.h"
#include "expect.h"
#include "scratch.h"

/* A kubectl that keeps the map in the file 'map' beside it, and what it was called with in 'words'. */
static const char kubectl[] =
    "#!/bin/sh\n"
    "dir=$(dirname \"$0\")\n"
    "echo \"$*\" >\"$dir/words\"\n"
    "case $* in\n"
    "*' get '*)\n"
    "  [ ! -e \"$dir/says\" ] || { cat \"$dir/says\" >&2; exit 1; }\n"
    "  cat \"$dir/map\" ;;\n"
    "*)\n"
    "  [ ! -e \"$dir/refuses\" ] || { cat \"$dir/refuses\" >&2; exit 1; }\n"
    "  cat >\"$dir/map\" ;;\n"
    "esac\n";

struct control_plane {
    struct arena mem;
    const char *dir;
    const char *admin;
    const struct host *host;
    char *path; /* PATH, as it was */
};

static void
drop(struct control_plane *c, const char *name)
{
    struct error e = ERROR_INIT;

    EXPECT_OK(tree_remove(path_join(&c->mem, c->dir, name), &e));
}

#define MAP_OF(version, text)                                                                      \
    "{\"apiVersion\":\"v1\",\"data\":{\"ClusterConfiguration\":\"" text                            \
    "\",\"ClusterStatus\":\"a/b\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"                 \
    "\"kubeadm-config\",\"resourceVersion\":\"" version "\",\"uid\":\"7\"}}"

static int
setup(void **state)
{
    struct control_plane *c = calloc(1, sizeof(*c));
    struct error e = ERROR_INIT;
    struct host *host;

    c->dir = scratch_dir(&c->mem);
    c->admin = path_join(&c->mem, c->dir, "admin.conf");
    c->path = arena_text(&c->mem, getenv("PATH"));
    assert_int_equal(setenv("PATH", arena_printf(&c->mem, "%s:%s", c->dir, c->path), 1), 0);
    EXPECT_OK(host_open(&c->mem, "local:", NULL, &host, &e));
    c->host = host;
    scratch_put(&c->mem, c->dir, "kubectl", kubectl);
    scratch_put(&c->mem, c->dir, "admin.conf", "");
    scratch_put(&c->mem, c->dir, "map", MAP_OF("41", "a: 1\\r\\nb: \\\"2\\\"\\n"));
    *state = c;
    return 0;
}

static int
teardown(void **state)
{
    struct control_plane *c = *state;

    setenv("PATH", c->path, 1);
    arena_release(&c->mem);
    free(c);
    return 0;
}

static void
test_read_and_replaced(void **state)
{
    struct control_plane *c = *state;
    struct error e = ERROR_INIT;
    struct kubeadm_map map;
    const char *why;

    EXPECT_OK(kubeadm_map_read(&c->mem, c->host, c->admin, &map, &why, &e));
    assert_null(why);
    assert_string_equal(map.text, "a: 1\r\nb: \"2\"\n");
    assert_string_equal(scratch_text(&c->mem, c->dir, "words"),
                        arena_printf(&c->mem,
                                     "--kubeconfig %s --request-timeout=15s -n kube-system get "
                                     "configmap kubeadm-config -o json\n",
                                     c->admin));
    EXPECT_OK(kubeadm_map_replace(c->host, c->admin, &map, "a: 3\n", &e));
    assert_string_equal(scratch_text(&c->mem, c->dir, "map"), MAP_OF("41", "a: 3\\n"));
    assert_string_equal(
        scratch_text(&c->mem, c->dir, "words"),
        arena_printf(
            &c->mem,
            "--kubeconfig %s --request-timeout=15s -n kube-system replace --validate=false -f -\n",
            c->admin));
}

static void
test_another_one_by_now(void **state)
{
    struct control_plane *c = *state;
    struct error e = ERROR_INIT;
    struct kubeadm_map map;
    const char *why;

    EXPECT_OK(kubeadm_map_read(&c->mem, c->host, c->admin, &map, &why, &e));
    scratch_put(&c->mem, c->dir, "refuses",
                "Error from server (Conflict): error when replacing \"STDIN\": Operation cannot be "
                "fulfilled on configmaps \"kubeadm-config\": the object has been modified\n");
    EXPECT_ERROR(kubeadm_map_replace(c->host, c->admin, &map, "a: 3\n", &e), ERROR_CONFLICT,
                 "local: Error from server (Conflict): error when replacing \"STDIN\": Operation "
                 "cannot be fulfilled on configmaps \"kubeadm-config\": the object has been "
                 "modified");
    scratch_put(&c->mem, c->dir, "refuses",
                "error: the server doesn't have a resource type \"configmap\"\n");
    EXPECT_ERROR(kubeadm_map_replace(c->host, c->admin, &map, "a: 3\n", &e), ERROR_FAILED,
                 "local: error: the server doesn't have a resource type \"configmap\"");
    assert_string_equal(scratch_text(&c->mem, c->dir, "map"),
                        MAP_OF("41", "a: 1\\r\\nb: \\\"2\\\"\\n"));
}

static void
expect_why(struct control_plane *c, const char *text)
{
    struct error e = ERROR_INIT;
    struct kubeadm_map map;
    const char *why;

    EXPECT_OK(kubeadm_map_read(&c->mem, c->host, c->admin, &map, &why, &e));
    assert_non_null(why);
    assert_string_equal(why, text);
}

/* This machine may have a kubectl of its own. */
static void
only_tools_of_ours(struct control_plane *c)
{
    static const char *const names[] = {"env", "sh", "stat", "timeout"};
    const char *bin = path_join(&c->mem, c->dir, "bin");
    struct error e = ERROR_INIT;

    EXPECT_OK(dir_make(bin, 0755, &e));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(symlink(arena_printf(&c->mem, "/usr/bin/%s", names[i]),
                                 path_join(&c->mem, bin, names[i])),
                         0);
    assert_int_equal(setenv("PATH", bin, 1), 0);
}

static void
test_not_to_be_had(void **state)
{
    struct control_plane *c = *state;

    scratch_put(
        &c->mem, c->dir, "says",
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right "
        "host or port?\n");
    expect_why(c, "local: The connection to the server 10.0.0.1:6443 was refused - did you specify "
                  "the right host or port? (kubectl get configmap kubeadm-config)");
    scratch_put(&c->mem, c->dir, "says",
                "Error from server (NotFound): configmaps \"kubeadm-config\" not found\n");
    expect_why(c, "local: Error from server (NotFound): configmaps \"kubeadm-config\" not found "
                  "(kubectl get configmap kubeadm-config)");
    drop(c, "says");
    only_tools_of_ours(c);
    expect_why(c, "local: there is no 'kubectl'");
    drop(c, "admin.conf");
    expect_why(c, arena_printf(&c->mem, "local: there is no '%s'", c->admin));
}

static void
test_an_answer_that_is_none(void **state)
{
    struct control_plane *c = *state;
    struct error e = ERROR_INIT;
    struct kubeadm_map map;
    const char *why;

    scratch_put(&c->mem, c->dir, "map", "{\"metadata\":{\"resourceVersion\":\"1\"},\"data\":{}}");
    EXPECT_ERROR(
        kubeadm_map_read(&c->mem, c->host, c->admin, &map, &why, &e), ERROR_FORMAT,
        "local: config map kubeadm-config: kubectl's answer: 'ClusterConfiguration' is missing");
    scratch_put(&c->mem, c->dir, "map", "no JSON");
    assert_false(kubeadm_map_read(&c->mem, c->host, c->admin, &map, &why, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read_and_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_one_by_now, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_to_be_had, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_that_is_none, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
