#include "format/wal/wal_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/raft/raft.h"
#include "format/wal/wal_summary.h"
#include "format/wal/wal_writer.h"
#include "scratch.h"

struct log {
    struct buf bytes;
    struct buf scratch;
    uint32_t crc;
};

static void
log_release(struct log *log)
{
    buf_release(&log->bytes);
    buf_release(&log->scratch);
}

#define AUTO_LOG __attribute__((cleanup(log_release))) struct log

static void
log_add(struct log *log, uint32_t type, struct bytes data)
{
    wal_frame_encode(&log->bytes, &log->scratch, type, data, &log->crc);
}

static void
log_entry(struct log *log, uint64_t index, uint64_t term, size_t size)
{
    AUTO_BUF out = BUF_INIT;
    AUTO_BUF data = BUF_INIT;

    for (size_t i = 0; i < size; i++)
        buf_append_byte(&data, 'x');
    raft_entry_encode(&out,
                      &(struct raft_entry){.term = term, .index = index, .data = buf_bytes(&data)});
    log_add(log, WAL_ENTRY, buf_bytes(&out));
}

static void
log_metadata(struct log *log, uint64_t node_id)
{
    AUTO_BUF out = BUF_INIT;

    wal_metadata_encode(&out, &(struct wal_metadata){.node_id = node_id, .cluster_id = 2});
    log_add(log, WAL_METADATA, buf_bytes(&out));
}

static void
log_snapshot(struct log *log, uint64_t index, uint64_t term)
{
    AUTO_BUF out = BUF_INIT;

    wal_snapshot_encode(&out, &(struct wal_snapshot){.index = index, .term = term});
    log_add(log, WAL_SNAPSHOT, buf_bytes(&out));
}

static void
log_state(struct log *log, uint64_t commit)
{
    AUTO_BUF out = BUF_INIT;

    raft_hard_state_encode(&out, &(struct raft_hard_state){.term = 1, .vote = 1, .commit = commit});
    log_add(log, WAL_STATE, buf_bytes(&out));
}

static void
log_begin(struct log *log)
{
    log_add(log, WAL_CRC, BYTES_NONE);
    log_metadata(log, 1);
}

static const char *
save(struct arena *mem, const char *dir, const char *name, struct bytes content)
{
    struct error e = ERROR_INIT;
    const char *path = path_join(mem, dir, name);

    assert_true(file_replace(path, content, 0600, &e));
    return path;
}

static struct wal_summary
sum_up_file(struct arena *mem, const char *path)
{
    struct error e = ERROR_INIT;
    struct wal_summary summary;

    assert_true(wal_read_file(mem, path, NULL, NULL, &summary, &e));
    return summary;
}

static struct wal_summary
sum_up_bytes(struct arena *mem, struct bytes content)
{
    return sum_up_file(mem, save(mem, scratch_dir(mem), WAL_FIRST_SEGMENT_NAME, content));
}

static void
test_logs_of_real_servers_are_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct wal_summary s = sum_up_file(&tmp, golden_path(&tmp, "wal/rich-3.5.30.wal"));
    struct wal_summary old = sum_up_file(&tmp, golden_path(&tmp, "wal/rich-3.4.23.wal"));

    (void)state;
    assert_int_equal(s.damage.kind, WAL_INTACT);
    assert_int_equal(s.record_count, 508);
    assert_int_equal(s.end_offset, 37456);
    assert_true(s.metadata.node_id == UINT64_C(0xf2881a54d8e77ce1));
    assert_true(s.metadata.cluster_id == UINT64_C(0xfa2554e3bc3cba6));
    assert_int_equal(s.first_index, 1);
    assert_int_equal(s.last_index, 253);
    assert_int_equal(s.last_term, 2);
    assert_int_equal(s.state.commit, 253);
    assert_int_equal(s.state.term, 2);
    assert_int_equal(s.snapshot_count, 1);
    assert_false(s.snapshots[0].has_conf_state);
    assert_int_equal(s.entry_count, 253);
    assert_int_equal(old.damage.kind, WAL_INTACT);
    assert_int_equal(old.record_count, 512);
    assert_int_equal(old.last_index, 255);
}

static void
test_a_torn_end_is_repairable(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = golden_path(&tmp, "wal/torn-last-record-3.5.30.wal");
    struct wal_summary s = sum_up_file(&tmp, path);
    struct error e = ERROR_INIT;

    (void)state;
    assert_int_equal(s.damage.kind, WAL_UNEXPECTED_EOF);
    assert_true(s.damage.repairable);
    assert_int_equal(s.damage.offset, 37416);
    assert_int_equal(s.end_offset, 37416);
    assert_int_equal(s.last_index, 253);
    assert_int_equal(s.state.commit, 252);
    assert_false(wal_damage_check(&s.damage, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_string_equal(e.text, arena_printf(&tmp, "'%s': byte 37416: unexpected EOF", path));
    assert_string_equal(e.hint, "a torn end is what a crash leaves: etcd cuts the log there when "
                                "it starts");
}

static void
test_a_wrong_crc_is_not(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *path = golden_path(&tmp, "wal/crc-mismatch-3.5.30.wal");
    struct wal_summary s = sum_up_file(&tmp, path);
    struct error e = ERROR_INIT;

    (void)state;
    assert_int_equal(s.damage.kind, WAL_CRC_MISMATCH);
    assert_false(s.damage.repairable);
    assert_int_equal(s.last_index, 0);
    assert_false(wal_damage_check(&s.damage, &e));
    assert_string_equal(e.text, arena_printf(&tmp, "'%s': byte %llu: walpb: crc mismatch", path,
                                             (unsigned long long)s.damage.offset));
    assert_string_equal(e.hint, "etcd will not start on this log: replace the member, or restore "
                                "from a backup");
}

/* Whatever the place of the cut, the records before it count and nothing crashes. */
static void
test_a_log_cut_anywhere_is_read_up_to_there(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_LOG log = {.crc = 0};
    const char *dir = scratch_dir(&tmp);

    (void)state;
    log_begin(&log);
    log_entry(&log, 1, 1, 10);
    log_entry(&log, 2, 1, 21);
    for (size_t cut = 0; cut <= log.bytes.size; cut++) {
        AUTO_ARENA one = ARENA_INIT;
        const char *path = save(&one, dir, WAL_FIRST_SEGMENT_NAME, bytes_of(log.bytes.data, cut));
        struct wal_summary s = sum_up_file(&one, path);

        assert_true(s.damage.kind == WAL_INTACT || s.damage.kind == WAL_UNEXPECTED_EOF);
        assert_true(s.damage.kind == WAL_INTACT ? s.end_offset == cut : s.end_offset < cut);
        assert_int_equal(s.last_index, cut == log.bytes.size ? 2 : s.entry_count);
    }
}

/* etcd's rule: a piece between 512-byte boundaries that is all zeros makes it a torn write; zeros
 * that do not fill a piece do not. */
static void
test_zeros_between_sectors_are_a_torn_write(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_LOG log = {.crc = 0};
    struct wal_summary s;
    size_t start;

    (void)state;
    log_begin(&log);
    start = log.bytes.size;
    log_entry(&log, 1, 1, 2000);
    memset(log.bytes.data + 1024, 0, 512);
    s = sum_up_bytes(&tmp, buf_bytes(&log.bytes));
    assert_int_equal(s.damage.kind, WAL_UNEXPECTED_EOF);
    assert_true(s.damage.repairable);
    assert_int_equal(s.damage.offset, start);

    log.bytes.data[1024 + 511] = 'x';
    s = sum_up_bytes(&tmp, buf_bytes(&log.bytes));
    assert_int_equal(s.damage.kind, WAL_CRC_MISMATCH);
    assert_false(s.damage.repairable);
}

static void
test_zeros_behind_the_log_are_its_end(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_LOG log = {.crc = 0};
    struct wal_summary s;

    (void)state;
    log_begin(&log);
    log_entry(&log, 1, 1, 5);
    buf_append_zeros(&log.bytes, 5000);
    s = sum_up_bytes(&tmp, buf_bytes(&log.bytes));
    assert_int_equal(s.damage.kind, WAL_INTACT);
    assert_int_equal(s.last_index, 1);
}

static void
check_damage(const struct log *log, enum wal_damage_kind kind, const char *words)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct wal_summary s = sum_up_bytes(&tmp, buf_bytes(&log->bytes));

    assert_int_equal(s.damage.kind, kind);
    assert_string_equal(wal_damage_words(s.damage.kind), words);
    assert_false(s.damage.repairable);
}

static void
test_damage_of_each_kind_is_told_apart(void **state)
{
    AUTO_LOG unknown = {.crc = 0};
    AUTO_LOG gap = {.crc = 0};
    AUTO_LOG other = {.crc = 0};
    AUTO_LOG bad_entry = {.crc = 0};
    AUTO_LOG bad_crc = {.crc = 0};

    (void)state;
    log_begin(&unknown);
    log_add(&unknown, 9, BYTES_LITERAL("x"));
    check_damage(&unknown, WAL_UNKNOWN_TYPE, "unexpected block type");

    log_begin(&gap);
    log_entry(&gap, 1, 1, 0);
    log_entry(&gap, 3, 1, 0);
    check_damage(&gap, WAL_GAP, "wal: slice bounds out of range");

    log_begin(&other);
    log_metadata(&other, 7);
    check_damage(&other, WAL_METADATA_CONFLICT, "wal: conflicting metadata found");

    log_begin(&bad_entry);
    log_add(&bad_entry, WAL_ENTRY, BYTES_LITERAL("\x08"));
    check_damage(&bad_entry, WAL_MALFORMED, "malformed record");

    log_begin(&bad_crc);
    bad_crc.crc ^= 1;
    log_add(&bad_crc, WAL_CRC, BYTES_NONE);
    check_damage(&bad_crc, WAL_CRC_MISMATCH, "walpb: crc mismatch");
}

struct seen {
    uint64_t indexes[8];
    uint64_t terms[8];
    size_t count;
};

static bool
see(void *context, const struct raft_entry *entry, struct error *e UNUSED)
{
    struct seen *seen = context;

    assert_true(seen->count < 8);
    seen->indexes[seen->count] = entry->index;
    seen->terms[seen->count++] = entry->term;
    return true;
}

static bool
stop(void *context UNUSED, const struct raft_entry *entry UNUSED, struct error *e)
{
    return error_set(e, ERROR_CANCELLED, "enough");
}

static void
test_rewritten_entries_replace_the_tail(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_LOG log = {.crc = 0};
    struct error e = ERROR_INIT;
    struct seen seen = {.count = 0};
    struct wal_summary s;
    const char *path;

    (void)state;
    log_begin(&log);
    log_entry(&log, 1, 1, 0);
    log_entry(&log, 2, 1, 0);
    log_entry(&log, 3, 1, 0);
    log_entry(&log, 2, 2, 0);
    path = save(&tmp, scratch_dir(&tmp), WAL_FIRST_SEGMENT_NAME, buf_bytes(&log.bytes));
    assert_true(wal_read_file(&tmp, path, see, &seen, &s, &e));
    assert_int_equal(s.last_index, 2);
    assert_int_equal(s.last_term, 2);
    assert_int_equal(s.first_index, 1);
    assert_int_equal(s.entry_count, 4);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.indexes[3], 2);
    assert_int_equal(seen.terms[3], 2);
    assert_false(wal_read_file(&tmp, path, stop, NULL, &s, &e));
    assert_string_equal(e.text, "enough");
}

/* Two segments: the second takes the CRC over and begins at index 3. */
static const char *
two_segments(struct arena *mem)
{
    AUTO_LOG log = {.crc = 0};
    const char *dir = scratch_dir(mem);

    log_begin(&log);
    log_snapshot(&log, 0, 0);
    log_entry(&log, 1, 1, 3);
    log_entry(&log, 2, 1, 3);
    log_state(&log, 2);
    log_snapshot(&log, 2, 1);
    save(mem, dir, wal_segment_name(mem, 0, 0), buf_bytes(&log.bytes));
    buf_clear(&log.bytes);
    log_begin(&log);
    log_entry(&log, 3, 1, 3);
    log_state(&log, 3);
    log_snapshot(&log, 9, 1);
    save(mem, dir, wal_segment_name(mem, 1, 3), buf_bytes(&log.bytes));
    save(mem, dir, "1.tmp", BYTES_LITERAL("a spare"));
    save(mem, dir, "0000000000000001-0000000000000003.wal.broken", BYTES_LITERAL("x"));
    return dir;
}

static void
test_segments_are_read_as_one_log(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = two_segments(&tmp);
    struct seen seen = {.count = 0};
    struct wal_summary s;

    (void)state;
    assert_true(wal_read(&tmp, dir, 0, see, &seen, &s, &e));
    assert_int_equal(s.damage.kind, WAL_INTACT);
    assert_int_equal(s.segment_count, 2);
    assert_int_equal(s.first_index, 1);
    assert_int_equal(s.last_index, 3);
    assert_int_equal(s.state.commit, 3);
    assert_int_equal(s.snapshot_count, 3);
    /* The one at 9 is not committed. */
    assert_int_equal(wal_summary_newest_snapshot(&s)->index, 2);
    assert_int_equal(seen.count, 3);

    seen.count = 0;
    assert_true(wal_read(&tmp, dir, 3, see, &seen, &s, &e));
    assert_int_equal(s.segment_count, 1);
    assert_int_equal(seen.count, 0);
    assert_int_equal(s.first_index, 0);
    assert_int_equal(s.last_index, 3);

    assert_true(wal_read(&tmp, dir, 2, see, &seen, &s, &e));
    assert_int_equal(seen.count, 1);
    assert_int_equal(s.first_index, 3);
}

static void
test_damage_before_the_last_segment_is_not_repairable(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = two_segments(&tmp);
    const char *first = path_join(&tmp, dir, wal_segment_name(&tmp, 0, 0));
    struct wal_summary s;
    struct bytes content;

    (void)state;
    assert_true(file_read_all(&tmp, first, 1 << 20, &content, &e));
    save(&tmp, dir, wal_segment_name(&tmp, 0, 0), bytes_of(content.data, content.size - 5));
    assert_true(wal_read(&tmp, dir, 0, NULL, NULL, &s, &e));
    assert_int_equal(s.damage.kind, WAL_UNEXPECTED_EOF);
    assert_false(s.damage.repairable);
    assert_string_equal(s.damage.path, first);
}

static void
test_missing_segments_are_named(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct wal_summary s;

    (void)state;
    assert_false(wal_read(&tmp, dir, 0, NULL, NULL, &s, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text, arena_printf(&tmp, "'%s': no WAL segment", dir));
    save(&tmp, dir, wal_segment_name(&tmp, 2, 50), BYTES_NONE);
    assert_false(wal_read(&tmp, dir, 49, NULL, NULL, &s, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text,
                        arena_printf(&tmp, "'%s': the WAL begins at raft index 50, above 49", dir));
    save(&tmp, dir, wal_segment_name(&tmp, 4, 60), BYTES_NONE);
    assert_false(wal_read(&tmp, dir, 50, NULL, NULL, &s, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_string_equal(e.text, arena_printf(&tmp,
                                             "'%s': WAL segments are missing between "
                                             "'0000000000000002-0000000000000032.wal' and "
                                             "'0000000000000004-000000000000003c.wal'",
                                             dir));
    assert_false(wal_read(&tmp, path_join(&tmp, dir, "none"), 0, NULL, NULL, &s, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
}

static void
test_names_are_strict(void **state)
{
    uint64_t sequence;
    uint64_t index;

    (void)state;
    assert_true(wal_segment_parse_name("000000000000000a-00000000000000ff.wal", &sequence, &index));
    assert_int_equal(sequence, 10);
    assert_int_equal(index, 255);
    assert_false(wal_segment_parse_name("0.tmp", &sequence, &index));
    assert_false(
        wal_segment_parse_name("000000000000000a-00000000000000fg.wal", &sequence, &index));
    assert_false(
        wal_segment_parse_name("000000000000000a_00000000000000ff.wal", &sequence, &index));
    assert_false(
        wal_segment_parse_name("000000000000000a-00000000000000ff.wax", &sequence, &index));
}

/* More than one read of the window, and a record larger than it. */
static void
test_large_records_come_through(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_LOG log = {.crc = 0};
    struct wal_summary s;

    (void)state;
    log_begin(&log);
    for (uint64_t i = 1; i <= 40; i++)
        log_entry(&log, i, 1, i == 20 ? 1000000 : 30000);
    s = sum_up_bytes(&tmp, buf_bytes(&log.bytes));
    assert_int_equal(s.damage.kind, WAL_INTACT);
    assert_int_equal(s.last_index, 40);
    assert_int_equal(s.end_offset, log.bytes.size);
}

static void
test_a_record_beyond_the_bound_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF head = BUF_INIT;
    struct wal_summary s;
    const char *path;

    (void)state;
    buf_append_u64le(&head, UINT64_C(200) << 20);
    path = save(&tmp, scratch_dir(&tmp), WAL_FIRST_SEGMENT_NAME, buf_bytes(&head));
    assert_int_equal(truncate(path, 300 << 20), 0);
    s = sum_up_file(&tmp, path);
    assert_int_equal(s.damage.kind, WAL_TOO_LARGE);
    assert_string_equal(wal_damage_words(s.damage.kind), "max entry size limit exceeded");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logs_of_real_servers_are_read),
        cmocka_unit_test(test_a_torn_end_is_repairable),
        cmocka_unit_test(test_a_wrong_crc_is_not),
        cmocka_unit_test(test_a_log_cut_anywhere_is_read_up_to_there),
        cmocka_unit_test(test_zeros_between_sectors_are_a_torn_write),
        cmocka_unit_test(test_zeros_behind_the_log_are_its_end),
        cmocka_unit_test(test_damage_of_each_kind_is_told_apart),
        cmocka_unit_test(test_rewritten_entries_replace_the_tail),
        cmocka_unit_test(test_segments_are_read_as_one_log),
        cmocka_unit_test(test_damage_before_the_last_segment_is_not_repairable),
        cmocka_unit_test(test_missing_segments_are_named),
        cmocka_unit_test(test_names_are_strict),
        cmocka_unit_test(test_large_records_come_through),
        cmocka_unit_test(test_a_record_beyond_the_bound_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
