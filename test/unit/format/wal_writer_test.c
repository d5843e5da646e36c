#include "format/wal/wal_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/raft/raft.h"
#include "format/wal/wal_reader.h"
#include "format/wal/wal_summary.h"
#include "scratch.h"

static void
test_a_log_begins_with_its_crc_record(void **state)
{
    AUTO_BUF out = BUF_INIT;
    AUTO_BUF scratch = BUF_INIT;
    uint32_t crc = 0;

    (void)state;
    wal_frame_encode(&out, &scratch, WAL_CRC, BYTES_NONE, &crc);
    assert_int_equal(out.size, 16);
    assert_memory_equal(out.data, "\x04\0\0\0\0\0\0\x84\x08\x04\x10\0\0\0\0\0", 16);
    assert_int_equal(crc, 0);
}

/* Re-encoding a real server's records, byte for byte. */
static void
test_frames_are_those_of_etcd(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    AUTO_BUF scratch = BUF_INIT;
    AUTO_WAL_READER reader = WAL_READER_INIT;
    struct error e = ERROR_INIT;
    struct bytes golden = golden_load(&tmp, "wal/rich-3.5.30.wal");
    struct wal_record record;
    enum wal_event event;
    uint32_t crc = 0;

    (void)state;
    assert_true(wal_reader_open_file(&tmp, golden_path(&tmp, "wal/rich-3.5.30.wal"), &reader, &e));
    for (;;) {
        assert_true(wal_reader_next(&reader, &record, &event, &e));
        if (event == WAL_EVENT_END)
            break;
        wal_frame_encode(&out, &scratch, record.type, record.data, &crc);
        assert_int_equal(crc, record.crc);
    }
    assert_true(bytes_equal(buf_bytes(&out), golden));
}

static void
test_a_segment_is_preallocated_and_readable(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_WAL_WRITER writer = WAL_WRITER_INIT;
    AUTO_BUF message = BUF_INIT;
    struct error e = ERROR_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), wal_segment_name(&tmp, 0, 0));
    struct wal_summary s;
    struct stat st;

    (void)state;
    assert_string_equal(path_name(path), WAL_FIRST_SEGMENT_NAME);
    assert_true(wal_writer_create(path, 0, &writer, &e));
    wal_metadata_encode(&message, &(struct wal_metadata){.node_id = 7, .cluster_id = 8});
    wal_writer_append(&writer, WAL_METADATA, buf_bytes(&message));
    assert_true(wal_writer_finish(&writer, &e));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 64000000);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(wal_read_file(&tmp, path, NULL, NULL, &s, &e));
    assert_int_equal(s.damage.kind, WAL_INTACT);
    assert_int_equal(s.record_count, 2);
    assert_int_equal(s.metadata.cluster_id, 8);
}

static void
test_a_segment_carries_the_crc_of_the_one_before(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_WAL_WRITER writer = WAL_WRITER_INIT;
    AUTO_WAL_READER reader = WAL_READER_INIT;
    struct error e = ERROR_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "any");
    struct wal_record record;
    enum wal_event event;

    (void)state;
    assert_true(wal_writer_create(path, 0xdeadbeef, &writer, &e));
    assert_true(wal_writer_finish(&writer, &e));
    assert_true(wal_reader_open_file(&tmp, path, &reader, &e));
    assert_true(wal_reader_next(&reader, &record, &event, &e));
    assert_int_equal(event, WAL_EVENT_RECORD);
    assert_int_equal(record.type, WAL_CRC);
    assert_true(record.crc == 0xdeadbeef);
}

static void
test_an_existing_segment_is_left_alone(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_WAL_WRITER writer = WAL_WRITER_INIT;
    struct error e = ERROR_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "x.wal");
    struct bytes content;

    (void)state;
    assert_true(file_replace(path, BYTES_LITERAL("mine"), 0600, &e));
    assert_false(wal_writer_create(path, 0, &writer, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    assert_string_equal(e.text, arena_printf(&tmp, "'%s': File exists", path));
    assert_true(file_read_all(&tmp, path, 100, &content, &e));
    assert_true(bytes_equal_text(content, "mine"));
}

/* A log that is written in pieces is the one that is written at once. */
static void
test_flushing_changes_nothing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *paths[] = {path_join(&tmp, dir, "a"), path_join(&tmp, dir, "b")};
    struct bytes content[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        AUTO_WAL_WRITER writer = WAL_WRITER_INIT;

        assert_true(wal_writer_create(paths[i], 0, &writer, &e));
        for (unsigned k = 0; k < 10; k++) {
            wal_writer_append(&writer, WAL_ENTRY, BYTES_LITERAL("an entry"));
            if (i == 1 && !wal_writer_flush(&writer, &e))
                fail_msg("%s", e.text);
        }
        assert_true(wal_writer_finish(&writer, &e));
        assert_true(file_read_all(&tmp, paths[i], WAL_SEGMENT_SIZE_BYTES, &content[i], &e));
    }
    assert_true(bytes_equal(content[0], content[1]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_log_begins_with_its_crc_record),
        cmocka_unit_test(test_flushing_changes_nothing),
        cmocka_unit_test(test_frames_are_those_of_etcd),
        cmocka_unit_test(test_a_segment_is_preallocated_and_readable),
        cmocka_unit_test(test_a_segment_carries_the_crc_of_the_one_before),
        cmocka_unit_test(test_an_existing_segment_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
