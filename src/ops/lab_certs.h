/* The certificates of a lab with TLS: an authority, one for each member, one for clients. */
#ifndef QUORATE_OPS_LAB_CERTS_H
#define QUORATE_OPS_LAB_CERTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"

/*
 * Makes them in the lab's folder "tls" and names them in the inventory. The authority's key is kept
 * (ca.key): rehearsing a rotation needs it.
 */
MUST_CHECK bool lab_certs_make(struct arena *mem, struct inventory *inventory, struct error *e);

#endif
