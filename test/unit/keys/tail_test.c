#include "keys/tail_entries.h"

#include "etcd/message/message.h"
#include "format/proto.h"
#include "format/wal/wal_reader.h"
#include "format/wal/wal_writer.h"
#include "key_db.h"

/* An entry of the log: a put of 'key', or with key NULL an empty one. */
struct log_entry {
    uint64_t index;
    uint64_t term;
    const char *key;
    const char *value;
};

static void
put_encode(struct buf *out, const struct log_entry *entry)
{
    const struct etcd_put_request put = {.key = bytes_of_text(entry->key),
                                         .value = bytes_of_text(entry->value)};
    size_t header = proto_message_begin(out, 100);
    size_t mark;

    proto_message_end(out, header);
    mark = proto_message_begin(out, 4);
    message_encode(out, &etcd_put_request_message, &put);
    proto_message_end(out, mark);
}

static void
record_add(struct wal_writer *w, uint32_t type, struct buf *record)
{
    wal_writer_append(w, type, buf_bytes(record));
    buf_clear(record);
}

static void
log_make(struct arena *mem, const char *dir, const struct log_entry *entries, size_t count,
         uint64_t commit)
{
    struct error e = ERROR_INIT;
    struct wal_writer w = WAL_WRITER_INIT;
    const char *wal = path_join(mem, dir, "member/wal");
    AUTO_BUF record = BUF_INIT;

    EXPECT_OK(dir_make(wal, 0700, &e));
    EXPECT_OK(wal_writer_create(path_join(mem, wal, WAL_FIRST_SEGMENT_NAME), 0, &w, &e));
    wal_metadata_encode(&record, &(struct wal_metadata){1, 2});
    record_add(&w, WAL_METADATA, &record);
    wal_snapshot_encode(&record, &(struct wal_snapshot){.index = 0});
    record_add(&w, WAL_SNAPSHOT, &record);
    for (size_t i = 0; i < count; i++) {
        struct raft_entry entry = {.term = entries[i].term, .index = entries[i].index};
        AUTO_BUF data = BUF_INIT;

        if (entries[i].key != NULL)
            put_encode(&data, &entries[i]);
        entry.data = buf_bytes(&data);
        raft_entry_encode(&record, &entry);
        record_add(&w, WAL_ENTRY, &record);
    }
    raft_hard_state_encode(&record, &(struct raft_hard_state){.term = 3, .commit = commit});
    record_add(&w, WAL_STATE, &record);
    EXPECT_OK(wal_writer_finish(&w, &e));
    wal_writer_release(&w);
}

static const struct db_row rows[] = {{2, 0, "a", "old", 2, 1, 0}};

/* Entry 3 was replaced by another leader's; of 5 it is not known whether it was committed. */
static const struct log_entry entries[] = {
    {1, 1, NULL, NULL}, {2, 1, "a", "old"},  {3, 1, "a", "lost"},  {4, 1, "c", "lost"},
    {3, 2, "a", "new"}, {4, 2, "b", "made"}, {5, 2, "d", "later"},
};

static const char *
member_make(struct arena *mem, uint64_t commit)
{
    const char *dir = scratch_dir(mem);
    struct error e = ERROR_INIT;

    EXPECT_OK(dir_make(path_join(mem, dir, "member/snap"), 0700, &e));
    db_make(path_join(mem, dir, "member/snap/db"), rows, 1, 0, 2);
    log_make(mem, dir, entries, sizeof(entries) / sizeof(*entries), commit);
    return dir;
}

static void
test_what_was_replaced_or_is_undecided_does_not_count(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = NULL;
    struct key_range all = key_range_all();
    struct told told = {BUF_INIT, 0, 0};
    void *const contexts[KEY_SURVEY_PARTS] = {&told, &told};
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(key_source_open_file(member_make(&tmp, 4), NULL, &source, &e));
    EXPECT_OK(key_source_survey(source, &all, tell_row, contexts, &e));
    assert_string_equal(buf_text(&told.text), "a=old@2.0 a=new@3.0* b=made@4.0* ");
    buf_clear(&told.text);
    EXPECT_OK(key_source_live(source, &all, 0, KEY_READ_ALL, tell_row, &told, &e));
    assert_string_equal(buf_text(&told.text), "a=new@3.0* b=made@4.0* ");
    buf_clear(&told.text);
    EXPECT_OK(key_source_live(source, &all, 2, KEY_READ_ALL, tell_row, &told, &e));
    assert_string_equal(buf_text(&told.text), "a=old@2.0* ");
    assert_int_equal(source->revision, 4);
    assert_int_equal(source->tail_entries, 2);
    assert_int_equal(source->undecided_entries, 1);
    buf_release(&told.text);
}

static void
test_a_database_that_has_all_has_no_tail(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = NULL;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(key_source_open_file(member_make(&tmp, 2), NULL, &source, &e));
    assert_int_equal(source->revision, 2);
    assert_int_equal(source->tail_entries, 0);
    assert_int_equal(source->undecided_entries, 3);
}

static void
test_the_only_voter_has_committed_all(void **state)
{
    const struct backend_member one = {.id = 1};
    struct backend_info info = {.consistent_index = 2, .members = &one, .member_count = 1};
    AUTO_ARENA tmp = ARENA_INIT;
    struct tail_entries tail;
    struct error e = ERROR_INIT;
    struct data_dir dir;

    (void)state;
    EXPECT_OK(data_dir_find(&tmp, member_make(&tmp, 4), NULL, &dir, &e));
    EXPECT_OK(tail_entries_find(&dir, &info, &tail, &e));
    assert_int_equal(tail.count, 3);
    assert_int_equal(tail.undecided, 0);
    tail_entries_release(&tail);
    info.member_count = 0;
    EXPECT_OK(tail_entries_find(&dir, &info, &tail, &e));
    assert_int_equal(tail.count, 2);
    /* Unless nobody else is left who could decide. */
    assert_int_equal(tail.undecided, 1);
    tail_entries_take_undecided(&tail);
    assert_int_equal(tail.count, 3);
    assert_int_equal(tail.undecided, 0);
    tail_entries_release(&tail);
}

static void
test_a_directory_without_a_log(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_KEY_SOURCE source = NULL;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(dir_make(path_join(&tmp, dir, "member/snap"), 0700, &e));
    db_make(path_join(&tmp, dir, "member/snap/db"), rows, 1, 0, 2);
    assert_false(key_source_open_file(dir, NULL, &source, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_replaced_or_is_undecided_does_not_count),
        cmocka_unit_test(test_a_database_that_has_all_has_no_tail),
        cmocka_unit_test(test_the_only_voter_has_committed_all),
        cmocka_unit_test(test_a_directory_without_a_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
