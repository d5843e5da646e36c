#include "node/supervisor_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/io.h"
#include "base/time.h"
#include "node/supervisor_requests.h"

int64_t
supervisor_grace_ms(const struct supervisor *s)
{
    return s->config->grace_ms > 0 ? s->config->grace_ms : SUPERVISOR_GRACE_MS;
}

bool
supervisor_add(struct supervisor *s, const struct supervisor_program *config, struct error *e)
{
    if (!supervised_init(&s->mem, &s->programs[s->program_count], config, s->config, e))
        return false;
    s->program_count++;
    return true;
}

void
supervisor_end(struct supervisor *s)
{
    s->ending = true;
    for (size_t i = 0; i < s->program_count; i++)
        supervised_stop(&s->programs[i], SIGTERM, supervisor_grace_ms(s));
}

static void
children_reap(struct supervisor *s)
{
    for (size_t i = 0; i < s->program_count; i++) {
        struct supervised *p = &s->programs[i];
        int status;

        if (p->pid > 0 && waitpid(p->pid, &status, WNOHANG) == p->pid)
            supervised_ended(p, status);
    }
}

static void
signals_read(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD)
            supervisor_end(s);
    }
    children_reap(s);
}

/* Does what is due, and returns how long nothing will be: milliseconds, or -1. */
static int
programs_due(struct supervisor *s)
{
    int64_t next = INT32_MAX;

    for (size_t i = 0; i < s->program_count; i++) {
        int64_t due = supervised_due(&s->programs[i], supervisor_grace_ms(s));

        next = due < next ? due : next;
    }
    return next == INT32_MAX ? -1 : (int)next;
}

static bool
all_down(const struct supervisor *s)
{
    for (size_t i = 0; i < s->program_count; i++) {
        if (s->programs[i].pid != 0)
            return false;
    }
    return true;
}

static void
serve_once(struct supervisor *s, struct pollfd *fds)
{
    size_t count = 0;
    size_t program_count = s->program_count; /* a request may change it */
    int wait_ms = programs_due(s);

    supervisor_answers_due(s);
    fds[count++] = (struct pollfd){s->signal_fd, POLLIN, 0};
    fds[count++] = (struct pollfd){s->listen_fd, POLLIN, 0};
    for (size_t i = 0; i < program_count; i++)
        fds[count++] = (struct pollfd){s->programs[i].log_read, POLLIN, 0};
    for (size_t i = 0; i < SUPERVISOR_CLIENTS_MOST; i++)
        fds[count++] = (struct pollfd){s->clients[i].fd, POLLIN, 0};
    if (poll(fds, count, wait_ms) <= 0)
        return;
    for (size_t i = 0; i < program_count; i++) {
        if (fds[2 + i].revents != 0)
            supervised_log(&s->programs[i]);
    }
    for (size_t i = 0; i < SUPERVISOR_CLIENTS_MOST; i++) {
        if (fds[2 + program_count + i].revents != 0 && s->clients[i].fd >= 0)
            supervisor_client_read(s, &s->clients[i]);
    }
    if (fds[0].revents != 0)
        signals_read(s);
    if (fds[1].revents != 0)
        supervisor_client_accept(s);
}

static bool
supervisor_init(struct supervisor *s, struct error *e)
{
    sigset_t signals;

    supervisor_clients_init(s);
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0)
        return error_set_errno(e, errno, "signalfd");
    ASSERT(s->config->program_count <= SUPERVISOR_PROGRAMS_MOST);
    s->programs = arena_zero(&s->mem, SUPERVISOR_PROGRAMS_MOST * sizeof(*s->programs));
    for (size_t i = 0; i < s->config->program_count; i++) {
        if (!supervisor_add(s, &s->config->programs[i], e))
            return false;
        s->env = s->config->programs[0].env;
    }
    for (size_t i = 0; i < s->program_count; i++) {
        /* A program that is not there is found out at once, not by its pauses. */
        if (!supervised_start(&s->programs[i], e))
            return false;
    }
    return true;
}

void
supervisor_loop(const struct supervisor_config *config, int listen_fd, int ready_fd)
{
    struct supervisor s = {.mem = ARENA_INIT, .config = config, .listen_fd = listen_fd};
    struct error e = ERROR_INIT;
    struct pollfd *fds;

    signal(SIGPIPE, SIG_IGN);
    if (!supervisor_init(&s, &e)) {
        if (write(ready_fd, &e, sizeof(e)) < 0)
            fprintf(stderr, "%s\n", e.text);
        return;
    }
    if (write(ready_fd, "", 1) < 0)
        fprintf(stderr, "nobody waits any more\n");
    close(ready_fd);
    fds =
        arena_zero(&s.mem, (2 + SUPERVISOR_PROGRAMS_MOST + SUPERVISOR_CLIENTS_MOST) * sizeof(*fds));
    while (!s.ending || !all_down(&s))
        serve_once(&s, fds);
    supervisor_answers_due(&s);
    for (size_t i = 0; i < s.program_count; i++)
        supervised_log(&s.programs[i]);
    /* The answer's end is the end of this process, and of its lock before that. */
    supervisor_answer_shutdown(&s);
}
