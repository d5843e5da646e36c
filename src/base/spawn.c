#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/time.h"

enum { READ_BYTES = 64 << 10 };

/* In the child: tells why it could not become the program, and ends. */
static _Noreturn void
child_fail(int report_fd)
{
    int failed = errno;

    if (write(report_fd, &failed, sizeof(failed)) != (ssize_t)sizeof(failed))
        _exit(126);
    _exit(127);
}

static void
signals_default(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    /* Ignored signals and the mask live on through exec. */
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
descriptor_place(int from, int null_fd, int to)
{
    return dup2(from >= 0 ? from : null_fd, to) == to;
}

static _Noreturn void
child_become(const struct spawn_child *child, pid_t parent, int report_fd)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    /* Above 2, so that placing one of the three does not overwrite another's source. */
    int in = child->stdin_fd >= 0 ? fcntl(child->stdin_fd, F_DUPFD_CLOEXEC, 3) : -1;
    int out = child->stdout_fd >= 0 ? fcntl(child->stdout_fd, F_DUPFD_CLOEXEC, 3) : -1;
    int err = child->stderr_fd >= 0 ? fcntl(child->stderr_fd, F_DUPFD_CLOEXEC, 3) : -1;

    if (!child->keeps_group)
        setpgid(0, 0);
    if (child->dies_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* The parent may have died before the line above. */
        if (getppid() != parent)
            _exit(127);
    }
    signals_default();
    if (null_fd < 0 || !descriptor_place(in, null_fd, 0) || !descriptor_place(out, null_fd, 1) ||
        !descriptor_place(err, null_fd, 2) || (child->dir != NULL && chdir(child->dir) != 0))
        child_fail(report_fd);
    /* execvpe takes its vectors without const, and changes nothing. */
    execvpe(child->argv[0], without_const(child->argv),
            child->env != NULL ? without_const(child->env) : environ);
    child_fail(report_fd);
}

bool
spawn_start(const struct spawn_child *child, pid_t *ret_pid, struct error *e)
{
    int report[2];
    int failed = 0;
    ssize_t got;
    pid_t parent = getpid();
    pid_t pid;

    if (pipe2(report, O_CLOEXEC) != 0)
        return error_set_errno(e, errno, "run '%s': pipe", child->argv[0]);
    pid = fork();
    if (pid == 0)
        child_become(child, parent, report[1]);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return error_set_errno(e, errno, "run '%s': fork", child->argv[0]);
    }
    do
        got = read(report[0], &failed, sizeof(failed));
    while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == (ssize_t)sizeof(failed)) {
        waitpid(pid, NULL, 0);
        return error_set_errno(e, failed, "run '%s'", child->argv[0]);
    }
    *ret_pid = pid;
    return true;
}

/* One of the child's three streams, as seen from here. */
struct stream {
    int fd; /* -1: closed */
    struct buf kept;
    bool cut;
};

struct running {
    pid_t pid;
    int pid_fd;
    int in_fd;
    struct bytes input; /* what is still to be written */
    struct stream out;
    struct stream err;
};

static void
running_release(struct running *r)
{
    if (r->pid > 0) {
        kill(-r->pid, SIGKILL);
        waitpid(r->pid, NULL, 0);
    }
    fd_close(&r->pid_fd);
    fd_close(&r->in_fd);
    fd_close(&r->out.fd);
    fd_close(&r->err.fd);
    buf_release(&r->out.kept);
    buf_release(&r->err.kept);
}

static bool
pipe_make(int *ret_read, int *ret_write, struct error *e)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set_errno(e, errno, "pipe");
    *ret_read = ends[0];
    *ret_write = ends[1];
    return true;
}

static bool
running_start(const struct spawn_request *request, struct running *r, struct error *e)
{
    AUTO_FD in = -1;
    AUTO_FD out = -1;
    AUTO_FD err = -1;
    struct spawn_child child = {.argv = request->argv, .env = request->env, .dir = request->dir};

    if (!pipe_make(&in, &r->in_fd, e) || !pipe_make(&r->out.fd, &out, e) ||
        !pipe_make(&r->err.fd, &err, e))
        return false;
    child.stdin_fd = in;
    child.stdout_fd = out;
    child.stderr_fd = err;
    if (!spawn_start(&child, &r->pid, e))
        return false;
    r->input = request->input;
    r->pid_fd = (int)syscall(SYS_pidfd_open, r->pid, 0);
    if (r->pid_fd < 0)
        return error_set_errno(e, errno, "watch '%s'", request->argv[0]);
    /* A child that does not read its input must not hold us up. */
    fcntl(r->in_fd, F_SETFL, O_NONBLOCK);
    return true;
}

static void
stream_read(struct stream *s, size_t most)
{
    uint8_t part[READ_BYTES];
    ssize_t got = read(s->fd, part, sizeof(part));
    size_t room = most - s->kept.size;

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        fd_close(&s->fd);
        return;
    }
    s->cut = s->cut || (size_t)got > room;
    buf_append(&s->kept, part, (size_t)got < room ? (size_t)got : room);
}

static void
input_write(struct running *r)
{
    ssize_t done = r->input.size > 0 ? write(r->in_fd, r->input.data, r->input.size) : 0;

    if (done < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (done > 0) {
        r->input.data += done;
        r->input.size -= (size_t)done;
    }
    /* All written, or the child has closed its end. */
    if (done < 0 || r->input.size == 0)
        fd_close(&r->in_fd);
}

/* Until the streams are closed and the child has ended. A grandchild that keeps them open is not
 * waited for. */
static bool
running_serve(struct running *r, const struct spawn_request *request, struct error *e)
{
    int64_t deadline = time_monotonic_ms() + request->timeout_ms;
    bool ended = false;

    while (!ended || r->out.fd >= 0 || r->err.fd >= 0) {
        struct pollfd fds[] = {{r->pid_fd, POLLIN, 0},
                               {r->out.fd, POLLIN, 0},
                               {r->err.fd, POLLIN, 0},
                               {r->in_fd, POLLOUT, 0}};
        int64_t left = deadline - time_monotonic_ms();
        int ready;

        if (request->timeout_ms > 0 && left <= 0 && !ended)
            return error_set(e, ERROR_TIMEOUT, "'%s' has not ended after %lld ms", request->argv[0],
                             (long long)request->timeout_ms);
        if (ended)
            left = 0;
        else if (request->timeout_ms <= 0)
            left = -1;
        fds[0].fd = ended ? -1 : r->pid_fd;
        ready = poll(fds, 4, (int)(left < INT32_MAX ? left : INT32_MAX));
        if (ready == 0 && ended)
            return true;
        ended = ended || fds[0].revents != 0;
        if (fds[1].revents != 0)
            stream_read(&r->out, request->output_max);
        if (fds[2].revents != 0)
            stream_read(&r->err, request->output_max);
        if (fds[3].revents != 0)
            input_write(r);
    }
    return true;
}

bool
spawn_run(struct arena *mem, const struct spawn_request *request, struct spawn_result *ret_result,
          struct error *e)
{
    __attribute__((cleanup(running_release))) struct running r = {
        .pid = 0, .pid_fd = -1, .in_fd = -1, .out.fd = -1, .err.fd = -1};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    bool served;
    int status;

    if (!running_start(request, &r, e))
        return false;
    sigaction(SIGPIPE, &ignore, &before);
    served = running_serve(&r, request, e);
    sigaction(SIGPIPE, &before, NULL);
    if (!served)
        return false;
    if (waitpid(r.pid, &status, 0) != r.pid)
        return error_set_errno(e, errno, "wait for '%s'", request->argv[0]);
    r.pid = 0;
    *ret_result = (struct spawn_result){
        .exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .cut = r.out.cut || r.err.cut,
    };
    ret_result->out = bytes_of(arena_text_of_bytes(mem, buf_bytes(&r.out.kept)), r.out.kept.size);
    ret_result->err = bytes_of(arena_text_of_bytes(mem, buf_bytes(&r.err.kept)), r.err.kept.size);
    return true;
}

const char *
spawn_status_text(struct arena *mem, int wait_status)
{
    const char *name;

    if (!WIFSIGNALED(wait_status))
        return arena_printf(mem, "exit code %d", WEXITSTATUS(wait_status));
    name = sigabbrev_np(WTERMSIG(wait_status));
    return name != NULL ? arena_printf(mem, "killed by SIG%s", name)
                        : arena_printf(mem, "killed by signal %d", WTERMSIG(wait_status));
}
