/*
 * A small supervisor of ours: keeps the members of a lab running, writes and rotates their logs, and
 * takes commands on a unix socket. It outlives the command that started it.
 *
 * It is a forked copy of this process, detached from its terminal and parent. A member that dies
 * is started again after a pause that doubles from SUPERVISOR_PAUSE_FIRST_MS to
 * SUPERVISOR_PAUSE_MOST_MS and is short again after it ran well. Members die with the supervisor,
 * even if that is killed with SIGKILL (PR_SET_PDEATHSIG): there is never an etcd that nobody
 * watches, and supervisor_start on the same folder starts everything again.
 *
 * In its folder: supervisor.sock (0600), supervisor.lock (held while it lives), supervisor.log,
 * NAME.log, NAME.log.1, ...
 */
#ifndef QUORATE_NODE_SUPERVISOR_H
#define QUORATE_NODE_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

enum {
    SUPERVISOR_PAUSE_FIRST_MS = 100,
    SUPERVISOR_PAUSE_MOST_MS = 5000,
    SUPERVISOR_RAN_WELL_MS = 10000,
    SUPERVISOR_GRACE_MS = 5000, /* between SIGTERM and SIGKILL */
    SUPERVISOR_LOG_BYTES = 10 << 20,
    SUPERVISOR_LOG_KEEP = 3,
    SUPERVISOR_NAME_MAX = 64,
    SUPERVISOR_WORDS_MOST = 15 << 10, /* of a program that is added, as JSON */
};

#define SUPERVISOR_SOCKET "supervisor.sock"

struct supervisor_program {
    const char *name; /* at most SUPERVISOR_NAME_MAX bytes, no blank, no slash */
    const char *const *argv;
    const char *const *env; /* NULL: as this process */
};

struct supervisor_config {
    const char *dir; /* absolute; exists */
    const struct supervisor_program *programs;
    size_t program_count;
    /* 0 for the values above; tests make them small. */
    int64_t grace_ms;
    uint64_t log_bytes;
    unsigned log_keep;
};

enum supervisor_state {
    SUPERVISOR_RUNNING,
    SUPERVISOR_PAUSING,  /* died; will be started again */
    SUPERVISOR_STOPPING, /* told to stop, not gone yet */
    SUPERVISOR_DOWN,     /* held down until started */
};

struct supervisor_program_status {
    const char *name;
    enum supervisor_state state;
    pid_t pid;            /* 0 when there is no process */
    uint64_t restarts;    /* deaths that nobody asked for */
    const char *last_end; /* "exit code 1", "killed by SIGKILL"; "" before the first */
    const char *log_path;
};

struct supervisor_status {
    pid_t pid;
    ARRAY(struct supervisor_program_status) programs;
};

const char *supervisor_state_word(enum supervisor_state state); /* "running", "pausing", ... */

/*
 * Starts the supervisor and, under it, all programs. Returns when it takes commands.
 *
 * e  ERROR_EXISTS: one runs in this folder already.
 */
MUST_CHECK bool supervisor_start(const struct supervisor_config *config, struct error *e);

/*
 * The requests. Each fails with ERROR_NOT_FOUND when no supervisor runs in the folder or it has no
 * such program, and with ERROR_TIMEOUT when it does not answer.
 */
MUST_CHECK bool supervisor_status_fetch(struct arena *mem, const char *dir,
                                        struct supervisor_status *ret_status, struct error *e);
/* SIGTERM, after the grace SIGKILL; held down. Returns when the process is gone. */
MUST_CHECK bool supervisor_stop(const char *dir, const char *name, struct error *e);
/* SIGKILL at once; held down. Returns when the process is gone. */
MUST_CHECK bool supervisor_kill(const char *dir, const char *name, struct error *e);
/* Starts what is down or pausing; fine when it runs. Returns when the program is executed. */
MUST_CHECK bool supervisor_run(const char *dir, const char *name, struct error *e);
/*
 * Adds a program, held down; or gives one that is down other words. Its environment is the first
 * program's.
 *
 * argv  the program and its words, NULL at the end; 16 KiB at most.
 * e     ERROR_CONFLICT: it is not down. ERROR_LIMIT: too many programs, or too long.
 */
MUST_CHECK bool supervisor_put(const char *dir, const char *name, const char *const *argv,
                               struct error *e);
/* Forgets a program; its log stays. e: ERROR_CONFLICT: it is not down. */
MUST_CHECK bool supervisor_drop(const char *dir, const char *name, struct error *e);
/* Stops all programs, then the supervisor. Returns when both are gone. */
MUST_CHECK bool supervisor_shutdown(const char *dir, struct error *e);

#endif
