#include "format/db_snapshot_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend_sample.h"

static bool
stream_run(struct bytes content, size_t step, uint8_t *ret_digest, struct error *e)
{
    AUTO_DB_SNAPSHOT_STREAM stream;

    db_snapshot_stream_init(&stream);
    for (size_t at = 0; at < content.size; at += step) {
        size_t size = content.size - at < step ? content.size - at : step;

        db_snapshot_stream_feed(&stream, bytes_of(content.data + at, size));
        db_snapshot_stream_feed(&stream, BYTES_NONE);
    }
    assert_int_equal(stream.size, content.size);
    return db_snapshot_stream_finish(&stream, "'m1'", ret_digest, e);
}

static void
test_any_chunks_give_the_digest(void **state)
{
    static const size_t steps[] = {1, 7, 31, 32, 33, 63, 64, 65, 512, 4096, 32768, 1 << 20};

    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct bytes content = sample_snapshot(&tmp, sample_names[i]);
        const char *wanted =
            sample_text(&tmp, sample_expected(&tmp, sample_names[i]), "sha256_trailer_hex");

        for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++) {
            struct error e = ERROR_INIT;
            uint8_t digest[SHA256_SIZE];
            char hex[2 * SHA256_SIZE + 1];

            OK(stream_run(content, steps[k], digest, &e));
            hex_encode(digest, sizeof(digest), hex);
            assert_string_equal(hex, wanted);
        }
    }
}

/* As etcd sends it: blobs of 32 KiB, and the digest as a message of its own. */
static void
test_the_trailer_may_come_alone(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_DB_SNAPSHOT_STREAM stream;
    struct error e = ERROR_INIT;
    struct bytes content = sample_snapshot(&tmp, "rich-3.5.30");
    size_t db_size = content.size - SHA256_SIZE;
    uint8_t digest[SHA256_SIZE];

    (void)state;
    db_snapshot_stream_init(&stream);
    db_snapshot_stream_feed(&stream, bytes_of(content.data, 32768));
    db_snapshot_stream_feed(&stream, bytes_of(content.data + 32768, db_size - 32768));
    db_snapshot_stream_feed(&stream, bytes_of(content.data + db_size, SHA256_SIZE));
    OK(db_snapshot_stream_finish(&stream, "'m1'", digest, &e));
    assert_memory_equal(digest, content.data + db_size, SHA256_SIZE);
}

static void
refused(struct bytes content, const char *text, const char *hint)
{
    struct error e = ERROR_INIT;
    uint8_t digest[SHA256_SIZE];

    assert_false(stream_run(content, 1000, digest, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_string_equal(e.text, text);
    assert_string_equal(error_hint_text(&e), hint);
}

static void
test_what_is_no_whole_snapshot_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_snapshot(&tmp, "basic-3.5.30");
    const char *cut = "the stream was cut: try again, or another member";
    const char *changed = "bytes changed on the way: try again, or another member";

    (void)state;
    refused(BYTES_NONE, "'m1': the snapshot stream was empty", "");
    refused(bytes_of(content.data, 20480),
            "'m1': the snapshot stream ended without its SHA-256, after 20480 bytes", cut);
    refused(bytes_of(content.data, 20511),
            "'m1': the snapshot stream ended without its SHA-256, after 20511 bytes", cut);
    refused(bytes_of(content.data, 5),
            "'m1': the snapshot stream ended without its SHA-256, after 5 bytes", cut);
    /* Cut where the size looks right. */
    refused(bytes_of(content.data, 32),
            "'m1': the snapshot stream of 32 bytes does not match the SHA-256 at its end", changed);
    refused(bytes_of(content.data, 16384 + 32),
            "'m1': the snapshot stream of 16416 bytes does not match the SHA-256 at its end",
            changed);
    refused(sample_file(&tmp, "snap/bad-sha256.snap"),
            "'m1': the snapshot stream of 20512 bytes does not match the SHA-256 at its end",
            changed);
}

static void
test_release_accepts_what_never_began(void **state)
{
    struct db_snapshot_stream stream = {0};

    (void)state;
    db_snapshot_stream_release(&stream);
    assert_null(stream.sha256);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_chunks_give_the_digest),
        cmocka_unit_test(test_the_trailer_may_come_alone),
        cmocka_unit_test(test_what_is_no_whole_snapshot_is_refused),
        cmocka_unit_test(test_release_accepts_what_never_began),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
