#include "keys/source.h"

#include "base/json.h"
#include "key_db.h"

/* b deleted and made again; c deleted; a row without a key, as --bump-revision writes one. */
static const struct db_row rows[] = {
    {2, 0, "b", "b2", 2, 1, 0}, {3, 0, "a", "a3", 3, 1, 7},  {3, 1, "c", "c3", 3, 1, 0},
    {4, 0, "b", NULL, 0, 0, 0}, {5, 0, "a", "a5", 3, 2, 7},  {6, 0, "c", NULL, 0, 0, 0},
    {7, 0, "b", "b7", 7, 1, 0}, {8, 0, "d/e", "x", 8, 1, 0}, {9, 0, "", "", 0, 0, 0},
};

enum { ROW_COUNT = sizeof(rows) / sizeof(*rows) };

static struct key_source *
source_make(struct arena *mem, int64_t compact)
{
    const char *path = path_join(mem, scratch_dir(mem), "db");
    struct error e = ERROR_INIT;
    struct key_source *source = NULL;

    db_make(path, rows, ROW_COUNT, compact, 9);
    EXPECT_OK(key_source_open_file(path, NULL, &source, &e));
    return source;
}

static void
expect_live(struct key_source *source, struct key_range range, int64_t revision, const char *text)
{
    struct told told = {BUF_INIT, 0, 0};
    struct error e = ERROR_INIT;

    EXPECT_OK(key_source_live(source, &range, revision, KEY_READ_ALL, tell_row, &told, &e));
    assert_string_equal(buf_text(&told.text), text);
    buf_release(&told.text);
}

static void
expect_rows(struct key_source *source, struct key_range range, bool live, const char *text)
{
    struct told told = {BUF_INIT, 0, 0};
    void *const contexts[KEY_SURVEY_PARTS] = {&told, &told};
    struct error e = ERROR_INIT;

    EXPECT_OK(live ? key_source_survey(source, &range, tell_row, contexts, &e)
                   : key_source_rows(source, &range, tell_row, &told, &e));
    assert_string_equal(buf_text(&told.text), text);
    buf_release(&told.text);
}

static void
test_live_keys_at_any_revision(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = source_make(&tmp, 0);
    struct key_range all = key_range_all();

    (void)state;
    assert_int_equal(source->revision, 9);
    assert_int_equal(source->compact_revision, -1);
    expect_live(source, all, 0, "a=a5@5.0* b=b7@7.0* d/e=x@8.0* ");
    expect_live(source, all, 4, "a=a3@3.0* c=c3@3.1* ");
    expect_live(source, all, 2, "b=b2@2.0* ");
    expect_live(source, all, 1, "");
    expect_live(source, key_range_prefix(&tmp, BYTES_LITERAL("d")), 0, "d/e=x@8.0* ");
    expect_live(source, (struct key_range){BYTES_LITERAL("b"), BYTES_LITERAL("d")}, 0,
                "b=b7@7.0* ");
    expect_live(source, (struct key_range){BYTES_LITERAL("b"), BYTES_NONE}, 0, "b=b7@7.0* ");
    expect_live(source, (struct key_range){BYTES_LITERAL("b"), BYTES_NONE}, 5, "");
    expect_live(source, (struct key_range){BYTES_LITERAL("b"), BYTES_NONE}, 3, "b=b2@2.0* ");
    expect_live(source, (struct key_range){BYTES_LITERAL("zz"), BYTES_NONE}, 0, "");
}

static void
test_all_rows_in_the_order_of_revisions(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = source_make(&tmp, 0);

    (void)state;
    expect_rows(source, key_range_all(), false,
                "b=b2@2.0 a=a3@3.0 c=c3@3.1 b!@4.0 a=a5@5.0 c!@6.0 b=b7@7.0 d/e=x@8.0 ");
    expect_rows(source, key_range_all(), true,
                "b=b2@2.0 a=a3@3.0 c=c3@3.1 b!@4.0 a=a5@5.0* c!@6.0 b=b7@7.0* d/e=x@8.0* ");
    expect_rows(source, (struct key_range){BYTES_LITERAL("b"), BYTES_NONE}, true,
                "b=b2@2.0 b!@4.0 b=b7@7.0* ");
}

static void
test_revisions_that_cannot_be_had(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = source_make(&tmp, 4);
    struct key_range all = key_range_all();
    struct told told = {BUF_INIT, 0, 0};
    struct error e = ERROR_INIT;

    (void)state;
    assert_int_equal(source->compact_revision, 4);
    EXPECT_ERROR(
        key_source_live(source, &all, 3, 0, tell_row, &told, &e), ERROR_NOT_FOUND,
        arena_printf(&tmp, "'%s': revision 3 has been compacted, the oldest is 4", source->name));
    EXPECT_ERROR(key_source_live(source, &all, 10, 0, tell_row, &told, &e), ERROR_REFUSED,
                 arena_printf(&tmp, "'%s': revision 10 is a future revision, the current one is 9",
                              source->name));
    assert_int_equal(told.count, 0);
}

static void
test_a_visitor_may_end_it(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = source_make(&tmp, 0);
    struct key_range all = key_range_all();
    struct told told = {BUF_INIT, 0, 2};
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(key_source_live(source, &all, 0, 0, tell_row, &told, &e), ERROR_FAILED, "enough");
    told.count = 0;
    EXPECT_ERROR(key_source_rows(source, &all, tell_row, &told, &e), ERROR_FAILED, "enough");
    buf_release(&told.text);
}

static void
test_goldens_count_what_etcd_counts(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = NULL;
    struct key_range all = key_range_all();
    struct told told = {BUF_INIT, 0, 0};
    struct key_source_size size;
    const struct json *expected;
    uint64_t count;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(key_source_open_file(golden_path(&tmp, "snap/rich-3.5.30.snap"), NULL, &source, &e));
    EXPECT_OK(key_source_live(source, &all, 0, 0, tell_row, &told, &e));
    EXPECT_OK(json_parse(&tmp, golden_load(&tmp, "expected/rich-3.5.30.json"), &expected, &e));
    EXPECT_OK(json_get_u64(json_get(expected, "status"), "totalKey_3.6_3.7", &count, &e));
    assert_int_equal(told.count, count);
    EXPECT_OK(key_source_size(source, &size, &e));
    assert_true(size.in_use_bytes > 0 && size.in_use_bytes <= size.db_bytes);
    buf_release(&told.text);
}

static void
test_a_row_that_is_none(void **state)
{
    static const struct db_row bad[] = {{2, 0, "a", "x", 2, 1, 0}};
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = NULL;
    AUTO_FD fd = -1;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "db");
    struct key_range all = key_range_all();
    struct told told = {BUF_INIT, 0, 0};
    struct error e = ERROR_INIT;
    struct bytes content;
    const uint8_t *at;

    (void)state;
    db_make(path, bad, 1, 0, 2);
    EXPECT_OK(file_read_all(&tmp, path, 1 << 20, &content, &e));
    /* The field's tag in front of the key becomes one that is cut. */
    at = memmem(content.data, content.size,
                "\x0a\x01"
                "a",
                3);
    assert_non_null(at);
    EXPECT_OK(file_open(path, O_RDWR, 0, &fd, &e));
    EXPECT_OK(fd_pwrite_all(fd, path, "\xff\xff\xff", 3, (uint64_t)(at - content.data), &e));
    EXPECT_OK(key_source_open_file(path, NULL, &source, &e));
    assert_false(key_source_rows(source, &all, tell_row, &told, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_non_null(strstr(e.text, "page "));
    assert_string_equal(e.hint, "'quorate snapshot verify' tells all that is wrong with it");
}

enum { MANY_ROWS = 30000, MANY_KEYS = 9000, MANY_VALUE_BYTES = 800 };

/* What a part of a survey told, by revision. */
struct part_told {
    uint8_t *told; /* of all parts: 1, and 2 more for a live row */
    size_t count;
};

static bool
note_row(void *context, const struct key_row *row, struct error *e)
{
    struct part_told *part = context;

    (void)e;
    part->count++;
    part->told[row->revision] += (uint8_t)(1 + 2 * row->live);
    return true;
}

static size_t
many_key(size_t row)
{
    return row * 7919 % (row < MANY_ROWS / 3 ? MANY_KEYS / 2 : MANY_KEYS);
}

/* Large enough for two threads: keys of the earlier part that the later one has, and has not. */
static void
test_a_survey_of_many_rows(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = NULL;
    struct db_row *many = arena_zero(&tmp, MANY_ROWS * sizeof(*many));
    size_t *newest = arena_zero(&tmp, MANY_KEYS * sizeof(*newest));
    uint8_t *told = arena_zero(&tmp, MANY_ROWS + 2);
    char *value = arena_zero(&tmp, MANY_VALUE_BYTES + 1);
    struct part_told parts[KEY_SURVEY_PARTS] = {{told, 0}, {told, 0}};
    void *const contexts[KEY_SURVEY_PARTS] = {&parts[0], &parts[1]};
    const char *path = path_join(&tmp, scratch_dir(&tmp), "db");
    struct key_range all = key_range_all();
    struct error e = ERROR_INIT;

    (void)state;
    memset(value, 'v', MANY_VALUE_BYTES);
    for (size_t i = 0; i < MANY_ROWS; i++) {
        many[i] = (struct db_row){(int64_t)i + 2,
                                  0,
                                  arena_printf(&tmp, "key-%zu", many_key(i)),
                                  i % 11 == 0 ? NULL : value,
                                  (int64_t)i + 2,
                                  1,
                                  0};
        newest[many_key(i)] = i;
    }
    db_make(path, many, MANY_ROWS, 0, 2);
    EXPECT_OK(key_source_open_file(path, NULL, &source, &e));
    EXPECT_OK(key_source_survey(source, &all, note_row, contexts, &e));
    for (size_t i = 0; i < MANY_ROWS; i++)
        assert_int_equal(told[i + 2], newest[many_key(i)] == i && i % 11 != 0 ? 3 : 1);
    assert_true(parts[0].count > MANY_ROWS / 4 && parts[1].count > MANY_ROWS / 4);
}

static bool
refuse_row(void *context, const struct key_row *row, struct error *e)
{
    size_t *left = context;

    (void)row;
    return (*left)-- > 1 || error_set(e, ERROR_FAILED, "enough");
}

static void
test_a_survey_may_be_ended(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = source_make(&tmp, 0);
    struct key_range all = key_range_all();
    size_t left = 3;
    void *const contexts[KEY_SURVEY_PARTS] = {&left, &left};
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(key_source_survey(source, &all, refuse_row, contexts, &e), ERROR_FAILED, "enough");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_keys_at_any_revision),
        cmocka_unit_test(test_all_rows_in_the_order_of_revisions),
        cmocka_unit_test(test_revisions_that_cannot_be_had),
        cmocka_unit_test(test_a_visitor_may_end_it),
        cmocka_unit_test(test_goldens_count_what_etcd_counts),
        cmocka_unit_test(test_a_row_that_is_none),
        cmocka_unit_test(test_a_survey_of_many_rows),
        cmocka_unit_test(test_a_survey_may_be_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
