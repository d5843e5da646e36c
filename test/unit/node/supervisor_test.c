#include "node/supervisor.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/time.h"
#include "node/log_file.h"

enum { PATIENCE_MS = 20000, LOOK_AGAIN_MS = 5 };

struct fixture {
    struct arena mem;
    const char *dir;
    struct error e;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char *dir = arena_text(&f->mem, "/tmp/quorate-supervisor-XXXXXX");

    f->dir = mkdtemp(dir);
    *state = f;
    return f->dir == NULL;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    struct error e = ERROR_INIT;
    bool removed;

    if (!supervisor_shutdown(f->dir, &e))
        error_clear(&e);
    removed = tree_remove(f->dir, &e);
    arena_release(&f->mem);
    free(f);
    return removed ? 0 : 1;
}

/* Supervises shell scripts: names and scripts in turn, ends in NULL. */
static bool
start(struct fixture *f, const char *const *scripts)
{
    ARRAY(struct supervisor_program) programs = ARRAY_INIT;
    struct supervisor_config config = {
        .dir = f->dir, .grace_ms = 100, .log_bytes = 1000, .log_keep = 2};

    for (; scripts[0] != NULL; scripts += 2) {
        const char **argv = arena_zero(&f->mem, 4 * sizeof(*argv));

        argv[0] = "sh";
        argv[1] = "-c";
        argv[2] = scripts[1];
        *ARRAY_PUSH(&f->mem, &programs) =
            (struct supervisor_program){.name = scripts[0], .argv = argv};
    }
    config.programs = programs.items;
    config.program_count = programs.count;
    return supervisor_start(&config, &f->e);
}

#define START(...)                                                                                 \
    do {                                                                                           \
        if (!start(f, (const char *const[]){__VA_ARGS__, NULL}))                                   \
            fail_msg("%s", f->e.text);                                                             \
    } while (0)

static struct supervisor_program_status
status_of(struct fixture *f, size_t i)
{
    struct supervisor_status status;

    if (!supervisor_status_fetch(&f->mem, f->dir, &status, &f->e))
        fail_msg("%s", f->e.text);
    assert_true(i < status.programs.count);
    return status.programs.items[i];
}

static struct supervisor_program_status
wait_for_restarts(struct fixture *f, size_t i, uint64_t restarts)
{
    int64_t deadline = time_monotonic_ms() + PATIENCE_MS;

    for (;;) {
        struct supervisor_program_status is = status_of(f, i);

        if (is.restarts >= restarts && is.state == SUPERVISOR_RUNNING)
            return is;
        if (time_monotonic_ms() > deadline)
            fail_msg("not started again");
        time_sleep_ms(LOOK_AGAIN_MS);
    }
}

static void
wait_gone(pid_t pid)
{
    int64_t deadline = time_monotonic_ms() + PATIENCE_MS;

    /* Children of a dead supervisor come to us (PR_SET_CHILD_SUBREAPER), and are reaped here. */
    while (waitpid(pid, NULL, WNOHANG) == 0 || kill(pid, 0) == 0) {
        if (time_monotonic_ms() > deadline)
            fail_msg("process %d is still there", (int)pid);
        time_sleep_ms(LOOK_AGAIN_MS);
    }
}

static void
assert_fails(struct fixture *f, bool done, enum error_code code, const char *format)
{
    assert_false(done);
    assert_string_equal(f->e.text, arena_printf(&f->mem, "%s", format));
    assert_int_equal(f->e.code, code);
}

static void
test_runs_and_tells(void **state)
{
    struct fixture *f = *state;
    struct supervisor_program_status one;
    struct stat st;

    START("m1", "exec sleep 1000", "m2", "exec sleep 1000");
    one = status_of(f, 0);
    assert_string_equal(one.name, "m1");
    assert_int_equal(one.state, SUPERVISOR_RUNNING);
    assert_string_equal(supervisor_state_word(one.state), "running");
    assert_int_equal(kill(one.pid, 0), 0);
    assert_int_equal(one.restarts, 0);
    assert_string_equal(one.last_end, "");
    assert_string_equal(one.log_path, path_join(&f->mem, f->dir, "m1.log"));
    assert_string_equal(status_of(f, 1).name, "m2");
    assert_int_equal(stat(path_join(&f->mem, f->dir, SUPERVISOR_SOCKET), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_dead_program_is_started_again(void **state)
{
    struct fixture *f = *state;
    struct supervisor_program_status before;
    struct supervisor_program_status after;

    START("m1", "exec sleep 1000");
    before = status_of(f, 0);
    kill(before.pid, SIGKILL);
    after = wait_for_restarts(f, 0, 1);
    assert_true(after.pid != before.pid);
    assert_string_equal(after.last_end, "killed by SIGKILL");
}

static void
test_pauses_grow(void **state)
{
    struct fixture *f = *state;
    int64_t begin = time_monotonic_ms();

    START("m1", "exit 7");
    while (status_of(f, 0).restarts < 4)
        time_sleep_ms(LOOK_AGAIN_MS);
    /* 100 + 200 + 400 ms lie between four deaths. */
    assert_true(time_monotonic_ms() - begin >= 700);
    assert_string_equal(status_of(f, 0).last_end, "exit code 7");
    assert_true(supervisor_stop(f->dir, "m1", &f->e));
    assert_int_equal(status_of(f, 0).state, SUPERVISOR_DOWN);
}

static void
test_stop_kill_and_start(void **state)
{
    struct fixture *f = *state;
    struct supervisor_program_status is;

    START("m1", "exec sleep 1000", "m2", "exec sleep 1000");
    is = status_of(f, 0);
    assert_true(supervisor_stop(f->dir, "m1", &f->e));
    assert_int_not_equal(kill(is.pid, 0), 0);
    is = status_of(f, 0);
    assert_int_equal(is.state, SUPERVISOR_DOWN);
    assert_int_equal(is.pid, 0);
    assert_int_equal(is.restarts, 0);
    assert_string_equal(is.last_end, "killed by SIGTERM");
    /* Again is fine. */
    assert_true(supervisor_stop(f->dir, "m1", &f->e));
    assert_true(supervisor_run(f->dir, "m1", &f->e));
    assert_true(supervisor_run(f->dir, "m1", &f->e));
    assert_int_equal(status_of(f, 0).state, SUPERVISOR_RUNNING);
    assert_true(supervisor_kill(f->dir, "m1", &f->e));
    is = status_of(f, 0);
    assert_int_equal(is.state, SUPERVISOR_DOWN);
    assert_string_equal(is.last_end, "killed by SIGKILL");
    assert_int_equal(status_of(f, 1).state, SUPERVISOR_RUNNING);
}

/* SIGTERM is ignored: SIGKILL after the grace. */
static void
test_stop_of_a_stubborn_program(void **state)
{
    struct fixture *f = *state;

    START("m1", "trap '' TERM; echo ready; while :; do sleep 1000; done");
    while (status_of(f, 0).state != SUPERVISOR_RUNNING ||
           access(path_join(&f->mem, f->dir, "m1.log"), F_OK) != 0)
        time_sleep_ms(LOOK_AGAIN_MS);
    for (struct bytes log = BYTES_NONE; log.size == 0; time_sleep_ms(LOOK_AGAIN_MS))
        assert_true(
            file_read_all(&f->mem, path_join(&f->mem, f->dir, "m1.log"), 1000, &log, &f->e));
    assert_true(supervisor_stop(f->dir, "m1", &f->e));
    assert_string_equal(status_of(f, 0).last_end, "killed by SIGKILL");
}

static void
test_requests_that_cannot_be(void **state)
{
    struct fixture *f = *state;
    struct supervisor_status status;

    assert_fails(f, supervisor_status_fetch(&f->mem, f->dir, &status, &f->e), ERROR_NOT_FOUND,
                 arena_printf(&f->mem, "no supervisor runs in '%s'", f->dir));
    START("m1", "exec sleep 1000");
    assert_fails(f, supervisor_stop(f->dir, "m9", &f->e), ERROR_NOT_FOUND,
                 "the supervisor knows no 'm9'");
    assert_fails(f, start(f, (const char *const[]){"m1", "exit 0", NULL}), ERROR_EXISTS,
                 arena_printf(&f->mem, "a supervisor runs in '%s' already", f->dir));
}

static void
test_program_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    const char *const argv[] = {"/no/such/etcd", NULL};
    const struct supervisor_program program = {.name = "m1", .argv = argv};
    const struct supervisor_config config = {
        .dir = f->dir, .programs = &program, .program_count = 1};

    assert_fails(f, supervisor_start(&config, &f->e), ERROR_NOT_FOUND,
                 "run '/no/such/etcd': No such file or directory");
}

static void
test_shutdown_ends_all(void **state)
{
    struct fixture *f = *state;
    struct supervisor_status status;

    START("m1", "exec sleep 1000", "m2", "exit 1");
    assert_true(supervisor_status_fetch(&f->mem, f->dir, &status, &f->e));
    assert_true(supervisor_shutdown(f->dir, &f->e));
    wait_gone(status.programs.items[0].pid);
    wait_gone(status.pid);
    /* The lock is free again. */
    START("m1", "exec sleep 1000");
}

/* kill -9 of the supervisor: the programs go with it, and a new one may start. */
static void
test_programs_die_with_the_supervisor(void **state)
{
    struct fixture *f = *state;
    struct supervisor_status status;

    START("m1", "exec sleep 1000");
    assert_true(supervisor_status_fetch(&f->mem, f->dir, &status, &f->e));
    kill(status.pid, SIGKILL);
    wait_gone(status.pid);
    wait_gone(status.programs.items[0].pid);
    assert_fails(f, supervisor_stop(f->dir, "m1", &f->e), ERROR_NOT_FOUND,
                 arena_printf(&f->mem, "no supervisor runs in '%s'", f->dir));
    START("m1", "exec sleep 1000");
    assert_int_equal(status_of(f, 0).state, SUPERVISOR_RUNNING);
}

/* Killed between taking a connection and answering. */
static void
test_supervisor_that_does_not_answer(void **state)
{
    struct fixture *f = *state;
    struct supervisor_status status;
    int how;
    pid_t pid;

    START("m1", "exec sleep 1000");
    assert_true(supervisor_status_fetch(&f->mem, f->dir, &status, &f->e));
    kill(status.pid, SIGSTOP);
    pid = fork();
    if (pid == 0) {
        struct error e = ERROR_INIT;
        bool failed = !supervisor_stop(f->dir, "m1", &e);

        /* The first when it was killed before the child came to connect. */
        _exit(failed && e.code == ERROR_NOT_FOUND &&
                      (strstr(e.text, "no supervisor runs in '") == e.text ||
                       strstr(e.text, "' ended without an answer") != NULL)
                  ? 0
                  : 1);
    }
    /* Long enough for the child to have connected; whenever the kill comes, its answer is never. */
    time_sleep_ms(200);
    kill(status.pid, SIGKILL);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(WEXITSTATUS(how), 0);
    wait_gone(status.pid);
}

/* Whoever started it may die: it has a session of its own. */
static void
test_outlives_its_parent(void **state)
{
    struct fixture *f = *state;
    struct supervisor_status status;
    int how;
    pid_t pid = fork();

    if (pid == 0) {
        setsid();
        if (!start(f, (const char *const[]){"m1", "exec sleep 1000", NULL}))
            _exit(1);
        kill(0, SIGKILL);
    }
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFSIGNALED(how));
    assert_true(supervisor_status_fetch(&f->mem, f->dir, &status, &f->e));
    assert_int_equal(status.programs.items[0].state, SUPERVISOR_RUNNING);
    assert_int_not_equal(getsid(status.pid), getsid(0));
}

static void
test_output_goes_to_the_log(void **state)
{
    struct fixture *f = *state;
    const char *path = path_join(&f->mem, f->dir, "m1.log");
    struct bytes log;

    START("m1", "echo out; echo err >&2; exec sleep 1000");
    do {
        time_sleep_ms(LOOK_AGAIN_MS);
        assert_true(file_read_all(&f->mem, path, 1000, &log, &f->e));
    } while (log.size < 8);
    assert_string_equal((const char *)log.data, "out\nerr\n");
}

static void
test_full_log_starts_anew_at_a_line(void **state)
{
    struct fixture *f = *state;
    const char *path = path_join(&f->mem, f->dir, "x.log");
    struct log_file log;
    struct bytes text;

    assert_true(log_file_open(&log, path, 10, 2, &f->e));
    assert_true(log_file_write(&log, "12345\n", 6, &f->e));
    assert_true(log_file_write(&log, "6789", 4, &f->e));
    assert_true(log_file_write(&log, "rest\nnext\nlast line\n", 20, &f->e));
    log_file_close(&log);
    assert_true(file_read_all(&f->mem, path, 100, &text, &f->e));
    assert_string_equal((const char *)text.data, "next\nlast line\n");
    assert_true(file_read_all(&f->mem, arena_printf(&f->mem, "%s.1", path), 100, &text, &f->e));
    assert_string_equal((const char *)text.data, "12345\n6789rest\n");
    /* Opened again it goes on; the oldest is dropped at last. */
    assert_true(log_file_open(&log, path, 10, 2, &f->e));
    assert_true(log_file_write(&log, "a b c d e f\n", 12, &f->e));
    assert_true(log_file_write(&log, "z\n", 2, &f->e));
    log_file_close(&log);
    assert_true(file_read_all(&f->mem, arena_printf(&f->mem, "%s.2", path), 100, &text, &f->e));
    assert_string_equal((const char *)text.data, "next\nlast line\n");
    assert_false(path_exists(arena_printf(&f->mem, "%s.3", path)));
    assert_false(log_file_open(&log, f->dir, 10, 2, &f->e));
    assert_string_equal(f->e.text, arena_printf(&f->mem, "'%s': Is a directory", f->dir));
}

#define PUT(name, script)                                                                          \
    supervisor_put(f->dir, name, (const char *const[]){"sh", "-c", script, NULL}, &f->e)

static void
test_programs_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct supervisor_status status;

    START("m1", "exec sleep 1000", "m2", "exec sleep 1000");
    assert_true(PUT("m3", "echo \"a word\"; exec sleep 1000"));
    assert_int_equal(status_of(f, 2).state, SUPERVISOR_DOWN);
    assert_true(supervisor_run(f->dir, "m3", &f->e));
    assert_int_equal(status_of(f, 2).state, SUPERVISOR_RUNNING);
    assert_fails(f, PUT("m3", "exit 0"), ERROR_CONFLICT, "'m3' is running, not down");
    assert_fails(f, supervisor_drop(f->dir, "m2", &f->e), ERROR_CONFLICT,
                 "'m2' is running, not down");
    assert_true(supervisor_stop(f->dir, "m2", &f->e));
    assert_true(supervisor_drop(f->dir, "m2", &f->e));
    assert_true(supervisor_status_fetch(&f->mem, f->dir, &status, &f->e));
    assert_int_equal(status.programs.count, 2);
    assert_string_equal(status.programs.items[1].name, "m3");
    assert_int_equal(status.programs.items[1].state, SUPERVISOR_RUNNING);
    assert_fails(f, supervisor_drop(f->dir, "m2", &f->e), ERROR_NOT_FOUND,
                 "the supervisor knows no 'm2'");
    /* Other words for one that is down. */
    assert_true(supervisor_stop(f->dir, "m3", &f->e));
    assert_true(PUT("m3", "exit 7"));
    assert_true(supervisor_run(f->dir, "m3", &f->e));
    wait_for_restarts(f, 1, 1);
    assert_string_equal(status_of(f, 1).last_end, "exit code 7");
}

static void
test_programs_have_a_limit(void **state)
{
    struct fixture *f = *state;
    char *long_word = arena_alloc(&f->mem, SUPERVISOR_WORDS_MOST + 1);

    memset(long_word, 'x', SUPERVISOR_WORDS_MOST);
    long_word[SUPERVISOR_WORDS_MOST] = '\0';
    START("m1", "exec sleep 1000");
    assert_fails(f, PUT("m2", long_word), ERROR_LIMIT,
                 arena_printf(&f->mem, "the command line of 'm2' is longer than %d bytes",
                              SUPERVISOR_WORDS_MOST));
    for (int i = 1; i < 64; i++)
        assert_true(PUT(arena_printf(&f->mem, "p%d", i), "exit 0"));
    assert_fails(f, PUT("p64", "exit 0"), ERROR_LIMIT,
                 "the supervisor has 64 programs, the most it can");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_runs_and_tells),
        TEST(test_dead_program_is_started_again),
        TEST(test_pauses_grow),
        TEST(test_stop_kill_and_start),
        TEST(test_stop_of_a_stubborn_program),
        TEST(test_requests_that_cannot_be),
        TEST(test_programs_come_and_go),
        TEST(test_programs_have_a_limit),
        TEST(test_program_that_is_not_there),
        TEST(test_shutdown_ends_all),
        TEST(test_programs_die_with_the_supervisor),
        TEST(test_supervisor_that_does_not_answer),
        TEST(test_outlives_its_parent),
        TEST(test_output_goes_to_the_log),
        TEST(test_full_log_starts_anew_at_a_line),
    };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
