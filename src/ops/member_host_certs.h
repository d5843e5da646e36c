/* The certificates of a member that is to join, as they lie on its host. */
#ifndef QUORATE_OPS_MEMBER_HOST_CERTS_H
#define QUORATE_OPS_MEMBER_HOST_CERTS_H

#include "cluster/inventory.h"
#include "node/host/host.h"

/*
 * Whether they are there and do: as server, for the hosts of its client URLs; as peer, for those of its
 * peer URLs and with both usages; each by the authorities in its own CA file, and now. Keys stay where
 * they are and are not read.
 *
 * e  ERROR_NOT_FOUND: a file is missing. ERROR_TLS: what cluster/rules_certificate.h says, with the file.
 */
MUST_CHECK bool member_host_certs_check(const struct host *host,
                                        const struct inventory_member *member, struct error *e);

#endif
