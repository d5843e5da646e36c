/*
 * A real sshd on loopback for tests: run as the current user, with its own host key, configuration and
 * users' keys. The client's configuration names these hosts:
 *
 *   box        runs what it is told
 *   noisy      a login shell whose files print on both streams, and read all input they get
 *   zsh fish csh ...   that login shell; only those that are installed
 *   nologin    prints "This account is currently not available." and ends
 *   keyless    offers a key that is not accepted
 *   stranger   the host key is not known; impostor: it has changed
 *   nobody     a port at which nothing listens
 */
#ifndef QUORATE_TEST_NODE_SSHD_H
#define QUORATE_TEST_NODE_SSHD_H

#include <stdbool.h>
#include <sys/types.h>

#include "node/host/host.h"

struct sshd {
    struct arena mem;
    const char *dir; /* a folder of this test's own, also for its files */
    const char *config;
    const char *runtime_dir;
    unsigned port;
    pid_t pid;
    const char *why_not; /* NULL: it runs */
};

/* Never fails: why_not says what is missing. */
void sshd_start(struct sshd *sshd);
/* Ends it with all that it has started, connections included. */
void sshd_stop(struct sshd *sshd);
/* Cuts all connections: ends the processes that serve them. */
void sshd_cut(const struct sshd *sshd);

struct host_options sshd_options(const struct sshd *sshd);
/* Opens ssh://NAME; fails the test when it cannot. */
struct host *sshd_host(struct arena *mem, const struct sshd *sshd, const char *name);

#endif
