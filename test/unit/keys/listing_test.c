#include "keys/listing.h"

#include "key_db.h"

static const struct db_row rows[] = {
    {2, 0, "/a/x/1", "1", 2, 1, 0},  {3, 0, "/a/x/2", "22", 3, 1, 0}, {4, 0, "/a/y", "y", 4, 1, 5},
    {5, 0, "/a//z", "z", 5, 1, 0},   {6, 0, "/ab/c", "c", 6, 1, 0},   {7, 0, "plain", "p", 7, 1, 0},
    {8, 0, "/a/x/2", NULL, 0, 0, 0},
};

static bool
entry_tell(void *context, const struct listing_entry *entry, struct error *e)
{
    (void)e;
    buf_printf(context, "%.*s:%" PRIu64 "/%" PRIu64 "@%" PRId64 "%s ", (int)entry->name.size,
               (const char *)entry->name.data, entry->keys, entry->bytes, entry->mod_revision,
               entry->is_directory ? "" : "!");
    return true;
}

static void
expect_listing(struct key_source *source, struct listing_request request, const char *text)
{
    struct error e = ERROR_INIT;
    AUTO_BUF got = BUF_INIT;

    request.separator = '/';
    EXPECT_OK(listing_read(source, &request, entry_tell, &got, &e));
    assert_string_equal(buf_text(&got), text);
}

static void
test_levels(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "db");
    AUTO_KEY_SOURCE source = NULL;
    struct error e = ERROR_INIT;

    (void)state;
    db_make(path, rows, sizeof(rows) / sizeof(*rows), 0, 9);
    EXPECT_OK(key_source_open_file(path, NULL, &source, &e));
    expect_listing(source, (struct listing_request){.prefix = BYTES_NONE},
                   "/a/:3/18@5 /ab/:1/6@6 plain:1/6@7! ");
    expect_listing(source, (struct listing_request){.prefix = BYTES_LITERAL("/a")},
                   "/a//:1/6@5 /a/x/:1/7@2 /a/y:1/5@4! /ab/:1/6@6 ");
    expect_listing(source, (struct listing_request){.prefix = BYTES_LITERAL("/a/")},
                   "/a//:1/6@5 /a/x/:1/7@2 /a/y:1/5@4! ");
    expect_listing(source, (struct listing_request){.prefix = BYTES_LITERAL("/a/x"), .revision = 4},
                   "/a/x/1:1/7@2! /a/x/2:1/8@3! ");
    expect_listing(source, (struct listing_request){.recursive = true},
                   "/a//z:1/6@5! /a/x/1:1/7@2! /a/y:1/5@4! /ab/c:1/6@6! plain:1/6@7! ");
    expect_listing(source, (struct listing_request){.prefix = BYTES_LITERAL("none")}, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
