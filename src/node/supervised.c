#include "node/supervised.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/spawn.h"
#include "base/time.h"

enum { READ_BYTES = 16 << 10 };

/* To supervisor.log, which is standard error here. */
static void
note(const struct supervised *p, const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;

    fprintf(stderr, "%s %s: %s\n", time_rfc3339(&tmp, time_wall_ms()), p->config->name, text);
}

static void
pause_begin(struct supervised *p)
{
    bool ran_well = time_monotonic_ms() - p->started_ms >= SUPERVISOR_RAN_WELL_MS;

    p->pause_ms = ran_well || p->pause_ms == 0 ? SUPERVISOR_PAUSE_FIRST_MS : 2 * p->pause_ms;
    if (p->pause_ms > SUPERVISOR_PAUSE_MOST_MS)
        p->pause_ms = SUPERVISOR_PAUSE_MOST_MS;
    p->due_ms = time_monotonic_ms() + p->pause_ms;
    p->state = SUPERVISOR_PAUSING;
}

bool
supervised_start(struct supervised *p, struct error *e)
{
    struct spawn_child child = {
        .argv = p->config->argv,
        .env = p->config->env,
        .stdin_fd = -1,
        .stdout_fd = p->log_write,
        .stderr_fd = p->log_write,
        .dies_with_parent = true,
    };

    p->started_ms = time_monotonic_ms();
    if (!spawn_start(&child, &p->pid, e)) {
        p->pid = 0;
        snprintf(p->last_end, sizeof(p->last_end), "not started");
        note(p, e->text);
        pause_begin(p);
        return false;
    }
    p->state = SUPERVISOR_RUNNING;
    note(p, "started");
    return true;
}

void
supervised_stop(struct supervised *p, int signal, int64_t grace_ms)
{
    if (p->pid == 0) {
        p->state = SUPERVISOR_DOWN;
        return;
    }
    p->state = SUPERVISOR_STOPPING;
    p->due_ms = time_monotonic_ms() + grace_ms;
    kill(signal == SIGKILL ? -p->pid : p->pid, signal);
}

void
supervised_ended(struct supervised *p, int status)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *text = spawn_status_text(&tmp, status);

    snprintf(p->last_end, sizeof(p->last_end), "%s", text);
    note(p, text);
    p->pid = 0;
    if (p->state == SUPERVISOR_STOPPING) {
        p->state = SUPERVISOR_DOWN;
        p->pause_ms = 0;
        return;
    }
    p->restarts++;
    pause_begin(p);
}

int64_t
supervised_due(struct supervised *p, int64_t grace_ms)
{
    int64_t now = time_monotonic_ms();
    struct error e = ERROR_INIT;

    if (p->state == SUPERVISOR_PAUSING && now >= p->due_ms && !supervised_start(p, &e))
        error_clear(&e);
    if (p->state == SUPERVISOR_STOPPING && now >= p->due_ms) {
        kill(-p->pid, SIGKILL);
        p->due_ms = now + grace_ms;
    }
    if (p->state != SUPERVISOR_PAUSING && p->state != SUPERVISOR_STOPPING)
        return INT64_MAX;
    return p->due_ms > now ? p->due_ms - now : 0;
}

bool
supervised_init(struct arena *mem, struct supervised *p, const struct supervisor_program *config,
                const struct supervisor_config *limits, struct error *e)
{
    const char *path = arena_printf(mem, "%s/%s.log", limits->dir, config->name);
    int ends[2];

    *p = (struct supervised){.config = config, .state = SUPERVISOR_DOWN};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(e, errno, "pipe");
    p->log_read = ends[0];
    p->log_write = ends[1];
    /* Only our end: etcd's writes shall wait, not fail, when we are slow. */
    fcntl(p->log_read, F_SETFL, O_NONBLOCK);
    if (!log_file_open(&p->log, path,
                       limits->log_bytes > 0 ? limits->log_bytes : SUPERVISOR_LOG_BYTES,
                       limits->log_keep > 0 ? limits->log_keep : SUPERVISOR_LOG_KEEP, e)) {
        fd_close(&p->log_read);
        fd_close(&p->log_write);
        return false;
    }
    return true;
}

void
supervised_close(struct supervised *p)
{
    fd_close(&p->log_read);
    fd_close(&p->log_write);
    log_file_close(&p->log);
}

bool
supervised_must_be_down(const struct supervised *p, struct error *e)
{
    return (p->state == SUPERVISOR_DOWN && p->pid == 0) ||
           error_set(e, ERROR_CONFLICT, "'%s' is %s, not down", p->config->name,
                     supervisor_state_word(p->state));
}

void
supervised_log(struct supervised *p)
{
    uint8_t part[READ_BYTES];
    struct error e = ERROR_INIT;
    ssize_t got;

    while ((got = read(p->log_read, part, sizeof(part))) > 0) {
        /* A full disk must not stop the member; its words are lost until there is room. */
        if (!log_file_write(&p->log, part, (size_t)got, &e))
            error_clear(&e);
    }
}
