/* Labs of real etcds: each version in the folder $QUORATE_ETCDS; without one these are skipped. */
#include "ops/lab.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/time.h"
#include "etcd/kv.h"
#include "ops/lab_etcd.h"
#include "ops/lab_ports.h"
#include "plan/lock.h"

enum { PATIENCE_MS = 60000, LOOK_AGAIN_MS = 20 };

struct fixture {
    struct arena mem;
    const char *state;
    struct error e;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->state = mkdtemp(arena_text(&f->mem, "/tmp/quorate-lab-XXXXXX"));
    *state = f;
    return f->state == NULL;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    const char **names = NULL;
    size_t count = 0;
    bool done = lab_list(&f->mem, f->state, &names, &count, &f->e);

    for (size_t i = 0; i < count; i++) {
        struct error ignored = ERROR_INIT;

        if (!lab_down(f->state, names[i], false, &ignored))
            print_message("%s\n", ignored.text);
    }
    done = tree_remove(f->state, &f->e) && done;
    arena_release(&f->mem);
    free(f);
    return done ? 0 : 1;
}

/* The folder of etcds, or the end of the test. */
static const char *
etcds(void)
{
    const char *folder = getenv("QUORATE_ETCDS");

    if (folder == NULL) {
        print_message("skipped: QUORATE_ETCDS names no folder of etcd programs\n");
        skip();
    }
    return folder;
}

static struct lab *
up(struct fixture *f, const struct lab_up_request *request)
{
    struct lab_up_request full = *request;
    struct lab *lab;

    full.state_dir = f->state;
    full.timeout_ms = PATIENCE_MS;
    if (!lab_up(&f->mem, &full, &lab, &f->e))
        fail_msg("%s (%s)", f->e.text, f->e.hint);
    return lab;
}

static void
assert_healthy(const struct lab *lab, size_t count)
{
    assert_int_equal(lab->members.count, count);
    for (size_t i = 0; i < count; i++) {
        if (!lab->members.items[i].healthy)
            fail_msg("%s", lab->members.items[i].reason);
        assert_int_equal(lab->members.items[i].state, SUPERVISOR_RUNNING);
    }
}

static struct lab *
status(struct fixture *f, const char *name)
{
    struct lab *lab;

    if (!lab_status(&f->mem, f->state, name, &lab, &f->e))
        fail_msg("%s", f->e.text);
    return lab;
}

static struct lab *
wait_healthy(struct fixture *f, const char *name)
{
    int64_t deadline = time_monotonic_ms() + PATIENCE_MS;

    for (;;) {
        struct lab *lab = status(f, name);
        size_t healthy = 0;

        for (size_t i = 0; i < lab->members.count; i++)
            healthy += lab->members.items[i].healthy;
        if (healthy == lab->members.count)
            return lab;
        if (time_monotonic_ms() > deadline)
            fail_msg("the lab is not healthy");
        time_sleep_ms(LOOK_AGAIN_MS);
    }
}

static struct etcd_client *
client_of(struct fixture *f, const struct inventory *inventory)
{
    struct etcd_options options = ETCD_OPTIONS_INIT;
    struct etcd_client *client;

    options.endpoints = inventory->members.items[0].client_urls.items;
    options.endpoint_count = 1;
    options.ca_file = inventory->client_tls.ca_file;
    options.cert_file = inventory->client_tls.cert_file;
    options.key_file = inventory->client_tls.key_file;
    if (!etcd_client_open(&options, &client, &f->e))
        fail_msg("%s", f->e.text);
    return client;
}

static void
put(struct fixture *f, const struct inventory *inventory)
{
    AUTO_ETCD_CLIENT client = client_of(f, inventory);
    struct etcd_put_request request = {.key = BYTES_LITERAL("k"), .value = BYTES_LITERAL("v")};
    struct etcd_put_response response;

    if (!etcd_put(&f->mem, client, &request, &response, &f->e))
        fail_msg("%s", f->e.text);
}

static void
assert_key_there(struct fixture *f, const struct inventory *inventory)
{
    AUTO_ETCD_CLIENT client = client_of(f, inventory);
    struct etcd_range_request request = {.key = BYTES_LITERAL("k")};
    struct etcd_range_response response;

    if (!etcd_range(&f->mem, client, &request, &response, &f->e))
        fail_msg("%s", f->e.text);
    assert_int_equal(response.count, 1);
}

/* A lab's whole life, on each version. */
static void
test_life_of_a_lab(void **state)
{
    struct fixture *f = *state;
    const char *folder = etcds();
    const char **versions;
    size_t count;

    assert_true(dir_list(&f->mem, folder, &versions, &count, &f->e));
    for (size_t i = 0; i < count; i++) {
        struct lab_up_request request = {.name = "life", .etcd = versions[i]};
        struct lab *lab;
        int64_t start = time_monotonic_ms();
        pid_t before;

        if (!path_exists(arena_printf(&f->mem, "%s/%s/etcd", folder, versions[i])))
            continue;
        lab = up(f, &request);
        print_message("etcd %s: up in %d ms\n", versions[i], (int)(time_monotonic_ms() - start));
        assert_healthy(lab, 3);
        assert_string_equal(lab->inventory->lab->etcd_version, versions[i]);
        assert_string_equal(lab->inventory->name, "lab:life");
        put(f, lab->inventory);

        assert_true(lab_member_kill(f->state, "life", "m2", &f->e));
        lab = status(f, "life");
        assert_int_equal(lab->members.items[1].state, SUPERVISOR_DOWN);
        assert_string_equal(lab->members.items[1].last_end, "killed by SIGKILL");
        assert_false(lab->members.items[1].healthy);
        assert_string_equal(lab->members.items[1].reason, "down");
        assert_true(lab_member_stop(f->state, "life", "m1", &f->e));
        assert_true(lab_member_start(f->state, "life", "m1", &f->e));
        assert_true(lab_member_start(f->state, "life", "m2", &f->e));
        lab = wait_healthy(f, "life");

        /* The supervisor is killed: 'up' brings back the same members with their data. */
        before = lab->supervisor_pid;
        kill(before, SIGKILL);
        for (lab = status(f, "life"); lab->supervisor_pid != 0; lab = status(f, "life"))
            time_sleep_ms(LOOK_AGAIN_MS);
        assert_int_equal(lab->members.items[0].state, SUPERVISOR_DOWN);
        lab = up(f, &request);
        assert_healthy(lab, 3);
        assert_true(lab->supervisor_pid != before);
        assert_key_there(f, lab->inventory);

        assert_true(lab_down(f->state, "life", true, &f->e));
        assert_healthy(up(f, &request), 3);
        assert_true(lab_down(f->state, "life", false, &f->e));
        assert_false(path_exists(lab->inventory->lab->dir));
    }
}

static void
test_labs_side_by_side_with_and_without_tls(void **state)
{
    struct fixture *f = *state;
    struct lab *one;
    struct lab *two;
    const char **names;
    struct stat st;
    size_t count;

    etcds();
    one = up(f, &(struct lab_up_request){.name = "one", .member_count = 1});
    two = up(f, &(struct lab_up_request){.name = "two", .member_count = 1, .tls = true});
    assert_healthy(one, 1);
    assert_healthy(two, 1);
    assert_int_equal(strncmp(two->inventory->members.items[0].client_urls.items[0], "https:", 6),
                     0);
    assert_int_equal(stat(two->inventory->client_tls.key_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    put(f, two->inventory);
    assert_true(lab_list(&f->mem, f->state, &names, &count, &f->e));
    assert_int_equal(count, 2);
    assert_true(lab_down(f->state, "two", false, &f->e));
    assert_healthy(status(f, "one"), 1);
}

static void
assert_error(struct fixture *f, bool done, enum error_code code, const char *text, const char *hint)
{
    assert_false(done);
    assert_string_equal(f->e.text, text);
    assert_int_equal(f->e.code, code);
    if (hint != NULL)
        assert_string_equal(f->e.hint, hint);
    error_clear(&f->e);
}

static const char *
fake_etcd(struct fixture *f, const char *script)
{
    const char *path = path_join(&f->mem, f->state, "etcd");

    assert_true(file_replace(path, bytes_of_text(script), 0700, &f->e));
    return path;
}

static void
test_lab_that_exists_must_be_as_asked_for(void **state)
{
    struct fixture *f = *state;
    struct lab *lab;
    AUTO_FD lock = -1;
    struct lab_up_request request = {.state_dir = f->state, .name = "x", .member_count = 3};
    const char *hint = "quorate lab down --name x, or another --name";

    etcds();
    up(f, &(struct lab_up_request){.name = "x", .member_count = 1});
    assert_error(f, lab_up(&f->mem, &request, &lab, &f->e), ERROR_CONFLICT,
                 "lab 'x' exists with 1 members, not 3", hint);
    request.member_count = 0;
    request.tls = true;
    assert_error(f, lab_up(&f->mem, &request, &lab, &f->e), ERROR_CONFLICT,
                 "lab 'x' exists without TLS", hint);
    request.tls = false;
    request.etcd = fake_etcd(f, "#!/bin/sh\necho 'etcd Version: 3.5.99'\n");
    assert_error(f, lab_up(&f->mem, &request, &lab, &f->e), ERROR_CONFLICT,
                 arena_printf(&f->mem, "lab 'x' exists with etcd %s, not 3.5.99",
                              status(f, "x")->inventory->lab->etcd_version),
                 hint);
    assert_error(f, lab_member_kill(f->state, "x", "m9", &f->e), ERROR_NOT_FOUND,
                 "lab 'x' has no member 'm9'", "its members are m1 to m1");
    assert_true(lock_take(f->state, "lab:x", "some-plan", &lock, &f->e));
    assert_error(f, lab_down(f->state, "x", false, &f->e), ERROR_LOCKED,
                 arena_printf(&f->mem, "cluster 'lab:x' is locked by plan 'some-plan' (process %d)",
                              (int)getpid()),
                 NULL);
}

/* A program that says it is etcd and dies: the lab is not left behind, its last words are told. */
static void
test_member_that_keeps_dying(void **state)
{
    struct fixture *f = *state;
    struct lab *lab;
    struct lab_up_request request = {.state_dir = f->state, .name = "bad", .member_count = 1};

    request.etcd = fake_etcd(f, "#!/bin/sh\n"
                                "[ $1 = --version ] && { echo 'etcd Version: 3.5.99'; exit; }\n"
                                "echo 'no data for you'; exit 3\n");
    assert_false(lab_up(&f->mem, &request, &lab, &f->e));
    assert_int_equal(f->e.code, ERROR_TIMEOUT);
    assert_non_null(strstr(f->e.text, "lab 'bad': member 'm1' is not healthy after"));
    assert_non_null(strstr(f->e.text, "exit code 3"));
    assert_string_equal(f->e.hint, "the last line of its log: no data for you");
    assert_false(path_exists(path_join(&f->mem, f->state, "labs/bad")));
}

static void
test_requests_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    struct lab *lab;
    struct lab_up_request request = {.state_dir = f->state, .name = "../x"};

    assert_error(f, lab_up(&f->mem, &request, &lab, &f->e), ERROR_USAGE,
                 "'../x' cannot name a lab: at most 48 letters, digits, '-', '_', '.', the first a "
                 "letter or digit",
                 NULL);
    request.name = "x";
    request.member_count = 10;
    assert_error(f, lab_up(&f->mem, &request, &lab, &f->e), ERROR_USAGE,
                 "a lab has 1 to 9 members, not 10", NULL);
    assert_error(f, lab_status(&f->mem, f->state, "x", &lab, &f->e), ERROR_NOT_FOUND,
                 arena_printf(&f->mem, "there is no lab 'x' in '%s'", f->state),
                 "quorate lab up --name x");
    assert_error(f, lab_down(f->state, NULL, false, &f->e), ERROR_NOT_FOUND,
                 arena_printf(&f->mem, "there is no lab 'lab' in '%s'", f->state), NULL);
}

static void
test_finding_etcd(void **state)
{
    struct fixture *f = *state;
    struct lab_etcd etcd;
    const char *path = fake_etcd(f, "#!/bin/sh\necho 'etcd Version: 3.5.99'\n");
    const char *path_before = arena_text(&f->mem, getenv("PATH"));
    const char *etcds_before = getenv("QUORATE_ETCDS");

    assert_true(lab_etcd_find(&f->mem, path, &etcd, &f->e));
    assert_string_equal(etcd.path, path);
    assert_string_equal(etcd.version, "3.5.99");
    assert_true(lab_etcd_find(&f->mem, arena_printf(&f->mem, "%s/", f->state), &etcd, &f->e));
    assert_error(f, lab_etcd_find(&f->mem, "/none", &etcd, &f->e), ERROR_NOT_FOUND,
                 "no etcd program at '/none'", NULL);
    assert_error(f, lab_etcd_find(&f->mem, "/bin/true", &etcd, &f->e), ERROR_FAILED,
                 "'/bin/true --version' does not say \"etcd Version: ...\"", NULL);

    unsetenv("QUORATE_ETCDS");
    setenv("PATH", arena_printf(&f->mem, "%s:%s", f->state, path_before), 1);
    assert_true(lab_etcd_find(&f->mem, NULL, &etcd, &f->e));
    assert_true(lab_etcd_find(&f->mem, "3.5", &etcd, &f->e));
    assert_error(f, lab_etcd_find(&f->mem, "3.4", &etcd, &f->e), ERROR_NOT_FOUND,
                 "no etcd 3.4: the one in PATH is 3.5.99",
                 "give a program with --etcd PATH, or a folder of VERSION/etcd in QUORATE_ETCDS; "
                 "Debian has it in the package etcd-server");
    setenv("PATH", "/none", 1);
    assert_error(f, lab_etcd_find(&f->mem, NULL, &etcd, &f->e), ERROR_NOT_FOUND,
                 "no etcd program in PATH", NULL);
    assert_error(f, lab_etcd_find(&f->mem, "3.4", &etcd, &f->e), ERROR_NOT_FOUND,
                 "no etcd 3.4 in PATH", NULL);

    for (int i = 0; i < 2; i++) {
        const char *copy = arena_printf(&f->mem, "%s/3.5.%d/etcd", f->state, i == 0 ? 9 : 30);
        struct bytes script;

        assert_true(dir_make(path_dir(&f->mem, copy), 0700, &f->e));
        assert_true(file_read_all(&f->mem, path, 1000, &script, &f->e));
        assert_true(file_replace(copy, script, 0700, &f->e));
    }
    setenv("QUORATE_ETCDS", f->state, 1);
    setenv("PATH", path_before, 1);
    assert_true(lab_etcd_find(&f->mem, "3.5", &etcd, &f->e));
    assert_string_equal(etcd.path, arena_printf(&f->mem, "%s/3.5.30/etcd", f->state));
    setenv("PATH", "/none", 1);
    assert_error(f, lab_etcd_find(&f->mem, "3.50", &etcd, &f->e), ERROR_NOT_FOUND,
                 "no etcd 3.50 in PATH", "versions in QUORATE_ETCDS: 3.5.30, 3.5.9");
    setenv("PATH", path_before, 1);
    if (etcds_before != NULL)
        setenv("QUORATE_ETCDS", etcds_before, 1);
    else
        unsetenv("QUORATE_ETCDS");
}

static void
test_versions_fit_at_dots(void **state)
{
    (void)state;
    assert_true(lab_etcd_version_fits("3.5.16", "3.5"));
    assert_true(lab_etcd_version_fits("3.5.16", "v3.5.16"));
    assert_false(lab_etcd_version_fits("3.5.16", "3.5.1"));
    assert_false(lab_etcd_version_fits("3.5", "3.5.16"));
}

static bool
all_but_one(void *context, uint16_t port)
{
    return port % 100 != *(int *)context;
}

static void
test_ports_are_held(void **state)
{
    struct fixture *f = *state;
    AUTO_LAB_PORTS ports = LAB_PORTS_INIT;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int rest = 7;
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(lab_ports_hold(&ports, 6, NULL, NULL, &f->e));
    assert_true(lab_ports_hold(&ports, 1, all_but_one, &rest, &f->e));
    assert_int_equal(ports.count, 7);
    assert_int_equal(ports.numbers[6] % 100, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_true(ports.numbers[i] >= 20000 && ports.numbers[i] < 32000);
        address.sin_port = htons(ports.numbers[i]);
        assert_int_not_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    }
    lab_ports_release(&ports);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    rest = 1000;
    assert_error(f, lab_ports_hold(&ports, 1, all_but_one, &rest, &f->e), ERROR_LIMIT,
                 "no free port on 127.0.0.1 between 20000 and 31999", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_requests_that_cannot_be),
        TEST(test_finding_etcd),
        TEST(test_versions_fit_at_dots),
        TEST(test_ports_are_held),
        TEST(test_member_that_keeps_dying),
        TEST(test_lab_that_exists_must_be_as_asked_for),
        TEST(test_labs_side_by_side_with_and_without_tls),
        TEST(test_life_of_a_lab),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
