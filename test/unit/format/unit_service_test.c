#include "expect.h"

#include <string.h>

#include "line_changes.h"
#include "scratch.h"

#include "format/settings/unit_service.h"

static struct arena mem = ARENA_INIT;
static const struct unit_names names = {"etcd.service", "db1.example.org"};
static const char drop_in_path[] = "/etc/systemd/system/etcd.service.d/quorate.conf";

static int
group_end(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static const char *
value_of(const struct etcd_settings *settings, const char *name)
{
    const struct etcd_setting *item = settings_get(settings, name);

    return item != NULL ? item->value : "(none)";
}

static struct unit_service
parsed(const struct settings_file *files, size_t count)
{
    struct error e = ERROR_INIT;
    struct unit_service unit;

    EXPECT_OK(unit_service_parse(&mem, files, count, &names, &unit, &e));
    return unit;
}

static void
debians_unit(void **state)
{
    struct settings_file unit_file = {"/lib/systemd/system/etcd.service",
                                      golden_load(&mem, "settings/debian-etcd.service"), false};
    struct settings_file env = {"/etc/default/etcd",
                                golden_load(&mem, "settings/debian-default-etcd"), false};
    static const struct setting_change changes[] = {{"name", "m1"}, {"metrics", "extensive"}};
    struct unit_service unit = parsed(&unit_file, 1);
    struct etcd_settings settings;
    struct settings_files changed;
    struct error e = ERROR_INIT;

    (void)state;
    assert_string_equal(unit.program, "/usr/bin/etcd");
    assert_string_equal(unit.user, "etcd");
    assert_int_equal(unit.env_files.count, 1);
    assert_string_equal(unit.env_files.items[0].path, "/etc/default/etcd");
    assert_true(unit.env_files.items[0].optional);
    EXPECT_OK(unit_service_settings(&mem, &unit, &env, &settings, &e));
    assert_string_equal(value_of(&settings, "name"), "db1.example.org");
    assert_string_equal(value_of(&settings, "data-dir"), "/var/lib/etcd/default");
    assert_int_equal(settings_get(&settings, "name")->line, 10);

    EXPECT_OK(
        unit_service_change(&mem, &unit, &env, drop_in_path, &names, changes, 2, &changed, &e));
    assert_int_equal(changed.items.count, 1);
    assert_string_equal(changed.items.items[0].path, "/etc/default/etcd");
    assert_string_equal(line_changes(&mem, env.bytes, changed.items.items[0].bytes),
                        "+ETCD_NAME=m1\n+ETCD_METRICS=extensive\n");

    env.missing = true;
    EXPECT_OK(
        unit_service_change(&mem, &unit, &env, drop_in_path, &names, changes, 2, &changed, &e));
    assert_int_equal(changed.items.count, 1);
    assert_string_equal(changed.items.items[0].path, drop_in_path);
    assert_string_equal(
        arena_text_of_bytes(&mem, changed.items.items[0].bytes),
        "[Service]\nEnvironment=ETCD_NAME=m1\nEnvironment=ETCD_METRICS=extensive\n");
}

static void
flags_in_the_environment_file_are_words(void **state)
{
    struct settings_file unit_file = {"/lib/systemd/system/etcd.service",
                                      golden_load(&mem, "settings/debian-etcd.service"), false};
    struct settings_file env = {
        "/etc/default/etcd", BYTES_LITERAL("DAEMON_ARGS=\"--name x --data-dir '/a b'\"\n"), false};
    struct unit_service unit = parsed(&unit_file, 1);
    struct etcd_settings settings;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(unit_service_settings(&mem, &unit, &env, &settings, &e));
    assert_string_equal(value_of(&settings, "name"), "x");
    assert_string_equal(value_of(&settings, "data-dir"), "/a b");
    assert_string_equal(settings_get(&settings, "name")->file, "/etc/default/etcd");
    /* Debian's own Environment=ETCD_NAME stands besides it. */
    assert_string_equal(settings.conflict->name, "data-dir");
}

static void
kubesprays_unit(void **state)
{
    struct settings_file unit_file = {"/etc/systemd/system/etcd.service",
                                      golden_load(&mem, "settings/kubespray-etcd.service"), false};
    struct settings_file env = {"/etc/etcd.env", golden_load(&mem, "settings/kubespray-etcd.env"),
                                false};
    struct unit_service unit = parsed(&unit_file, 1);
    struct etcd_settings settings;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(unit_service_settings(&mem, &unit, &env, &settings, &e));
    assert_string_equal(value_of(&settings, "name"), "etcd1");
    assert_true(settings_bool(&settings, "peer-client-cert-auth", 5));
    assert_null(settings.conflict);
    env.missing = true;
    EXPECT_ERROR(unit_service_settings(&mem, &unit, &env, &settings, &e), ERROR_NOT_FOUND,
                 "environment file '/etc/etcd.env' is missing");
}

static const char plain_unit[] = "[Unit]\n"
                                 "Description=etcd\n"
                                 "[Service]\n"
                                 "Environment=\"ETCD_METRICS=basic\" GOGC=50 'ETCD_CORS=a b'\n"
                                 "Environment=ETCD_LOG_LEVEL=debug\n"
                                 "ExecStart=/usr/local/bin/etcd \\\n"
                                 "  # the name\n"
                                 "  --name %l \\\n"
                                 "  --data-dir=\"/var/lib/etcd data\" \\\n"
                                 "  --listen-peer-urls http://10.0.0.1:2380 \\\n"
                                 "  --initial-cluster-token=100%% \\\n"
                                 "  --snapshot-count=5000\n"
                                 "User=etcd\n";

static struct settings_file
plain_file(void)
{
    return (struct settings_file){"/etc/systemd/system/etcd.service", BYTES_LITERAL(plain_unit),
                                  false};
}

static void
continued_lines_quotes_and_specifiers(void **state)
{
    struct settings_file file = plain_file();
    struct unit_service unit = parsed(&file, 1);
    struct etcd_settings settings;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(unit_service_settings(&mem, &unit, NULL, &settings, &e));
    assert_string_equal(value_of(&settings, "name"), "db1");
    assert_string_equal(value_of(&settings, "data-dir"), "/var/lib/etcd data");
    assert_string_equal(value_of(&settings, "initial-cluster-token"), "100%");
    assert_string_equal(value_of(&settings, "cors"), "a b");
    assert_string_equal(value_of(&settings, "log-level"), "debug");
    assert_int_equal(settings_get(&settings, "listen-peer-urls")->line, 10);
}

struct unit_edit {
    struct setting_change change;
    const char *lines; /* of the unit; "" when it is the drop-in that changes */
};

static const struct unit_edit unit_edits[] = {
    {{"name", "m1"}, "-  --name %l \\\n+  --name m1 \\\n"},
    {{"data-dir", "/d"}, "-  --data-dir=\"/var/lib/etcd data\" \\\n+  --data-dir=/d \\\n"},
    {{"data-dir", "/a \"b\" 5% $x"},
     "-  --data-dir=\"/var/lib/etcd data\" \\\n"
     "+  \"--data-dir=/a \\\"b\\\" 5%% $$x\" \\\n"},
    {{"listen-peer-urls", NULL}, "-  --listen-peer-urls http://10.0.0.1:2380 \\\n"},
    {{"snapshot-count", NULL},
     "-  --initial-cluster-token=100%% \\\n-  --snapshot-count=5000\n"
     "+  --initial-cluster-token=100%%\n"},
    {{"metrics", "extensive"},
     "-Environment=\"ETCD_METRICS=basic\" GOGC=50 'ETCD_CORS=a b'\n"
     "+Environment=ETCD_METRICS=extensive GOGC=50 'ETCD_CORS=a b'\n"},
    {{"cors", NULL},
     "-Environment=\"ETCD_METRICS=basic\" GOGC=50 'ETCD_CORS=a b'\n"
     "+Environment=\"ETCD_METRICS=basic\" GOGC=50\n"},
    {{"log-level", NULL}, "-Environment=ETCD_LOG_LEVEL=debug\n"},
    {{"wal-dir", "/w"}, ""},
    {{"wal-dir", NULL}, NULL},
};

static void
an_edit_of_a_unit_is_minimal(void **state)
{
    struct settings_file file = plain_file();
    struct unit_service unit = parsed(&file, 1);

    (void)state;
    for (size_t i = 0; i < sizeof(unit_edits) / sizeof(unit_edits[0]); i++) {
        struct settings_files changed;
        struct error e = ERROR_INIT;

        EXPECT_OK(unit_service_change(&mem, &unit, NULL, drop_in_path, &names,
                                      &unit_edits[i].change, 1, &changed, &e));
        assert_int_equal(changed.items.count, unit_edits[i].lines != NULL);
        if (unit_edits[i].lines == NULL)
            continue;
        if (unit_edits[i].lines[0] == '\0')
            assert_string_equal(changed.items.items[0].path, drop_in_path);
        else
            assert_string_equal(line_changes(&mem, file.bytes, changed.items.items[0].bytes),
                                unit_edits[i].lines);
    }
}

static void
a_drop_in_comes_behind_and_may_forget(void **state)
{
    struct settings_file files[] = {
        plain_file(),
        {"/etc/systemd/system/etcd.service.d/a.conf",
         BYTES_LITERAL("[Service]\nExecStart=\n"
                       "ExecStart=-/opt/etcd --name ${WHO}x $NONE --cors=$$a\n"
                       "Environment=\nEnvironment=WHO=w ETCD_WAL_DIR=/w\n"),
         false},
        {drop_in_path, BYTES_LITERAL("[Service]\nUnsetEnvironment=ETCD_WAL_DIR"), false},
    };
    struct unit_service unit;
    struct etcd_settings settings;
    struct settings_files changed;
    struct error e = ERROR_INIT;

    (void)state;
    unit = parsed(files, 3);
    EXPECT_OK(unit_service_settings(&mem, &unit, NULL, &settings, &e));
    assert_string_equal(unit.program, "/opt/etcd");
    assert_string_equal(value_of(&settings, "name"), "wx");
    assert_string_equal(value_of(&settings, "cors"), "$a");
    assert_string_equal(value_of(&settings, "wal-dir"), "(none)");
    assert_string_equal(value_of(&settings, "metrics"), "(none)");

    EXPECT_OK(unit_service_change(&mem, &unit, NULL, drop_in_path, &names,
                                  &(struct setting_change){"metrics", "basic"}, 1, &changed, &e));
    assert_int_equal(changed.items.count, 1);
    assert_string_equal(line_changes(&mem, files[2].bytes, changed.items.items[0].bytes),
                        "-UnsetEnvironment=ETCD_WAL_DIR<end>\n+UnsetEnvironment=ETCD_WAL_DIR\n"
                        "+[Service]\n+Environment=ETCD_METRICS=basic\n");
}

static void
a_drop_in_with_nothing_in_it_goes(void **state)
{
    static const struct {
        const char *text;
        bool goes;
    } drop_ins[] = {
        {"[Service]\nEnvironment=ETCD_MAX_TXN_OPS=5\n", true},
        {"[Service]\n[Service]\nEnvironment=ETCD_MAX_TXN_OPS=5\n\n", true},
        {"[Service]\nEnvironment=ETCD_MAX_TXN_OPS=5 ETCD_CORS=x\n", false},
        {"[Service]\nEnvironment=ETCD_MAX_TXN_OPS=5\n# kept\n", false},
        {"[Unit]\n[Service]\nEnvironment=ETCD_MAX_TXN_OPS=5\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(drop_ins) / sizeof(drop_ins[0]); i++) {
        struct settings_file files[] = {
            plain_file(),
            {drop_in_path, bytes_of_text(drop_ins[i].text), false},
        };
        struct unit_service unit = parsed(files, 2);
        struct settings_files changed;
        struct error e = ERROR_INIT;

        EXPECT_OK(unit_service_change(&mem, &unit, NULL, drop_in_path, &names,
                                      &(struct setting_change){"max-txn-ops", NULL}, 1, &changed,
                                      &e));
        assert_int_equal(changed.items.count, 1);
        assert_string_equal(changed.items.items[0].path, drop_in_path);
        assert_int_equal(changed.items.items[0].missing, drop_ins[i].goes);
    }
}

struct unit_refusal {
    const char *path;
    const char *text;
    enum error_code code;
    const char *message;
};

static const struct unit_refusal refusals[] = {
    {"/u", "[Service]\nUser=x\n", ERROR_FORMAT, "/u: no ExecStart in [Service]"},
    {"/u", "[Service]\nExecStart=/bin/sh -c \"etcd $ARGS\"\n", ERROR_REFUSED,
     "/u:2: ExecStart starts '/bin/sh' and not etcd: its flags cannot be told"},
    {"/u", "[Service]\nExecStart=/e --name \"x\n", ERROR_FORMAT,
     "/u:2: a quote in 'ExecStart' is not closed, or an escape not known"},
    {"/u", "[Service]\nExecStart=/e\nExecStart=/e\n", ERROR_FORMAT,
     "/u:3: a second ExecStart: systemd refuses the unit"},
    {"/u", "[Service]\nExecStart=/e --name=%Z\n", ERROR_FORMAT,
     "/u:2: specifier '%Z' is not known"},
    {"/u", "[Service]\nExecStart=/e --name=a ; /bin/true\n", ERROR_REFUSED,
     "/u:2: several commands in one ExecStart"},
    {"/u", "[Service]\nEnvironmentFile=/etc/*.env\nExecStart=/e\n", ERROR_REFUSED,
     "/u:2: EnvironmentFile with a pattern ('/etc/*.env') is not supported"},
};

static void
what_is_not_understood_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct settings_file file = {refusals[i].path, bytes_of_text(refusals[i].text), false};
        struct error e = ERROR_INIT;
        struct unit_service unit;

        EXPECT_ERROR(unit_service_parse(&mem, &file, 1, &names, &unit, &e), refusals[i].code,
                     refusals[i].message);
    }
}

static void
a_flag_in_the_packages_unit_is_not_changed(void **state)
{
    struct settings_file file = {"/lib/systemd/system/etcd.service",
                                 BYTES_LITERAL("[Service]\nExecStart=/usr/bin/etcd --name=a\n"),
                                 false};
    struct unit_service unit = parsed(&file, 1);
    struct settings_files changed;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(unit_service_change(&mem, &unit, NULL, drop_in_path, &names,
                                     &(struct setting_change){"name", "b"}, 1, &changed, &e),
                 ERROR_REFUSED,
                 "/lib/systemd/system/etcd.service:2: 'name' is set in a file of the package");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debians_unit),
        cmocka_unit_test(flags_in_the_environment_file_are_words),
        cmocka_unit_test(kubesprays_unit),
        cmocka_unit_test(continued_lines_quotes_and_specifiers),
        cmocka_unit_test(an_edit_of_a_unit_is_minimal),
        cmocka_unit_test(a_drop_in_comes_behind_and_may_forget),
        cmocka_unit_test(a_drop_in_with_nothing_in_it_goes),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(a_flag_in_the_packages_unit_is_not_changed),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
