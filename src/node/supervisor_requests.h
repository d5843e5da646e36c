/*
 * What the supervisor is asked over its socket (node/supervisor.h), and how it answers. Private to the
 * supervisor's own process. One connection has one request and one answer, each a line.
 */
#ifndef QUORATE_NODE_SUPERVISOR_REQUESTS_H
#define QUORATE_NODE_SUPERVISOR_REQUESTS_H

#include "node/supervised.h"

enum {
    SUPERVISOR_CLIENTS_MOST = 32,
    SUPERVISOR_PROGRAMS_MOST = 64,
    SUPERVISOR_REQUEST_MOST = 16 << 10, /* a program's words are in one */
};

struct supervisor_client {
    int fd; /* -1: free */
    char request[SUPERVISOR_REQUEST_MOST];
    size_t size;
    ssize_t waits_for; /* the program whose end is to be answered, or -1 */
    bool shutdown;
};

/* All that the supervisor's process has. */
struct supervisor {
    struct arena mem;
    const struct supervisor_config *config;
    struct supervised *programs; /* room for SUPERVISOR_PROGRAMS_MOST */
    size_t program_count;
    const char *const *env; /* of programs that come later: the first one's */
    struct supervisor_client clients[SUPERVISOR_CLIENTS_MOST];
    int listen_fd;
    int signal_fd;
    bool ending;
};

void supervisor_clients_init(struct supervisor *s);
void supervisor_client_accept(struct supervisor *s);
/* Reads what has come, and serves it when it is whole. */
void supervisor_client_read(struct supervisor *s, struct supervisor_client *c);
/* Answers those who wait for the end of a program that has ended. */
void supervisor_answers_due(struct supervisor *s);
/* Answers those who asked for the end of all. */
void supervisor_answer_shutdown(struct supervisor *s);

/* --- what requests want of the loop (node/supervisor_loop.c) --- */

int64_t supervisor_grace_ms(const struct supervisor *s);
/* One program more, held down. */
MUST_CHECK bool supervisor_add(struct supervisor *s, const struct supervisor_program *config,
                               struct error *e);
/* Begins the end: every program is told to stop. */
void supervisor_end(struct supervisor *s);

#endif
