#include "expect.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void
what_is_held_is_let_go_and_its_folder_goes(void **state)
{
    struct error e = ERROR_INIT;
    const char *dir;
    struct service service = pod_laid_out(&dir);
    struct bytes after;

    (void)state;
    EXPECT_OK(service_stop(&service, &e));
    EXPECT_OK(service_release(&service, &e));
    EXPECT_OK(file_read_all(&mem, service.place, 1 << 20, &after, &e));
    assert_true(bytes_equal(after, golden_load(&mem, "manifest/kubeadm-etcd.yaml")));
    assert_int_equal(names_in(dir), 1);
    /* One that was cut between the two leaves the folder to the next. */
    EXPECT_OK(dir_make(path_join(&mem, dir, "quorate-held"), 0700, &e));
    EXPECT_OK(service_release(&service, &e));
    assert_int_equal(names_in(dir), 1);
    service.place = path_join(&mem, dir, "manifests/other.yaml");
    EXPECT_OK(service_release(&service, &e));
}

/* A manifest whose certificates and data are below 'dir'. */
static struct service
pod_in(const char *dir, const char *name)
{
    struct error e = ERROR_INIT;
    struct service service = {
        .class = &service_pod, .name = name, .place = path_join(&mem, dir, "manifests/etcd.yaml")};
    struct host *host;

    EXPECT_OK(host_open(&mem, "local:", NULL, &host, &e));
    service.host = host;
    EXPECT_OK(dir_make(path_join(&mem, dir, "manifests"), 0755, &e));
    return service;
}

/* Its data in DIR/data/cp1, its certificate in DIR/pki, DIR/zone is to be there. */
static struct service
pattern_laid_out(const char *dir)
{
    static const char text[] =
        "kind: Pod\n"
        "metadata:\n"
        "  annotations:\n"
        "    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.0.0.1:2379 # kubeadm's\n"
        "  name: etcd\n"
        "spec:\n"
        "  containers:\n"
        "  - name: etcd\n"
        "    image: registry.k8s.io/etcd:3.5.16-0\n"
        "    command: # flags\n"
        "    - etcd\n"
        "    - --name=unit-test-cp1\n"
        "    - --data-dir=%s/data/cp1\n"
        "    - --wal-dir=%s/wal/log\n"
        "    - --cert-file=%s/pki/server.crt\n"
        "    - --key-file=/in-the-image.key\n"
        "    - --initial-advertise-peer-urls=https://10.0.0.1:2380\n"
        "    - --advertise-client-urls=https://10.0.0.1:2379\n"
        "    - --initial-cluster=cp1=https://10.0.0.1:2380\n"
        "    - --listen-metrics-urls=http://10.0.0.1:2381\n"
        "    livenessProbe: {httpGet: {host: 10.0.0.1, path: /livez, port: 2381}}\n"
        "    volumeMounts:\n"
        "    - {name: data, mountPath: %s/data}\n"
        "    - {name: wal, mountPath: %s/wal}\n"
        "    - {name: pki, mountPath: %s/pki}\n"
        "    - {name: zone, mountPath: %s/zone}\n"
        "  volumes:\n"
        "  - {name: data, hostPath: {path: %s/data}}\n"
        "  - {name: wal, hostPath: {path: %s/wal, type: Directory}}\n"
        "  - {name: pki, hostPath: {path: %s/pki, type: DirectoryOrCreate}}\n"
        "  - {name: zone, hostPath: {path: %s/zone, type: File}}\n";
    struct error e = ERROR_INIT;
    struct service service = pod_in(path_join(&mem, dir, "1"), "cp1");
    const char *d = path_join(&mem, dir, "2");

    EXPECT_OK(file_replace(service.place,
                           bytes_of_text(arena_printf(&mem, text, d, d, d, d, d, d, d, d, d, d, d)),
                           0640, &e));
    return service;
}

static const struct setting_change own_settings[] = {
    {"name", "unit-test-cp2"},
    {"initial-advertise-peer-urls", "https://10.0.0.2:2380"},
    {"advertise-client-urls", "https://10.0.0.2:2379,https://10.9.0.2:2379"},
    {"initial-cluster", "cp1=https://10.0.0.1:2380,cp2=https://10.0.0.2:2380"},
    {"initial-cluster-state", "existing"},
    {"listen-metrics-urls", "http://10.0.0.2:2381"},
};

#define OWN_COUNT (sizeof(own_settings) / sizeof(own_settings[0]))

/* Two folders as two hosts. */
static void
two_hosts(const char **ret_dir, struct service *ret_pattern, struct service *ret_joiner)
{
    struct error e = ERROR_INIT;
    const char *dir = scratch_dir(&mem);

    EXPECT_OK(dir_make(path_join(&mem, dir, "1"), 0755, &e));
    EXPECT_OK(dir_make(path_join(&mem, dir, "2"), 0755, &e));
    *ret_pattern = pattern_laid_out(dir);
    *ret_joiner = pod_in(path_join(&mem, dir, "2"), "cp2");
    *ret_dir = path_join(&mem, dir, "2");
}

static void
needs_put(const char *dir)
{
    struct error e = ERROR_INIT;

    EXPECT_OK(dir_make(path_join(&mem, dir, "pki"), 0755, &e));
    EXPECT_OK(file_replace(path_join(&mem, dir, "pki/server.crt"), BYTES_LITERAL("x"), 0644, &e));
    EXPECT_OK(file_replace(path_join(&mem, dir, "zone"), BYTES_LITERAL("x"), 0644, &e));
}

static const char *
text_in(const char *path)
{
    struct error e = ERROR_INIT;
    struct bytes bytes;

    EXPECT_OK(file_read_all(&mem, path, 1 << 20, &bytes, &e));
    return arena_text_of_bytes(&mem, bytes);
}

/* 'text' with each 'from' as 'to'. */
static const char *
replaced(const char *text, const char *from, const char *to)
{
    const char *all = "";
    const char *at;

    while ((at = strstr(text, from)) != NULL) {
        all = arena_printf(&mem, "%s%.*s%s", all, (int)(at - text), text, to);
        text = at + strlen(from);
    }
    return arena_printf(&mem, "%s%s", all, text);
}

static void
a_joiner_is_laid_out_like_another_and_taken_back(void **state)
{
    struct error e = ERROR_INIT;
    struct service pattern, joiner;
    enum service_state now;
    const char *dir, *keeping, *expected;
    struct stat found;

    (void)state;
    two_hosts(&dir, &pattern, &joiner);
    needs_put(dir);
    keeping = path_join(&mem, dir, "kept/1.json");
    EXPECT_OK(service_may_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, false, &e));
    assert_int_equal(names_in(dir), 3); /* manifests pki zone: nothing is written */
    EXPECT_OK(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, keeping, &e));
    assert_int_equal(names_in(path_join(&mem, dir, "manifests")), 0);
    EXPECT_OK(service_state(&joiner, &now, &e));
    assert_int_equal(now, SERVICE_STOPPED);

    expected = replaced(text_in(pattern.place), "name=unit-test-cp1", "name=unit-test-cp2");
    expected = replaced(expected, "cluster=cp1=https://10.0.0.1:2380\n",
                        "cluster=cp1=https://10.0.0.9:2380,cp2=https://10.0.0.2:2380\n");
    expected = replaced(expected, "urls: https://10.0.0.1:2379", "urls: https://10.0.0.2:2379");
    expected = replaced(expected, "urls=https://10.0.0.1:2379",
                        "urls=https://10.0.0.2:2379,https://10.9.0.2:2379");
    expected = replaced(expected, "10.0.0.1", "10.0.0.2");
    expected = replaced(expected, "10.0.0.9", "10.0.0.1");
    expected = replaced(expected, "host: 10.0.0.2", "host: \"10.0.0.2\"");
    expected = replaced(expected, ":2381\n", ":2381\n    - --initial-cluster-state=existing\n");
    assert_string_equal(text_in(path_join(&mem, dir, "quorate-held/etcd.yaml")), expected);
    assert_int_equal(stat(path_join(&mem, dir, "quorate-held/etcd.yaml"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0640);
    assert_int_equal(stat(path_join(&mem, dir, "data"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    assert_int_equal(stat(path_join(&mem, dir, "data/cp1"), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0700);
    assert_int_equal(stat(path_join(&mem, dir, "wal"), &found), 0);
    assert_false(path_exists(path_join(&mem, dir, "wal/log")));

    /* A second time, as after kill -9. */
    EXPECT_OK(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, keeping, &e));
    assert_string_equal(text_in(path_join(&mem, dir, "quorate-held/etcd.yaml")), expected);

    EXPECT_OK(service_put_back(&joiner, keeping, &e));
    EXPECT_OK(service_state(&joiner, &now, &e));
    assert_int_equal(now, SERVICE_ABSENT);
    assert_int_equal(names_in(dir), 4); /* kept manifests pki zone */
    EXPECT_OK(service_put_back(&joiner, keeping, &e));
}

/* What cannot be, and why: nothing is written. */
static void
what_a_joiner_lacks_is_named(void **state)
{
    struct error e = ERROR_INIT;
    struct service pattern, joiner;
    const char *dir;

    (void)state;
    two_hosts(&dir, &pattern, &joiner);
    EXPECT_ERROR(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, "/nowhere/1", &e),
                 ERROR_NOT_FOUND,
                 arena_printf(&mem,
                              "local: what the manifest needs is not there: '%s/pki/server.crt', "
                              "'%s/zone'",
                              dir, dir));
    EXPECT_ERROR(
        service_may_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, false, &e), ERROR_NOT_FOUND,
        arena_printf(&mem,
                     "local: what the manifest needs is not there: '%s/pki/server.crt', '%s/zone'",
                     dir, dir));
    /* Certificates that are brought there later are not asked for; what else it needs is. */
    EXPECT_ERROR(service_may_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, true, &e),
                 ERROR_NOT_FOUND,
                 arena_printf(&mem, "local: what the manifest needs is not there: '%s/zone'", dir));
    needs_put(dir);
    EXPECT_ERROR(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT - 1, "/nowhere/1", &e),
                 ERROR_REFUSED,
                 "local: 'listen-metrics-urls' would be 'http://10.0.0.1:2381', at the address of "
                 "local");
    EXPECT_ERROR(service_lay_out(&joiner, &pattern, own_settings, 1, "/nowhere/1", &e),
                 ERROR_REFUSED,
                 "local: 'initial-advertise-peer-urls' would be 'https://10.0.0.1:2380', which are "
                 "those of local");
    EXPECT_OK(dir_make(path_join(&mem, dir, "data"), 0755, &e));
    if (geteuid() == 0) {
        assert_int_equal(chown(path_join(&mem, dir, "data"), 7, 8), 0);
        EXPECT_ERROR(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, "/nowhere/1", &e),
                     ERROR_CONFLICT,
                     arena_printf(&mem, "local: '%s/data' belongs to 7:8 instead of 0:0", dir));
    }
    assert_int_equal(names_in(dir), 4); /* data manifests pki zone */
    joiner.place = path_join(&mem, dir, "none/etcd.yaml");
    EXPECT_ERROR(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, "/nowhere/1", &e),
                 ERROR_NOT_FOUND,
                 arena_printf(&mem, "local: there is no manifests directory '%s/none'", dir));
}

static void
only_what_is_held_is_laid_out_anew_or_forgotten(void **state)
{
    struct error e = ERROR_INIT;
    struct service pattern, joiner;
    enum service_state now;
    const char *dir, *keeping, *before;

    (void)state;
    two_hosts(&dir, &pattern, &joiner);
    needs_put(dir);
    keeping = path_join(&mem, dir, "kept/1.json");
    before = replaced(replaced(text_in(pattern.place), "10.0.0.1", "10.0.0.3"), "- --key-file",
                      "- --metrics=extensive # ours\n    - --key-file");
    EXPECT_OK(file_replace(joiner.place, bytes_of_text(before), 0600, &e));
    EXPECT_ERROR(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, keeping, &e),
                 ERROR_CONFLICT,
                 arena_printf(&mem, "local: pod '%s' is failed, and not held down", joiner.place));
    EXPECT_ERROR(service_uninstall(&joiner, &e), ERROR_CONFLICT,
                 arena_printf(&mem, "local: pod '%s' is not held down", joiner.place));
    EXPECT_OK(service_stop(&joiner, &e));
    EXPECT_OK(service_lay_out(&joiner, &pattern, own_settings, OWN_COUNT, keeping, &e));
    before = path_join(&mem, dir, "quorate-held/etcd.yaml");
    assert_null(strstr(text_in(before), "metrics=extensive"));
    assert_non_null(strstr(text_in(before), "--name=unit-test-cp2"));
    EXPECT_OK(service_put_back(&joiner, keeping, &e));
    assert_non_null(strstr(text_in(before), "metrics=extensive # ours"));
    assert_false(path_exists(path_join(&mem, dir, "data")));

    EXPECT_OK(service_uninstall(&joiner, &e));
    EXPECT_OK(service_state(&joiner, &now, &e));
    assert_int_equal(now, SERVICE_ABSENT);
    assert_int_equal(names_in(path_join(&mem, dir, "quorate-held")), 1);
    assert_int_equal(names_in(path_join(&mem, dir, "manifests")), 0);
    EXPECT_OK(service_uninstall(&joiner, &e));
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
        cmocka_unit_test(what_is_held_is_let_go_and_its_folder_goes),
        cmocka_unit_test(a_joiner_is_laid_out_like_another_and_taken_back),
        cmocka_unit_test(what_a_joiner_lacks_is_named),
        cmocka_unit_test(only_what_is_held_is_laid_out_anew_or_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
