/* Contents of several blocks, into files that are written in both ways. */
#include "ops/restore_fill.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "ops/restore_read_back.h"
#include "scratch.h"

enum { SITES = 3, MIB = 1 << 20, CONTENT_BYTES = 3 * MIB + 3 * 512 };

struct place {
    struct restore_source source;
    struct restore_target targets[SITES];
    struct restore_site sites[SITES];
    uint64_t done; /* as progress tells it */
};

static void
progress_take(void *context, uint64_t done_bytes, uint64_t total_bytes)
{
    struct place *place = context;

    assert_int_equal(total_bytes, CONTENT_BYTES);
    assert_true(done_bytes > place->done);
    place->done = done_bytes;
}

/* A snapshot of random bytes with its trailer. */
static const char *
snapshot_make(struct arena *mem, const char *dir, uint8_t **ret_content)
{
    const char *path = path_join(mem, dir, "snapshot.db");
    uint8_t *content = arena_alloc(mem, CONTENT_BYTES + SHA256_SIZE);
    struct error e = ERROR_INIT;

    random_bytes(content, CONTENT_BYTES);
    sha256_of(bytes_of(content, CONTENT_BYTES), content + CONTENT_BYTES);
    assert_true(file_replace(path, bytes_of(content, CONTENT_BYTES + SHA256_SIZE), 0600, &e));
    *ret_content = content;
    return path;
}

static void
place_open(struct arena *mem, const char *dir, const char *snapshot, struct place *place)
{
    static const char *const names[SITES] = {"m1", "m2", "m3"};
    struct error e = ERROR_INIT;

    memset(place, 0, sizeof(*place));
    assert_true(restore_source_open(snapshot, false, &place->source, &e));
    for (size_t i = 0; i < SITES; i++) {
        place->targets[i] =
            (struct restore_target){.name = names[i], .data_dir = path_join(mem, dir, names[i])};
        restore_site_init(mem, &place->sites[i], &place->targets[i], i);
        assert_true(restore_site_stage(mem, &place->sites[i], &e));
    }
}

static void
place_close(struct place *place)
{
    restore_source_close(&place->source);
    for (size_t i = 0; i < SITES; i++)
        restore_site_abandon(&place->sites[i]);
}

static void
test_every_file_gets_the_content(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;
    struct place place;
    uint8_t *content;

    (void)state;
    place_open(&tmp, dir, snapshot_make(&tmp, dir, &content), &place);
    assert_true(restore_fill(&place.source, place.sites, SITES, progress_take, &place, &e));
    assert_int_equal(place.done, CONTENT_BYTES);
    for (size_t i = 0; i < SITES; i++) {
        struct bytes got;

        assert_true(file_read_all(&tmp, place.sites[i].db_path, 2 * CONTENT_BYTES, &got, &e));
        assert_true(bytes_equal(got, bytes_of(content, CONTENT_BYTES)));
    }
    /* The first is read again by the checks, and by a member that starts. */
    assert_int_not_equal(place.sites[0].filling, RESTORE_WRITTEN_DIRECT);
    place_close(&place);
}

static void
test_another_digest_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;
    struct place place;
    uint8_t *content;
    const char *snapshot = snapshot_make(&tmp, dir, &content);

    (void)state;
    content[2 * MIB] ^= 1;
    assert_true(file_replace(snapshot, bytes_of(content, CONTENT_BYTES + SHA256_SIZE), 0600, &e));
    place_open(&tmp, dir, snapshot, &place);
    assert_false(restore_fill(&place.source, place.sites, SITES, NULL, NULL, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_non_null(strstr(e.text, "expected sha256"));
    place_close(&place);
}

/* Somebody cuts the snapshot between the look at its size and its end. */
static void
test_a_snapshot_that_becomes_shorter_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;
    struct place place;
    uint8_t *content;
    const char *snapshot = snapshot_make(&tmp, dir, &content);

    (void)state;
    place_open(&tmp, dir, snapshot, &place);
    assert_int_equal(truncate(snapshot, 2 * MIB + 100), 0);
    assert_false(restore_fill(&place.source, place.sites, SITES, NULL, NULL, &e));
    assert_int_equal(e.code, ERROR_CONFLICT);
    assert_non_null(
        strstr(e.text,
               arena_printf(&tmp, "snapshot.db' was cut from %d to 2097252 bytes while it was read",
                            CONTENT_BYTES + SHA256_SIZE)));
    place_close(&place);
}

/* A file that takes no direct write any more gets the rest through the cache. */
static void
test_without_direct_writes_the_cache_takes_all(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;
    struct place place;
    uint8_t *content;
    struct bytes got;

    (void)state;
    place_open(&tmp, "/dev/shm", snapshot_make(&tmp, dir, &content), &place);
    assert_true(restore_fill(&place.source, place.sites, SITES, NULL, NULL, &e));
    assert_true(file_read_all(&tmp, place.sites[2].db_path, 2 * CONTENT_BYTES, &got, &e));
    assert_true(bytes_equal(got, bytes_of(content, CONTENT_BYTES)));
    place_close(&place);
}

/* One bit in the middle of a block of one file, as a disk might have it. */
static void
test_what_the_disk_has_is_read_back(void **state)
{
    enum { BLOCKS = CONTENT_BYTES / MIB + 1 };
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dir = scratch_dir(&tmp);
    struct error e = ERROR_INIT;
    uint32_t marks[BLOCKS];
    struct restore_marks all = {marks, MIB, CONTENT_BYTES};
    struct place place;
    uint8_t *content;

    (void)state;
    place_open(&tmp, dir, snapshot_make(&tmp, dir, &content), &place);
    assert_true(restore_fill(&place.source, place.sites, SITES, NULL, NULL, &e));
    for (size_t i = 0; i < BLOCKS; i++)
        marks[i] = crc32c(0, content + i * MIB, i + 1 < BLOCKS ? MIB : CONTENT_BYTES % MIB);
    for (size_t i = 0; i < SITES; i++)
        place.sites[i].filling = RESTORE_WRITTEN_DIRECT;
    assert_true(restore_read_back(place.sites, SITES, &all, &e));
    for (size_t at = MIB + 5000; at < CONTENT_BYTES; at += 2 * MIB - 5000 + 700) {
        uint8_t wrong = content[at] ^ 4;

        assert_int_equal(pwrite(place.sites[1].db_fd, &wrong, 1, (off_t)at), 1);
        assert_int_equal(fsync(place.sites[1].db_fd), 0);
        error_clear(&e);
        assert_false(restore_read_back(place.sites, SITES, &all, &e));
        assert_int_equal(e.code, ERROR_VERIFY);
        assert_non_null(strstr(e.text, "member 'm2': '"));
        assert_non_null(strstr(e.text, at < 2 * MIB ? "': byte 1048576: the disk has something else"
                                                    : "': byte 3145728: the disk has something"));
        assert_int_equal(pwrite(place.sites[1].db_fd, content + at, 1, (off_t)at), 1);
    }
    place_close(&place);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_file_gets_the_content),
        cmocka_unit_test(test_another_digest_is_told),
        cmocka_unit_test(test_a_snapshot_that_becomes_shorter_is_told),
        cmocka_unit_test(test_without_direct_writes_the_cache_takes_all),
        cmocka_unit_test(test_what_the_disk_has_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
