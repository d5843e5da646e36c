/* etcd's log lines about connections that it did not take: "rejected connection". */
#ifndef QUORATE_FORMAT_REJECTED_CONNECTION_H
#define QUORATE_FORMAT_REJECTED_CONNECTION_H

#include <stdbool.h>

#include "base/arena.h"

struct rejected_connection {
    const char *from;  /* the address without its port */
    const char *error; /* "EOF", "tls: first record does not look like a TLS handshake" */
};

/*
 * Reads a line: JSON of 3.4 on with zap, or the text of capnslog (3.4's default). False: it says something else.
 * In 'mem'.
 * Source: etcd server/embed/config_logging.go (HandshakeFailure) and 3.4 embed/config_logging.go; EOF only at
 * debug level from 3.5.24 and 3.6.6 on.
 */
bool rejected_connection_read(struct arena *mem, const char *line, struct rejected_connection *ret);

#endif
