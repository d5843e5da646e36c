/* What hosts tell about themselves, by local calls and by a real sshd; and many at once. */
#include "node/host/host_facts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/parallel.h"
#include "expect.h"
#include "sshd.h"

enum { HOSTS = 24 };

static struct sshd sshd;

static int
group_setup(void **state)
{
    (void)state;
    sshd_start(&sshd);
    return 0;
}

static int
group_teardown(void **state)
{
    (void)state;
    sshd_stop(&sshd);
    return 0;
}

#define NEEDS_SSHD()                                                                               \
    do {                                                                                           \
        if (sshd.why_not != NULL) {                                                                \
            printf("skipped: %s\n", sshd.why_not);                                                 \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* A host is this machine, whichever way. */
static void
expect_facts(const struct host *host)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_facts facts;
    struct bytes boot_id;
    char name[256];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct error e = ERROR_INIT;

    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    EXPECT_OK(host_facts_fetch(&tmp, host, &facts, &e));
    assert_false(host_facts_port_taken(&facts, ntohs(address.sin_port)));
    assert_int_equal(listen(fd, 1), 0);
    EXPECT_OK(host_facts_fetch(&tmp, host, &facts, &e));
    assert_true(host_facts_port_taken(&facts, ntohs(address.sin_port)));
    for (size_t i = 1; i < facts.port_count; i++)
        assert_true(facts.ports[i - 1] < facts.ports[i]);
    assert_int_equal(gethostname(name, sizeof(name)), 0);
    assert_string_equal(facts.hostname, name);
    EXPECT_OK(file_read_all(&tmp, "/proc/sys/kernel/random/boot_id", 100, &boot_id, &e));
    assert_true(bytes_starts_with(boot_id, bytes_of_text(facts.boot_id)));
    assert_int_equal(strlen(facts.boot_id), 36);
    assert_true(strncmp(facts.kernel, "Linux ", 6) == 0);
    assert_true(strlen(facts.machine) > 0);
    /* It is our own clock. */
    assert_true(facts.clock_uncertainty_ms >= 1);
    assert_true(llabs(facts.clock_offset_ms) <= facts.clock_uncertainty_ms);
}

static void
test_facts(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(host_open(&tmp, "local:", NULL, &host, &e));
    expect_facts(host);
    NEEDS_SSHD();
    expect_facts(sshd_host(&tmp, &sshd, "box"));
}

static void
test_disk(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host *host;
    struct host_disk disk;
    struct statvfs here;
    int64_t mean_us;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(host_open(&tmp, "local:", NULL, &host, &e));
    assert_int_equal(statvfs("/dev/shm", &here), 0);
    EXPECT_OK(host_disk_look(&tmp, host, "/dev/shm/no/such dir", &disk, &e));
    assert_string_equal(disk.exists, "/dev/shm");
    assert_true(disk.size_bytes == here.f_blocks * here.f_frsize);
    assert_true(disk.free_bytes <= disk.size_bytes);
    EXPECT_OK(host_disk_look(&tmp, host, "/no/such", &disk, &e));
    assert_string_equal(disk.exists, "/");
    EXPECT_OK(host_fsync_probe(host, "/tmp", &mean_us, &e));
    assert_true(mean_us >= 0 && mean_us < 10000000);
    EXPECT_ERROR(host_fsync_probe(host, "/no/such", &mean_us, &e), ERROR_NOT_FOUND,
                 "local: mktemp: failed to create file via template "
                 "'/no/such/.quorate-fsync-XXXXXX': No such file or directory");
}

struct many {
    struct arena mem[HOSTS];
    const char *said[HOSTS];
};

static bool
ask(void *context, size_t i, struct error *e)
{
    struct many *many = context;
    struct host_options options = sshd_options(&sshd);
    const char *const argv[] = {"echo", arena_printf(&many->mem[i], "host %zu", i), NULL};
    struct host_result result = {0};
    struct host *host;

    if (!host_open(&many->mem[i], i == 7 ? "ssh://nobody" : "ssh://box", &options, &host, e) ||
        !host_run_well(&many->mem[i], host, &(struct host_command){.argv = argv}, &result, e))
        return false;
    many->said[i] = (const char *)result.out.data;
    return true;
}

static void
test_many_at_once(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct many *many = arena_zero(&tmp, sizeof(*many));
    struct error *errors = arena_zero(&tmp, HOSTS * sizeof(*errors));

    (void)state;
    NEEDS_SSHD();
    assert_false(parallel_each(HOSTS, HOSTS_AT_ONCE, ask, many, errors));
    for (size_t i = 0; i < HOSTS; i++) {
        if (i == 7)
            assert_non_null(strstr(errors[i].text, "nobody: ssh: connect to host 127.0.0.1"));
        else if (errors[i].code != ERROR_NONE)
            fail_msg("%zu: %s", i, errors[i].text);
        else
            assert_string_equal(many->said[i], arena_printf(&tmp, "host %zu\n", i));
        arena_release(&many->mem[i]);
    }
    assert_true(parallel_each(0, HOSTS_AT_ONCE, ask, many, errors));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_many_at_once),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
