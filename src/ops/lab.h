/*
 * Labs: real etcd clusters on loopback, to rehearse on. STATE/labs/NAME holds the inventory
 * (lab.json), the members' data directories (m1.etcd, ...), their logs, and the supervisor's socket.
 */
#ifndef QUORATE_OPS_LAB_H
#define QUORATE_OPS_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "node/supervisor.h"

enum {
    LAB_MEMBERS_DEFAULT = 3,
    LAB_MEMBERS_MOST = 9,
    LAB_TIMEOUT_MS = 30000,
};

#define LAB_NAME_DEFAULT "lab"

struct lab_member {
    const struct inventory_member *configured;
    enum supervisor_state state;
    pid_t pid;
    uint64_t restarts;
    const char *last_end;
    bool healthy;       /* its /health says true: it serves, with a leader */
    const char *reason; /* why not; NULL when healthy */
};

struct lab {
    const struct inventory *inventory;
    pid_t supervisor_pid; /* 0: not running */
    ARRAY(struct lab_member) members;
};

/* What lab_up is doing, for a line on the screen ("starting 3 members of etcd 3.5.16"). */
typedef void lab_observe(void *context, const char *text);

struct lab_up_request {
    const char *state_dir;
    const char *name;      /* NULL: LAB_NAME_DEFAULT */
    unsigned member_count; /* 0: LAB_MEMBERS_DEFAULT; must be as it was for a lab that exists */
    const char *etcd;      /* a version or the start of one ("3.5"), or a path (the program, or its
                              folder); NULL: QUORATE_ETCDS's newest, else PATH's */
    bool tls;
    uint64_t quota_bytes; /* 0: etcd's own; only when the lab is made */
    int64_t timeout_ms;   /* 0: LAB_TIMEOUT_MS */
    lab_observe *observe;
    void *observe_context;
};

/*
 * Brings a lab up: makes it, or starts again what does not run of one that exists. Returns when each
 * member says that it is healthy.
 *
 * e  ERROR_USAGE: name or count. ERROR_NOT_FOUND: no etcd. ERROR_CONFLICT: the lab exists with other
 *    members or another etcd. ERROR_TIMEOUT: with the last words of a member's log; a lab that was
 *    made by this call is taken down again.
 */
MUST_CHECK bool lab_up(struct arena *mem, const struct lab_up_request *request,
                       struct lab **ret_lab, struct error *e);

/* e: ERROR_NOT_FOUND. A lab whose supervisor is gone has its members down. */
MUST_CHECK bool lab_status(struct arena *mem, const char *state_dir, const char *name,
                           struct lab **ret_lab, struct error *e);

/* As supervisor_stop, supervisor_kill, supervisor_run; 'member' is checked against the inventory. */
MUST_CHECK bool lab_member_stop(const char *state_dir, const char *name, const char *member,
                                struct error *e);
MUST_CHECK bool lab_member_kill(const char *state_dir, const char *name, const char *member,
                                struct error *e);
MUST_CHECK bool lab_member_start(const char *state_dir, const char *name, const char *member,
                                 struct error *e);

/* Stops all members and the supervisor; removes the folder unless 'keep_data'. */
MUST_CHECK bool lab_down(const char *state_dir, const char *name, bool keep_data, struct error *e);

/* Names of all labs, sorted. */
MUST_CHECK bool lab_list(struct arena *mem, const char *state_dir, const char ***ret_names,
                         size_t *ret_count, struct error *e);

#endif
