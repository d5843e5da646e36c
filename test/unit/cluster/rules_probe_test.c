/* Which checks of an etcd with TLS are answered. */
#include "cluster/rules_probe.h"

#include <string.h>

#include "expect.h"

static void
set(struct arena *mem, struct etcd_settings *settings, const char *name, const char *value)
{
    settings_add(mem, settings, (struct etcd_setting){.name = name, .value = value});
    settings_resolve(settings);
}

static struct etcd_settings
settings_of(struct arena *mem)
{
    struct etcd_settings s = ETCD_SETTINGS_INIT;

    set(mem, &s, "listen-client-urls", "https://10.0.0.1:2379,https://127.0.0.1:2379");
    set(mem, &s, "listen-peer-urls", "https://10.0.0.1:2380");
    set(mem, &s, "trusted-ca-file", "/ca");
    return s;
}

static void
expect_word(struct arena *mem, const struct etcd_settings *s, struct health_probe probe,
            const char *word)
{
    struct probe_flaw flaw = probe_judge(mem, &probe, s);

    if (word == NULL)
        assert_null(flaw.word);
    else
        assert_string_equal(flaw.word, word);
}

static void
test_each_way(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_settings s = settings_of(&mem);

    (void)state;
    expect_word(&mem, &s, (struct health_probe){.way = PROBE_HTTP, .port = "2379"},
                "probe-plain-http");
    expect_word(&mem, &s, (struct health_probe){.way = PROBE_TCP, .port = "2380"}, "probe-tcp");
    expect_word(&mem, &s, (struct health_probe){.way = PROBE_HTTPS, .port = "2379"},
                "probe-without-certificate");
    expect_word(
        &mem, &s,
        (struct health_probe){.way = PROBE_HTTPS, .port = "2379", .shows_certificate = true}, NULL);
    expect_word(&mem, &s,
                (struct health_probe){.way = PROBE_HTTP, .port = "2379", .is_client = true},
                "client-plain-http");
    expect_word(&mem, &s, (struct health_probe){.way = PROBE_HTTP, .port = "2381"}, NULL);
}

static void
test_both_schemes_are_plain(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_settings s = settings_of(&mem);

    (void)state;
    set(&mem, &s, "listen-client-urls", "http://10.0.0.1:2379,https://10.0.0.1:2379");
    assert_int_equal(port_speech_of(&mem, &s, "2379"), PORT_PLAIN);
    assert_int_equal(port_speech_of(&mem, &s, "2380"), PORT_TLS);
    assert_int_equal(port_speech_of(&mem, &s, "23"), PORT_UNUSED);
    expect_word(&mem, &s, (struct health_probe){.way = PROBE_HTTP, .port = "2379"}, NULL);
}

static void
test_remedy(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_settings s = settings_of(&mem);

    (void)state;
    assert_non_null(strstr(probe_remedy(&mem, &s), "--listen-metrics-urls=http://127.0.0.1:2381"));
    set(&mem, &s, "listen-metrics-urls", "https://10.0.0.1:2382,http://127.0.0.1:9090");
    assert_non_null(strstr(probe_remedy(&mem, &s), "ask http://127.0.0.1:9090/livez"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_way),
        cmocka_unit_test(test_both_schemes_are_plain),
        cmocka_unit_test(test_remedy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
