#include "ops/migrate.h"

#include <string.h>

#include "expect.h"
#include "format/backend/backend.h"
#include "format/db_file.h"
#include "format/proto.h"
#include "format/raft/raft.h"
#include "format/wal/wal_reader.h"
#include "format/wal/wal_writer.h"
#include "ops/v2_check.h"
#include "scratch.h"

struct wanted_entry {
    uint64_t index;
    const char *version_test; /* NULL: none */
    const char *v2_path;      /* NULL: none */
};

static void
entry_append(struct wal_writer *writer, const struct wanted_entry *wanted)
{
    AUTO_BUF data = BUF_INIT;
    AUTO_BUF entry = BUF_INIT;

    if (wanted->version_test != NULL) {
        size_t mark = proto_message_begin(&data, 9900);

        proto_put_text(&data, 1, wanted->version_test);
        proto_message_end(&data, mark);
    }
    if (wanted->v2_path != NULL) {
        proto_put_u64_always(&data, 1, 1);
        proto_put_text(&data, 2, "PUT");
        proto_put_text(&data, 3, wanted->v2_path);
    }
    raft_entry_encode(
        &entry, &(struct raft_entry){.term = 1, .index = wanted->index, .data = buf_bytes(&data)});
    wal_writer_append(writer, WAL_ENTRY, buf_bytes(&entry));
}

/* A data directory with that database and a log of these entries, all committed. */
static const char *
data_dir_make(struct arena *mem, const char *golden, const struct wanted_entry *entries,
              size_t count)
{
    AUTO_WAL_WRITER writer = WAL_WRITER_INIT;
    AUTO_BUF scratch = BUF_INIT;
    struct error e = ERROR_INIT;
    const char *top = scratch_dir(mem);
    const char *snap = path_join(mem, top, "member/snap");
    const char *wal = path_join(mem, top, "member/wal");

    EXPECT_OK(dir_make(snap, 0700, &e));
    EXPECT_OK(dir_make(wal, 0700, &e));
    EXPECT_OK(file_replace(path_join(mem, snap, "db"), golden_load(mem, golden), 0600, &e));
    EXPECT_OK(wal_writer_create(path_join(mem, wal, WAL_FIRST_SEGMENT_NAME), 0, &writer, &e));
    wal_metadata_encode(&scratch, &(struct wal_metadata){1, 2});
    wal_writer_append(&writer, WAL_METADATA, buf_bytes(&scratch));
    buf_clear(&scratch);
    wal_snapshot_encode(&scratch, &(struct wal_snapshot){.index = 0});
    wal_writer_append(&writer, WAL_SNAPSHOT, buf_bytes(&scratch));
    for (size_t i = 0; i < count; i++)
        entry_append(&writer, &entries[i]);
    buf_clear(&scratch);
    raft_hard_state_encode(&scratch, &(struct raft_hard_state){1, 1, count});
    wal_writer_append(&writer, WAL_STATE, buf_bytes(&scratch));
    EXPECT_OK(wal_writer_finish(&writer, &e));
    return top;
}

static const char *
storage_version(struct arena *mem, const char *top)
{
    AUTO_DB_FILE file = DB_FILE_INIT;
    struct error e = ERROR_INIT;
    struct backend_info info;

    EXPECT_OK(db_file_open(path_join(mem, top, "member/snap/db"), DB_FILE_READ, 0, &file, &e));
    EXPECT_OK(backend_info_read(mem, &file.db, &info, &e));
    return info.storage_version;
}

static void
test_targets_are_read_as_etcdutl_does(void **state)
{
    struct error e = ERROR_INIT;
    struct minor_version target;

    (void)state;
    EXPECT_OK(migrate_target_parse("3.6", &target, &e));
    assert_int_equal(target.major, 3);
    assert_int_equal(target.minor, 6);
    EXPECT_OK(migrate_target_parse("3.10", &target, &e));
    EXPECT_ERROR(migrate_target_parse("3.4", &target, &e), ERROR_USAGE,
                 "target version \"3.4\" not supported, the lowest is \"3.5\"");
    EXPECT_ERROR(migrate_target_parse("3", &target, &e), ERROR_USAGE,
                 "wrong target version format, expected \"X.Y\", got \"3\"");
    EXPECT_ERROR(migrate_target_parse("3.6.0", &target, &e), ERROR_USAGE,
                 "wrong target version format, expected \"X.Y\", got \"3.6.0\"");
    EXPECT_ERROR(migrate_target_parse("x.6", &target, &e), ERROR_USAGE,
                 "failed to parse target version 'x.6': 'x' is not a whole number");
}

static void
test_the_version_goes_up_and_down(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const struct wanted_entry entries[] = {{1, NULL, NULL}};
    struct migrate_request request = {.data_dir =
                                          data_dir_make(&tmp, "snap/rich-3.5.30.snap", entries, 1)};
    struct migrate_result result;

    (void)state;
    for (uint64_t minor = 5; minor < 8; minor++) {
        request.target = (struct minor_version){3, minor};
        EXPECT_OK(migrate_data_dir(&tmp, &request, &result, &e));
        assert_int_equal(result.changed, minor > 5);
        assert_string_equal(storage_version(&tmp, request.data_dir),
                            minor == 5 ? "" : arena_printf(&tmp, "3.%d.0", (int)minor));
    }
    request.target = (struct minor_version){3, 5};
    EXPECT_OK(migrate_data_dir(&tmp, &request, &result, &e));
    assert_int_equal(result.from.minor, 7);
    assert_string_equal(storage_version(&tmp, request.data_dir), "");
    assert_null(result.cluster_version);
}

static void
test_a_log_with_newer_entries_keeps_it_up(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const struct wanted_entry entries[] = {{1, NULL, NULL}, {2, "3.6.0", NULL}, {3, NULL, NULL}};
    struct migrate_request request = {
        .data_dir = data_dir_make(&tmp, "snap/synthetic-3.6-storageversion.snap", entries, 3),
        .target = {3, 5},
    };
    struct migrate_result result;

    (void)state;
    EXPECT_ERROR(migrate_data_dir(&tmp, &request, &result, &e), ERROR_REFUSED,
                 arena_printf(&tmp,
                              "'%s/member/wal': cannot downgrade storage, WAL contains newer "
                              "entries: raft index 2 needs etcd 3.6",
                              request.data_dir));
    assert_string_equal(storage_version(&tmp, request.data_dir), "3.6.0");
    request.force = true;
    EXPECT_OK(migrate_data_dir(&tmp, &request, &result, &e));
    assert_non_null(strstr(result.forced, "raft index 2 needs etcd 3.6"));
    assert_string_equal(storage_version(&tmp, request.data_dir), "");
}

static void
test_what_cannot_be_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct migrate_request request = {
        .data_dir = data_dir_make(&tmp, "snap/synthetic-3.6-storageversion.snap", NULL, 0),
        .target = {3, 8},
    };
    struct migrate_result result;

    (void)state;
    EXPECT_ERROR(migrate_data_dir(&tmp, &request, &result, &e), ERROR_REFUSED,
                 arena_printf(&tmp, "'%s/member/snap/db': version \"3.8.0\" is not supported",
                              request.data_dir));
    request.target = (struct minor_version){4, 0};
    EXPECT_ERROR(migrate_data_dir(&tmp, &request, &result, &e), ERROR_REFUSED,
                 arena_printf(&tmp,
                              "'%s/member/snap/db': changing the major storage version is not "
                              "supported",
                              request.data_dir));
    request.data_dir = data_dir_make(&tmp, "snap/rich-3.4.23.snap", NULL, 0);
    request.target = (struct minor_version){3, 6};
    assert_false(migrate_data_dir(&tmp, &request, &result, &e));
    assert_non_null(strstr(e.text, "missing term information"));
    /* Not forced either: nobody knows what is in there. */
    request.force = true;
    assert_false(migrate_data_dir(&tmp, &request, &result, &e));
}

/* An entry that a later leader replaced does not count. */
static void
test_v2_requests_in_the_log_are_found(void **state)
{
    static const struct {
        struct wanted_entry entries[4];
        bool found;
        uint64_t index;
    } cases[] = {
        {{{1, NULL, "/0/version"}, {2, NULL, "/0/members/1/attributes"}}, false, 0},
        {{{1, NULL, NULL}, {2, NULL, "/1/a"}, {3, NULL, "/1/b"}}, true, 2},
        {{{1, NULL, "/1/a"}, {2, NULL, "/1/b"}, {2, NULL, NULL}}, true, 1},
        {{{1, NULL, NULL}, {2, NULL, "/1/b"}, {2, NULL, NULL}}, false, 0},
        {{{1, NULL, NULL}, {2, NULL, "/1/b"}, {1, NULL, NULL}, {2, NULL, "/1/c"}}, true, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct v2_check check;
        size_t count = 0;

        while (count < 4 && cases[i].entries[count].index > 0)
            count++;
        EXPECT_OK(v2_content_check(
            &tmp, data_dir_make(&tmp, "snap/rich-3.5.30.snap", cases[i].entries, count), NULL,
            &check, &e));
        assert_null(check.snap_name);
        assert_false(check.store_has_content);
        assert_int_equal(check.wal_has_content, cases[i].found);
        if (cases[i].found) {
            assert_int_equal(check.wal_index, cases[i].index);
            assert_string_equal(check.wal_method, "PUT");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets_are_read_as_etcdutl_does),
        cmocka_unit_test(test_the_version_goes_up_and_down),
        cmocka_unit_test(test_a_log_with_newer_entries_keeps_it_up),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_v2_requests_in_the_log_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
