/*
 * A host that runs members: this one, or another that the system's OpenSSH client reaches. Everything
 * else in node/ is written over host_run, so that the two differ in one file each.
 *
 * Over ssh the operator's configuration, agent, jump hosts and known_hosts apply; a host key that is
 * unknown or has changed is an error, always. One connection is kept and shared by all commands
 * (ssh_config(5), ControlMaster) and ends by itself when it has not been used for HOST_PERSIST_S.
 */
#ifndef QUORATE_NODE_HOST_H
#define QUORATE_NODE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/observer.h"

enum {
    HOST_CONNECT_MS = 10000,
    HOST_COMMAND_MS = 60000,
    HOST_KILL_MS = 5000, /* from SIGTERM to SIGKILL, when a command's time is over */
    HOST_PERSIST_S = 60,
    HOST_OUTPUT_MOST = 1 << 20,
    HOSTS_AT_ONCE = 16, /* where several are looked at side by side */
};

struct host;

struct host_options {
    bool become;                /* run commands as root by 'sudo -n', unless the user is root */
    int64_t connect_timeout_ms; /* 0: HOST_CONNECT_MS */
    const char *runtime_dir;    /* for the connections' sockets, made with mode 0700; NULL:
                                   $XDG_RUNTIME_DIR/quorate or /tmp/quorate-UID */
    const char *ssh_config;     /* ssh's -F; NULL: the operator's */
};

/*
 * Reaches a host and sees who we are there, and that we may become root when that is asked for.
 *
 * url      "local:" or "ssh://[USER@]HOST[:PORT]"; HOST may be a name of ssh's configuration.
 * options  NULL: all as said above.
 * e        ERROR_USAGE: the URL. Others with a cause word (base/evidence.h):
 *          CONNECTION: "name-not-found", "refused", "unreachable", "connection-lost";
 *          AUTH: "host-key-unknown", "host-key-changed", "permission-denied";
 *          PERMISSION: "sudo-password", "sudo-not-allowed"; FAILED: "login-shell".
 * Memory   the host lives in 'mem'; there is nothing to close.
 */
MUST_CHECK bool host_open(struct arena *mem, const char *url, const struct host_options *options,
                          struct host **ret_host, struct error *e);

const char *host_name(const struct host *host); /* "db1", "local": for messages */
const char *host_url(const struct host *host);
const char *host_user(const struct host *host); /* who we are there, before any sudo */
bool host_is_local(const struct host *host);

/* One end of what flows through a command. */
struct host_stream {
    int fd;
    const char *path;      /* for messages */
    uint64_t size_bytes;   /* of an input: exactly so many are sent; for progress */
    struct sha256 *digest; /* of what flows; NULL: none is made */
    uint64_t
        zero_bytes; /* of an input: so many zeros stand behind it, and count for its digest, but
                              are not sent */
    bool sealed;    /* an input's digest, in hex, and '\n' follow it; digest is then started anew */
    const struct observer *observer; /* NULL: nobody watches */
    const char *what;                /* for the observer: "sending to db1" */
};

struct host_command {
    const char *const *argv; /* ends in NULL; at most some 25 KiB of arbitrary bytes over ssh */
    struct bytes input;      /* the command's standard input ... */
    const struct host_stream *in;  /* ... or this, unless NULL */
    const struct host_stream *out; /* where its standard output goes; NULL: into the result */
    int64_t timeout_ms;     /* the command is ended, on its host, after it; 0: HOST_COMMAND_MS */
    int64_t stall_ms;       /* given up when nothing moves for so long; 0: no limit */
    size_t output_most;     /* kept of the output; 0: HOST_OUTPUT_MOST */
    bool as_login_user;     /* not by sudo */
    bool despite_interrupt; /* tidying up: interrupt_check is not asked */
};

struct host_result {
    int exit_code;    /* 0-255; 128 + signal when a signal ended it */
    struct bytes out; /* a NUL stands behind each, not counted */
    struct bytes err; /* the last 32 KiB of it at least */
    bool cut;         /* there was more output */
    int64_t asked_ms; /* wall clock here: just before the command could get its input */
    int64_t told_ms;  /* and when the first of its output arrived; 0: there was none */
};

/*
 * Runs a program on the host, in the C locale and in "/", and waits for its end. Its exit code is a
 * result, not an error.
 *
 * e  As host_open. ERROR_TIMEOUT "command-timeout": it was ended there, "unanswered": the host did
 *    not answer in time, nor say whether the command ran. ERROR_NOT_FOUND "command-not-found".
 *    ERROR_LIMIT: the arguments are too long. ERROR_CANCELLED: interrupt_check.
 *    What the program, or ssh, said on its standard error stands in the text.
 */
MUST_CHECK bool host_run(struct arena *mem, const struct host *host,
                         const struct host_command *command, struct host_result *ret_result,
                         struct error *e);

/* As host_run; an exit code other than 0 is an error: host_failure's. */
MUST_CHECK bool host_run_well(struct arena *mem, const struct host *host,
                              const struct host_command *command, struct host_result *ret_result,
                              struct error *e);

/* "NAME: <what the program said last>", or its exit code when it was silent; the code is read from what
 * the C locale says of errno: NOT_FOUND, EXISTS, PERMISSION, NO_SPACE, or FAILED. The value is false. */
bool host_failure(const struct host *host, const struct host_result *result, struct error *e);

#endif
