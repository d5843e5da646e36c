/* The certificates of a lab with TLS: an authority, one for each member, one for clients. */
#ifndef QUORATE_OPS_LAB_CERTS_H
#define QUORATE_OPS_LAB_CERTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"

/*
 * Makes them in the lab's folder "tls" and names them in the inventory. The authority's key is kept
 * (ca.key): members that join later, and rehearsing a rotation, need it.
 */
MUST_CHECK bool lab_certs_make(struct arena *mem, struct inventory *inventory, struct error *e);

/* The lab's authority alone: one that is there stays. */
MUST_CHECK bool lab_authority_make(const struct inventory *inventory, struct error *e);
/* The certificate of the lab's clients, named in the inventory: one that is there stays. In 'mem'. */
MUST_CHECK bool lab_client_cert_make(struct arena *mem, struct inventory *inventory,
                                     struct error *e);
/* Where the lab keeps its authority's key. In 'mem'. */
const char *lab_authority_key(struct arena *mem, const struct inventory *inventory);

bool lab_has_tls(const struct inventory *inventory);
/* The files of a member's certificate, whether they are there or not. In 'mem'. */
struct inventory_tls lab_member_certs(struct arena *mem, const struct inventory *inventory,
                                      const char *name);

/* Whether the lab's authority can issue certificates now. e: as authority_load. */
MUST_CHECK bool lab_authority_check(const struct inventory *inventory, struct error *e);

/*
 * Whether the member's certificate is there and does: its key, its authority, dates, both usages, and
 * the hosts of its URLs.
 *
 * e  the lab's authority cannot be read. ERROR_NOT_FOUND, ERROR_TLS, ...: why not.
 */
MUST_CHECK bool lab_member_cert_check(const struct inventory *inventory,
                                      const struct inventory_member *member, struct error *e);
/* Issues it, over what there is: the hosts of its URLs, localhost, 127.0.0.1 and ::1; both usages. */
MUST_CHECK bool lab_member_cert_issue(const struct inventory *inventory,
                                      const struct inventory_member *member, struct error *e);

#endif
