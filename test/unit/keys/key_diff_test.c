#include "keys/key_diff.h"

#include "key_db.h"

static bool
note(void *context, const struct key_difference *d, struct error *e UNUSED)
{
    struct buf *out = context;

    buf_printf(out, "%.*s:", (int)d->key.size, (const char *)d->key.data);
    if (d->before.there)
        buf_printf(out, "%.*s/%llu@%lld", (int)d->before.value.size,
                   (const char *)d->before.value.data, (unsigned long long)d->before.size,
                   (long long)d->before.mod_revision);
    buf_append_text(out, ">");
    if (d->after.there)
        buf_printf(out, "%.*s/%llu@%lld", (int)d->after.value.size,
                   (const char *)d->after.value.data, (unsigned long long)d->after.size,
                   (long long)d->after.mod_revision);
    buf_append_text(out, " ");
    return true;
}

static const struct db_row rows_a[] = {
    {2, 0, "b", "1", 2, 1, 0}, {3, 0, "c", "22", 3, 1, 0}, {4, 0, "d", "3", 4, 1, 0},
    {5, 0, "e", "5", 5, 1, 0}, {6, 0, "b", "9", 2, 2, 0},
};
static const struct db_row rows_b[] = {
    {2, 0, "a", "0", 2, 1, 0}, {3, 0, "c", "23", 3, 1, 0}, {4, 0, "b", "9", 4, 1, 0},
    {5, 0, "d", "", 5, 1, 0},  {6, 0, "z", "", 6, 1, 0},
};

static void
check(struct key_diff_side before, struct key_diff_side after, bool values, const char *expected,
      uint64_t expected_same)
{
    struct error e = ERROR_INIT;
    AUTO_BUF out = BUF_INIT;
    const struct key_diff_request request = {
        .before = before, .after = after, .range = key_range_all(), .values = values};
    uint64_t same;

    EXPECT_OK(key_diff(&request, note, &out, &same, &e));
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(same, expected_same);
}

static void
test_differences_of_files_and_revisions(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&mem);
    const char *path_a = path_join(&mem, dir, "a.db");
    const char *path_b = path_join(&mem, dir, "b.db");
    AUTO_KEY_SOURCE a = NULL;
    AUTO_KEY_SOURCE b = NULL;

    db_make(path_a, rows_a, sizeof(rows_a) / sizeof(rows_a[0]), 0, 5);
    db_make(path_b, rows_b, sizeof(rows_b) / sizeof(rows_b[0]), 0, 5);
    EXPECT_OK(key_source_open_file(path_a, NULL, &a, &e));
    EXPECT_OK(key_source_open_file(path_b, NULL, &b, &e));
    check((struct key_diff_side){a, 0}, (struct key_diff_side){b, 0}, true,
          "a:>0/1@2 c:22/2@3>23/2@3 d:3/1@4>/0@5 e:5/1@5> z:>/0@6 ", 1);
    check((struct key_diff_side){b, 0}, (struct key_diff_side){a, 0}, false,
          "a:/1@2> c:/2@3>/2@3 d:/0@5>/1@4 e:>/1@5 z:/0@6> ", 1);
    check((struct key_diff_side){a, 4}, (struct key_diff_side){a, 0}, true,
          "b:1/1@2>9/1@6 e:>5/1@5 ", 2);
    check((struct key_diff_side){a, 0}, (struct key_diff_side){a, 0}, true, "", 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences_of_files_and_revisions),
    };

    return cmocka_run_group_tests_name("key_diff", tests, NULL, NULL);
}
