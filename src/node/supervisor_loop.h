/* The supervisor's own process: what runs behind supervisor_start (node/supervisor.h). */
#ifndef QUORATE_NODE_SUPERVISOR_LOOP_H
#define QUORATE_NODE_SUPERVISOR_LOOP_H

#include "node/supervisor.h"

/*
 * Starts the programs, writes one byte to ready_fd and closes it, and serves until it is told to
 * shut down or gets SIGTERM; then all programs are gone. When it cannot begin, the error goes to
 * ready_fd instead, as it is in memory.
 *
 * listen_fd  a listening unix socket.
 */
void supervisor_loop(const struct supervisor_config *config, int listen_fd, int ready_fd);

#endif
