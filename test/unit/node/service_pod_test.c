#include "expect.h"

#include <string.h>

#include "scratch.h"

#include "node/service_pod.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static void
a_containers_log_is_its_lines(void **state)
{
    (void)state;
    assert_string_equal(
        pod_log_text(&mem, BYTES_LITERAL("2026-01-01T00:00:00.1Z stderr F {\"level\":\"info\"}\n"
                                         "2026-01-01T00:00:00.2Z stderr P half \n"
                                         "2026-01-01T00:00:00.2Z stderr F a line\n"
                                         "2026-01-01T00:00:00.3Z stdout F \n"
                                         "2026-01-01T00:00:00.4Z stdout F\n"
                                         "of no runtime\n"
                                         "\n"
                                         "2026-01-01T00:00:00.5Z stderr F torn")),
        "{\"level\":\"info\"}\nhalf a line\n\n\nof no runtime\n\ntorn\n");
    assert_string_equal(pod_log_text(&mem, BYTES_NONE), "");
}

/* A folder that no kubelet watches, with kubeadm's manifest in it. */
static struct service
pod_laid_out(const char **ret_dir)
{
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&mem);
    const char *manifests = path_join(&mem, dir, "manifests");
    struct service service = {
        .class = &service_pod, .name = "cp1", .place = path_join(&mem, manifests, "etcd.yaml")};
    struct host *host;

    EXPECT_OK(host_open(&mem, "local:", NULL, &host, &e));
    service.host = host;
    EXPECT_OK(dir_make(manifests, 0755, &e));
    EXPECT_OK(
        file_replace(service.place, golden_load(&mem, "manifest/kubeadm-etcd.yaml"), 0600, &e));
    *ret_dir = dir;
    return service;
}

static size_t
names_in(const char *dir)
{
    struct error e = ERROR_INIT;
    const char **names;
    size_t count;

    EXPECT_OK(dir_list(&mem, dir, &names, &count, &e));
    return count;
}

static void
a_change_is_taken_back_byte_for_byte(void **state)
{
    static const struct setting_change change = {"snapshot-count", "5000"};
    static const struct setting_change more = {"metrics", "extensive"};
    struct error e = ERROR_INIT;
    struct service_pod_file file;
    const char *dir;
    struct service service = pod_laid_out(&dir);
    const char *keeping;
    struct bytes after;

    (void)state;
    keeping = path_join(&mem, dir, "kept/7.yaml");
    EXPECT_OK(service_change(&service, &change, 1, keeping, &e));
    EXPECT_OK(service_change(&service, &more, 1, keeping, &e));
    EXPECT_OK(service_pod_load(&mem, &service, &file, &e));
    assert_false(file.held);
    assert_string_equal(settings_get(&file.pod.settings, "snapshot-count")->value, "5000");
    assert_string_equal(settings_get(&file.pod.settings, "metrics")->value, "extensive");
    assert_int_equal(names_in(path_join(&mem, dir, "manifests")), 1);

    EXPECT_OK(service_put_back(&service, keeping, &e));
    EXPECT_OK(file_read_all(&mem, service.place, 1 << 20, &after, &e));
    assert_true(bytes_equal(after, golden_load(&mem, "manifest/kubeadm-etcd.yaml")));
    assert_int_equal(names_in(dir), 2);
    EXPECT_ERROR(
        service_change(&service, &change, 1, arena_printf(&mem, "%s.bak", service.place), &e),
        ERROR_USAGE, arena_printf(&mem, "'%s.bak' is in the manifests directory", service.place));
    assert_int_equal(names_in(path_join(&mem, dir, "manifests")), 1);
}

static void
a_refused_change_leaves_no_trace(void **state)
{
    static const struct pod_mount_change taken = {"etcd-data", "/srv", "/srv", false, NULL};
    struct error e = ERROR_INIT;
    const char *dir;
    struct service service = pod_laid_out(&dir);

    (void)state;
    EXPECT_ERROR(service_pod_change(&service, NULL, 0, &taken, 1, "/nowhere/7", &e), ERROR_REFUSED,
                 arena_printf(&mem,
                              "local: %s: the name is taken by another volume: 'etcd-data' at "
                              "'/srv'",
                              service.place));
    assert_int_equal(names_in(dir), 1);
}

static void
without_a_manifest_there_is_no_pod(void **state)
{
    struct error e = ERROR_INIT;
    enum service_state now;
    const char *dir;
    struct service service = pod_laid_out(&dir);

    (void)state;
    EXPECT_OK(service_state(&service, &now, &e));
    assert_int_equal(now, SERVICE_FAILED); /* a kubelet would start it */
    service.place = path_join(&mem, dir, "manifests/other.yaml");
    EXPECT_OK(service_state(&service, &now, &e));
    assert_int_equal(now, SERVICE_ABSENT);
    EXPECT_OK(service_stop(&service, &e));
    EXPECT_ERROR(service_start(&service, &e), ERROR_NOT_FOUND,
                 arena_printf(&mem, "local: there is no manifest '%s'", service.place));
    service.place = "manifests";
    EXPECT_ERROR(service_state(&service, &now, &e), ERROR_USAGE,
                 "'manifests' is no manifest's path");
}

static void
a_pod_is_held_down_outside_of_the_folder(void **state)
{
    struct error e = ERROR_INIT;
    enum service_state now;
    const char *dir;
    struct service service = pod_laid_out(&dir);

    (void)state;
    EXPECT_OK(service_stop(&service, &e));
    assert_int_equal(names_in(path_join(&mem, dir, "manifests")), 0);
    EXPECT_OK(service_state(&service, &now, &e));
    assert_int_equal(now, SERVICE_STOPPED);
    EXPECT_OK(file_replace(service.place, BYTES_LITERAL("kind: Pod\n"), 0600, &e));
    EXPECT_ERROR(service_state(&service, &now, &e), ERROR_CONFLICT,
                 arena_printf(&mem,
                              "local: '%s' is there, and held down as "
                              "'%s/quorate-held/etcd.yaml' as well",
                              service.place, dir));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_containers_log_is_its_lines),
        cmocka_unit_test(a_change_is_taken_back_byte_for_byte),
        cmocka_unit_test(a_refused_change_leaves_no_trace),
        cmocka_unit_test(without_a_manifest_there_is_no_pod),
        cmocka_unit_test(a_pod_is_held_down_outside_of_the_folder),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
