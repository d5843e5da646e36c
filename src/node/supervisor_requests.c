#include "node/supervisor_requests.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"

enum { NOBODY = -1 };

void
supervisor_clients_init(struct supervisor *s)
{
    for (size_t i = 0; i < SUPERVISOR_CLIENTS_MOST; i++)
        s->clients[i] = (struct supervisor_client){.fd = -1, .waits_for = NOBODY};
}

static void
client_close(struct supervisor_client *c)
{
    fd_close(&c->fd);
    *c = (struct supervisor_client){.fd = -1, .waits_for = NOBODY};
}

static void
client_answer(struct supervisor_client *c, struct bytes answer)
{
    struct error ignored = ERROR_INIT;

    /* Who has gone does not want to know. */
    if (!fd_write_all(c->fd, "client", answer.data, answer.size, &ignored))
        error_clear(&ignored);
    client_close(c);
}

static void
client_answer_ok(struct supervisor_client *c)
{
    client_answer(c, BYTES_LITERAL("{\"ok\":true}\n"));
}

static void
client_answer_error(struct supervisor_client *c, const struct error *e)
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
client_answer_status(const struct supervisor *s, struct supervisor_client *c)
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
        const struct supervised *p = &s->programs[i];

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
request_start(struct supervisor_client *c, struct supervised *p)
{
    struct error e = ERROR_INIT;

    if (p->state == SUPERVISOR_STOPPING) {
        error_set_(&e, ERROR_CONFLICT, 0, "'%s' is being stopped", p->config->name);
        client_answer_error(c, &e);
    } else if (p->state != SUPERVISOR_RUNNING && !supervised_start(p, &e)) {
        client_answer_error(c, &e);
    } else {
        client_answer_ok(c);
    }
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
    if (found != NOBODY && !supervised_must_be_down(&s->programs[found], e))
        return false;
    if (found == NOBODY && s->program_count == SUPERVISOR_PROGRAMS_MOST)
        return error_set(e, ERROR_LIMIT, "the supervisor has %d programs, the most it can",
                         SUPERVISOR_PROGRAMS_MOST);
    if (!words_decode(s, words, &config->argv, e))
        return error_wrap(e, "the words of '%s'", name);
    if (found == NOBODY)
        return supervisor_add(s, config, e);
    s->programs[found].config = config;
    return true;
}

void
supervisor_answers_due(struct supervisor *s)
{
    for (size_t i = 0; i < SUPERVISOR_CLIENTS_MOST; i++) {
        struct supervisor_client *c = &s->clients[i];

        if (c->fd >= 0 && c->waits_for != NOBODY && s->programs[c->waits_for].pid == 0)
            client_answer_ok(c);
    }
}

/* Who still waits for its end is answered before the others move up. */
static bool
program_drop(struct supervisor *s, ssize_t found, struct error *e)
{
    struct supervised *p = &s->programs[found];

    if (!supervised_must_be_down(p, e))
        return false;
    supervisor_answers_due(s);
    supervised_close(p);
    s->program_count--;
    memmove(p, p + 1, (s->program_count - (size_t)found) * sizeof(*p));
    for (size_t i = 0; i < SUPERVISOR_CLIENTS_MOST; i++)
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
client_answer_whether(struct supervisor_client *c, bool done, const struct error *e)
{
    if (done)
        client_answer_ok(c);
    else
        client_answer_error(c, e);
}

static void
request_serve(struct supervisor *s, struct supervisor_client *c)
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
        supervisor_end(s);
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
        supervised_stop(&s->programs[found], verb[0] == 's' ? SIGTERM : SIGKILL,
                        supervisor_grace_ms(s));
    } else {
        error_set_(&e, ERROR_USAGE, 0, "the supervisor cannot '%s'", verb);
        client_answer_error(c, &e);
    }
}

void
supervisor_client_read(struct supervisor *s, struct supervisor_client *c)
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

void
supervisor_client_accept(struct supervisor *s)
{
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    for (size_t i = 0; fd >= 0 && i < SUPERVISOR_CLIENTS_MOST; i++) {
        if (s->clients[i].fd < 0) {
            s->clients[i].fd = fd;
            return;
        }
    }
    fd_close(&fd);
}

void
supervisor_answer_shutdown(struct supervisor *s)
{
    for (size_t i = 0; i < SUPERVISOR_CLIENTS_MOST; i++) {
        if (s->clients[i].fd >= 0 && s->clients[i].shutdown)
            client_answer_ok(&s->clients[i]);
    }
}
