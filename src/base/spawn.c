#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/interrupt.h"
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

enum { PIPE_BYTES = 1 << 20, INTERRUPT_MS = 200 };

/* Out or err, kept for a result. */
struct kept {
    struct buf text;
    size_t most;
    bool cut;
};

/* The flow of a request that has none: from its input, into its result. */
struct held {
    struct bytes input;
    struct kept out;
    struct kept err;
};

struct running {
    const struct spawn_request *request;
    const struct spawn_flow *flow;
    pid_t pid;
    int pid_fd;
    int in_fd; /* -1: closed, as the next two */
    int out_fd;
    int err_fd;
    uint8_t *part;      /* READ_BYTES on the way in: [at, end) is still to be written */
    uint8_t *read_part; /* READ_BYTES that have come */
    size_t at;
    size_t end;
    bool in_waits;    /* for output, before there is more input */
    bool ended;       /* the child */
    int64_t moved_ms; /* when something moved last */
};

static bool
held_input(void *context, void *ret_data, size_t most, size_t *ret_size, bool *ret_wait,
           struct error *e)
{
    struct held *held = context;

    (void)e;
    *ret_wait = false;
    *ret_size = held->input.size < most ? held->input.size : most;
    if (*ret_size > 0)
        memcpy(ret_data, held->input.data, *ret_size);
    held->input.data += *ret_size;
    held->input.size -= *ret_size;
    return true;
}

static bool
held_output(void *context, bool is_error, struct bytes part, struct error *e)
{
    struct held *held = context;
    struct kept *kept = is_error ? &held->err : &held->out;
    size_t room = kept->most - kept->text.size;

    (void)e;
    kept->cut = kept->cut || part.size > room;
    buf_append(&kept->text, part.data, part.size < room ? part.size : room);
    return true;
}

static void
held_release(struct held *held)
{
    buf_release(&held->out.text);
    buf_release(&held->err.text);
}

/* What went in may have been a key. */
static void
running_release(struct running *r)
{
    explicit_bzero(r->part, READ_BYTES);
    explicit_bzero(r->read_part, READ_BYTES);
    if (r->pid > 0) {
        kill(-r->pid, SIGKILL);
        waitpid(r->pid, NULL, 0);
    }
    fd_close(&r->pid_fd);
    fd_close(&r->in_fd);
    fd_close(&r->out_fd);
    fd_close(&r->err_fd);
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
running_start(struct running *r, struct error *e)
{
    const struct spawn_request *request = r->request;
    AUTO_FD in = -1;
    AUTO_FD out = -1;
    AUTO_FD err = -1;
    struct spawn_child child = {.argv = request->argv,
                                .env = request->env,
                                .dir = request->dir,
                                .dies_with_parent = request->dies_with_parent};

    if (!pipe_make(&in, &r->in_fd, e) || !pipe_make(&r->out_fd, &out, e) ||
        !pipe_make(&r->err_fd, &err, e))
        return false;
    child.stdin_fd = in;
    child.stdout_fd = out;
    child.stderr_fd = err;
    if (!spawn_start(&child, &r->pid, e))
        return false;
    r->pid_fd = (int)syscall(SYS_pidfd_open, r->pid, 0);
    if (r->pid_fd < 0)
        return error_set_errno(e, errno, "watch '%s'", request->argv[0]);
    /* A child that does not read its input must not hold us up. */
    fcntl(r->in_fd, F_SETFL, O_NONBLOCK);
    if (request->flow != NULL) {
        fcntl(r->in_fd, F_SETPIPE_SZ, PIPE_BYTES);
        fcntl(r->out_fd, F_SETPIPE_SZ, PIPE_BYTES);
    }
    return true;
}

static bool
output_read(struct running *r, int *fd, bool is_error, struct error *e)
{
    ssize_t got = read(*fd, r->read_part, READ_BYTES);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (got <= 0) {
        fd_close(fd);
        return true;
    }
    r->in_waits = false;
    return r->flow->output(r->flow->context, is_error, bytes_of(r->read_part, (size_t)got), e);
}

static bool
input_write(struct running *r, struct error *e)
{
    ssize_t done;

    if (r->at == r->end) {
        r->at = 0;
        if (!r->flow->input(r->flow->context, r->part, READ_BYTES, &r->end, &r->in_waits, e))
            return false;
        if (r->in_waits)
            return true;
    }
    done = r->end > 0 ? write(r->in_fd, r->part + r->at, r->end - r->at) : 0;
    if (done > 0)
        r->at += (size_t)done;
    /* All written, or the child has closed its end. */
    else if (r->end == 0 || (errno != EINTR && errno != EAGAIN))
        fd_close(&r->in_fd);
    return true;
}

/* How long to wait for something to happen; an error when there is no more time. */
static bool
time_left(const struct running *r, int64_t deadline, int *ret_ms, struct error *e)
{
    const struct spawn_request *request = r->request;
    int64_t stall = r->flow->stall_ms;
    int64_t now = time_monotonic_ms();
    int64_t left = INT32_MAX;

    if (r->ended) {
        *ret_ms = 0;
        return true;
    }
    if (request->interruptible && !interrupt_check(e))
        return false;
    if (request->timeout_ms > 0 && now >= deadline)
        return error_set(e, ERROR_TIMEOUT, "'%s' has not ended after %lld ms", request->argv[0],
                         (long long)request->timeout_ms);
    if (stall > 0 && now >= r->moved_ms + stall)
        return error_set(e, ERROR_TIMEOUT, "nothing has moved through '%s' for %lld ms",
                         request->argv[0], (long long)stall);
    if (request->timeout_ms > 0 && deadline - now < left)
        left = deadline - now;
    if (stall > 0 && r->moved_ms + stall - now < left)
        left = r->moved_ms + stall - now;
    if (request->interruptible && left > INTERRUPT_MS)
        left = INTERRUPT_MS;
    *ret_ms = left < INT32_MAX ? (int)left : -1;
    return true;
}

/* Until the streams are closed and the child has ended. A grandchild that keeps them open is not
 * waited for. */
static bool
running_serve(struct running *r, struct error *e)
{
    int64_t deadline = time_monotonic_ms() + r->request->timeout_ms;

    r->moved_ms = time_monotonic_ms();
    while (!r->ended || r->out_fd >= 0 || r->err_fd >= 0) {
        struct pollfd fds[] = {{r->ended ? -1 : r->pid_fd, POLLIN, 0},
                               {r->out_fd, POLLIN, 0},
                               {r->err_fd, POLLIN, 0},
                               {r->in_waits ? -1 : r->in_fd, POLLOUT, 0}};
        int wait_ms;
        int ready;

        if (!time_left(r, deadline, &wait_ms, e))
            return false;
        ready = poll(fds, 4, wait_ms);
        if (ready == 0 && r->ended)
            return true;
        if (ready > 0)
            r->moved_ms = time_monotonic_ms();
        r->ended = r->ended || (ready > 0 && fds[0].revents != 0);
        if (ready > 0 && ((fds[1].revents != 0 && !output_read(r, &r->out_fd, false, e)) ||
                          (fds[2].revents != 0 && !output_read(r, &r->err_fd, true, e)) ||
                          (fds[3].revents != 0 && !input_write(r, e))))
            return false;
    }
    return true;
}

/* Serves with SIGPIPE kept from this thread, and from it alone: others may run programs, too. */
static bool
running_serve_quietly(struct running *r, struct error *e)
{
    struct timespec none = {0, 0};
    sigset_t sigpipe, before, pending;
    bool served;

    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
    served = running_serve(r, e);
    if (sigismember(&pending, SIGPIPE) == 0)
        sigtimedwait(&sigpipe, NULL, &none);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return served;
}

bool
spawn_run(struct arena *mem, const struct spawn_request *request, struct spawn_result *ret_result,
          struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    __attribute__((cleanup(held_release))) struct held held = {
        .input = request->input, .out.most = request->output_max, .err.most = request->output_max};
    struct spawn_flow plain = {.context = &held, .input = held_input, .output = held_output};
    __attribute__((cleanup(running_release))) struct running r = {
        .request = request,
        .flow = request->flow != NULL ? request->flow : &plain,
        .pid_fd = -1,
        .in_fd = -1,
        .out_fd = -1,
        .err_fd = -1,
        .part = arena_alloc(&tmp, READ_BYTES),
        .read_part = arena_alloc(&tmp, READ_BYTES)};
    int status;

    if (!running_start(&r, e) || !running_serve_quietly(&r, e))
        return false;
    if (waitpid(r.pid, &status, 0) != r.pid)
        return error_set_errno(e, errno, "wait for '%s'", request->argv[0]);
    r.pid = 0;
    *ret_result = (struct spawn_result){
        .exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .cut = held.out.cut || held.err.cut,
    };
    ret_result->out =
        bytes_of(arena_text_of_bytes(mem, buf_bytes(&held.out.text)), held.out.text.size);
    ret_result->err =
        bytes_of(arena_text_of_bytes(mem, buf_bytes(&held.err.text)), held.err.text.size);
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
