#include "node/supervisor_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/spawn.h"
#include "base/time.h"
#include "node/log_file.h"

enum {
    CLIENTS_MOST = 32,
    PROGRAMS_MOST = 64,
    REQUEST_MOST = 16 << 10, /* a program's words are in one */
    READ_BYTES = 16 << 10,
    NOBODY = -1
};

struct program {
    const struct supervisor_program *config;
    enum supervisor_state state;
    pid_t pid;
    uint64_t restarts;
    char last_end[64];
    int64_t started_ms;
    int64_t pause_ms; /* the last pause before a start */
    int64_t due_ms;   /* PAUSING: when to start; STOPPING: when to kill */
    int log_read; /* its stdout and stderr come out here; open as long as the supervisor lives */
    int log_write;
    struct log_file log;
};

/* One connection: one request, one answer. */
struct client {
    int fd; /* -1: free */
    char request[REQUEST_MOST];
    size_t size;
    ssize_t waits_for; /* the program whose end is to be answered, or NOBODY */
    bool shutdown;
};

struct supervisor {
    struct arena mem;
    const struct supervisor_config *config;
    struct program *programs; /* room for PROGRAMS_MOST */
    size_t program_count;
    const char *const *env; /* of programs that come later: the first one's */
    struct client clients[CLIENTS_MOST];
    int listen_fd;
    int signal_fd;
    bool ending;
};

static int64_t
grace_ms(const struct supervisor *s)
{
    return s->config->grace_ms > 0 ? s->config->grace_ms : SUPERVISOR_GRACE_MS;
}

/* To supervisor.log, which is standard error here. */
static void
note(const struct program *p, const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;

    fprintf(stderr, "%s %s: %s\n", time_rfc3339(&tmp, time_wall_ms()), p->config->name, text);
}

static void
program_pause(struct program *p)
{
    bool ran_well = time_monotonic_ms() - p->started_ms >= SUPERVISOR_RAN_WELL_MS;

    p->pause_ms = ran_well || p->pause_ms == 0 ? SUPERVISOR_PAUSE_FIRST_MS : 2 * p->pause_ms;
    if (p->pause_ms > SUPERVISOR_PAUSE_MOST_MS)
        p->pause_ms = SUPERVISOR_PAUSE_MOST_MS;
    p->due_ms = time_monotonic_ms() + p->pause_ms;
    p->state = SUPERVISOR_PAUSING;
}

static bool
program_start(struct program *p, struct error *e)
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
        program_pause(p);
        return false;
    }
    p->state = SUPERVISOR_RUNNING;
    note(p, "started");
    return true;
}

static void
program_stop(const struct supervisor *s, struct program *p, int signal)
{
    if (p->pid == 0) {
        p->state = SUPERVISOR_DOWN;
        return;
    }
    p->state = SUPERVISOR_STOPPING;
    p->due_ms = time_monotonic_ms() + grace_ms(s);
    kill(signal == SIGKILL ? -p->pid : p->pid, signal);
}

static void
program_ended(struct program *p, int status)
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
    program_pause(p);
}

static void
client_close(struct client *c)
{
    fd_close(&c->fd);
    *c = (struct client){.fd = -1, .waits_for = NOBODY};
}

static void
client_answer(struct client *c, struct bytes answer)
{
    struct error ignored = ERROR_INIT;

    /* Who has gone does not want to know. */
    if (!fd_write_all(c->fd, "client", answer.data, answer.size, &ignored))
        error_clear(&ignored);
    client_close(c);
}

static void
client_answer_ok(struct client *c)
{
    client_answer(c, BYTES_LITERAL("{\"ok\":true}\n"));
}

static void
client_answer_error(struct client *c, const struct error *e)
{
    AUTO_BUF out = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &out, 0);
    json_object_begin(&w);
    json_key_bool(&w, "ok", false);
    json_key_text(&w, "code", error_code_word(e->code));
    json_key_text(&w, "error", e->text);
    json_object_end(&w);
    buf_append_byte(&out, '\n');
    client_answer(c, buf_bytes(&out));
}

static void
client_answer_status(const struct supervisor *s, struct client *c)
{
    AUTO_BUF out = BUF_INIT;
    struct json_writer w;

    json_writer_init(&w, &out, 0);
    json_object_begin(&w);
    json_key_bool(&w, "ok", true);
    json_key_i64(&w, "pid", getpid());
    json_key(&w, "programs");
    json_array_begin(&w);
    for (size_t i = 0; i < s->program_count; i++) {
        const struct program *p = &s->programs[i];

        json_object_begin(&w);
        json_key_text(&w, "name", p->config->name);
        json_key_text(&w, "state", supervisor_state_word(p->state));
        json_key_i64(&w, "pid", p->pid);
        json_key_u64(&w, "restarts", p->restarts);
        json_key_text(&w, "last_end", p->last_end);
        json_key_text(&w, "log", p->log.path);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    buf_append_byte(&out, '\n');
    client_answer(c, buf_bytes(&out));
}

static void
shutdown_begin(struct supervisor *s)
{
    s->ending = true;
    for (size_t i = 0; i < s->program_count; i++)
        program_stop(s, &s->programs[i], SIGTERM);
}

static ssize_t
program_find(const struct supervisor *s, const char *name)
{
    for (size_t i = 0; i < s->program_count; i++) {
        if (strcmp(s->programs[i].config->name, name) == 0)
            return (ssize_t)i;
    }
    return NOBODY;
}

static void
request_start(struct client *c, struct program *p)
{
    struct error e = ERROR_INIT;

    if (p->state == SUPERVISOR_STOPPING) {
        error_set_(&e, ERROR_CONFLICT, 0, "'%s' is being stopped", p->config->name);
        client_answer_error(c, &e);
    } else if (p->state != SUPERVISOR_RUNNING && !program_start(p, &e)) {
        client_answer_error(c, &e);
    } else {
        client_answer_ok(c);
    }
}

static bool
program_init(struct supervisor *s, const struct supervisor_program *config, struct error *e)
{
    struct program *p = &s->programs[s->program_count];
    const char *path = arena_printf(&s->mem, "%s/%s.log", s->config->dir, config->name);
    int ends[2];

    *p = (struct program){.config = config, .state = SUPERVISOR_DOWN};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(e, errno, "pipe");
    p->log_read = ends[0];
    p->log_write = ends[1];
    /* Only our end: etcd's writes shall wait, not fail, when we are slow. */
    fcntl(p->log_read, F_SETFL, O_NONBLOCK);
    if (!log_file_open(&p->log, path,
                       s->config->log_bytes > 0 ? s->config->log_bytes : SUPERVISOR_LOG_BYTES,
                       s->config->log_keep > 0 ? s->config->log_keep : SUPERVISOR_LOG_KEEP, e)) {
        fd_close(&p->log_read);
        fd_close(&p->log_write);
        return false;
    }
    s->program_count++;
    return true;
}

/* The words of a program, as JSON behind its name in the request. */
static bool
words_decode(struct supervisor *s, const char *text, const char *const **ret_argv, struct error *e)
{
    const struct json *array;
    const char **argv;
    size_t count;

    if (!json_parse(&s->mem, bytes_of(text, strlen(text)), &array, e))
        return false;
    count = json_array_count(array);
    if (count == 0)
        return error_set(e, ERROR_FORMAT, "a program has at least one word");
    argv = arena_zero(&s->mem, (count + 1) * sizeof(*argv));
    for (size_t i = 0; i < count; i++) {
        if (!json_as_text(&s->mem, json_array_at(array, i), &argv[i], e))
            return false;
    }
    *ret_argv = argv;
    return true;
}

static bool
program_must_be_down(const struct program *p, struct error *e)
{
    return (p->state == SUPERVISOR_DOWN && p->pid == 0) ||
           error_set(e, ERROR_CONFLICT, "'%s' is %s, not down", p->config->name,
                     supervisor_state_word(p->state));
}

static bool
program_put(struct supervisor *s, ssize_t found, const char *name, const char *words,
            struct error *e)
{
    struct supervisor_program *config = arena_zero(&s->mem, sizeof(*config));

    config->name = arena_text(&s->mem, name);
    config->env = found != NOBODY ? s->programs[found].config->env : s->env;
    if (s->ending)
        return error_set(e, ERROR_CONFLICT, "the supervisor is shutting down");
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return error_set(e, ERROR_USAGE, "'%s' cannot name a program", name);
    if (found != NOBODY && !program_must_be_down(&s->programs[found], e))
        return false;
    if (found == NOBODY && s->program_count == PROGRAMS_MOST)
        return error_set(e, ERROR_LIMIT, "the supervisor has %d programs, the most it can",
                         PROGRAMS_MOST);
    if (!words_decode(s, words, &config->argv, e))
        return error_wrap(e, "the words of '%s'", name);
    if (found == NOBODY)
        return program_init(s, config, e);
    s->programs[found].config = config;
    return true;
}

static void answers_due(struct supervisor *s);

/* Who still waits for its end is answered before the others move up. */
static bool
program_drop(struct supervisor *s, ssize_t found, struct error *e)
{
    struct program *p = &s->programs[found];

    if (!program_must_be_down(p, e))
        return false;
    answers_due(s);
    fd_close(&p->log_read);
    fd_close(&p->log_write);
    log_file_close(&p->log);
    s->program_count--;
    memmove(p, p + 1, (s->program_count - (size_t)found) * sizeof(*p));
    for (size_t i = 0; i < CLIENTS_MOST; i++)
        s->clients[i].waits_for -= s->clients[i].waits_for > found;
    return true;
}

/* The beginning of the request's third word. */
static const char *
third_word(const char *request)
{
    const char *blank = strchr(request, ' ');

    blank = blank != NULL ? strchr(blank + 1, ' ') : NULL;
    return blank != NULL ? blank + 1 : "";
}

static void
client_answer_whether(struct client *c, bool done, const struct error *e)
{
    if (done)
        client_answer_ok(c);
    else
        client_answer_error(c, e);
}

static void
request_serve(struct supervisor *s, struct client *c)
{
    char verb[16] = "";
    char name[SUPERVISOR_NAME_MAX + 1] = "";
    struct error e = ERROR_INIT;
    ssize_t found;

    _Static_assert(SUPERVISOR_NAME_MAX == 64, "the width below");
    if (sscanf(c->request, "%15s %64s", verb, name) < 1)
        verb[0] = '\0';
    found = program_find(s, name);
    if (strcmp(verb, "status") == 0) {
        client_answer_status(s, c);
    } else if (strcmp(verb, "shutdown") == 0) {
        c->shutdown = true;
        shutdown_begin(s);
    } else if (strcmp(verb, "put") == 0) {
        client_answer_whether(c, program_put(s, found, name, third_word(c->request), &e), &e);
    } else if (found == NOBODY) {
        error_set_(&e, ERROR_NOT_FOUND, 0, "the supervisor knows no '%s'", name);
        client_answer_error(c, &e);
    } else if (strcmp(verb, "start") == 0 && !s->ending) {
        request_start(c, &s->programs[found]);
    } else if (strcmp(verb, "drop") == 0) {
        client_answer_whether(c, program_drop(s, found, &e), &e);
    } else if (strcmp(verb, "stop") == 0 || strcmp(verb, "kill") == 0) {
        c->waits_for = found;
        program_stop(s, &s->programs[found], verb[0] == 's' ? SIGTERM : SIGKILL);
    } else {
        error_set_(&e, ERROR_USAGE, 0, "the supervisor cannot '%s'", verb);
        client_answer_error(c, &e);
    }
}

static void
client_read(struct supervisor *s, struct client *c)
{
    ssize_t got = read(c->fd, c->request + c->size, sizeof(c->request) - 1 - c->size);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    /* Gone, or a request longer than there are. */
    if (got <= 0) {
        client_close(c);
        return;
    }
    /* One request on a connection; more of it is not looked at. */
    if (c->waits_for != NOBODY || c->shutdown)
        return;
    c->size += (size_t)got;
    c->request[c->size] = '\0';
    if (strchr(c->request, '\n') != NULL)
        request_serve(s, c);
}

static void
client_accept(struct supervisor *s)
{
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    for (size_t i = 0; fd >= 0 && i < CLIENTS_MOST; i++) {
        if (s->clients[i].fd < 0) {
            s->clients[i].fd = fd;
            return;
        }
    }
    fd_close(&fd);
}

static void
answers_due(struct supervisor *s)
{
    for (size_t i = 0; i < CLIENTS_MOST; i++) {
        struct client *c = &s->clients[i];

        if (c->fd >= 0 && c->waits_for != NOBODY && s->programs[c->waits_for].pid == 0)
            client_answer_ok(c);
    }
}

static void
children_reap(struct supervisor *s)
{
    for (size_t i = 0; i < s->program_count; i++) {
        struct program *p = &s->programs[i];
        int status;

        if (p->pid > 0 && waitpid(p->pid, &status, WNOHANG) == p->pid)
            program_ended(p, status);
    }
}

static void
signals_read(struct supervisor *s)
{
    struct signalfd_siginfo info;

    while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD)
            shutdown_begin(s);
    }
    children_reap(s);
}

static void
program_log(struct program *p)
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

/* Does what is due, and returns how long nothing will be: milliseconds, or -1. */
static int
programs_due(struct supervisor *s)
{
    int64_t now = time_monotonic_ms();
    int64_t next = INT32_MAX;
    struct error e = ERROR_INIT;

    for (size_t i = 0; i < s->program_count; i++) {
        struct program *p = &s->programs[i];

        if (p->state == SUPERVISOR_PAUSING && now >= p->due_ms && !program_start(p, &e))
            error_clear(&e);
        if (p->state == SUPERVISOR_STOPPING && now >= p->due_ms) {
            kill(-p->pid, SIGKILL);
            p->due_ms = now + grace_ms(s);
        }
        if (p->state == SUPERVISOR_PAUSING || p->state == SUPERVISOR_STOPPING)
            next = p->due_ms - now < next ? p->due_ms - now : next;
    }
    if (next == INT32_MAX)
        return -1;
    return next > 0 ? (int)next : 0;
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

    answers_due(s);
    fds[count++] = (struct pollfd){s->signal_fd, POLLIN, 0};
    fds[count++] = (struct pollfd){s->listen_fd, POLLIN, 0};
    for (size_t i = 0; i < program_count; i++)
        fds[count++] = (struct pollfd){s->programs[i].log_read, POLLIN, 0};
    for (size_t i = 0; i < CLIENTS_MOST; i++)
        fds[count++] = (struct pollfd){s->clients[i].fd, POLLIN, 0};
    if (poll(fds, count, wait_ms) <= 0)
        return;
    for (size_t i = 0; i < program_count; i++) {
        if (fds[2 + i].revents != 0)
            program_log(&s->programs[i]);
    }
    for (size_t i = 0; i < CLIENTS_MOST; i++) {
        if (fds[2 + program_count + i].revents != 0 && s->clients[i].fd >= 0)
            client_read(s, &s->clients[i]);
    }
    if (fds[0].revents != 0)
        signals_read(s);
    if (fds[1].revents != 0)
        client_accept(s);
}

static bool
supervisor_init(struct supervisor *s, struct error *e)
{
    sigset_t signals;

    for (size_t i = 0; i < CLIENTS_MOST; i++)
        s->clients[i] = (struct client){.fd = -1, .waits_for = NOBODY};
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0)
        return error_set_errno(e, errno, "signalfd");
    ASSERT(s->config->program_count <= PROGRAMS_MOST);
    s->programs = arena_zero(&s->mem, PROGRAMS_MOST * sizeof(*s->programs));
    for (size_t i = 0; i < s->config->program_count; i++) {
        if (!program_init(s, &s->config->programs[i], e))
            return false;
        s->env = s->config->programs[0].env;
    }
    for (size_t i = 0; i < s->program_count; i++) {
        /* A program that is not there is found out at once, not by its pauses. */
        if (!program_start(&s->programs[i], e))
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
    fds = arena_zero(&s.mem, (2 + PROGRAMS_MOST + CLIENTS_MOST) * sizeof(*fds));
    while (!s.ending || !all_down(&s))
        serve_once(&s, fds);
    answers_due(&s);
    for (size_t i = 0; i < s.program_count; i++)
        program_log(&s.programs[i]);
    /* The answer's end is the end of this process, and of its lock before that. */
    for (size_t i = 0; i < CLIENTS_MOST; i++) {
        if (s.clients[i].fd >= 0 && s.clients[i].shutdown &&
            write(s.clients[i].fd, "{\"ok\":true}\n", 12) < 0)
            client_close(&s.clients[i]);
    }
}
