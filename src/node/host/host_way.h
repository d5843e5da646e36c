/* Between host.c and the two ways to a host: local calls and ssh. */
#ifndef QUORATE_NODE_HOST_WAY_H
#define QUORATE_NODE_HOST_WAY_H

#include "node/host/host.h"

struct host_way {
    /* Runs a vector, which ends itself in time, as host_run does; e is without the judgement of exit
     * codes and of what the program said. */
    bool (*run)(struct arena *mem, const struct host *host, const char *const *argv,
                const struct host_command *command, struct host_result *ret_result,
                struct error *e);
};

extern const struct host_way host_way_local;
extern const struct host_way host_way_ssh;

struct host {
    const struct host_way *way;
    const char *url;
    const char *name;    /* HOST of the URL, or "local" */
    const char *user;    /* of the URL; NULL: none is given */
    const char *port;    /* of the URL; NULL: none is given */
    const char *login;   /* who we are there; NULL while that is not known */
    const char *config;  /* ssh's -F, or NULL */
    const char *control; /* the connection's socket; NULL: each command connects */
    int64_t connect_timeout_ms;
    bool become;
};

/* How long a command may take as seen from here: its own time, and that of a slow connection. */
int64_t host_patience_ms(const struct host *host, const struct host_command *command);

#endif
