#include "expect.h"

#include <string.h>

#include "format/settings/etcd_flag.h"
#include "format/settings/pod_make.h"
#include "format/settings/pod_manifest.h"

static struct error e;

static void
add(struct arena *mem, struct etcd_settings *settings, const char *name, const char *value)
{
    settings_add(mem, settings, (struct etcd_setting){.name = name, .value = value});
}

/* What was made is a manifest that we read, with the same settings. */
static void
test_made_is_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    const struct pod_mount *mount;
    struct pod_manifest pod;
    const char *path;
    struct bytes text;

    (void)state;
    add(&tmp, &settings, "name", "a \"b\" \\c");
    add(&tmp, &settings, "data-dir", "/var/lib/etcd");
    add(&tmp, &settings, "wal-dir", "/srv/log/etcd");
    add(&tmp, &settings, "cert-file", "/etc/etcd/tls/server.crt");
    add(&tmp, &settings, "key-file", "/etc/etcd/tls/server.key");
    add(&tmp, &settings, "peer-cert-file", "/etc/etcd/peer/peer.crt");
    settings_resolve(&settings);
    text = pod_manifest_make(&tmp, &settings, "registry.k8s.io/etcd:3.5.30-0");
    EXPECT_OK(pod_manifest_parse(&tmp, "made", text, &pod, &e));
    for (size_t i = 0; i < settings.items.count; i++) {
        const struct etcd_setting *found =
            settings_get(&pod.settings, settings.items.items[i].name);

        assert_non_null(found);
        assert_string_equal(found->value, settings.items.items[i].value);
    }
    assert_string_equal(settings_get(&pod.settings, "listen-metrics-urls")->value,
                        "http://127.0.0.1:2381");
    assert_int_equal(pod.settings.items.count, settings.items.count + 1);
    assert_string_equal(pod.image, "registry.k8s.io/etcd:3.5.30-0");
    assert_int_equal(pod.mounts.count, 4);
    mount = pod_manifest_mount_of(&tmp, &pod, "/srv/log/etcd", &path);
    assert_non_null(mount);
    assert_string_equal(mount->host_path, "/srv/log");
    assert_string_equal(path, "/srv/log/etcd");
    assert_string_equal(pod.liveness.scheme, "HTTP");
    assert_string_equal(pod.liveness.host, "127.0.0.1");
    assert_string_equal(pod.liveness.port, "2381");
}

/* The port for metrics that is there is the one that is asked; not one that wants a certificate. */
static void
test_probe(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct pod_manifest pod;

    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        struct etcd_settings settings = ETCD_SETTINGS_INIT;

        add(&tmp, &settings, "name", "db1");
        add(&tmp, &settings, "data-dir", "/var/lib/etcd");
        add(&tmp, &settings, "listen-metrics-urls",
            tls ? "https://10.0.0.1:2381" : "http://10.0.0.1:9979,http://127.0.0.1:1");
        settings_resolve(&settings);
        EXPECT_OK(pod_manifest_parse(&tmp, "made", pod_manifest_make(&tmp, &settings, "etcd:1"),
                                     &pod, &e));
        if (tls) {
            assert_null(pod.liveness.node);
            continue;
        }
        assert_string_equal(pod.liveness.host, "10.0.0.1");
        assert_string_equal(pod.liveness.port, "9979");
    }
}

static void
test_settings_with(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    const struct setting_change changes[] = {
        {"name", "db2"}, {"data-dir", "/srv"}, {"quota-backend-bytes", NULL}};
    struct etcd_settings with;

    (void)state;
    add(&tmp, &settings, "name", "db1");
    add(&tmp, &settings, "quota-backend-bytes", "1");
    add(&tmp, &settings, "metrics", "basic");
    settings_resolve(&settings);
    with = settings_with(&tmp, &settings, changes, 3);
    assert_int_equal(with.items.count, 3);
    assert_string_equal(settings_get(&with, "name")->value, "db2");
    assert_string_equal(settings_get(&with, "data-dir")->value, "/srv");
    assert_string_equal(settings_get(&with, "metrics")->value, "basic");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_is_read),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_settings_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
