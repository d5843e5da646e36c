#include "node/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "node/supervisor_loop.h"

#define LOCK_FILE "supervisor.lock"
#define LOG_FILE  "supervisor.log"

/* Descriptors of the supervisor's process; the lock's is the lowest, so that it is closed first. */
enum { LOCK_FD = 3, LISTEN_FD, READY_FD, FIRST_OTHER_FD, ANSWER_MS = 30000, ANSWER_MOST = 1 << 20 };

static const char *const state_words[] = {
    [SUPERVISOR_RUNNING] = "running",
    [SUPERVISOR_PAUSING] = "pausing",
    [SUPERVISOR_STOPPING] = "stopping",
    [SUPERVISOR_DOWN] = "down",
};

const char *
supervisor_state_word(enum supervisor_state state)
{
    return state_words[state];
}

/* A path of any length fits an address by way of its folder's descriptor. */
static bool
socket_address(const char *dir, int *ret_dir_fd, struct sockaddr_un *ret_address, struct error *e)
{
    if (!file_open(dir, O_PATH | O_DIRECTORY, 0, ret_dir_fd, e))
        return false;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret_address->sun_path, sizeof(ret_address->sun_path),
             "/proc/self/fd/%d/" SUPERVISOR_SOCKET, *ret_dir_fd);
    return true;
}

static bool
lock_hold(const char *dir, int *ret_fd, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = -1;
    const char *path = path_join(&tmp, dir, LOCK_FILE);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (!file_open(path, O_RDWR | O_CREAT, 0600, &fd, e))
        return false;
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES)
            return error_set_errno(e, errno, "'%s': lock", path);
        return error_set(e, ERROR_EXISTS, "a supervisor runs in '%s' already", dir);
    }
    *ret_fd = fd;
    fd = -1;
    return true;
}

/* The lock is held: a socket that is there has been left behind. */
static bool
socket_listen(const char *dir, int *ret_fd, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD dir_fd = -1;
    struct sockaddr_un address;
    const char *path = path_join(&tmp, dir, SUPERVISOR_SOCKET);
    mode_t before;
    int bound;

    if (!socket_address(dir, &dir_fd, &address, e))
        return false;
    unlink(path);
    *ret_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*ret_fd < 0)
        return error_set_errno(e, errno, "socket");
    before = umask(0177);
    bound = bind(*ret_fd, (const struct sockaddr *)&address, sizeof(address));
    umask(before);
    if (bound == 0 && listen(*ret_fd, 16) == 0)
        return true;
    error_set_errno_(e, errno, "'%s'", path);
    fd_close(ret_fd);
    return false;
}

/* Nothing of the caller's stays open, so that who waits for its output does not wait for us. */
static void
descriptors_arrange(const char *dir, int lock, int listener, int ready)
{
    AUTO_ARENA tmp = ARENA_INIT;
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log_fd =
        open(path_join(&tmp, dir, LOG_FILE), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int kept[] = {fcntl(lock, F_DUPFD_CLOEXEC, 10), fcntl(listener, F_DUPFD_CLOEXEC, 10),
                  fcntl(ready, F_DUPFD_CLOEXEC, 10)};

    ASSERT(null_fd >= 0 && log_fd >= 0);
    dup2(null_fd, STDIN_FILENO);
    dup2(log_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    dup3(kept[0], LOCK_FD, O_CLOEXEC);
    dup3(kept[1], LISTEN_FD, O_CLOEXEC);
    dup3(kept[2], READY_FD, O_CLOEXEC);
    close_range(FIRST_OTHER_FD, ~0U, 0);
}

/* In the first child: leaves the session, and becomes the supervisor in a second one. */
static _Noreturn void
detach(const struct supervisor_config *config, int lock, int listener, int ready)
{
    pid_t pid;

    setsid();
    pid = fork();
    if (pid != 0)
        _exit(pid > 0 ? 0 : 1);
    descriptors_arrange(config->dir, lock, listener, ready);
    prctl(PR_SET_NAME, "quorate-superv");
    umask(077);
    if (chdir("/") != 0)
        _exit(1);
    supervisor_loop(config, LISTEN_FD, READY_FD);
    _exit(0);
}

bool
supervisor_start(const struct supervisor_config *config, struct error *e)
{
    AUTO_FD lock = -1;
    AUTO_FD listener = -1;
    AUTO_FD ready_read = -1;
    AUTO_FD ready_write = -1;
    struct error failure;
    int ends[2];
    ssize_t got;
    pid_t pid;

    ASSERT(config->dir[0] == '/');
    if (!lock_hold(config->dir, &lock, e) || !socket_listen(config->dir, &listener, e))
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(e, errno, "pipe");
    ready_read = ends[0];
    ready_write = ends[1];
    pid = fork();
    if (pid < 0)
        return error_set_errno(e, errno, "fork");
    if (pid == 0)
        detach(config, lock, listener, ready_write);
    fd_close(&ready_write);
    waitpid(pid, NULL, 0);
    do
        got = read(ready_read, &failure, sizeof(failure));
    while (got < 0 && errno == EINTR);
    if (got == 1)
        return true;
    if (got == (ssize_t)sizeof(failure))
        *e = failure;
    else
        error_set_(e, ERROR_FAILED, 0, "the supervisor died; see '%s/" LOG_FILE "'", config->dir);
    return false;
}

/* It was killed after it had taken the connection. */
static bool
ended_early(const char *dir, struct error *e)
{
    return error_set(e, ERROR_NOT_FOUND, "the supervisor in '%s' ended without an answer", dir);
}

static bool
answer_read(int fd, const char *dir, struct buf *ret_answer, struct error *e)
{
    int64_t deadline = time_monotonic_ms() + ANSWER_MS;

    for (;;) {
        struct pollfd wait = {fd, POLLIN, 0};
        int64_t left = deadline - time_monotonic_ms();
        ssize_t got;

        if (left <= 0)
            return error_set(e, ERROR_TIMEOUT, "the supervisor in '%s' has not answered in %d s",
                             dir, ANSWER_MS / 1000);
        if (poll(&wait, 1, (int)left) <= 0)
            continue;
        if (ret_answer->size > ANSWER_MOST)
            return error_set(e, ERROR_LIMIT, "the supervisor in '%s' does not end its answer", dir);
        got = read(fd, buf_reserve(ret_answer, 4096), 4096);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno != ECONNRESET)
            return error_set_errno(e, errno, "the supervisor in '%s'", dir);
        if (got <= 0)
            return ret_answer->size > 0 || ended_early(dir, e);
        ret_answer->size += (size_t)got;
    }
}

static enum error_code
code_of_word(const char *word)
{
    for (int code = 0; code < ERROR_COUNT; code++) {
        if (strcmp(error_code_word((enum error_code)code), word) == 0)
            return (enum error_code)code;
    }
    return ERROR_FAILED;
}

static bool
answer_decode(struct arena *mem, struct bytes answer, const struct json **ret_doc, struct error *e)
{
    const char *code;
    const char *text;
    bool ok;

    if (!json_parse(mem, answer, ret_doc, e) || !json_get_bool(*ret_doc, "ok", &ok, e))
        return error_wrap(e, "the supervisor's answer");
    if (ok)
        return true;
    if (!json_get_text(mem, *ret_doc, "code", &code, e) ||
        !json_get_text(mem, *ret_doc, "error", &text, e))
        return error_wrap(e, "the supervisor's answer");
    return error_set(e, code_of_word(code), "%s", text);
}

/* One request, one answer; the other side closes. */
static bool
request(struct arena *mem, const char *dir, const char *line, const struct json **ret_doc,
        struct error *e)
{
    AUTO_FD dir_fd = -1;
    AUTO_FD fd = -1;
    AUTO_BUF answer = BUF_INIT;
    struct sockaddr_un address;

    if (!socket_address(dir, &dir_fd, &address, e))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set_errno(e, errno, "socket");
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED)
            return error_set(e, ERROR_NOT_FOUND, "no supervisor runs in '%s'", dir);
        return error_set_errno(e, errno, "'%s/" SUPERVISOR_SOCKET "'", dir);
    }
    if (send(fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
        return errno == EPIPE || errno == ECONNRESET
                   ? ended_early(dir, e)
                   : error_set_errno(e, errno, "'%s/" SUPERVISOR_SOCKET "'", dir);
    return answer_read(fd, dir, &answer, e) && answer_decode(mem, buf_bytes(&answer), ret_doc, e);
}

static bool
program_decode(struct arena *mem, const struct json *item,
               struct supervisor_program_status *ret_program, struct error *e)
{
    const char *word;
    int64_t pid;

    if (!json_get_text(mem, item, "name", &ret_program->name, e) ||
        !json_get_text(mem, item, "state", &word, e) || !json_get_i64(item, "pid", &pid, e) ||
        !json_get_u64(item, "restarts", &ret_program->restarts, e) ||
        !json_get_text(mem, item, "last_end", &ret_program->last_end, e) ||
        !json_get_text(mem, item, "log", &ret_program->log_path, e))
        return false;
    ret_program->pid = (pid_t)pid;
    for (size_t i = 0; i < sizeof(state_words) / sizeof(state_words[0]); i++) {
        if (strcmp(state_words[i], word) == 0) {
            ret_program->state = (enum supervisor_state)i;
            return true;
        }
    }
    return error_set(e, ERROR_FORMAT, "'%s' is no state", word);
}

bool
supervisor_status_fetch(struct arena *mem, const char *dir, struct supervisor_status *ret_status,
                        struct error *e)
{
    struct supervisor_status status = {0};
    const struct json *doc;
    const struct json *programs;
    int64_t pid;

    if (!request(mem, dir, "status\n", &doc, e) || !json_get_i64(doc, "pid", &pid, e) ||
        !json_get_array(doc, "programs", &programs, e))
        return false;
    status.pid = (pid_t)pid;
    for (size_t i = 0; i < json_array_count(programs); i++) {
        if (!program_decode(mem, json_array_at(programs, i), ARRAY_PUSH(mem, &status.programs), e))
            return error_wrap(e, "the supervisor's answer");
    }
    *ret_status = status;
    return true;
}

static bool
request_about(const char *dir, const char *verb, const char *name, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *doc;

    return request(&tmp, dir, arena_printf(&tmp, "%s %s\n", verb, name), &doc, e);
}

bool
supervisor_stop(const char *dir, const char *name, struct error *e)
{
    return request_about(dir, "stop", name, e);
}

bool
supervisor_kill(const char *dir, const char *name, struct error *e)
{
    return request_about(dir, "kill", name, e);
}

bool
supervisor_run(const char *dir, const char *name, struct error *e)
{
    return request_about(dir, "start", name, e);
}

bool
supervisor_put(const char *dir, const char *name, const char *const *argv, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF words = BUF_INIT;
    struct json_writer w;
    const struct json *doc;

    json_writer_init(&w, &words, 0);
    json_array_begin(&w);
    for (size_t i = 0; argv[i] != NULL; i++)
        json_text(&w, argv[i]);
    json_array_end(&w);
    if (words.size > SUPERVISOR_WORDS_MOST)
        return error_set(e, ERROR_LIMIT, "the command line of '%s' is longer than %d bytes", name,
                         SUPERVISOR_WORDS_MOST);
    return request(&tmp, dir, arena_printf(&tmp, "put %s %s\n", name, buf_text(&words)), &doc, e);
}

bool
supervisor_drop(const char *dir, const char *name, struct error *e)
{
    return request_about(dir, "drop", name, e);
}

bool
supervisor_shutdown(const char *dir, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct json *doc;

    return request(&tmp, dir, "shutdown\n", &doc, e);
}
