/* --discovery-srv: endpoints from a domain's SRV records. */
#ifndef QUORATE_CLI_DISCOVERY_H
#define QUORATE_CLI_DISCOVERY_H

#include "cli/app.h"

/*
 * The endpoints of --discovery-srv; none without it, or where all were left out because
 * --insecure-discovery is off and they are of plain http (stderr says which).
 *
 * e       ERROR_NOT_FOUND or ERROR_UNAVAILABLE: there are records neither for TLS nor without it.
 * Source  client/pkg/srv/srv.go and etcdctl/ctlv3/command/global.go, 3.7: the TLS ones first.
 */
MUST_CHECK bool endpoints_discover(struct app *app, const char *const **ret_endpoints,
                                   size_t *ret_count, struct error *e);

#endif
