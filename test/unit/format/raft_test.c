#include "format/raft/raft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
check_bytes(const struct buf *out, const char *hex)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char *text = arena_alloc(&tmp, out->size * 2 + 1);

    hex_encode(out->data, out->size, text);
    assert_string_equal(text, hex);
}

static void
test_zero_fields_are_written(void **state)
{
    AUTO_BUF out = BUF_INIT;

    (void)state;
    raft_entry_encode(&out, &(struct raft_entry){.term = 1, .index = 300});
    check_bytes(&out, "0800100118ac02");
    buf_clear(&out);
    raft_hard_state_encode(&out, &(struct raft_hard_state){0});
    check_bytes(&out, "080010001800");
    buf_clear(&out);
    raft_conf_state_encode(&out, &(struct raft_conf_state){.auto_leave = false});
    check_bytes(&out, "2800");
    buf_clear(&out);
    raft_conf_change_encode(&out, &(struct raft_conf_change){.node_id = 5});
    check_bytes(&out, "080010001805");
    buf_clear(&out);
    wal_snapshot_encode(&out, &(struct wal_snapshot){.index = 0});
    check_bytes(&out, "08001000");
    buf_clear(&out);
    wal_metadata_encode(&out, &(struct wal_metadata){0});
    check_bytes(&out, "08001000");
}

static void
test_entries_come_back(void **state)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct raft_entry entry = {.type = RAFT_ENTRY_CONF_CHANGE,
                               .term = 7,
                               .index = UINT64_MAX,
                               .data = BYTES_LITERAL("\0x")};
    struct raft_entry back;

    (void)state;
    raft_entry_encode(&out, &entry);
    assert_true(raft_entry_decode(buf_bytes(&out), &back, &e));
    assert_int_equal(back.type, RAFT_ENTRY_CONF_CHANGE);
    assert_int_equal(back.term, 7);
    assert_true(back.index == UINT64_MAX);
    assert_true(bytes_equal(back.data, entry.data));
}

static void
test_snapshots_come_back_with_their_voters(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    uint64_t voters[] = {3, UINT64_MAX};
    uint64_t learners[] = {9};
    struct raft_snapshot_metadata metadata = {
        .index = 3,
        .term = 2,
        .conf_state = {.voters = {voters, 2}, .learners = {learners, 1}, .auto_leave = true}};
    struct wal_snapshot snapshot = {
        .index = 3, .term = 2, .has_conf_state = true, .conf_state = metadata.conf_state};
    struct raft_snapshot_metadata metadata_back;
    struct wal_snapshot snapshot_back;

    (void)state;
    raft_snapshot_metadata_encode(&out, &metadata);
    assert_true(raft_snapshot_metadata_decode(&tmp, buf_bytes(&out), &metadata_back, &e));
    assert_int_equal(metadata_back.index, 3);
    assert_int_equal(metadata_back.conf_state.voters.count, 2);
    assert_true(metadata_back.conf_state.voters.items[1] == UINT64_MAX);
    assert_int_equal(metadata_back.conf_state.learners.items[0], 9);
    assert_true(metadata_back.conf_state.auto_leave);
    buf_clear(&out);
    wal_snapshot_encode(&out, &snapshot);
    assert_true(wal_snapshot_decode(&tmp, buf_bytes(&out), &snapshot_back, &e));
    assert_true(snapshot_back.has_conf_state);
    assert_int_equal(snapshot_back.conf_state.voters.count, 2);
}

static void
test_packed_ids_and_missing_fields_are_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_conf_state back;
    struct raft_conf_change change;

    (void)state;
    assert_true(raft_conf_state_decode(&tmp, BYTES_LITERAL("\x0a\x03\x01\xac\x02"), &back, &e));
    assert_int_equal(back.voters.count, 2);
    assert_int_equal(back.voters.items[1], 300);
    assert_false(back.auto_leave);
    assert_true(raft_conf_change_decode(BYTES_LITERAL("\x18\x05"), &change, &e));
    assert_int_equal(change.id, 0);
    assert_int_equal(change.node_id, 5);
}

#define CHECK_MALFORMED(decoded, words)                                                            \
    do {                                                                                           \
        error_clear(&e);                                                                           \
        assert_false(decoded);                                                                     \
        assert_int_equal(e.code, ERROR_FORMAT);                                                    \
        assert_string_equal(e.text, words);                                                        \
    } while (0)

static void
test_malformed_messages_are_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bytes cut = BYTES_LITERAL("\x08");
    struct raft_entry entry;
    struct raft_hard_state hard_state;
    struct raft_conf_change change;
    struct raft_conf_state conf_state;
    struct wal_metadata metadata;
    struct wal_snapshot snapshot;
    struct raft_snapshot_metadata snapshot_metadata;

    (void)state;
    CHECK_MALFORMED(raft_entry_decode(cut, &entry, &e), "raft entry: malformed");
    CHECK_MALFORMED(raft_hard_state_decode(cut, &hard_state, &e), "raft hard state: malformed");
    CHECK_MALFORMED(raft_conf_change_decode(cut, &change, &e), "raft conf change: malformed");
    CHECK_MALFORMED(wal_metadata_decode(cut, &metadata, &e), "raft metadata: malformed");
    CHECK_MALFORMED(raft_conf_state_decode(&tmp, cut, &conf_state, &e),
                    "raft conf state: malformed");
    CHECK_MALFORMED(raft_conf_state_decode(&tmp, BYTES_LITERAL("\x0a\x01\xff"), &conf_state, &e),
                    "raft conf state: malformed");
    CHECK_MALFORMED(wal_snapshot_decode(&tmp, cut, &snapshot, &e), "raft wal snapshot: malformed");
    CHECK_MALFORMED(wal_snapshot_decode(&tmp, BYTES_LITERAL("\x1a\x01\x08"), &snapshot, &e),
                    "raft conf state: malformed");
    CHECK_MALFORMED(raft_snapshot_metadata_decode(&tmp, cut, &snapshot_metadata, &e),
                    "raft snapshot metadata: malformed");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_fields_are_written),
        cmocka_unit_test(test_entries_come_back),
        cmocka_unit_test(test_snapshots_come_back_with_their_voters),
        cmocka_unit_test(test_packed_ids_and_missing_fields_are_read),
        cmocka_unit_test(test_malformed_messages_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
