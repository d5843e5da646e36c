#include "expect.h"

#include <string.h>

#include "line_changes.h"

#include "format/kubeadm_config.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

/* The members' are 10.0.0.1 to 10.0.0.3, and loopback. */
static bool
is_members(const void *context, const char *url)
{
    (void)context;
    return strstr(url, "://10.0.0.") != NULL || strstr(url, "://127.0.0.1:2379") != NULL;
}

static const struct kubeadm_etcd to_tls = {
    .scheme = "https",
    .is_members = is_members,
    .ca_file = "/etc/kubernetes/pki/etcd/ca.crt",
    .cert_file = "/etc/kubernetes/pki/apiserver-etcd-client.crt",
    .key_file = "/etc/kubernetes/pki/apiserver-etcd-client.key",
};
static const struct kubeadm_etcd to_plain = {.scheme = "http", .is_members = is_members};

static struct kubeadm_config
changed(struct bytes text, const struct kubeadm_etcd *wanted)
{
    struct error e = ERROR_INIT;
    struct kubeadm_config result;

    EXPECT_OK(kubeadm_config_change(&mem, text, wanted, &result, &e));
    return result;
}

/* To 'there' these lines change, and back the text is what it was; so it stays where it is wanted. */
static void
expect_there_and_back(const char *text, const struct kubeadm_etcd *there,
                      const struct kubeadm_etcd *back, const char *lines)
{
    struct bytes before = bytes_of_text(text);
    struct kubeadm_config after = changed(before, there);
    struct kubeadm_config again = changed(after.text, there);
    struct kubeadm_config returned = changed(after.text, back);

    assert_string_equal(line_changes(&mem, before, after.text), lines);
    assert_true(after.changed);
    assert_false(again.changed);
    assert_true(bytes_equal(again.text, after.text));
    assert_string_equal(line_changes(&mem, before, returned.text), "");
    assert_true(bytes_equal(returned.text, before));
    assert_false(changed(before, back).changed);
}

#define HEAD(version, api_server)                                                                  \
    "apiServer:\n" api_server "  timeoutForControlPlane: 4m0s\n"                                   \
    "apiVersion: kubeadm.k8s.io/" version "\n"                                                     \
    "certificatesDir: /etc/kubernetes/pki\n"                                                       \
    "clusterName: kubernetes\n"                                                                    \
    "controlPlaneEndpoint: 10.0.0.100:6443\n"                                                      \
    "controllerManager: {}\n"                                                                      \
    "dns: {}\n"                                                                                    \
    "etcd:\n"

#define TAIL                                                                                       \
    "imageRepository: registry.k8s.io\n"                                                           \
    "kind: ClusterConfiguration\n"                                                                 \
    "kubernetesVersion: v1.28.4\n"                                                                 \
    "networking:\n"                                                                                \
    "  dnsDomain: cluster.local\n"                                                                 \
    "  serviceSubnet: 10.96.0.0/12\n"                                                              \
    "scheduler: {}\n"

static void
arguments_as_a_map(void **state)
{
    static const char text[] = HEAD(
        "v1beta3",
        "  extraArgs:\n"
        "    authorization-mode: Node,RBAC\n"
        "    etcd-servers: http://127.0.0.1:2379,http://events.example:2379\n") "  local:\n"
                                                                                "    dataDir: "
                                                                                "/var/lib/etcd\n"
                                                                                "    extraArgs:\n"
                                                                                "      "
                                                                                "advertise-client-"
                                                                                "urls: "
                                                                                "http://"
                                                                                "10.0.0.1:2379 # "
                                                                                "ours: http\n"
                                                                                "      "
                                                                                "initial-advertise-"
                                                                                "peer-urls: "
                                                                                "'http://"
                                                                                "10.0.0.1:2380'\n"
                                                                                "      "
                                                                                "initial-cluster: "
                                                                                "cp1=http://"
                                                                                "10.0.0.1:2380,cp2="
                                                                                "http://"
                                                                                "[fd00::2]:2380\n"
                                                                                "      "
                                                                                "listen-client-"
                                                                                "urls: "
                                                                                "\"http://"
                                                                                "127.0.0.1:2379,"
                                                                                "http://"
                                                                                "10.0.0.1:2379\"\n"
                                                                                "      "
                                                                                "listen-metrics-"
                                                                                "urls: "
                                                                                "http://"
                                                                                "0.0.0.0:2381\n"
                                                                                "      "
                                                                                "listen-peer-urls: "
                                                                                "http://"
                                                                                "0.0.0.0:2380\n"
                                                                                "      "
                                                                                "log-outputs: "
                                                                                "http://"
                                                                                "log.example:80\n"
                                                                                "      "
                                                                                "quota-backend-"
                                                                                "bytes: "
                                                                                "\"8589934592\""
                                                                                "\n" TAIL;

    (void)state;
    expect_there_and_back(
        text, &to_tls, &to_plain,
        "-    etcd-servers: http://127.0.0.1:2379,http://events.example:2379\n"
        "+    etcd-servers: https://127.0.0.1:2379,http://events.example:2379\n"
        "-      advertise-client-urls: http://10.0.0.1:2379 # ours: http\n"
        "-      initial-advertise-peer-urls: 'http://10.0.0.1:2380'\n"
        "-      initial-cluster: cp1=http://10.0.0.1:2380,cp2=http://[fd00::2]:2380\n"
        "-      listen-client-urls: \"http://127.0.0.1:2379,http://10.0.0.1:2379\"\n"
        "+      advertise-client-urls: https://10.0.0.1:2379 # ours: http\n"
        "+      initial-advertise-peer-urls: 'https://10.0.0.1:2380'\n"
        "+      initial-cluster: cp1=https://10.0.0.1:2380,cp2=https://[fd00::2]:2380\n"
        "+      listen-client-urls: \"https://127.0.0.1:2379,https://10.0.0.1:2379\"\n"
        "-      listen-peer-urls: http://0.0.0.0:2380\n"
        "+      listen-peer-urls: https://0.0.0.0:2380\n");
    assert_false(changed(bytes_of_text(text), &to_tls).own_urls);
    assert_false(changed(bytes_of_text(text), &to_tls).is_external);
}

static void
arguments_as_a_list(void **state)
{
    static const char text[] = HEAD("v1beta4", "") "  local:\n"
                                                   "    dataDir: /var/lib/etcd\n"
                                                   "    extraArgs:\n"
                                                   "    - name: listen-metrics-urls\n"
                                                   "      value: http://0.0.0.0:2381\n"
                                                   "    # clients\n"
                                                   "    - name: listen-client-urls\n"
                                                   "      value: https://10.0.0.1:2379\n"
                                                   "    - {name: \"listen-peer-urls\", value: "
                                                   "'https://10.0.0.1:2380'}\n"
                                                   "    - value: https://10.0.0.1:2379\n"
                                                   "      name: advertise-client-urls\n" TAIL;

    (void)state;
    expect_there_and_back(text, &to_plain, &to_tls,
                          "-      value: https://10.0.0.1:2379\n"
                          "-    - {name: \"listen-peer-urls\", value: 'https://10.0.0.1:2380'}\n"
                          "-    - value: https://10.0.0.1:2379\n"
                          "+      value: http://10.0.0.1:2379\n"
                          "+    - {name: \"listen-peer-urls\", value: 'http://10.0.0.1:2380'}\n"
                          "+    - value: http://10.0.0.1:2379\n");
}

static void
clients_of_both_schemes(void **state)
{
    static const char text[] =
        HEAD("v1beta3", "") "  local:\n"
                            "    extraArgs:\n"
                            "      listen-client-urls: http://[::]:2379\n"
                            "      listen-peer-urls: http://[::]:2380\n" TAIL;
    struct bytes before = bytes_of_text(text);
    struct kubeadm_etcd both = to_tls;
    struct kubeadm_config after;

    (void)state;
    both.keeps_other = true;
    after = changed(before, &both);
    assert_string_equal(line_changes(&mem, before, after.text),
                        "-      listen-client-urls: http://[::]:2379\n"
                        "-      listen-peer-urls: http://[::]:2380\n"
                        "+      listen-client-urls: http://[::]:2379,https://[::]:2379\n"
                        "+      listen-peer-urls: https://[::]:2380\n");
    assert_false(changed(after.text, &both).changed);
    assert_true(bytes_equal(changed(after.text, &to_plain).text, before));
    after = changed(after.text, &to_tls);
    assert_true(bytes_equal(after.text, changed(before, &to_tls).text));
}

static void
urls_of_kubeadms_own(void **state)
{
    static const char *const texts[] = {
        HEAD("v1beta2", "") "  local:\n    dataDir: /var/lib/etcd\n" TAIL,
        HEAD("v1beta3", "") "  local: {}\n" TAIL,
        HEAD("v1beta4", "") "  local:\n    extraArgs:\n" TAIL,
        HEAD("v1beta3", "") "  local:\n"
                            "    extraArgs:\n"
                            "      listen-metrics-urls: http://0.0.0.0:2381\n" TAIL,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct bytes text = bytes_of_text(texts[i]);
        struct kubeadm_config result = changed(text, i % 2 == 0 ? &to_tls : &to_plain);

        assert_false(result.changed);
        assert_true(result.own_urls);
        assert_true(bytes_equal(result.text, text));
    }
}

static void
an_external_etcd(void **state)
{
    static const char plain[] = HEAD("v1beta3", "") "  external:\n"
                                                    "    # three hosts\n"
                                                    "    endpoints:\n"
                                                    "    - http://10.0.0.1:2379\n"
                                                    "    - \"http://10.0.0.2:2379\" # db2\n"
                                                    "    - http://192.168.0.9:2379\n" TAIL;
    static const char secure[] =
        HEAD("v1beta2", "") "  external:\n"
                            "    caFile: /etc/kubernetes/pki/etcd/ca.crt\n"
                            "    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt\n"
                            "    endpoints:\n"
                            "    - https://10.0.0.1:2379\n"
                            "    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key\n" TAIL;

    (void)state;
    expect_there_and_back(plain, &to_tls, &to_plain,
                          "+    caFile: /etc/kubernetes/pki/etcd/ca.crt\n"
                          "+    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt\n"
                          "-    - http://10.0.0.1:2379\n"
                          "-    - \"http://10.0.0.2:2379\" # db2\n"
                          "+    - https://10.0.0.1:2379\n"
                          "+    - \"https://10.0.0.2:2379\" # db2\n"
                          "+    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key\n");
    expect_there_and_back(secure, &to_plain, &to_tls,
                          "-    caFile: /etc/kubernetes/pki/etcd/ca.crt\n"
                          "-    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt\n"
                          "-    - https://10.0.0.1:2379\n"
                          "-    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key\n"
                          "+    - http://10.0.0.1:2379\n");
    assert_non_null(strstr(arena_text_of_bytes(&mem, changed(bytes_of_text(plain), &to_tls).text),
                           "  external:\n"
                           "    caFile: /etc/kubernetes/pki/etcd/ca.crt\n"
                           "    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt\n"
                           "    # three hosts\n"
                           "    endpoints:\n"));
    assert_true(changed(bytes_of_text(plain), &to_tls).is_external);
    assert_false(changed(bytes_of_text(plain), &to_tls).own_urls);
}

/* As kubeadm writes no files, and with files that are others. */
static void
external_files_in_quotes(void **state)
{
    static const char plain[] = HEAD("v1beta4", "") "  external:\n"
                                                    "    caFile: \"\"\n"
                                                    "    certFile: \"\"\n"
                                                    "    endpoints: [http://10.0.0.1:2379]\n"
                                                    "    keyFile: \"\"\n" TAIL;
    static const char other[] = HEAD("v1beta4", "") "  external:\n"
                                                    "    caFile: /old/ca.crt\n"
                                                    "    endpoints: [http://10.0.0.1:2379]\n" TAIL;
    struct bytes before = bytes_of_text(other);

    (void)state;
    expect_there_and_back(plain, &to_tls, &to_plain,
                          "-    caFile: \"\"\n"
                          "-    certFile: \"\"\n"
                          "-    endpoints: [http://10.0.0.1:2379]\n"
                          "-    keyFile: \"\"\n"
                          "+    caFile: \"/etc/kubernetes/pki/etcd/ca.crt\"\n"
                          "+    certFile: \"/etc/kubernetes/pki/apiserver-etcd-client.crt\"\n"
                          "+    endpoints: [https://10.0.0.1:2379]\n"
                          "+    keyFile: \"/etc/kubernetes/pki/apiserver-etcd-client.key\"\n");
    assert_string_equal(line_changes(&mem, before, changed(before, &to_tls).text),
                        "-    caFile: /old/ca.crt\n"
                        "-    endpoints: [http://10.0.0.1:2379]\n"
                        "+    caFile: /etc/kubernetes/pki/etcd/ca.crt\n"
                        "+    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt\n"
                        "+    endpoints: [https://10.0.0.1:2379]\n"
                        "+    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key\n");
}

static void
brackets_and_other_line_ends(void **state)
{
    static const char flow[] =
        "{apiVersion: kubeadm.k8s.io/v1beta3, kind: ClusterConfiguration,\n"
        " etcd: {external: {endpoints: ['http://10.0.0.1:2379', \"http://10.0.0.2:2379\"]}}}\n";
    static const char crlf[] = "apiVersion: kubeadm.k8s.io/v1beta4\r\n"
                               "kind: ClusterConfiguration\r\n"
                               "etcd:\r\n"
                               "  external:\r\n"
                               "    endpoints:\r\n"
                               "      - http://10.0.0.1:2379\r\n";

    (void)state;
    expect_there_and_back(
        flow, &to_tls, &to_plain,
        "- etcd: {external: {endpoints: ['http://10.0.0.1:2379', \"http://10.0.0.2:2379\"]}}}\n"
        "+ etcd: {external: {caFile: /etc/kubernetes/pki/etcd/ca.crt, "
        "certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt, "
        "endpoints: ['https://10.0.0.1:2379', \"https://10.0.0.2:2379\"], "
        "keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key}}}\n");
    expect_there_and_back(crlf, &to_tls, &to_plain,
                          "+    caFile: /etc/kubernetes/pki/etcd/ca.crt\r\n"
                          "+    certFile: /etc/kubernetes/pki/apiserver-etcd-client.crt\r\n"
                          "-      - http://10.0.0.1:2379\r\n"
                          "+      - https://10.0.0.1:2379\r\n"
                          "+    keyFile: /etc/kubernetes/pki/apiserver-etcd-client.key\r\n");
}

static void
expect_refusal(const char *text, enum error_code code, const char *why)
{
    struct error e = ERROR_INIT;
    struct kubeadm_config result;

    EXPECT_ERROR(kubeadm_config_change(&mem, bytes_of_text(text), &to_tls, &result, &e), code, why);
    assert_string_equal(e.hint, "change it by hand: kubectl -n kube-system edit configmap "
                                "kubeadm-config");
}

#define BEGIN(version)                                                                             \
    "apiVersion: kubeadm.k8s.io/" version "\n"                                                     \
    "kind: ClusterConfiguration\n"

static void
what_is_not_understood_is_refused(void **state)
{
    (void)state;
    expect_refusal("kind: [a\n", ERROR_FORMAT,
                   "ClusterConfiguration:2:1: flow sequence without a closing bracket");
    expect_refusal(
        "kind: InitConfiguration\n", ERROR_FORMAT,
        "ClusterConfiguration:1:7: kind 'InitConfiguration' is not ClusterConfiguration");
    expect_refusal(BEGIN("v1beta1") "etcd: {local: {}}\n", ERROR_FORMAT,
                   "ClusterConfiguration:1:13: apiVersion 'kubeadm.k8s.io/v1beta1' is none of "
                   "kubeadm.k8s.io/v1beta2, v1beta3 and v1beta4");
    expect_refusal(BEGIN("v1beta3") "etcd: {}\n", ERROR_FORMAT,
                   "ClusterConfiguration:3:1: etcd is neither local nor external");
    expect_refusal(BEGIN("v1beta3") "etcd: {local: {}, external: {endpoints: []}}\n", ERROR_FORMAT,
                   "ClusterConfiguration:3:1: etcd is both local and external");
    expect_refusal(BEGIN("v1beta4") "etcd: {local: {extraArgs: {a: b}}}\n", ERROR_FORMAT,
                   "ClusterConfiguration:3:27: 'extraArgs' is a map, a list belongs here");
    expect_refusal(BEGIN("v1beta3") "etcd: {local: {extraArgs: [{name: a, value: b}]}}\n",
                   ERROR_FORMAT,
                   "ClusterConfiguration:3:27: 'extraArgs' is a list, a map belongs here");
    expect_refusal(
        BEGIN("v1beta3") "etcd:\n"
                         "  local: &it\n"
                         "    dataDir: /a\n",
        ERROR_FORMAT,
        "ClusterConfiguration:4:11: anchors and aliases are not supported: write the value out");
    expect_refusal(BEGIN("v1beta3") "etcd:\n"
                                    "  local:\n"
                                    "    extraArgs:\n"
                                    "      listen-peer-urls: |\n"
                                    "        http://10.0.0.1:2380\n",
                   ERROR_REFUSED,
                   "ClusterConfiguration:7:1: a value of several lines is not changed");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_as_a_map),
        cmocka_unit_test(arguments_as_a_list),
        cmocka_unit_test(clients_of_both_schemes),
        cmocka_unit_test(urls_of_kubeadms_own),
        cmocka_unit_test(an_external_etcd),
        cmocka_unit_test(external_files_in_quotes),
        cmocka_unit_test(brackets_and_other_line_ends),
        cmocka_unit_test(what_is_not_understood_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
