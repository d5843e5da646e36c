/*
 * One program under the supervisor (node/supervisor.h): its process, its pauses before it is started again,
 * and its log. Private to the supervisor's own process, which has one thread.
 */
#ifndef QUORATE_NODE_SUPERVISED_H
#define QUORATE_NODE_SUPERVISED_H

#include "node/log_file.h"
#include "node/supervisor.h"

struct supervised {
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

/*
 * Opens its log; does not start it. 'config' and 'mem' must live as long as 'ret_program'.
 *
 * limits  folder and size of its log.
 */
MUST_CHECK bool supervised_init(struct arena *mem, struct supervised *ret_program,
                                const struct supervisor_program *config,
                                const struct supervisor_config *limits, struct error *e);
/* Closes its log. There must be no process of it. */
void supervised_close(struct supervised *p);
/* When it cannot be started, it pauses and is tried again. */
MUST_CHECK bool supervised_start(struct supervised *p, struct error *e);
/* Sends the signal, and holds it down. What is still there after grace_ms is killed by supervised_due. */
void supervised_stop(struct supervised *p, int signal, int64_t grace_ms);
/* Its process was waited for: 'status' as waitpid tells it. */
void supervised_ended(struct supervised *p, int status);
/* Does what is due; returns in how many milliseconds something will be: INT64_MAX: nothing. */
int64_t supervised_due(struct supervised *p, int64_t grace_ms);
/* e: ERROR_CONFLICT: it is not held down, or has a process yet. */
MUST_CHECK bool supervised_must_be_down(const struct supervised *p, struct error *e);
/* Moves what it has written to its log. */
void supervised_log(struct supervised *p);

#endif
