/* What a host reaches: tiny probes that it makes itself, with the tools that it has. */
#ifndef QUORATE_NODE_HOST_REACH_H
#define QUORATE_NODE_HOST_REACH_H

#include "node/host/host.h"

enum host_reached {
    REACHED_OPEN,       /* somebody took the connection */
    REACHED_REFUSED,    /* the other host says that nobody listens: the way there is free */
    REACHED_SILENT,     /* no answer in HOST_REACH_S */
    REACHED_UNRESOLVED, /* the name has no address there */
    REACHED_FAILED,     /* anything else: see 'said' */
};

enum { HOST_REACH_S = 3 };

struct host_reach {
    const char *name; /* a name or an address, without brackets */
    const char *port;

    enum host_reached reached;
    const char *addresses; /* of the name, as the host sees it, with blanks between; "" */
    const char *said;      /* by the tool; "" */
};

/*
 * Has the host make a TCP connection to each of the targets, and closes it at once.
 *
 * targets  name and port are given; the rest is set, in 'mem'.
 * e        host_run's; also ERROR_NOT_FOUND: there is neither bash nor nc.
 */
MUST_CHECK bool host_reach_probe(struct arena *mem, const struct host *host,
                                 struct host_reach *targets, size_t count, struct error *e);

/* The host's own addresses, those of loopback left out, with blanks between. In 'mem'. */
MUST_CHECK bool host_addresses(struct arena *mem, const struct host *host,
                               const char **ret_addresses, struct error *e);

/*
 * From which of its addresses the host dials others, by its routes: one for each name or address given, with
 * blanks between, each once; those that it has no way to are left out. What stands between and changes
 * addresses is not seen. In 'mem'.
 */
MUST_CHECK bool host_source_addresses(struct arena *mem, const struct host *host,
                                      const char *const *names, size_t count,
                                      const char **ret_addresses, struct error *e);

/* The addresses of names as the host sees them, with blanks between; a name without any is left out. In 'mem'. */
MUST_CHECK bool host_name_addresses(struct arena *mem, const struct host *host,
                                    const char *const *names, size_t count,
                                    const char **ret_addresses, struct error *e);

/* Whether a list with blanks between has this word. */
bool address_list_has(const char *addresses, const char *address);

#endif
