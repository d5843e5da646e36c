#include "format/raft/raft_snap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/v2_store.h"
#include "scratch.h"

#define LIVE_35 "raftsnap/live-3.5.30-0000000000000002-0000000000000016.snap"
#define LIVE_34 "raftsnap/live-3.4.23-0000000000000002-0000000000000016.snap"

static void
check_live(const char *golden, uint64_t member, uint64_t learner)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_snap snap;
    struct v2_membership m;

    assert_true(raft_snap_load(&tmp, golden_path(&tmp, golden), &snap, &e));
    assert_int_equal(snap.metadata.index, 0x16);
    assert_int_equal(snap.metadata.term, 2);
    assert_int_equal(snap.metadata.conf_state.voters.count, 1);
    assert_true(snap.metadata.conf_state.voters.items[0] == member);
    assert_int_equal(snap.metadata.conf_state.learners.count, 1);
    assert_true(snap.metadata.conf_state.learners.items[0] == learner);
    assert_true(v2_store_decode(&tmp, snap.store, &m, &e));
    assert_int_equal(m.member_count, 2);
    assert_true(m.members[0].id == learner);
    assert_true(m.members[0].is_learner);
    assert_string_equal(m.members[0].name, "");
    assert_string_equal(m.members[0].peer_urls[0], "http://10.1.1.1:2380?a=1&b=2");
    assert_int_equal(m.members[0].client_url_count, 0);
    assert_true(m.members[1].id == member);
    assert_string_equal(m.members[1].name, "rs");
    assert_false(m.members[1].is_learner);
    assert_int_equal(m.members[1].client_url_count, 1);
    assert_int_equal(m.removed_count, 1);
    assert_string_equal(m.cluster_version, strstr(golden, "3.4") != NULL ? "3.4.0" : "3.5.0");
    assert_false(m.has_user_data);
}

static void
test_files_of_running_servers_are_read(void **state)
{
    (void)state;
    check_live(LIVE_35, UINT64_C(0xcd908d2f41a194fe), UINT64_C(0x1ea46eb1bb873d7c));
}

static void
test_encoding_gives_the_same_file(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    const char *const goldens[] = {LIVE_35, LIVE_34};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bytes content = golden_load(&tmp, goldens[i]);
        struct raft_snap snap;

        buf_clear(&out);
        assert_true(raft_snap_decode(&tmp, content, &snap, &e));
        raft_snap_encode(&out, snap.store, &snap.metadata);
        assert_true(bytes_equal(buf_bytes(&out), content));
    }
}

static void
check_broken(struct bytes content, const char *expected)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_snap snap;

    assert_false(raft_snap_decode(&tmp, content, &snap, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_string_equal(e.text, expected);
}

static void
test_broken_files_are_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF copy = BUF_INIT;

    (void)state;
    buf_append_bytes(&copy, golden_load(&tmp, LIVE_35));
    copy.data[1000] ^= 0xff;
    check_broken(buf_bytes(&copy), "snap: crc mismatch (stored 24f7cab0, computed 5232e557)");
    check_broken(bytes_of(copy.data, 500), "snap: malformed file");
    check_broken(BYTES_NONE, "snap: empty snapshot");
    check_broken(BYTES_LITERAL("\x08\x00\x12\x01x"), "snap: empty snapshot");
    check_broken(BYTES_LITERAL("\x08\x05"), "snap: empty snapshot");
    /* The CRC of "x" is right, but "x" is no message. */
    buf_clear(&copy);
    buf_append_byte(&copy, 0x08);
    buf_append(&copy, "\x93\xbf\xf1\xc9\x0a", 5);
    buf_append(&copy, "\x12\x01x", 3);
    check_broken(buf_bytes(&copy), "snap: malformed raft snapshot");
}

static void
test_an_error_names_the_file(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *path = path_join(&tmp, scratch_dir(&tmp), "0-0.snap");
    struct raft_snap snap;

    (void)state;
    assert_true(file_replace(path, BYTES_LITERAL("x"), 0600, &e));
    assert_false(raft_snap_load(&tmp, path, &snap, &e));
    assert_string_equal(e.text,
                        arena_printf(&tmp, "raft snapshot '%s': snap: malformed file", path));
    assert_string_equal(e.hint, "etcd renames such a file to '0-0.snap.broken' and takes the one "
                                "before it");
}

static void
test_names_hold_term_and_index(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint64_t term;
    uint64_t index;

    (void)state;
    assert_string_equal(raft_snap_name(&tmp, 1, 0x1f), "0000000000000001-000000000000001f.snap");
    assert_true(raft_snap_parse_name("0000000000000002-00000000000000ff.snap", &term, &index));
    assert_int_equal(term, 2);
    assert_int_equal(index, 255);
    assert_false(raft_snap_parse_name("db", &term, &index));
    assert_false(raft_snap_parse_name("00000000000000ff.snap.db", &term, &index));
    assert_false(
        raft_snap_parse_name("0000000000000002-00000000000000ff.snap.broken", &term, &index));
    assert_false(raft_snap_parse_name("000000000000000g-00000000000000ff.snap", &term, &index));
}

static void
put_snap(struct arena *mem, const char *dir, uint64_t index, bool broken)
{
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;

    raft_snap_encode(&out, BYTES_LITERAL("{}"),
                     &(struct raft_snapshot_metadata){.index = index, .term = 1});
    if (broken)
        out.data[out.size - 1] ^= 1;
    assert_true(file_replace(path_join(mem, dir, raft_snap_name(mem, 1, index)), buf_bytes(&out),
                             0600, &e));
}

static void
test_the_newest_usable_one_is_taken(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct wal_snapshot known[] = {{.index = 5, .term = 1}, {.index = 6, .term = 2}};
    struct raft_snap snap;
    const char *name;

    (void)state;
    assert_true(raft_snap_load_newest(&tmp, dir, NULL, 0, &name, &snap, &e));
    assert_null(name);
    put_snap(&tmp, dir, 5, false);
    put_snap(&tmp, dir, 6, false);
    put_snap(&tmp, dir, 7, true);
    assert_true(raft_snap_load_newest(&tmp, dir, NULL, 0, &name, &snap, &e));
    assert_string_equal(name, "0000000000000001-0000000000000006.snap");
    assert_true(raft_snap_load_newest(&tmp, dir, known, 2, &name, &snap, &e));
    assert_string_equal(name, "0000000000000001-0000000000000005.snap");
    assert_int_equal(snap.metadata.index, 5);
    put_snap(&tmp, dir, 5, true);
    put_snap(&tmp, dir, 6, true);
    assert_false(raft_snap_load_newest(&tmp, dir, NULL, 0, &name, &snap, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_non_null(strstr(e.text, "0000000000000001-0000000000000007.snap': snap: crc mismatch"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_running_servers_are_read),
        cmocka_unit_test(test_encoding_gives_the_same_file),
        cmocka_unit_test(test_broken_files_are_refused),
        cmocka_unit_test(test_an_error_names_the_file),
        cmocka_unit_test(test_names_hold_term_and_index),
        cmocka_unit_test(test_the_newest_usable_one_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
