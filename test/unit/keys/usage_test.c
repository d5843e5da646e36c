#include "keys/usage.h"

#include "key_db.h"

static const struct db_row rows[] = {
    {2, 0, "/registry/pods/a/p1", "1234", 2, 1, 0},
    {3, 0, "/registry/pods/b/p2", "12", 3, 1, 0},
    {4, 0, "/registry/pods/a/p1", "123456", 2, 2, 0},
    {5, 0, "/registry/pods/b/p2", NULL, 0, 0, 0},
    {6, 0, "/registry/minions/n", "12345678901234567890", 6, 1, 0},
    {7, 0, "/registry/minions/n", "1", 6, 2, 0},
    {8, 0, "/registry/minions/n", "1", 6, 3, 0},
    {9, 0, "other", "xyz", 9, 1, 0},
};

static const struct usage *
measure(struct arena *mem, enum key_grouping by, size_t depth)
{
    const struct usage_request request = {key_range_all(), by, depth, '/', 2, 1};
    const char *path = path_join(mem, scratch_dir(mem), "db");
    AUTO_KEY_SOURCE source = NULL;
    struct error e = ERROR_INIT;
    struct usage *usage = NULL;

    db_make(path, rows, sizeof(rows) / sizeof(*rows), 0, 9);
    EXPECT_OK(key_source_open_file(path, NULL, &source, &e));
    EXPECT_OK(usage_measure(mem, source, &request, &usage, &e));
    return usage;
}

/* "depth name keys live/rows all tombstones" */
static void
expect_groups(const struct usage *usage, const char *text)
{
    AUTO_BUF got = BUF_INIT;

    for (size_t i = 0; i < usage->group_count; i++) {
        const struct usage_group *g = usage->groups[i];

        buf_printf(&got, "%zu %.*s %" PRIu64 " %" PRIu64 "/%" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                   g->depth, (int)g->name.size, (const char *)g->name.data, g->count.keys,
                   g->count.live_bytes, g->count.rows, g->count.row_bytes, g->count.tombstones);
    }
    assert_string_equal(buf_text(&got), text);
}

static void
test_groups_are_summed_and_sorted(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct usage *usage = measure(&tmp, KEY_GROUP_RESOURCE, 2);

    (void)state;
    expect_groups(usage, "0 pods 1 25/4 88 1\n"
                         "1 a 1 25/2 48 0\n"
                         "1 b 0 0/2 40 1\n"
                         "0 minions 1 20/3 79 0\n"
                         "0 (other keys) 1 8/1 8 0\n");
    assert_true(usage->has_history);
    assert_int_equal(usage->total.keys, 3);
    assert_int_equal(usage->total.live_bytes, 53);
    assert_int_equal(usage->total.rows, 8);
    assert_int_equal(usage->total.row_bytes, 175);
    expect_groups(measure(&tmp, KEY_GROUP_PREFIX, 1), "0 /registry/ 2 45/7 167 1\n");
}

static void
test_the_biggest_and_the_most_rewritten(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct usage *usage = measure(&tmp, KEY_GROUP_RESOURCE, 1);

    (void)state;
    assert_int_equal(usage->biggest.count, 2);
    assert_true(bytes_equal_text(buf_bytes(&usage->biggest.items[0].key), "/registry/pods/a/p1"));
    assert_int_equal(usage->biggest.items[0].number, 25);
    assert_true(bytes_equal_text(buf_bytes(&usage->biggest.items[1].key), "/registry/minions/n"));
    assert_int_equal(usage->rewritten.count, 1);
    assert_true(bytes_equal_text(buf_bytes(&usage->rewritten.items[0].key), "/registry/minions/n"));
    assert_int_equal(usage->rewritten.items[0].version, 3);
}

/* The same whatever order they come in. */
static void
test_top_keys_do_not_depend_on_the_order(void **state)
{
    static const char *const keys[] = {"d", "a", "c", "b", "e"};

    (void)state;
    for (size_t first = 0; first < 5; first++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct top_keys top;
        char text[4] = "";

        top_keys_init(&top, &tmp, 3);
        for (size_t i = 0; i < 5; i++) {
            struct key_row row = {.kv = {.key = bytes_of_text(keys[(first + i) % 5])}};

            top_keys_offer(&top, row.kv.key.data[0] == 'e' ? 2 : 1, &row);
        }
        top_keys_sort(&top);
        for (size_t i = 0; i < top.count; i++)
            text[i] = (char)top.items[i].key.data[0];
        assert_string_equal(text, "eab");
        top_keys_release(&top);
    }
}

static void
test_too_many_groups_are_counted_in_the_wider_ones(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const size_t count = USAGE_GROUPS_MOST + 5;
    struct db_row *many = arena_zero(&tmp, count * sizeof(*many));
    const struct usage_request request = {key_range_all(), KEY_GROUP_PREFIX, 2, '/', 0, 0};
    const char *path = path_join(&tmp, scratch_dir(&tmp), "db");
    AUTO_KEY_SOURCE source = NULL;
    struct error e = ERROR_INIT;
    struct usage *usage = NULL;

    (void)state;
    for (size_t i = 0; i < count; i++)
        many[i] = (struct db_row){
            (int64_t)i + 2, 0, arena_printf(&tmp, "/a/%zu/k", i), "v", (int64_t)i + 2, 1, 0};
    db_make(path, many, count, 0, 2);
    EXPECT_OK(key_source_open_file(path, NULL, &source, &e));
    EXPECT_OK(usage_measure(&tmp, source, &request, &usage, &e));
    assert_true(usage->merged);
    assert_int_equal(usage->group_count, USAGE_GROUPS_MOST);
    assert_int_equal(usage->groups[0]->count.keys, count);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_are_summed_and_sorted),
        cmocka_unit_test(test_the_biggest_and_the_most_rewritten),
        cmocka_unit_test(test_top_keys_do_not_depend_on_the_order),
        cmocka_unit_test(test_too_many_groups_are_counted_in_the_wider_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
