#include "keys/key_path.h"

#include "base/buf.h"
#include "expect.h"

/* "name|name taken" */
static void
expect_path(const char *key, enum key_grouping by, size_t depth, const char *text)
{
    AUTO_BUF got = BUF_INIT;
    struct key_path path;

    key_path_of(bytes_of_text(key), by, depth, '/', &path);
    for (size_t i = 0; i < path.count; i++) {
        buf_append_text(&got, i > 0 ? "|" : "");
        buf_append_bytes(&got, path.names[i]);
    }
    buf_printf(&got, " %zu", path.taken);
    assert_string_equal(buf_text(&got), text);
}

static void
test_resources(void **state)
{
    (void)state;
    expect_path("/registry/pods/ns/p", KEY_GROUP_RESOURCE, 1, "pods 15");
    expect_path("/registry/pods/ns/p", KEY_GROUP_RESOURCE, 2, "pods|ns 18");
    expect_path("/registry/pods/ns/p", KEY_GROUP_RESOURCE, 9, "pods|ns 18");
    expect_path("/registry/minions/n1", KEY_GROUP_RESOURCE, 2, "minions 18");
    expect_path("/registry/services/specs/ns/s", KEY_GROUP_RESOURCE, 2, "services/specs|ns 28");
    expect_path("/registry/a.io/widgets/ns/w", KEY_GROUP_RESOURCE, 1, "a.io/widgets 23");
    expect_path("/registry/a.io/widgets/w", KEY_GROUP_RESOURCE, 2, "a.io/widgets 23");
    expect_path("/registry/pods/ns/p/x/y", KEY_GROUP_RESOURCE, 2, "pods|ns 18");
    expect_path("/kubernetes.io/pods/ns/p", KEY_GROUP_RESOURCE, 1, "pods 20");
    expect_path("compact_rev_key", KEY_GROUP_RESOURCE, 2, "(other keys) 0");
    expect_path("/app/a/b/c", KEY_GROUP_RESOURCE, 2, "/app/ 5");
    expect_path("/registry/", KEY_GROUP_RESOURCE, 1, "/registry/ 10");
}

static void
test_namespaces(void **state)
{
    (void)state;
    expect_path("/registry/pods/ns/p", KEY_GROUP_NAMESPACE, 1, "ns 18");
    expect_path("/registry/pods/ns/p", KEY_GROUP_NAMESPACE, 2, "ns|pods 18");
    expect_path("/registry/minions/n1", KEY_GROUP_NAMESPACE, 2, "(no namespace)|minions 18");
}

static void
test_directories(void **state)
{
    (void)state;
    expect_path("/a/b/c", KEY_GROUP_PREFIX, 1, "/a/ 3");
    expect_path("/a/b/c", KEY_GROUP_PREFIX, 2, "/a/|b/ 5");
    expect_path("/a/b/c", KEY_GROUP_PREFIX, 9, "/a/|b/ 5");
    expect_path("a/b", KEY_GROUP_PREFIX, 9, "a/ 2");
    expect_path("a//b", KEY_GROUP_PREFIX, 9, "a/|/ 3");
    expect_path("/a", KEY_GROUP_PREFIX, 9, "/ 1");
    expect_path("a", KEY_GROUP_PREFIX, 9, " 0");
    expect_path("", KEY_GROUP_PREFIX, 9, " 0");
}

static void
test_kubernetes_keys_are_taken_apart(void **state)
{
    struct kube_key kube;

    (void)state;
    assert_true(kube_key_split(BYTES_LITERAL("/registry/services/specs/ns/s"), &kube));
    assert_true(bytes_equal_text(kube.resource, "services/specs"));
    assert_true(bytes_equal_text(kube.namespace, "ns"));
    assert_true(bytes_equal_text(kube.name, "s"));
    assert_true(kube_key_split(BYTES_LITERAL("/registry/minions/n1"), &kube));
    assert_int_equal(kube.namespace.size, 0);
    assert_true(bytes_equal_text(kube.name, "n1"));
    assert_false(kube_key_split(BYTES_LITERAL("/registry/x"), &kube));
    assert_false(kube_key_split(BYTES_LITERAL("x"), &kube));
    assert_false(kube_key_split(BYTES_NONE, &kube));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_directories),
        cmocka_unit_test(test_kubernetes_keys_are_taken_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
