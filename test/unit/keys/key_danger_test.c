/* Which ranges are refused, and why. */
#include "keys/key_danger.h"

#include <string.h>

#include "expect.h"

static const char *
danger_of(const char *start, const char *end)
{
    const struct key_range range = {bytes_of_text(start), bytes_of_text(end)};

    return key_danger(&range);
}

static const char *
prefix_danger(const char *prefix)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct key_range range = key_range_prefix(&tmp, bytes_of_text(prefix));

    return key_danger(&range);
}

static void
expect_danger(const char *danger, const char *part)
{
    assert_non_null(danger);
    if (strstr(danger, part) == NULL)
        fail_msg("'%s' has no '%s'", danger, part);
}

static void
test_harmless(UNUSED void **state)
{
    assert_null(prefix_danger("/registry/events/"));
    assert_null(prefix_danger("/registry/events/kube-system/"));
    assert_null(prefix_danger("/kubernetes.io/events/a"));
    assert_null(prefix_danger("/config/"));
    assert_null(prefix_danger("/registryx"));
    assert_null(danger_of("/registry/events/a", "/registry/events0"));
    assert_null(danger_of("a", "b"));
}

static void
test_kubernetes(UNUSED void **state)
{
    expect_danger(prefix_danger("/registry/leases/kube-node-lease/"), "nodes");
    expect_danger(prefix_danger("/registry/masterleases/"), "API servers");
    expect_danger(prefix_danger("/registry/pods/default/"), "finalizers");
    expect_danger(prefix_danger("/openshift.io/"), "finalizers");
    /* More than events alone. */
    expect_danger(prefix_danger("/registry/events"), "finalizers");
    expect_danger(prefix_danger("/registry/e"), "finalizers");
    expect_danger(prefix_danger("/"), "finalizers");
    expect_danger(prefix_danger("/reg"), "finalizers");
    expect_danger(danger_of("/registry/events/x", "/registry/f"), "finalizers");
    expect_danger(danger_of("/a", "/z"), "finalizers");
    expect_danger(danger_of("/registry/z", "\xff"), "finalizers");
}

static void
test_everything(UNUSED void **state)
{
    const struct key_range all = key_range_all();
    const struct key_range rest = {BYTES_LITERAL("/q"), BYTES_LITERAL("\0")};

    expect_danger(key_danger(&all), "all keys");
    expect_danger(key_danger(&rest), "finalizers");
    expect_danger(prefix_danger(""), "all keys");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless),
        cmocka_unit_test(test_kubernetes),
        cmocka_unit_test(test_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
