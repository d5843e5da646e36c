#include "expect.h"

#include <stdio.h>
#include <string.h>

#include "line_changes.h"
#include "scratch.h"

#include "format/settings/config_file.h"
#include "format/settings/env_file.h"
#include "format/settings/etcd_flag.h"
#include "format/settings/settings.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

/* Each line of flags-VERSION.txt, which the real etcd's help made, is in the table. */
static void
flags_check(const char *version, unsigned minor)
{
    struct bytes text = golden_load(&mem, arena_printf(&mem, "settings/flags-%s.txt", version));
    char *lines = arena_text_of_bytes(&mem, text);

    for (char *line = lines; *line != '\0';) {
        char *end = strchr(line, '\n');
        char *blank = strchr(line, ' ');
        const struct etcd_flag *flag;

        *end = *blank = '\0';
        flag = etcd_flag_find(line, minor);
        if (flag == NULL)
            fail_msg("etcd %s has a flag '%s' that the table lacks", version, line);
        if ((flag->kind == FLAG_KIND_BOOL) != (strcmp(blank + 1, "bool") == 0))
            fail_msg("etcd %s takes '%s' as %s", version, line, blank + 1);
        line = end + 1;
    }
}

static void
the_table_has_all_flags_of_each_etcd(void **state)
{
    (void)state;
    flags_check("3.4.23", 4);
    flags_check("3.5.30", 5);
    flags_check("3.6.16", 6);
    flags_check("3.7.3", 7);
}

static void
versions_differ(void **state)
{
    bool gate;

    (void)state;
    assert_non_null(etcd_flag_find("experimental-corrupt-check-time", 6));
    assert_null(etcd_flag_find("experimental-corrupt-check-time", 7));
    assert_string_equal(etcd_flag_successor("experimental-corrupt-check-time", &gate),
                        "corrupt-check-time");
    assert_false(gate);
    assert_string_equal(etcd_flag_successor("experimental-initial-corrupt-check", &gate),
                        "InitialCorruptCheck");
    assert_true(gate);
    assert_null(etcd_flag_successor("experimental-enable-v2v3", &gate));
    assert_string_equal(etcd_flag_find("snapshot-count", 5)->fallback, "100000");
    assert_string_equal(etcd_flag_find("snapshot-count", 6)->fallback, "10000");
    assert_string_equal(etcd_flag_find("pre-vote", 4)->fallback, "false");
}

static struct etcd_settings
of_process(const char *cmdline, size_t cmdline_size, const char *environ_, size_t environ_size)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct error e = ERROR_INIT;

    EXPECT_OK(settings_add_process(&mem, &settings, bytes_of(cmdline, cmdline_size),
                                   bytes_of(environ_, environ_size), &e));
    settings_resolve(&settings);
    return settings;
}

#define OF_PROCESS(cmdline, env) of_process((cmdline), sizeof(cmdline), (env), sizeof(env))

static const char *
value_of(const struct etcd_settings *settings, const char *name)
{
    const struct etcd_setting *item = settings_get(settings, name);

    return item != NULL ? item->value : "(none)";
}

static void
a_process_is_its_words_and_its_environment(void **state)
{
    struct etcd_settings settings = OF_PROCESS(
        "etcd\0--name\0m1\0-client-cert-auth\0--peer-client-cert-auth=false\0--name=m2\0--new-flag",
        "PATH=/bin\0ETCD_DATA_DIR=/d\0ETCD_WAL_DIR=\0ETCD_METRICS=a\0ETCD_METRICS=extensive");

    (void)state;
    assert_string_equal(value_of(&settings, "name"), "m2");
    assert_string_equal(value_of(&settings, "client-cert-auth"), "true");
    assert_true(settings_bool(&settings, "client-cert-auth", 5));
    assert_false(settings_bool(&settings, "peer-client-cert-auth", 5));
    assert_true(settings_bool(&settings, "strict-reconfig-check", 5));
    assert_string_equal(value_of(&settings, "new-flag"), "true");
    assert_string_equal(value_of(&settings, "data-dir"), "/d");
    assert_string_equal(value_of(&settings, "wal-dir"), "(none)");
    assert_string_equal(value_of(&settings, "metrics"), "extensive");
    assert_string_equal(settings_value(&mem, &settings, "snapshot-count", 6), "10000");
    assert_null(settings_value(&mem, &settings, "no-such-flag", 6));
    assert_null(settings.conflict);
    assert_null(settings.config_file);
}

static void
the_data_directory_follows_the_name(void **state)
{
    struct etcd_settings settings = OF_PROCESS("etcd\0--name=m1", "A=b");

    (void)state;
    assert_string_equal(settings_value(&mem, &settings, "data-dir", 5), "m1.etcd");
}

static void
a_variable_besides_its_flag_is_a_conflict(void **state)
{
    struct etcd_settings settings = OF_PROCESS("etcd\0--name=m1", "ETCD_NAME=m2");

    (void)state;
    assert_string_equal(value_of(&settings, "name"), "m1");
    assert_non_null(settings.conflict);
    assert_string_equal(settings.conflict->value, "m2");
}

static void
a_config_file_stands_alone(void **state)
{
    struct etcd_settings settings =
        OF_PROCESS("etcd\0--name=m1\0--config-file=/etc/etcd.yml", "ETCD_DATA_DIR=/d");
    struct error e = ERROR_INIT;

    (void)state;
    assert_string_equal(settings.config_file, "/etc/etcd.yml");
    EXPECT_OK(config_file_read(&mem, "/etc/etcd.yml", golden_load(&mem, "settings/config.yml"),
                               &settings, &e));
    settings_resolve(&settings);
    assert_string_equal(value_of(&settings, "name"), "m1");
    assert_string_equal(value_of(&settings, "data-dir"), "/var/lib/etcd/m1");
    assert_string_equal(value_of(&settings, "cert-file"), "/etc/etcd/server.crt");
    assert_string_equal(value_of(&settings, "log-outputs"), "stderr");
    assert_int_equal(settings_get(&settings, "cert-file")->line, 10);
    assert_true(settings_bool(&settings, "client-cert-auth", 5));
}

static void
a_command_line_that_etcd_refuses(void **state)
{
    struct etcd_settings settings = ETCD_SETTINGS_INIT;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(
        settings_add_process(&mem, &settings, BYTES_LITERAL("etcd\0--name"), BYTES_NONE, &e),
        ERROR_FORMAT, "flag '--name' has no value: etcd does not start with it");
    EXPECT_ERROR(
        settings_add_process(&mem, &settings, BYTES_LITERAL("etcd\0gateway"), BYTES_NONE, &e),
        ERROR_FORMAT, "'gateway' is no flag: etcd does not start with it");
}

struct env_case {
    const char *text;
    const char *name;
    const char *value; /* NULL: not there */
};

/* What systemd 252 makes of each, asked through its user-environment-generators/30-systemd-environment-d-generator,
 * which reads its files with the same code. */
static const struct env_case env_cases[] = {
    {"A=b", "A", "b"},
    {"A=b c  \n", "A", "b c"},
    {"  A = b\n", "A", "b"},
    {"A=\"b c\"\n", "A", "b c"},
    {"A='b \"c\"'\n", "A", "b \"c\""},
    {"A=\"b\\\"c\\$d\\e\"\n", "A", "b\"c$d\\e"},
    {"A=b\\\nc\n", "A", "bc"},
    {"A=\"b\\\nc\"\n", "A", "bc"},
    {"A=b # c\n", "A", "b # c"},
    {"#A=b\n", "A", NULL},
    {";A=b\n", "A", NULL},
    {"# x \\\nA=b\n", "A", NULL},
    {"A=\n", "A", ""},
    {"A=b\r\nC=d\r\n", "A", "b"},
    {"A=\"b\"c'd'\n", "A", "bc'd'"},
    {"A=\"b\" \"c\"\n", "A", "bc"},
    {"A=x\\ \n", "A", "x "},
    {"A=\\\"q\n", "A", "\"q"},
    {"export A=b\n", "A", NULL},
    {"A\nB=c\n", "B", "c"},
    {"A=1\nA=2\n", "A", "2"},
    {"A=\"two\nlines\"\n", "A", "two\nlines"},
};

static void
environment_files_are_read_as_systemd_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(env_cases) / sizeof(env_cases[0]); i++) {
        struct env_variables vars = {ARRAY_INIT};
        const struct env_variable *var;
        struct error e = ERROR_INIT;

        EXPECT_OK(env_file_parse(&mem, "f.env", bytes_of_text(env_cases[i].text), &vars, &e));
        var = env_variables_get(&vars, env_cases[i].name);
        if (env_cases[i].value == NULL)
            assert_null(var);
        else if (var == NULL || strcmp(var->value, env_cases[i].value) != 0)
            fail_msg("'%s' gives '%s'", env_cases[i].text, var != NULL ? var->value : "(none)");
    }
}

struct edit_case {
    const char *text;
    struct setting_change change;
    const char *lines;
};

static const struct edit_case env_edits[] = {
    {"# c\nETCD_NAME=a\nX=1\n", {"name", "b"}, "-ETCD_NAME=a\n+ETCD_NAME=b\n"},
    {"ETCD_NAME=a", {"name", "b"}, "-ETCD_NAME=a<end>\n+ETCD_NAME=b<end>\n"},
    {"ETCD_NAME='a'  \n", {"name", "b"}, "-ETCD_NAME='a'  \n+ETCD_NAME=\"b\"  \n"},
    {"ETCD_NAME=a\r\nX=1\r\n", {"data-dir", "/d"}, "+ETCD_DATA_DIR=/d\r\n"},
    {"ETCD_NAME=a\r\nX=1\r\n", {"name", NULL}, "-ETCD_NAME=a\r\n"},
    {"X=1", {"name", "b"}, "-X=1<end>\n+X=1\n+ETCD_NAME=b\n"},
    {"ETCD_NAME=a\nETCD_NAME=b\n", {"name", NULL}, "-ETCD_NAME=a\n-ETCD_NAME=b\n"},
    {"ETCD_NAME=a\nETCD_NAME=b\n", {"name", "c"}, "-ETCD_NAME=b\n+ETCD_NAME=c\n"},
    {"ETCD_NAME=\n", {"name", "x y$"}, "-ETCD_NAME=\n+ETCD_NAME=\"x y\\$\"\n"},
    {"ETCD_NAME=a\n", {"name", "a"}, ""},
    {"", {"name", "a"}, "+ETCD_NAME=a\n"},
};

static void
an_edit_of_an_environment_file_is_minimal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(env_edits) / sizeof(env_edits[0]); i++) {
        struct bytes before = bytes_of_text(env_edits[i].text);
        struct error e = ERROR_INIT;
        struct bytes after;

        EXPECT_OK(env_file_change(&mem, "f.env", before, &env_edits[i].change, 1, &after, &e));
        assert_string_equal(line_changes(&mem, before, after), env_edits[i].lines);
    }
}

static void
an_edit_that_would_not_read_back_is_refused(void **state)
{
    struct setting_change change = {"name", "x"};
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_ERROR(
        env_file_change(&mem, "f.env", BYTES_LITERAL("A=\"open\n"), &change, 1, &after, &e),
        ERROR_VERIFY, "f.env: an edit would change 'A' as well");
    change.value = "a\nb";
    EXPECT_ERROR(env_file_change(&mem, "f.env", BYTES_LITERAL("A=1\n"), &change, 1, &after, &e),
                 ERROR_USAGE, "the value of 'name' holds a line end");
}

static void
kubesprays_file_keeps_its_form(void **state)
{
    static const struct setting_change changes[] = {
        {"enable-v2", NULL},
        {"snapshot-count", "10000"},
        {"initial-cluster", "etcd1=https://10.0.0.1:2380"},
        {"listen-metrics-urls", "http://127.0.0.1:2381"},
    };
    struct bytes before = golden_load(&mem, "settings/kubespray-etcd.env");
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(env_file_change(&mem, "/etc/etcd.env", before, changes, 4, &after, &e));
    assert_string_equal(
        line_changes(&mem, before, after),
        "-ETCD_INITIAL_CLUSTER=etcd1=https://10.0.0.1:2380,etcd2=https://10.0.0.2:2380,"
        "etcd3=https://10.0.0.3:2380\n"
        "+ETCD_INITIAL_CLUSTER=etcd1=https://10.0.0.1:2380\n"
        "-ETCD_SNAPSHOT_COUNT=100000\n"
        "+ETCD_SNAPSHOT_COUNT=10000\n"
        "-ETCD_ENABLE_V2=true\n"
        "+ETCD_LISTEN_METRICS_URLS=http://127.0.0.1:2381\n");
}

static void
a_config_file_is_edited_in_place(void **state)
{
    static const struct setting_change changes[] = {
        {"name", "it's"},
        {"data-dir", "/srv/etcd"},
        {"snapshot-count", "50000"},
        {"pre-vote", NULL},
        {"cert-file", "/etc/etcd/new.crt"},
        {"trusted-ca-file", "/etc/etcd/ca.crt"},
        {"peer-cert-file", "/etc/etcd/peer.crt"},
        {"peer-client-cert-auth", "true"},
        {"log-outputs", "stdout"},
    };
    struct bytes before = golden_load(&mem, "settings/config.yml");
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(config_file_change(&mem, "c.yml", before, changes, 9, &after, &e));
    assert_string_equal(line_changes(&mem, before, after),
                        "-name: 'm1'\n"
                        "-data-dir: /var/lib/etcd/m1   # on its own disk\n"
                        "-snapshot-count: 10000\n"
                        "+name: 'it''s'\n"
                        "+data-dir: /srv/etcd   # on its own disk\n"
                        "+snapshot-count: 50000\n"
                        "-log-outputs: [stderr]\n"
                        "-pre-vote: true\n"
                        "+log-outputs: [stdout]\n"
                        "-  cert-file: /etc/etcd/server.crt  # by hand\n"
                        "+  cert-file: /etc/etcd/new.crt  # by hand\n"
                        "+  trusted-ca-file: /etc/etcd/ca.crt\n"
                        "+peer-transport-security:\n"
                        "+  cert-file: /etc/etcd/peer.crt\n"
                        "+  client-cert-auth: true\n");
}

static void
a_section_goes_with_its_last_key(void **state)
{
    static const struct setting_change changes[] = {{"cert-file", NULL}};
    struct bytes before =
        BYTES_LITERAL("name: a\nclient-transport-security:\n  cert-file: x\nb: 1");
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(config_file_change(&mem, "c.yml", before, changes, 1, &after, &e));
    assert_string_equal(line_changes(&mem, before, after),
                        "-client-transport-security:\n-  cert-file: x\n");
    EXPECT_ERROR(config_file_change(&mem, "c.yml", BYTES_LITERAL("{name: a}\n"),
                                    &(struct setting_change){"data-dir", "/d"}, 1, &after, &e),
                 ERROR_REFUSED,
                 "c.yml:1:1: an empty list or map, or one in brackets, is not added to");
}

/* All at once, as on the way back from TLS; one that stays, or comes, keeps it. */
static void
a_section_goes_with_all_its_keys(void **state)
{
    static const struct setting_change changes[] = {
        {"trusted-ca-file", NULL}, {"cert-file", NULL}, {"key-file", NULL}, {"auto-tls", "true"}};
    struct bytes before = BYTES_LITERAL("name: a\n"
                                        "client-transport-security:\n"
                                        "  cert-file: x\n"
                                        "  key-file: y\n"
                                        "peer-transport-security:\n"
                                        "  cert-file: x\n");
    struct error e = ERROR_INIT;
    struct bytes after;

    (void)state;
    EXPECT_OK(config_file_change(&mem, "c.yml", before, changes, 3, &after, &e));
    assert_string_equal(line_changes(&mem, before, after),
                        "-client-transport-security:\n-  cert-file: x\n-  key-file: y\n");
    EXPECT_OK(config_file_change(&mem, "c.yml", before, changes, 2, &after, &e));
    assert_string_equal(line_changes(&mem, before, after), "-  cert-file: x\n");
    EXPECT_OK(config_file_change(&mem, "c.yml", before, changes, 4, &after, &e));
    assert_string_equal(line_changes(&mem, before, after),
                        "-  cert-file: x\n-  key-file: y\n+  auto-tls: true\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_all_flags_of_each_etcd),
        cmocka_unit_test(versions_differ),
        cmocka_unit_test(a_process_is_its_words_and_its_environment),
        cmocka_unit_test(the_data_directory_follows_the_name),
        cmocka_unit_test(a_variable_besides_its_flag_is_a_conflict),
        cmocka_unit_test(a_config_file_stands_alone),
        cmocka_unit_test(a_command_line_that_etcd_refuses),
        cmocka_unit_test(environment_files_are_read_as_systemd_reads_them),
        cmocka_unit_test(an_edit_of_an_environment_file_is_minimal),
        cmocka_unit_test(an_edit_that_would_not_read_back_is_refused),
        cmocka_unit_test(kubesprays_file_keeps_its_form),
        cmocka_unit_test(a_config_file_is_edited_in_place),
        cmocka_unit_test(a_section_goes_with_its_last_key),
        cmocka_unit_test(a_section_goes_with_all_its_keys),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
