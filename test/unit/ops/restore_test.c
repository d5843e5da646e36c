/* Restores of the golden snapshots, against the directories that etcdutl made of the same input. */
#include "ops/restore.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/spawn.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/wal/wal_reader.h"
#include "ops/restore_proof.h"
#include "scratch.h"

#define THREE "n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380"
#define RICH  "snap/rich-3.5.30.snap"
#define WAL   "member/wal/" WAL_FIRST_SEGMENT_NAME

static const char *program; /* this one, to be run again with failpoints */

static struct restore_request
request_of(struct arena *mem, const char *golden, const char *cluster,
           const struct restore_target *targets, size_t count)
{
    struct restore_request request = {
        .snapshot_path = golden_path(mem, golden),
        .token = "new-tok",
        .targets = targets,
        .target_count = count,
    };
    struct error e = ERROR_INIT;

    assert_true(initial_cluster_parse(mem, cluster, &request.cluster, &e));
    return request;
}

static void
unpack(struct arena *mem, const char *dir, const char *archive)
{
    const char *const argv[] = {"tar", "-xJf", golden_path(mem, archive), "-C", dir, NULL};
    struct spawn_request run = {.argv = argv, .timeout_ms = 60000, .output_max = 4096};
    struct spawn_result result;
    struct error e = ERROR_INIT;

    assert_true(spawn_run(mem, &run, &result, &e));
    assert_int_equal(result.exit_code, 0);
}

static struct bytes
load(struct arena *mem, const char *dir, const char *name)
{
    struct error e = ERROR_INIT;
    struct bytes content;

    assert_true(file_read_all(mem, path_join(mem, dir, name), 100u << 20, &content, &e));
    return content;
}

static void
check_same_file(const char *left, const char *right, const char *name)
{
    AUTO_ARENA tmp = ARENA_INIT;

    assert_true(bytes_equal(load(&tmp, left, name), load(&tmp, right, name)));
}

static void
check_mode(struct arena *mem, const char *dir, const char *name, mode_t mode)
{
    struct stat st;

    assert_int_equal(stat(path_join(mem, dir, name), &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void
check_empty(const char *dir)
{
    struct error e = ERROR_INIT;
    bool empty;

    assert_true(dir_is_empty(dir, &empty, &e));
    assert_true(empty);
}

static void
test_log_and_snapshot_are_etcdutls(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *ours = path_join(&tmp, dir, "ours");
    struct restore_target target = {.name = "n2", .data_dir = ours};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    struct restore_result result;
    const char *const made[] = {"restored-3.5.16-3members-n2", "restored-3.5.30-3members-n2"};

    (void)state;
    assert_true(peer_urls_parse(&tmp, "http://10.0.0.2:2380", &request.advertised, &e));
    umask(022);
    assert_true(restore_run(&tmp, &request, &result, &e));
    for (size_t i = 0; i < 2; i++) {
        const char *theirs = path_join(&tmp, dir, made[i]);

        unpack(&tmp, dir, arena_printf(&tmp, "restore/%s.tar.xz", made[i]));
        check_same_file(ours, theirs, WAL);
        check_same_file(ours, theirs, "member/snap/0000000000000001-0000000000000003.snap");
    }
    check_mode(&tmp, ours, "", 0700);
    check_mode(&tmp, ours, "member", 0700);
    check_mode(&tmp, ours, "member/snap", 0700);
    check_mode(&tmp, ours, "member/snap/db", 0600);
    check_mode(&tmp, ours, "member/snap/0000000000000001-0000000000000003.snap", 0644);
    check_mode(&tmp, ours, "member/wal", 0700);
    check_mode(&tmp, ours, WAL, 0600);
}

static void
test_the_result_says_what_was_made(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = path_join(&tmp, scratch_dir(&tmp), "d/");
    struct restore_target target = {.name = "n2", .data_dir = dir};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    struct restore_result result;

    (void)state;
    assert_true(restore_run(&tmp, &request, &result, &e));
    assert_string_equal(result.token, "new-tok");
    assert_true(result.cluster_id == UINT64_C(0x8a88656dde3cd27c));
    assert_int_equal(result.member_count, 1);
    assert_string_equal(result.members[0].name, "n2");
    assert_true(result.members[0].id == UINT64_C(0x52268d43292ae2d1));
    assert_string_equal(result.members[0].wal_dir,
                        path_join(&tmp, result.members[0].data_dir, "member/wal"));
    assert_true(result.had_trailer);
    assert_int_equal(result.size_bytes, 57344);
    assert_int_equal(result.revision, 238);
    assert_int_equal(result.revision_after, 238);
    assert_int_equal(result.alarm_count, 1);
    assert_string_equal(result.alarms[0].word, "NOSPACE");
    assert_int_equal(result.alarms[0].kind, 1);
    assert_true(result.alarms[0].member_id != 0);
    assert_int_equal(result.cluster.count, 3);
}

static struct restore_expectation
expectation(const struct restore_result *result, size_t i)
{
    return (struct restore_expectation){
        .cluster = &result->cluster,
        .member_id = result->members[i].id,
        .size_bytes = result->size_bytes,
        .revision = result->revision_after,
        .no_alarms = true,
    };
}

static void
test_all_members_are_built_in_one_pass(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *out = path_join(&tmp, scratch_dir(&tmp), "made/on/the/way");
    struct restore_request request = request_of(&tmp, RICH, THREE, NULL, 3);
    struct restore_target *targets;
    struct restore_result result;

    (void)state;
    assert_true(restore_targets_all(&tmp, &request.cluster, out, &targets, &e));
    request.targets = targets;
    assert_true(restore_run(&tmp, &request, &result, &e));
    for (size_t i = 0; i < 3; i++) {
        struct restore_expectation expected = expectation(&result, i);

        assert_string_equal(result.members[i].data_dir,
                            path_join(&tmp, out, request.cluster.members[i].name));
        assert_true(restore_verify_dir(result.members[i].data_dir, result.members[i].wal_dir,
                                       &expected, &e));
    }
    check_same_file(targets[0].data_dir, targets[1].data_dir, "member/snap/db");
    check_same_file(targets[0].data_dir, targets[2].data_dir, "member/snap/db");
}

static void
test_a_bump_lifts_the_revision(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct restore_target target = {.name = "s1", .data_dir = path_join(&tmp, dir, "d")};
    struct restore_request request =
        request_of(&tmp, "snap/basic-3.5.30.snap", "s1=http://127.0.0.1:24002", &target, 1);
    struct restore_result result;

    (void)state;
    request.token = "tt";
    request.bump_revision = 1000000;
    request.mark_compacted = true;
    assert_true(restore_run(&tmp, &request, &result, &e));
    assert_int_equal(result.revision, 7);
    assert_int_equal(result.revision_after, 1000007);
    unpack(&tmp, dir, "restore/restored-3.5.30-single-bumped.tar.xz");
    check_same_file(target.data_dir, path_join(&tmp, dir, "restored-3.5.30-single-bumped"), WAL);
}

static void
test_without_a_token_there_is_a_fresh_one(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct restore_target target = {.name = "n1", .data_dir = path_join(&tmp, dir, "a")};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    struct restore_result first;
    struct restore_result second;

    (void)state;
    request.token = "";
    assert_true(restore_run(&tmp, &request, &first, &e));
    target.data_dir = path_join(&tmp, dir, "b");
    assert_true(restore_run(&tmp, &request, &second, &e));
    assert_int_equal(strlen(first.token), strlen("quorate-") + 32);
    assert_string_not_equal(first.token, second.token);
    assert_true(first.cluster_id != second.cluster_id);
}

static void
test_alarms_stay_when_asked(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct restore_target target = {.name = "n1",
                                    .data_dir = path_join(&tmp, scratch_dir(&tmp), "d")};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    struct restore_expectation expected;
    struct restore_result result;

    (void)state;
    request.keep_alarms = true;
    assert_true(restore_run(&tmp, &request, &result, &e));
    assert_int_equal(result.alarm_count, 1);
    expected = expectation(&result, 0);
    assert_false(restore_verify_dir(target.data_dir, result.members[0].wal_dir, &expected, &e));
    assert_int_equal(e.code, ERROR_VERIFY);
    assert_string_equal(e.text, arena_printf(&tmp,
                                             "'%s/member/snap/db': number of alarms is 1, "
                                             "expected 0",
                                             target.data_dir));
}

/* An empty data directory stays the same directory: it may be a mount, or have an owner. */
static void
test_an_empty_directory_is_filled(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    const char *data = path_join(&tmp, dir, "d");
    struct restore_target target = {
        .name = "n1", .data_dir = data, .wal_dir = path_join(&tmp, data, "wal")};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    struct restore_result result;
    struct stat before;
    struct stat after;
    const char **names;
    size_t count;

    (void)state;
    assert_true(dir_make(data, 0755, &e));
    assert_int_equal(stat(data, &before), 0);
    assert_true(restore_run(&tmp, &request, &result, &e));
    assert_int_equal(stat(data, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    assert_true(dir_list(&tmp, data, &names, &count, &e));
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "member");
    assert_string_equal(names[1], "wal");
    assert_false(path_exists(path_join(&tmp, data, "member/wal")));
    assert_true(path_exists(path_join(&tmp, data, "wal/" WAL_FIRST_SEGMENT_NAME)));
}

static void
test_the_log_may_lie_elsewhere(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct restore_target target = {.name = "n1",
                                    .data_dir = path_join(&tmp, dir, "d"),
                                    .wal_dir = path_join(&tmp, dir, "fast/disk/wal")};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    struct restore_result result;

    (void)state;
    assert_true(restore_run(&tmp, &request, &result, &e));
    assert_string_equal(result.members[0].wal_dir, target.wal_dir);
    assert_false(path_exists(path_join(&tmp, target.data_dir, "member/wal")));
    assert_true(path_exists(path_join(&tmp, target.wal_dir, WAL_FIRST_SEGMENT_NAME)));
}

/* Page sizes other than the machine's, with and without a freelist. */
static void
test_files_of_other_page_sizes_are_restored(void **state)
{
    const char *const goldens[] = {"bolt/compact-8k.db", "bolt/compact-16k.db",
                                   "bolt/compact-4k-freelistpage.db", "bolt/compact-4k-noinline.db",
                                   "bolt/meta0-bad.db"};

    (void)state;
    for (size_t i = 0; i < sizeof(goldens) / sizeof(*goldens); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct restore_target target = {.name = "n1",
                                        .data_dir = path_join(&tmp, scratch_dir(&tmp), "d")};
        struct restore_request request = request_of(&tmp, goldens[i], THREE, &target, 1);
        struct restore_result result;

        request.skip_hash_check = true;
        assert_true(restore_run(&tmp, &request, &result, &e));
        assert_false(result.had_trailer);
    }
}

/* As etcdutl: with --skip-hash-check a right digest is fine, and a wrong one is only told. */
static void
test_a_digest_may_be_passed_over(void **state)
{
    const char *const goldens[] = {RICH, "snap/bad-sha256.snap"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct restore_target target = {.name = "n1",
                                        .data_dir = path_join(&tmp, scratch_dir(&tmp), "d")};
        struct restore_request request = request_of(&tmp, goldens[i], THREE, &target, 1);
        struct restore_result result;

        request.skip_hash_check = true;
        assert_true(restore_run(&tmp, &request, &result, &e));
        assert_true(result.had_trailer);
        assert_int_equal(result.hash_differs, i == 1);
    }
}

/* Runs a request that must fail, and looks that nothing is left. */
static void
check_refused(struct restore_request request, const char *dir, enum error_code code,
              const char *expected)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct restore_target target = {.name = "n1", .data_dir = path_join(&tmp, dir, "a/b")};
    struct restore_result result;

    if (request.targets == NULL) {
        request.targets = &target;
        request.target_count = 1;
    }
    assert_false(restore_run(&tmp, &request, &result, &e));
    assert_string_equal(e.text, expected);
    assert_int_equal(e.code, code);
    check_empty(dir);
}

static void
test_damaged_snapshots_leave_nothing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct restore_request request = request_of(&tmp, "snap/bad-sha256.snap", THREE, NULL, 0);

    (void)state;
    check_refused(
        request, dir, ERROR_CORRUPT,
        arena_printf(&tmp,
                     "snapshot '%s': expected sha256 "
                     "9e51520354eca37a5967d49051b1e1a3da53c9767ab5d8b78abe12ecc33adab8, got "
                     "749f70d3d4d16daa01a1e3a9a8e0a6fbed4777d18c09ec366b6a6c150d6627b7",
                     request.snapshot_path));
    request = request_of(&tmp, "snap/truncated.snap", THREE, NULL, 0);
    check_refused(request, dir, ERROR_CORRUPT,
                  arena_printf(&tmp,
                               "'%s': byte 14000: the file ends after 14000 of at least 20480 "
                               "bytes",
                               request.snapshot_path));
    request = request_of(&tmp, "snap/no-trailer.db", THREE, NULL, 0);
    check_refused(request, dir, ERROR_REFUSED,
                  arena_printf(&tmp,
                               "snapshot '%s': snapshot missing hash but "
                               "--skip-hash-check=false",
                               request.snapshot_path));
    request = request_of(&tmp, "bolt/both-metas-bad.db", THREE, NULL, 0);
    request.skip_hash_check = true;
    check_refused(request, dir, ERROR_FORMAT,
                  arena_printf(&tmp, "'%s': page 0, byte 20: version mismatch: 3, only 2 is known",
                               request.snapshot_path));
    request.snapshot_path = "/nowhere/x.db";
    check_refused(request, dir, ERROR_NOT_FOUND, "'/nowhere/x.db': No such file or directory");
}

static void
test_flags_that_do_not_fit_are_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;
    struct restore_request request = request_of(&tmp, RICH, THREE, NULL, 0);
    const char *a = path_join(&tmp, dir, "a");
    struct restore_target two[] = {{.name = "n1", .data_dir = a},
                                   {.name = "n1", .data_dir = path_join(&tmp, dir, "b")}};
    struct restore_target stranger = {.name = "zz", .data_dir = a};

    (void)state;
    request.mark_compacted = true;
    check_refused(request, dir, ERROR_USAGE, "--mark-compacted required if --revision-bump > 0");
    request.bump_revision = 5;
    request.mark_compacted = false;
    check_refused(request, dir, ERROR_USAGE, "--mark-compacted required if --revision-bump > 0");
    request.mark_compacted = true;
    request.bump_revision = INT64_MAX;
    check_refused(request, dir, ERROR_USAGE,
                  "--bump-revision 9223372036854775807 is too large: the snapshot is at 238");
    request.bump_revision = 0;
    request.mark_compacted = false;

    request.targets = &stranger;
    request.target_count = 1;
    check_refused(request, dir, ERROR_USAGE,
                  "couldn't find local name \"zz\" in the initial cluster configuration");
    request.targets = two;
    request.target_count = 2;
    check_refused(request, dir, ERROR_USAGE, "member 'n1' is to be restored twice");
    two[1].name = "n2";
    assert_true(peer_urls_parse(&tmp, "http://10.0.0.1:2380", &request.advertised, &e));
    check_refused(request, dir, ERROR_USAGE,
                  "--initial-advertise-peer-urls is for the restore of one member");
    request.advertised.count = 0;
    two[1].data_dir = path_join(&tmp, a, "below");
    check_refused(request, dir, ERROR_USAGE,
                  arena_printf(&tmp, "directories '%s' and '%s/below' overlap", a, a));
    two[1].data_dir = arena_printf(&tmp, "%s/", a);
    check_refused(request, dir, ERROR_USAGE,
                  arena_printf(&tmp, "directories '%s' and '%s' overlap", a, a));
    request.target_count = 0;
    request.targets = two;
    check_refused(request, dir, ERROR_USAGE, "no member to restore");
}

/* "localhost" and addresses are compared as they are, names by what they resolve to. */
static void
test_advertised_urls_are_compared(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;
    struct restore_request request = request_of(&tmp, RICH, THREE, NULL, 0);

    (void)state;
    assert_true(peer_urls_parse(&tmp, "http://10.0.0.9:2380", &request.advertised, &e));
    check_refused(request, dir, ERROR_USAGE,
                  "--initial-cluster has n1=http://10.0.0.1:2380 but missing from "
                  "--initial-advertise-peer-urls=http://10.0.0.9:2380 (resolved urls: "
                  "\"http://10.0.0.9:2380\" != \"http://10.0.0.1:2380\")");
}

static void
test_places_that_are_taken_are_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct restore_target target = {.name = "n1", .data_dir = dir};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    const char *mine = path_join(&tmp, dir, "mine");
    struct restore_result result;
    const char **names;
    size_t count;

    (void)state;
    assert_true(file_replace(mine, BYTES_LITERAL("x"), 0600, &e));
    assert_false(restore_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    assert_string_equal(e.text,
                        arena_printf(&tmp, "data-dir \"%s\" not empty or could not be read", dir));
    assert_string_equal(e.hint, "move the old directory aside, or name another one");
    target.data_dir = path_join(&tmp, dir, "d");
    target.wal_dir = mine;
    assert_false(restore_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    assert_string_equal(e.text, arena_printf(&tmp, "wal-dir \"%s\" exists", mine));
    target.data_dir = mine;
    target.wal_dir = NULL;
    assert_false(restore_run(&tmp, &request, &result, &e));
    assert_int_equal(e.code, ERROR_EXISTS);
    assert_true(dir_list(&tmp, dir, &names, &count, &e));
    assert_int_equal(count, 1);
}

static void
test_names_must_be_fit_for_directories(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *const bad[] = {"", ".", "..", "a/b"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct error e = ERROR_INIT;
        struct initial_member member = {.name = bad[i]};
        struct initial_cluster cluster = {.members = &member, .count = 1};
        struct restore_target *targets;

        assert_false(restore_targets_all(&tmp, &cluster, "out", &targets, &e));
        assert_int_equal(e.code, ERROR_USAGE);
        assert_string_equal(
            e.text, arena_printf(&tmp, "member name \"%s\" cannot be a directory's name", bad[i]));
    }
}

static void
progress_note(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    uint64_t *last = context;

    assert_true(done_bytes > *last && done_bytes <= total_bytes);
    *last = done_bytes;
}

static void
test_progress_reaches_the_end(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct restore_target target = {.name = "n1",
                                    .data_dir = path_join(&tmp, scratch_dir(&tmp), "d")};
    struct restore_request request = request_of(&tmp, RICH, THREE, &target, 1);
    struct restore_result result;
    uint64_t last = 0;

    (void)state;
    request.progress = progress_note;
    request.progress_context = &last;
    assert_true(restore_run(&tmp, &request, &result, &e));
    assert_int_equal(last, 57344);
}

static void
overwrite(const char *path, uint64_t offset, const void *data, size_t size)
{
    struct error e = ERROR_INIT;
    AUTO_FD fd = -1;

    assert_true(file_open(path, O_WRONLY, 0, &fd, &e));
    assert_true(fd_pwrite_all(fd, path, data, size, offset, &e));
}

/* Of a file without a digest its rows are the only thing that tells. */
static void
test_a_row_that_is_none_is_refused(void **state)
{
    enum { SEPARATOR = 8 };
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct restore_request request = request_of(&tmp, "snap/no-trailer.db", THREE, NULL, 0);
    const char *damaged = arena_printf(&tmp, "%s.db", dir);
    struct bytes content;
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;
    struct bbolt db;

    (void)state;
    assert_true(file_read_all(&tmp, request.snapshot_path, 1 << 20, &content, &e));
    assert_true(file_replace(damaged, content, 0600, &e));
    assert_true(bbolt_open(content, damaged, &db, &e));
    assert_true(bbolt_bucket_find(&db, BYTES_LITERAL("key"), &bucket, &e));
    bbolt_cursor_init(&c, &bucket);
    assert_true(bbolt_cursor_next(&c, &row, &e));
    overwrite(damaged, (uint64_t)(row.key.data + SEPARATOR - content.data), "x", 1);
    request.snapshot_path = damaged;
    request.skip_hash_check = true;
    check_refused(
        request, dir, ERROR_CORRUPT,
        arena_printf(&tmp,
                     "'%s': page 4, byte 16956: row 0000000000000002780000000000000000 of "
                     "'key': byte 8 of a revision is 0x78, not '_'",
                     damaged));
    assert_int_equal(unlink(damaged), 0);
}

/* The proof has to notice when one of the three tells another story. */
static void
test_the_proof_notices_differences(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&tmp);
    struct restore_target targets[] = {{.name = "n1", .data_dir = path_join(&tmp, dir, "n1")},
                                       {.name = "n2", .data_dir = path_join(&tmp, dir, "n2")}};
    struct restore_request request = request_of(&tmp, RICH, THREE, targets, 2);
    struct restore_expectation expected;
    struct restore_result result;
    const char *wal;

    (void)state;
    assert_true(restore_run(&tmp, &request, &result, &e));
    expected = expectation(&result, 0);
    wal = result.members[0].wal_dir;
    assert_true(restore_verify_dir(targets[0].data_dir, wal, &expected, &e));

    assert_false(restore_verify_dir(targets[0].data_dir, result.members[1].wal_dir, &expected, &e));
    assert_string_equal(e.text, arena_printf(&tmp,
                                             "'%s': member id is 52268d43292ae2d1, expected "
                                             "bbf7cdb195c8cc69",
                                             result.members[1].wal_dir));
    expected.revision = 239;
    assert_false(restore_verify_dir(targets[0].data_dir, wal, &expected, &e));
    assert_string_equal(e.text,
                        arena_printf(&tmp, "'%s/member/snap/db': revision is 238, expected 239",
                                     targets[0].data_dir));
    expected.revision = 238;
    expected.size_bytes = 1 << 30;
    assert_false(restore_verify_dir(targets[0].data_dir, wal, &expected, &e));
    assert_string_equal(e.text, arena_printf(&tmp,
                                             "'%s/member/snap/db': 61440 bytes, expected "
                                             "1073741824",
                                             targets[0].data_dir));
    expected.size_bytes = 0;
    overwrite(path_join(&tmp, wal, WAL_FIRST_SEGMENT_NAME), 100, "\xff", 1);
    assert_false(restore_verify_dir(targets[0].data_dir, wal, &expected, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_int_equal(unlink(path_join(&tmp, targets[1].data_dir,
                                      "member/snap/0000000000000001-0000000000000003.snap")),
                     0);
    expected.member_id = result.members[1].id;
    assert_false(restore_verify_dir(targets[1].data_dir, result.members[1].wal_dir, &expected, &e));
    assert_string_equal(e.text,
                        arena_printf(&tmp, "'%s/member/snap': no raft snapshot that the WAL knows",
                                     targets[1].data_dir));
}

/* What the sweep's child does: a restore of two members, one with a log elsewhere, one into a
 * directory that is there. */
static int
child_main(const char *dir)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct restore_target targets[] = {
        {.name = "n1",
         .data_dir = path_join(&tmp, dir, "new/n1"),
         .wal_dir = path_join(&tmp, dir, "logs/n1")},
        {.name = "n2", .data_dir = path_join(&tmp, dir, "there")},
    };
    struct restore_request request = request_of(&tmp, RICH, THREE, targets, 2);
    struct restore_result result;

    if (restore_run(&tmp, &request, &result, &e))
        return 0;
    fprintf(stderr, "%s\n", e.text);
    return error_code_exit(e.code);
}

static int
run_child(struct arena *mem, const char *dir, const char *failpoints)
{
    const char *const argv[] = {program, "--child", dir, NULL};
    const char *const env[] = {arena_printf(mem, "QUORATE_FAILPOINTS=%s", failpoints),
                               arena_printf(mem, "QUORATE_GOLDEN=%s", getenv("QUORATE_GOLDEN")),
                               NULL};
    struct spawn_request run = {.argv = argv, .env = env, .timeout_ms = 60000, .output_max = 4096};
    struct spawn_result result;
    struct error e = ERROR_INIT;

    assert_true(spawn_run(mem, &run, &result, &e));
    return result.exit_code;
}

/* Every write, sync and rename fails once: an error each time, and nothing left. */
static void
sweep(const char *point)
{
    for (int n = 1;; n++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        const char *dir = scratch_dir(&tmp);
        const char **names;
        size_t count;
        int code;

        assert_true(n < 200);
        assert_true(dir_make(path_join(&tmp, dir, "there"), 0700, &e));
        code = run_child(&tmp, dir, arena_printf(&tmp, "%s=fail@%d", point, n));
        if (code == 0) {
            assert_true(n > 2);
            return;
        }
        assert_true(code == error_code_exit(ERROR_IO) || code == error_code_exit(ERROR_NO_SPACE));
        assert_true(dir_list(&tmp, dir, &names, &count, &e));
        assert_int_equal(count, 1);
        check_empty(path_join(&tmp, dir, "there"));
    }
}

static void
test_every_failure_leaves_nothing(void **state)
{
    (void)state;
#ifdef QUORATE_FAILPOINTS
    sweep("file_write");
    sweep("file_sync");
    sweep("file_rename");
#else
    (void)sweep;
    skip();
#endif
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_and_snapshot_are_etcdutls),
        cmocka_unit_test(test_the_result_says_what_was_made),
        cmocka_unit_test(test_all_members_are_built_in_one_pass),
        cmocka_unit_test(test_a_bump_lifts_the_revision),
        cmocka_unit_test(test_without_a_token_there_is_a_fresh_one),
        cmocka_unit_test(test_alarms_stay_when_asked),
        cmocka_unit_test(test_an_empty_directory_is_filled),
        cmocka_unit_test(test_the_log_may_lie_elsewhere),
        cmocka_unit_test(test_files_of_other_page_sizes_are_restored),
        cmocka_unit_test(test_a_digest_may_be_passed_over),
        cmocka_unit_test(test_damaged_snapshots_leave_nothing),
        cmocka_unit_test(test_a_row_that_is_none_is_refused),
        cmocka_unit_test(test_flags_that_do_not_fit_are_refused),
        cmocka_unit_test(test_advertised_urls_are_compared),
        cmocka_unit_test(test_places_that_are_taken_are_refused),
        cmocka_unit_test(test_names_must_be_fit_for_directories),
        cmocka_unit_test(test_progress_reaches_the_end),
        cmocka_unit_test(test_the_proof_notices_differences),
        cmocka_unit_test(test_every_failure_leaves_nothing),
    };

    if (argc == 3 && strcmp(argv[1], "--child") == 0)
        return child_main(argv[2]);
    program = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
