/* etcd's log lines about connections that it did not take: "rejected connection". */
#ifndef QUORATE_FORMAT_REJECTED_CONNECTION_H
#define QUORATE_FORMAT_REJECTED_CONNECTION_H

#include "format/etcd_log.h"

struct rejected_connection {
    const char *from;  /* the address without its port */
    const char *error; /* "EOF", "tls: first record does not look like a TLS handshake" */
};

/*
 * False: the line says something else. In 'mem', which 'line' must outlive.
 * Source: etcd server/embed/config_logging.go (HandshakeFailure) and 3.4 embed/config_logging.go; EOF only at
 * debug level from 3.5.24 and 3.6.6 on.
 */
bool rejected_connection_read(struct arena *mem, const struct etcd_log_line *line,
                              struct rejected_connection *ret);

#endif
