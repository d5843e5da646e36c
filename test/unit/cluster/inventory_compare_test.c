#include "expect.h"

#include <string.h>

#include "base/buf.h"
#include "cluster/inventory_compare.h"
#include "cluster/inventory_discover.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state UNUSED)
{
    arena_release(&mem);
    return 0;
}

static const char **
one(const char *text)
{
    const char **items = arena_zero(&mem, sizeof(*items));

    items[0] = text;
    return items;
}

static void
see(struct cluster_view *view, uint64_t id, const char *name, const char *version)
{
    struct member_view *m = &view->members[view->member_count++];

    m->member = (struct etcd_member){.id = id, .name = name};
    m->member.peer_urls = one(arena_printf(&mem, "http://h%llu:2380", (unsigned long long)id));
    m->member.peer_url_count = 1;
    m->member.client_urls = one(arena_printf(&mem, "http://h%llu:2379", (unsigned long long)id));
    m->member.client_url_count = name[0] != '\0';
    m->known = version != NULL;
    m->status.version = version;
    if (version == NULL)
        error_set_(&m->unknown_because, ERROR_CONNECTION, 0, "connection refused");
}

static struct cluster_view
view_new(void)
{
    return (struct cluster_view){.cluster_id = 0xc1,
                                 .members = arena_zero(&mem, 8 * sizeof(struct member_view))};
}

/* Cluster c1 of db1 and db2, 3.5.16, as an inventory of it says. */
static struct inventory *
agreed(struct cluster_view *view)
{
    const struct etcd_options options = {.endpoints = (const char *const *)one("http://h1:2379"),
                                         .endpoint_count = 1,
                                         .ca_file = "/ca.crt",
                                         .user = "root"};
    struct error e = ERROR_INIT;
    struct inventory *inventory;
    const char *skipped;

    *view = view_new();
    see(view, 1, "db1", "3.5.16");
    see(view, 2, "db2", "3.5.16");
    EXPECT_OK(inventory_of_view(&mem, "prod", view, &options, &inventory, &skipped, &e));
    assert_null(skipped);
    return inventory;
}

/* "what member: configured -> found (remark); ..." */
static const char *
differences(const struct inventory *inventory, const struct cluster_view *view)
{
    struct inventory_comparison c;
    AUTO_BUF text = BUF_INIT;

    inventory_compare(&mem, inventory, view, &c);
    for (size_t i = 0; i < c.items.count; i++) {
        const struct inventory_difference *d = &c.items.items[i];

        buf_printf(&text, "%s%s%s %s: '%s' -> '%s'%s%s", i > 0 ? "; " : "",
                   d->weight == DIFFERENCE_OTHER_CLUSTER ? "!" : "", d->what, d->member,
                   d->configured, d->found, d->remark != NULL ? " " : "",
                   d->remark != NULL ? d->remark : "");
    }
    for (size_t i = 0; i < c.unknown.count; i++)
        buf_printf(&text, "? %s", c.unknown.items[i]);
    return arena_text(&mem, buf_text(&text));
}

static void
test_what_was_discovered_agrees(void **state UNUSED)
{
    struct cluster_view view;
    const struct inventory *inventory = agreed(&view);

    assert_string_equal(differences(inventory, &view), "");
    assert_string_equal(inventory->name, "prod");
    assert_string_equal(inventory->version, "3.5.16");
    assert_string_equal(inventory->client_tls.ca_file, "/ca.crt");
    assert_string_equal(inventory->user.name, "root");
    assert_int_equal(inventory->members.items[1].id, 2);
    assert_string_equal(inventory->members.items[1].peer_urls.items[0], "http://h2:2380");
}

static void
test_members_that_differ(void **state UNUSED)
{
    struct cluster_view view;
    struct inventory *inventory = agreed(&view);
    struct inventory_member *db2 = &inventory->members.items[1];

    view.members[1].member.id = 0x22;
    assert_string_equal(differences(inventory, &view),
                        "member-id db2: '2' -> '22' it was replaced since");
    view.members[1].member.name = "other";
    assert_string_equal(differences(inventory, &view),
                        "member-id db2: '2' -> '22' it was replaced since; member-name db2: 'db2' "
                        "-> 'other'");
    view.members[1].member.name = "";
    db2->id = 0;
    assert_string_equal(differences(inventory, &view),
                        "member-name db2: 'db2' -> '' it was added, and never started");
    db2->peer_urls.items[0] = "http://elsewhere:2380";
    assert_string_equal(differences(inventory, &view),
                        "member-missing db2: 'db2' -> '' it is not in the member list; "
                        "member-extra 22: '' -> 'http://h2:2380'");
    inventory = agreed(&view);
    db2 = &inventory->members.items[1];
    db2->peer_urls.items[0] = "http://elsewhere:2380";
    db2->client_urls.items[0] = "http://elsewhere:2379";
    assert_string_equal(differences(inventory, &view),
                        "client-urls db2: 'http://elsewhere:2379' -> 'http://h2:2379'; peer-urls "
                        "db2: 'http://elsewhere:2380' -> 'http://h2:2380'");
}

static void
test_versions(void **state UNUSED)
{
    struct cluster_view view;
    struct inventory *inventory = agreed(&view);

    view.members[0].status.version = "3.6.0";
    view.members[1].known = false;
    error_set_(&view.members[1].unknown_because, ERROR_CONNECTION, 0, "connection refused");
    assert_string_equal(differences(inventory, &view),
                        "version db1: '3.5.16' -> '3.6.0'? db2: its version is not known: "
                        "connection refused");
    inventory->version = NULL;
    assert_string_equal(differences(inventory, &view), "");
}

static void
test_another_cluster(void **state UNUSED)
{
    struct cluster_view view;
    struct inventory *inventory = agreed(&view);
    struct stray_endpoint strays[] = {
        {.endpoint = "http://a", .member_id = 9, .cluster_id = 0xc2},
        {.endpoint = "http://b", .member_id = 9, .cluster_id = 0xc1},
        {.endpoint = "http://c", .error = {.text = "connection refused"}},
    };

    view.strays = strays;
    view.stray_count = 3;
    inventory->id = 0xff;
    assert_string_equal(differences(inventory, &view),
                        "!cluster-id : 'ff' -> 'c1' this is another cluster, or it was restored "
                        "since; !endpoint : 'http://a' -> 'c2' it is another cluster's; endpoint : "
                        "'http://b' -> '9' who answers there is not in the member list; endpoint : "
                        "'http://c' -> '' it is no member's, and does not answer: connection "
                        "refused");
}

static void
test_an_inventory_without_members_compares_none(void **state UNUSED)
{
    struct cluster_view view;
    struct inventory *inventory = agreed(&view);

    inventory->members.count = 0;
    assert_string_equal(differences(inventory, &view), "");
}

static void
test_members_without_a_name_or_with_the_same(void **state UNUSED)
{
    const struct etcd_options options = {0};
    struct error e = ERROR_INIT;
    struct cluster_view view = view_new();
    struct inventory *inventory;
    const char *skipped;

    see(&view, 1, "a", "3.5.16");
    see(&view, 2, "", NULL);
    see(&view, 3, "b", "3.6.0");
    EXPECT_OK(inventory_of_view(&mem, "n", &view, &options, &inventory, &skipped, &e));
    assert_string_equal(skipped, "member 2 (http://h2:2380) has never started, and has no name");
    assert_int_equal(inventory->members.count, 2);
    assert_null(inventory->version); /* two of them */
    see(&view, 4, "a", "3.5.16");
    EXPECT_ERROR(inventory_of_view(&mem, "n", &view, &options, &inventory, &skipped, &e),
                 ERROR_CONFLICT, "two members are called 'a'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_discovered_agrees),
        cmocka_unit_test(test_members_that_differ),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_another_cluster),
        cmocka_unit_test(test_an_inventory_without_members_compares_none),
        cmocka_unit_test(test_members_without_a_name_or_with_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
