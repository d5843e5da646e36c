/* Runs other programs: an argument vector, never a shell. */
#ifndef QUORATE_BASE_SPAWN_H
#define QUORATE_BASE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct spawn_child {
    const char *const *argv; /* ends in NULL; argv[0] without a slash is looked up in PATH */
    const char *const *env;  /* "NAME=value", ends in NULL; NULL: this process's environment */
    const char *dir;         /* working directory; NULL: this process's */
    int stdin_fd;            /* -1: /dev/null */
    int stdout_fd;           /* -1: /dev/null */
    int stderr_fd;           /* -1: /dev/null */
    bool dies_with_parent;   /* SIGKILL for it when the thread that started it ends */
    bool keeps_group;        /* stays in our process group: the terminal's ^C reaches it, too */
};

/*
 * Starts a program in a process group of its own (its number is the pid) unless keeps_group, with
 * default signal actions and an empty signal mask. Returns when the program has replaced the child, or has failed
 * to. The caller waits for the pid.
 *
 * e  ERROR_NOT_FOUND, ERROR_PERMISSION: the program (named) cannot be run.
 */
MUST_CHECK bool spawn_start(const struct spawn_child *child, pid_t *ret_pid, struct error *e);

/* For what flows through a program without being held in memory: instead of a request's input and a
 * result's out and err. An error of either function kills the program and is spawn_run's. */
struct spawn_flow {
    void *context;
    /* The next bytes for its standard input, 'most' at the most; *ret_size 0 is the end. With
     * *ret_wait it is asked again when the program has written something. */
    bool (*input)(void *context, void *ret_data, size_t most, size_t *ret_size, bool *ret_wait,
                  struct error *e);
    /* A part of its standard output, or error. */
    bool (*output)(void *context, bool is_error, struct bytes part, struct error *e);
    int64_t stall_ms; /* killed when nothing has moved for so long; 0: no limit */
};

struct spawn_request {
    const char *const *argv;
    const char *const *env;
    const char *dir;
    struct bytes input;            /* its standard input */
    const struct spawn_flow *flow; /* NULL: input, and the result's out and err */
    int64_t timeout_ms;            /* then the group is killed; 0: no limit */
    size_t output_max;  /* kept of each of stdout and stderr; what is more is read and dropped */
    bool interruptible; /* interrupt_check's error ends it */
    bool dies_with_parent;
};

struct spawn_result {
    int exit_code;    /* 0-255; 128 + signal when a signal ended it, as shells say */
    int signal;       /* 0: it exited */
    struct bytes out; /* a NUL stands behind each, not counted */
    struct bytes err;
    bool cut; /* one of them was longer */
};

/*
 * Runs a program to its end. An exit code other than 0 is a result, not an error.
 *
 * e  as spawn_start; ERROR_TIMEOUT after timeout_ms, or when a flow stalls: its process group has been
 *    killed. Any thread may call it.
 */
MUST_CHECK bool spawn_run(struct arena *mem, const struct spawn_request *request,
                          struct spawn_result *ret_result, struct error *e);

/* "exit code 1" or "killed by SIGKILL", from waitpid's status. */
const char *spawn_status_text(struct arena *mem, int wait_status);

#endif
