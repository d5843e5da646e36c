/* The state of a systemd unit, from what 'systemctl show' prints. */
#ifndef QUORATE_NODE_UNIT_STATUS_H
#define QUORATE_NODE_UNIT_STATUS_H

#include "node/service.h"

/* What 'systemctl show' is to show: "--property=...". */
extern const char unit_status_option[];

/* The drop-in that holds a unit down: its name, and a path below which none is ever made. */
#define UNIT_HOLD_FILE "00-quorate-holds-down.conf"

struct unit_status {
    const char *id;       /* "etcd.service", whatever alias was asked for */
    const char *load;     /* "loaded", "not-found", "masked", "bad-setting", "error" */
    const char *active;   /* "active", "activating", "inactive", "failed", ... */
    const char *sub;      /* "running", "auto-restart", "dead", ... */
    const char *result;   /* "success", "exit-code", "start-limit-hit", "timeout", ... */
    const char *fragment; /* the unit's file; "" when there is none */
    const char *drop_ins; /* paths, with blanks between */
    const char *enabled;  /* "enabled", "disabled", "static", ... */
    int64_t pid;          /* of the main process; 0: none */
    bool held;            /* by our drop-in, or masked */
    enum service_state state;
};

/*
 * e  ERROR_FORMAT: a property is missing.
 * Source  systemd's unit states: src/core/service.c (service_state_table), systemctl(1), of 247 to 254.
 */
MUST_CHECK bool unit_status_decode(struct arena *mem, struct bytes text,
                                   struct unit_status *ret_status, struct error *e);

#endif
