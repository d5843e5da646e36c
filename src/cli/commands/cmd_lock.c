/* lock: a named lock, held while a command runs, or until a signal comes. */

#include <inttypes.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/spawn.h"
#include "cli/held.h"
#include "cli/print/print.h"

enum {
    SESSION_TTL_S = 60,     /* etcd's concurrency.defaultSessionTTL */
    EXIT_OF_SIGNALLED = 255 /* etcdctl passes Go's -1 on */
};

static const struct option_def lock_options[] = {
    {"ttl", OPTION_I64, .arg = "SECONDS", .fallback = "10",
     .help = "How long the lock outlives us when we cannot give it back"},
    OPTIONS_END,
};

/* The command under the lock. */
struct running {
    struct etcd_session *session;
    struct loop_watch watch;
    int pid_fd;
    pid_t pid;
    bool ended;
};

static void
command_ended(void *context, unsigned events UNUSED)
{
    struct running *r = context;

    r->ended = true;
    loop_watch_change(&r->watch, 0);
    etcd_session_wake(r->session);
}

/* The lock's variables stand before ours, which win, as in etcdctl. */
static const char *const *
command_environment(struct arena *mem, const struct etcd_candidate *c)
{
    ARRAY(const char *) env = ARRAY_INIT;

    *ARRAY_PUSH(mem, &env) =
        arena_printf(mem, "ETCD_LOCK_KEY=%.*s", (int)c->key.size, (const char *)c->key.data);
    *ARRAY_PUSH(mem, &env) = arena_printf(mem, "ETCD_LOCK_REV=%" PRId64, c->obtained_revision);
    for (char **at = environ; *at != NULL; at++)
        *ARRAY_PUSH(mem, &env) = *at;
    *ARRAY_PUSH(mem, &env) = NULL;
    return env.items;
}

static bool
command_start(struct held *h, const char *const *argv, struct running *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct spawn_child child = {
        .argv = argv,
        .env = command_environment(&tmp, &h->candidate),
        .stdin_fd = -1,
        .stdout_fd = STDOUT_FILENO,
        .stderr_fd = STDERR_FILENO,
        .keeps_group = true,
    };

    if (!spawn_start(&child, &r->pid, e))
        return false;
    r->pid_fd = (int)syscall(SYS_pidfd_open, r->pid, 0);
    return true;
}

/* Runs the loop, and so keeps the lease alive, until the command has ended. What is lost meanwhile
 * is said, but the command goes on: only it knows what to do. */
static void
command_wait(struct held *h, struct running *r)
{
    bool warned = false;

    if (r->pid_fd >= 0)
        loop_watch_add(h->session.client->loop, &r->watch, r->pid_fd, LOOP_READ, command_ended, r);
    while (r->pid_fd >= 0 && !r->ended) {
        if (h->session.lost && !warned)
            app_warn(h->app, "the lock may be lost while its command runs: %s",
                     h->session.why.text);
        warned = h->session.lost;
        if (warned)
            (void)loop_run(h->session.client->loop, &r->ended, LOOP_FOREVER);
        else
            etcd_session_wait(&h->session, LOOP_FOREVER);
    }
    loop_watch_remove(h->session.client->loop, &r->watch);
    fd_close(&r->pid_fd);
}

/* The command's exit code becomes ours. */
static bool
command_result(struct app *app, const char *name, int status, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    /* 3.4 did not pass it on. */
    if (app->style.compat >= COMPAT_3_5)
        app->failure_code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_OF_SIGNALLED;
    return error_set(e, ERROR_FAILED, "command '%s': %s", name, spawn_status_text(&tmp, status));
}

static bool
run_under_lock(struct held *h, const char *const *argv, struct error *e)
{
    struct running r = {.session = &h->session, .pid_fd = -1};
    struct error late;
    int status = 0;
    bool left;

    if (!command_start(h, argv, &r, e))
        return false;
    command_wait(h, &r);
    while (waitpid(r.pid, &status, 0) < 0)
        continue;
    left = held_leave(h, &late);
    if (!command_result(h->app, argv[0], status, e))
        return false;
    if (!left)
        *e = late;
    return left;
}

static bool
hold(struct held *h, struct error *e)
{
    return held_show(h, e) && held_keep(h, e) && held_leave(h, e);
}

static const char *const *
command_of_operands(struct app *app)
{
    const char **argv = arena_zero(app->mem, app->operand_count * sizeof(*argv));

    for (size_t i = 1; i < app->operand_count; i++)
        argv[i - 1] = app->operands[i];
    return app->operand_count > 1 ? argv : NULL; /* the last one stays NULL */
}

static bool
lock_run(struct app *app, struct error *e)
{
    const char *const *argv = command_of_operands(app);
    int64_t ttl_s = option_i64(&app->options, "ttl");
    struct held h;
    bool ok;

    if (argv == NULL && !print_no_table(&app->style, e))
        return false;
    if (ttl_s <= 0) {
        app_warn(app, "--ttl must be above 0: %d is taken", SESSION_TTL_S);
        ttl_s = SESSION_TTL_S;
    }
    ok = held_enter(&h, app, ttl_s, bytes_of_text(app_operand(app, 0)), BYTES_NONE, e) &&
         (argv != NULL ? run_under_lock(&h, argv, e) : hold(&h, e));
    held_release(&h);
    return ok;
}

const struct command command_lock = {
    .name = "lock",
    .operands = "NAME [COMMAND...]",
    .summary = "Take a lock, and hold it while a command runs or until interrupted",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = lock_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = lock_run,
    .example = "quorate lock nightly -- /usr/local/bin/nightly --all",
    .description =
        "Waits until nobody else has the lock NAME: its holders and those who wait are the keys "
        "NAME/LEASE, the oldest of which has it. Without a COMMAND prints our key once we have the "
        "lock, and gives it back on SIGINT or SIGTERM.\n\n"
        "A COMMAND finds ETCD_LOCK_KEY and ETCD_LOCK_REV in its environment, and its exit code "
        "becomes ours (255 when a signal ended it). When we die, the lock is free after --ttl.",
};
