#include "cluster/inventory_members.h"

#include "expect.h"

#include <string.h>

#include "base/buf.h"

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
    return (struct inventory_urls){items, (size_t)(first != NULL) + (second != NULL)};
}

static struct inventory_member
member(const char *name)
{
    return (struct inventory_member){
        .name = name, .client_urls = urls(arena_printf(&mem, "http://%s:2379", name), NULL)};
}

static struct inventory
two(const char *first, const char *second)
{
    struct inventory inventory = {.name = "prod", .endpoints = urls(first, second)};

    *ARRAY_PUSH(&mem, &inventory.members) = member("a");
    *ARRAY_PUSH(&mem, &inventory.members) = member("b");
    return inventory;
}

static const char *
said(const struct inventory *inventory)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < inventory->members.count; i++)
        buf_printf(&text, "%s ", inventory->members.items[i].name);
    for (size_t i = 0; i < inventory->endpoints.count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", inventory->endpoints.items[i]);
    return arena_text(&mem, buf_text(&text));
}

static void
test_endpoints_follow_the_members(void **state UNUSED)
{
    struct inventory inventory = two("http://a:2379", "b:2379");
    const struct inventory_member c = member("c");

    inventory_member_put(&mem, &inventory, &c);
    assert_string_equal(said(&inventory), "a b c http://a:2379,b:2379,http://c:2379");
    inventory_member_put(&mem, &inventory, &c);
    assert_string_equal(said(&inventory), "a b c http://a:2379,b:2379,http://c:2379");
    assert_true(inventory_member_drop(&mem, &inventory, "b"));
    assert_string_equal(said(&inventory), "a c http://a:2379,http://c:2379");
    assert_false(inventory_member_drop(&mem, &inventory, "b"));
}

static void
test_a_load_balancer_stays(void **state UNUSED)
{
    struct inventory inventory = two("https://lb:2379", NULL);
    const struct inventory_member c = member("c");

    inventory_member_put(&mem, &inventory, &c);
    assert_true(inventory_member_drop(&mem, &inventory, "a"));
    assert_string_equal(said(&inventory), "b c https://lb:2379");
}

static void
test_the_last_endpoint_is_never_lost(void **state UNUSED)
{
    struct inventory inventory = two("http://a:2379", NULL);

    assert_true(inventory_member_drop(&mem, &inventory, "a"));
    assert_string_equal(said(&inventory), "b http://b:2379");
}

static void
test_one_that_comes_back_elsewhere_leaves_its_old_endpoint(void **state UNUSED)
{
    struct inventory inventory = two("http://a:2379", "http://b:2379");
    struct inventory_member moved = member("b");

    moved.client_urls = urls("http://d:2379", NULL);
    inventory_member_put(&mem, &inventory, &moved);
    assert_string_equal(said(&inventory), "a b http://a:2379,http://d:2379");
}

static void
test_an_endpoint_is_a_members_own_in_any_scheme(void **state UNUSED)
{
    const struct inventory inventory = two("http://a:2379", "lb:2379");

    assert_true(inventory_endpoint_is_members(&inventory, "https://a:2379"));
    assert_true(inventory_endpoint_is_members(&inventory, "b:2379"));
    assert_false(inventory_endpoint_is_members(&inventory, "http://a:2380"));
    assert_false(inventory_endpoint_is_members(&inventory, "lb:2379"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints_follow_the_members),
        cmocka_unit_test(test_an_endpoint_is_a_members_own_in_any_scheme),
        cmocka_unit_test(test_a_load_balancer_stays),
        cmocka_unit_test(test_the_last_endpoint_is_never_lost),
        cmocka_unit_test(test_one_that_comes_back_elsewhere_leaves_its_old_endpoint),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
