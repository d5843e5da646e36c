/*
 * What lock and elect have in common: a place in the line, held under a session until a signal comes
 * or the lease is lost.
 */
#ifndef QUORATE_CLI_HELD_H
#define QUORATE_CLI_HELD_H

#include "cli/app.h"
#include "cli/signals.h"
#include "etcd/candidate.h"

/* Stays where it is from open until release. */
struct held {
    struct app *app;
    struct etcd_session session;
    struct etcd_candidate candidate;
    struct signals signals;
    bool open;        /* there is a session */
    bool interrupted; /* SIGINT or SIGTERM came */
};

/*
 * Opens the session and waits for our turn. Whatever comes of it, held_leave or held_release ends it.
 *
 * e  ERROR_FAILED: interrupted (etcdctl's exit code for it is 1).
 */
MUST_CHECK bool held_enter(struct held *h, struct app *app, int64_t ttl_s, struct bytes name,
                           struct bytes value, struct error *e);
/* Prints our key as it is now. */
MUST_CHECK bool held_show(struct held *h, struct error *e);
/* Waits for a signal; false, with e, when the lease is lost. */
MUST_CHECK bool held_keep(struct held *h, struct error *e);
/* Gives the place up, so that the next one need not wait until our lease runs out. */
MUST_CHECK bool held_leave(struct held *h, struct error *e);
/* Gives it up as far as that can be done. For every end; twice is fine. */
void held_release(struct held *h);

#endif
