#include "ops/key_export_read.h"

#include <inttypes.h>
#include <string.h>

#include "expect.h"
#include "scratch.h"

/* An export of some keys with values of one size, as key_export would write it. */
static void
export_make(struct buf *out, size_t count, size_t value_size)
{
    AUTO_BUF value = BUF_INIT;
    struct key_export_end end = {.leases = 1};

    buf_append_zeros(&value, value_size);
    key_export_header_encode(out, &(struct key_export_header){9, BYTES_NONE});
    key_export_lease_encode(out, &(struct key_export_lease){7, 60});
    for (size_t i = 0; i < count; i++) {
        char key[24];
        struct key_value kv = {.value = buf_bytes(&value), .lease = i == 0 ? 7 : 0};

        snprintf(key, sizeof(key), "/k/%08zu", i);
        kv.key = bytes_of_text(key);
        key_export_key_encode(out, &kv);
        end.keys++;
        end.bytes += kv.key.size + kv.value.size;
    }
    sha256_of(buf_bytes(out), end.sha256);
    key_export_end_encode(out, &end);
}

struct seen {
    size_t keys;
    size_t leases;
    uint64_t bytes;
    size_t most; /* then it fails; 0: never */
};

static bool
see(void *context, const struct key_export_line *line, struct error *e)
{
    struct seen *seen = context;

    if (seen->most > 0 && seen->keys == seen->most)
        return error_set(e, ERROR_FAILED, "enough");
    seen->keys += line->type == KEY_EXPORT_KEY;
    seen->leases += line->type == KEY_EXPORT_LEASE;
    seen->bytes += line->type == KEY_EXPORT_KEY ? line->kv.key.size + line->kv.value.size : 0;
    return true;
}

static bool
read_back(struct bytes content, struct seen *seen, struct key_export_end *ret_end, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;
    const char *path = path_join(&mem, scratch_dir(&mem), "x");
    bool ok;

    assert_true(file_replace(path, content, 0600, e));
    ok = key_export_read(path, see, seen, ret_end, e);
    if (!ok && e->text[0] == '\'') /* the path is another in each run */
        memmove(e->text, strchr(e->text + 1, '\'') + 3, strlen(strchr(e->text + 1, '\'') + 3) + 1);
    return ok;
}

/* Lines of 300 bytes to 3 MB, across the blocks in which a file is read. */
static void
test_lines_of_any_size_are_read(void **state UNUSED)
{
    static const size_t sizes[][2] = {{0, 0}, {1, 0}, {20000, 200}, {7, 700000}, {3, 2250000}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        AUTO_BUF out = BUF_INIT;
        struct error e = ERROR_INIT;
        struct seen seen = {0};
        struct key_export_end end;

        export_make(&out, sizes[i][0], sizes[i][1]);
        EXPECT_OK(read_back(buf_bytes(&out), &seen, &end, &e));
        assert_int_equal(seen.keys, sizes[i][0]);
        assert_int_equal(seen.leases, 1);
        assert_true(seen.bytes == end.bytes && end.keys == seen.keys);
    }
}

/* Cut at any byte, it is refused; only the end of the last line may be missing from nothing. */
static void
test_a_file_that_was_cut_anywhere_is_refused(void **state UNUSED)
{
    AUTO_BUF out = BUF_INIT;

    export_make(&out, 3, 5);
    for (size_t size = 0; size < out.size; size++) {
        struct error e = ERROR_INIT;
        struct seen seen = {0};
        struct key_export_end end;

        assert_false(read_back(bytes_of(out.data, size), &seen, &end, &e));
        assert_int_equal(e.code, ERROR_CORRUPT);
    }
}

/* Another bit anywhere in it: refused, whatever it is. */
static void
test_a_file_that_was_changed_anywhere_is_refused(void **state UNUSED)
{
    AUTO_BUF out = BUF_INIT;

    export_make(&out, 2, 5);
    for (size_t i = 0; i < out.size; i++) {
        struct error e = ERROR_INIT;
        struct seen seen = {0};
        struct key_export_end end;

        out.data[i] ^= 1;
        assert_false(read_back(buf_bytes(&out), &seen, &end, &e));
        out.data[i] ^= 1;
    }
}

static void
test_errors_name_the_line(void **state UNUSED)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct seen seen = {.most = 1};
    struct key_export_end end;

    export_make(&out, 3, 5);
    EXPECT_ERROR(read_back(buf_bytes(&out), &seen, &end, &e), ERROR_FAILED, "enough");
    seen.most = 0;
    buf_clear(&out);
    export_make(&out, 0, 0);
    buf_append_text(&out, "{}\n");
    EXPECT_ERROR(read_back(buf_bytes(&out), &seen, &end, &e), ERROR_CORRUPT,
                 "there is more behind the last line");
    EXPECT_ERROR(read_back(BYTES_LITERAL("{}\n"), &seen, &end, &e), ERROR_FORMAT,
                 "line 1: one of 'key' and 'keyBase64' should be there");
    EXPECT_ERROR(read_back(BYTES_NONE, &seen, &end, &e), ERROR_CORRUPT, "the last line is missing");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_any_size_are_read),
        cmocka_unit_test(test_a_file_that_was_cut_anywhere_is_refused),
        cmocka_unit_test(test_a_file_that_was_changed_anywhere_is_refused),
        cmocka_unit_test(test_errors_name_the_line),
    };

    return cmocka_run_group_tests_name("key_export_read", tests, NULL, NULL);
}
