/*
 * What a watch is asked for: on the command line, or by a line of its interactive mode.
 *
 * Source: parseWatchArgs in etcdctl/ctlv3/command/watch_command.go (3.4 to 3.7). Unlike there, an
 * operand too many is an error, and a command may hold its own name twice.
 */
#ifndef QUORATE_CLI_WATCH_REQUEST_H
#define QUORATE_CLI_WATCH_REQUEST_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "cli/option.h"

extern const struct option_def watch_options[];

struct watch_request {
    struct bytes key;
    struct bytes range_end;
    int64_t revision; /* 0: from now */
    bool prev_kv;
    bool progress_notify;
    const char **command; /* to run for each event; ends in NULL; NULL: none */
};

/* The words of a watch: "[KEY [RANGE_END]] [-- COMMAND [ARGUMENT...]]". */
struct watch_words {
    const struct bytes *words;
    size_t count;
    size_t dash_at; /* how many stand before "--"; SIZE_MAX: there is none */
};

/*
 * KEY and RANGE_END may come from ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END instead.
 *
 * mem  holds what is made of the words; the rest points into them.
 * e    ERROR_USAGE: no key, or two; a RANGE_END with --prefix; "--" without a command.
 */
MUST_CHECK bool watch_request_make(struct arena *mem, const struct options *options,
                                   const struct watch_words *words,
                                   struct watch_request *ret_request, struct error *e);

#endif
