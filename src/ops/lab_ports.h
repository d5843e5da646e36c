/* Free loopback ports for a lab, held until its members are started. */
#ifndef QUORATE_OPS_LAB_PORTS_H
#define QUORATE_OPS_LAB_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { LAB_PORTS_MOST = 32 };

struct lab_ports {
    uint16_t numbers[LAB_PORTS_MOST];
    int fds[LAB_PORTS_MOST];
    size_t count;
};

#define LAB_PORTS_INIT                                                                             \
    {                                                                                              \
        .count = 0                                                                                 \
    }
#define AUTO_LAB_PORTS __attribute__((cleanup(lab_ports_release))) struct lab_ports

/*
 * Binds 'count' more free ports on 127.0.0.1. They are taken at random from below the range that
 * the system gives to outgoing connections, so that a member that is down finds its own again.
 *
 * is_taken  says whether a port belongs to somebody who does not listen now; may be NULL.
 */
MUST_CHECK bool lab_ports_hold(struct lab_ports *ports, size_t count,
                               bool (*is_taken)(void *context, uint16_t port), void *context,
                               struct error *e);
/* As lab_ports_hold, and none that a lab in the state directory has, whether it runs or not. */
MUST_CHECK bool lab_ports_choose(const char *state_dir, size_t count, struct lab_ports *ports,
                                 struct error *e);
/* Whether nobody listens on the port of 127.0.0.1. */
bool lab_port_is_free(uint16_t port);
/* Lets go of them. */
void lab_ports_release(struct lab_ports *ports);

#endif
