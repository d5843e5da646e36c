#include "expect.h"

#include <string.h>

#include "line_changes.h"
#include "scratch.h"

#include "format/settings/pod_manifest.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static struct pod_manifest
parsed(struct bytes bytes)
{
    struct error e = ERROR_INIT;
    struct pod_manifest pod;

    EXPECT_OK(pod_manifest_parse(&mem, "etcd.yaml", bytes, &pod, &e));
    return pod;
}

static const char *
value_of(const struct pod_manifest *pod, const char *name)
{
    const struct etcd_setting *item = settings_get(&pod->settings, name);

    return item != NULL ? item->value : "(none)";
}

static void
kubeadms_manifest(void **state)
{
    struct pod_manifest pod = parsed(golden_load(&mem, "manifest/kubeadm-etcd.yaml"));
    const char *host_path = NULL;

    (void)state;
    assert_string_equal(pod.pod_name, "etcd");
    assert_string_equal(pod.namespace, "kube-system");
    assert_string_equal(pod.program, "etcd");
    assert_int_equal(pod.settings.items.count, 19);
    assert_string_equal(value_of(&pod, "name"), "cp1");
    assert_int_equal(settings_get(&pod.settings, "name")->line, 27);
    assert_string_equal(pod.liveness.path, "/livez");
    assert_string_equal(pod.readiness.port, "2381");
    assert_non_null(pod_manifest_mount_of(&mem, &pod, "/var/lib/etcd/member", &host_path));
    assert_string_equal(host_path, "/var/lib/etcd/member");
    assert_null(pod_manifest_mount_of(&mem, &pod, "/var/lib/etcd2", &host_path));
}

#define API_SERVER                                                                                 \
    "kind: Pod\n"                                                                                  \
    "metadata:\n"                                                                                  \
    "  name: kube-apiserver\n"                                                                     \
    "spec:\n"                                                                                      \
    "  containers:\n"                                                                              \
    "  - command:\n"                                                                               \
    "    - /usr/bin/kube-apiserver\n"                                                              \
    "    - --etcd-servers=http://127.0.0.1:2379\n"                                                 \
    "    image: registry.k8s.io/kube-apiserver:v1.30.0\n"                                          \
    "    name: kube-apiserver\n"                                                                   \
    "    volumeMounts:\n"                                                                          \
    "    - mountPath: /pki\n"                                                                      \
    "      name: k8s-certs\n"                                                                      \
    "    - mountPath: /pki/inner\n"                                                                \
    "      name: inner\n"                                                                          \
    "  volumes:\n"                                                                                 \
    "  - hostPath:\n"                                                                              \
    "      path: /etc/kubernetes/pki/\n"                                                           \
    "    name: k8s-certs\n"                                                                        \
    "  - hostPath:\n"                                                                              \
    "      path: /srv/inner\n"                                                                     \
    "    name: inner\n"

static void
a_pod_of_another_program(void **state)
{
    static const struct setting_change changes[] = {
        {"etcd-servers", "https://127.0.0.1:2379"},
        {"etcd-cafile", "/pki/etcd/ca.crt"},
    };
    struct bytes before = bytes_of_text(API_SERVER);
    struct error e = ERROR_INIT;
    struct pod_manifest pod;
    struct bytes after;

    (void)state;
    EXPECT_ERROR(pod_manifest_parse(&mem, "a.yaml", before, &pod, &e), ERROR_NOT_FOUND,
                 "a.yaml:6:3: no container of this pod runs etcd");
    EXPECT_OK(pod_manifest_parse_of(&mem, "a.yaml", before, "kube-apiserver", &pod, &e));
    assert_string_equal(value_of(&pod, "etcd-servers"), "http://127.0.0.1:2379");
    EXPECT_OK(pod_manifest_change(&mem, &pod, changes, 2, NULL, 0, &after, &e));
    assert_string_equal(line_changes(&mem, before, after),
                        "-    - --etcd-servers=http://127.0.0.1:2379\n"
                        "+    - --etcd-servers=https://127.0.0.1:2379\n"
                        "+    - --etcd-cafile=/pki/etcd/ca.crt\n");
}

static void
paths_of_the_host_in_the_container(void **state)
{
    struct error e = ERROR_INIT;
    struct pod_manifest pod;

    (void)state;
    EXPECT_OK(pod_manifest_parse_of(&mem, "a.yaml", bytes_of_text(API_SERVER), "kube-apiserver",
                                    &pod, &e));
    assert_string_equal(pod_manifest_path_of_host(&mem, &pod, "/etc/kubernetes/pki/etcd/ca.crt"),
                        "/pki/etcd/ca.crt");
    assert_string_equal(pod_manifest_path_of_host(&mem, &pod, "/srv/inner/x"), "/pki/inner/x");
    /* There is something else where it would be. */
    assert_null(pod_manifest_path_of_host(&mem, &pod, "/etc/kubernetes/pki/inner/x"));
    assert_null(pod_manifest_path_of_host(&mem, &pod, "/etc/kubernetes/pki2/x"));
    assert_null(pod_manifest_path_of_host(&mem, &pod, "/etc/ssl/x"));
}

static void
kubeadms_manifest_changed(void **state)
{
    static const struct setting_change changes[] = {
        {"initial-cluster", "cp1=https://10.0.0.1:2380,cp2=https://[fd00::2]:2380"},
        {"initial-cluster-state", "existing"},
        {"experimental-initial-corrupt-check", NULL},
        {"trusted-ca-file", NULL},
        {"quota-backend-bytes", "8589934592"},
    };
    static const struct pod_mount_change mounts[] = {
        {"etcd-wal", "/srv/wal", "/srv/wal", false, "DirectoryOrCreate"},
        {"etcd-data", "/var/lib/etcd", "/var/lib/etcd", false, NULL},
    };
    struct bytes before = golden_load(&mem, "manifest/kubeadm-etcd.yaml");
    struct pod_manifest pod = parsed(before);
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(pod_manifest_change(&mem, &pod, changes, 5, mounts, 2, &after, &e));
    assert_string_equal(
        line_changes(&mem, before, after),
        "-    - --experimental-initial-corrupt-check=true\n"
        "-    - --initial-cluster=cp1=https://10.0.0.1:2380\n"
        "+    - --initial-cluster=cp1=https://10.0.0.1:2380,cp2=https://[fd00::2]:2380\n"
        "-    - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt\n"
        "+    - --initial-cluster-state=existing\n"
        "+    - --quota-backend-bytes=8589934592\n"
        "+    - mountPath: /srv/wal\n"
        "+      name: etcd-wal\n"
        "+  - hostPath:\n"
        "+      path: /srv/wal\n"
        "+      type: DirectoryOrCreate\n"
        "+    name: etcd-wal\n");
    pod = parsed(after);
    assert_string_equal(value_of(&pod, "initial-cluster-state"), "existing");
}

static void
a_manifest_written_by_hand(void **state)
{
    static const struct setting_change changes[] = {{"name", "m2"},
                                                    {"data-dir", "/it's"},
                                                    {"listen-peer-urls", "http://10.0.0.2:2380"},
                                                    {"cors", "a,b"}};
    static const struct pod_mount_change mounts[] = {
        {"data", "/var/lib/etcd", "/data", false, "Directory"},
        {"pki", "/etc/etcd pki", "/pki", true, NULL},
    };
    struct bytes before = golden_load(&mem, "manifest/by-hand.yaml");
    struct pod_manifest pod = parsed(before);
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    assert_string_equal(pod.container_name, "etcd");
    assert_string_equal(value_of(&pod, "listen-peer-urls"), "http://10.0.0.1:2380");
    assert_string_equal(value_of(&pod, "snapshot-count"), "5000");
    EXPECT_OK(pod_manifest_change(&mem, &pod, changes, 4, mounts, 2, &after, &e));
    assert_string_equal(line_changes(&mem, before, after),
                        "-      args: [--name=m1, '--data-dir=/data', \"--listen-peer-urls\", "
                        "\"http://10.0.0.1:2380\"]\r\n"
                        "+      args: [--name=m2, '--data-dir=/it''s', \"--listen-peer-urls\", "
                        "\"http://10.0.0.2:2380\", \"--cors=a,b\"]\r\n"
                        "+      volumeMounts:\r\n"
                        "+      - mountPath: /data\r\n"
                        "+        name: data\r\n"
                        "+      - mountPath: /pki\r\n"
                        "+        name: pki\r\n"
                        "+        readOnly: true\r\n"
                        "+  volumes:\r\n"
                        "+  - hostPath:\r\n"
                        "+      path: /var/lib/etcd\r\n"
                        "+      type: Directory\r\n"
                        "+    name: data\r\n"
                        "+  - hostPath:\r\n"
                        "+      path: \"/etc/etcd pki\"\r\n"
                        "+    name: pki\r\n");
}

static void
a_flow_list_loses_first_middle_and_two_words(void **state)
{
    static const struct setting_change changes[] = {
        {"name", NULL}, {"data-dir", NULL}, {"listen-peer-urls", NULL}};
    struct bytes before = BYTES_LITERAL("kind: Pod\nspec: {containers: [{image: etcd:1, args: "
                                        "[--name=m1, --cors=x, '--data-dir=/d', "
                                        "--listen-peer-urls, u]}]}");
    struct pod_manifest pod = parsed(before);
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(pod_manifest_change(&mem, &pod, changes, 3, NULL, 0, &after, &e));
    assert_string_equal(arena_text_of_bytes(&mem, after),
                        "kind: Pod\nspec: {containers: [{image: etcd:1, args: [--cors=x]}]}");
}

static void
without_a_final_line_end(void **state)
{
    static const struct setting_change changes[] = {{"name", "m1"}};
    struct bytes before = BYTES_LITERAL(
        "kind: Pod\nspec:\n  containers:\n  - name: etcd\n    command:\n    - etcd # x");
    struct pod_manifest pod = parsed(before);
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(pod_manifest_change(&mem, &pod, changes, 1, NULL, 0, &after, &e));
    assert_string_equal(arena_text_of_bytes(&mem, after),
                        "kind: Pod\nspec:\n  containers:\n  - name: etcd\n    command:\n"
                        "    - etcd # x\n    - --name=m1");
}

static void
a_probe_changes_its_scheme(void **state)
{
    static const struct pod_probe_change changes[] = {{"livenessProbe", "scheme", "HTTPS"},
                                                      {"readinessProbe", "port", "2379"}};
    struct bytes before = golden_load(&mem, "manifest/kubeadm-etcd.yaml");
    struct pod_manifest pod = parsed(before);
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(pod_manifest_change_probes(&mem, &pod, changes, 2, &after, &e));
    assert_string_equal(line_changes(&mem, before, after),
                        "-        scheme: HTTP\n+        scheme: HTTPS\n"
                        "-        port: 2381\n+        port: 2379\n");
    EXPECT_ERROR(pod_manifest_change_probes(&mem, &pod,
                                            &(struct pod_probe_change){"livenessProbe", "x", "y"},
                                            1, &after, &e),
                 ERROR_REFUSED, "etcd.yaml: 'livenessProbe' has no httpGet with 'x'");
}

struct refusal {
    const char *text;
    enum error_code code;
    const char *message;
};

#define POD "kind: Pod\nspec:\n  containers:\n"

static const struct refusal refusals[] = {
    {"kind: Service\n", ERROR_FORMAT, "etcd.yaml:1:1: not the manifest of a Pod"},
    {"[]", ERROR_FORMAT, "etcd.yaml:1:1: is a list, a map belongs here"},
    {"", ERROR_FORMAT, "etcd.yaml:1:1: is empty, a map belongs here"},
    {POD "  - image: busybox\n", ERROR_NOT_FOUND,
     "etcd.yaml:4:3: no container of this pod runs etcd"},
    {POD "  - image: etcd:1\n  - image: x/etcd\n", ERROR_REFUSED,
     "etcd.yaml:5:5: a second container that runs etcd"},
    {POD "  - name: etcd\n    image: etcd:1\n    command: [sh, -c, etcd]\n", ERROR_REFUSED,
     "etcd.yaml:6:14: the container starts 'sh' and not etcd: its flags cannot be told"},
    {POD "  - image: etcd:1\n    args: [--name=$(X)]\n", ERROR_REFUSED,
     "etcd.yaml:5:12: '$(...)' in a command is not supported"},
    {POD "  - image: etcd:1\n    args: [etcd]\n", ERROR_FORMAT,
     "etcd.yaml:5: 'etcd' is no flag: etcd does not start with it"},
};

static void
what_is_not_understood_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct error e = ERROR_INIT;
        struct pod_manifest pod;

        EXPECT_ERROR(
            pod_manifest_parse(&mem, "etcd.yaml", bytes_of_text(refusals[i].text), &pod, &e),
            refusals[i].code, refusals[i].message);
    }
}

static void
what_cannot_be_edited_is_refused(void **state)
{
    static const struct setting_change set = {"snapshot-count", "1"};
    static const struct pod_mount_change taken = {"etcd-data", "/srv", "/srv", false, NULL};
    static const struct pod_mount_change path = {"x", "/srv", "/var/lib/etcd", false, NULL};
    struct pod_manifest by_hand = parsed(golden_load(&mem, "manifest/by-hand.yaml"));
    struct pod_manifest kubeadm = parsed(golden_load(&mem, "manifest/kubeadm-etcd.yaml"));
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_ERROR(
        pod_manifest_change(&mem, &by_hand, &set, 1, NULL, 0, &after, &e), ERROR_REFUSED,
        "etcd.yaml:16: 'snapshot-count' is set in the container's env, and is not changed there");
    EXPECT_ERROR(pod_manifest_change(&mem, &kubeadm, NULL, 0, &taken, 1, &after, &e), ERROR_REFUSED,
                 "etcd.yaml: the name is taken by another volume: 'etcd-data' at '/srv'");
    EXPECT_ERROR(pod_manifest_change(&mem, &kubeadm, NULL, 0, &path, 1, &after, &e), ERROR_REFUSED,
                 "etcd.yaml: the mount path is taken by another volume: 'x' at '/var/lib/etcd'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kubeadms_manifest),
        cmocka_unit_test(a_pod_of_another_program),
        cmocka_unit_test(paths_of_the_host_in_the_container),
        cmocka_unit_test(kubeadms_manifest_changed),
        cmocka_unit_test(a_manifest_written_by_hand),
        cmocka_unit_test(a_flow_list_loses_first_middle_and_two_words),
        cmocka_unit_test(without_a_final_line_end),
        cmocka_unit_test(a_probe_changes_its_scheme),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(what_cannot_be_edited_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
