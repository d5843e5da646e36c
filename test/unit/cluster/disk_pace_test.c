#include "expect.h"

#include <math.h>

#include "cluster/disk_pace.h"

static struct error e;

static const char idle_page[] =
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 1000\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.008\"} 1000\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 1000\n"
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"0.016\"} 50\n"
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"+Inf\"} 50\n";

/* 100 syncs later, all of them between 1 and 8 ms; no commit. */
static const char busy_page[] =
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 1000\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.008\"} 1100\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\"} 1100\n"
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"0.016\"} 50\n"
    "etcd_disk_backend_commit_duration_seconds_bucket{le=\"+Inf\"} 50\n";

static void
test_what_came_between_counts(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct metrics idle = {.count = 0}, busy = {.count = 0}, empty = {.count = 0};
    struct disk_pace pace;

    (void)state;
    EXPECT_OK(metrics_parse(&mem, bytes_of_text(idle_page), &idle, &e));
    EXPECT_OK(metrics_parse(&mem, bytes_of_text(busy_page), &busy, &e));
    pace = disk_pace_between(&idle, &busy);
    assert_true(fabs(pace.fsync_ms - 7.93) < 1e-6); /* 1 ms and 99 of 100 parts of 7 */
    assert_true(isnan(pace.commit_ms));
    /* Nothing happened; the member was started anew; it has no such figures. */
    assert_true(isnan(disk_pace_between(&busy, &busy).fsync_ms));
    assert_true(isnan(disk_pace_between(&busy, &idle).fsync_ms));
    assert_true(isnan(disk_pace_between(&empty, &busy).fsync_ms));
    assert_true(isnan(disk_pace_between(&idle, &empty).commit_ms));
}

static void
test_readings_are_of_members(void **state)
{
    struct disk_reading reading = {.member_id = 7, .pace = {1.5, 2.5}};
    const struct disk_readings readings = {.items = {.items = &reading, .count = 1}};
    struct disk_readings none = {.read_ms = 0};

    (void)state;
    assert_true(fabs(disk_readings_pace(&readings, 7).commit_ms - 2.5) < 1e-9);
    assert_true(isnan(disk_readings_pace(&readings, 8).fsync_ms));
    disk_readings_release(&none);
    assert_true(isnan(disk_readings_pace(&none, 7).fsync_ms));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_came_between_counts),
        cmocka_unit_test(test_readings_are_of_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
