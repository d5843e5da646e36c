/* 'status --watch': looks at a cluster again and again, on a full screen or as lines of JSON. */
#ifndef QUORATE_CLI_LIVE_H
#define QUORATE_CLI_LIVE_H

#include "cli/app.h"
#include "cluster/rules.h"

struct live_options {
    const struct etcd_options *etcd;
    const char *target; /* what is looked at, for people */
    struct judge_days days;
    int64_t interval_ms;
};

/*
 * Shows it until somebody ends it.
 *
 * e  ERROR_USAGE: standard input or output is no terminal. Else what makes looking, or showing, impossible.
 */
MUST_CHECK bool live_screen_run(struct app *app, const struct live_options *options,
                                struct error *e);
/* Prints an object for each look to standard output, until nobody reads there any more. */
MUST_CHECK bool live_lines_run(struct app *app, const struct live_options *options,
                               struct error *e);

#endif
