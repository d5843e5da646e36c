/*
 * What cfssl reads: certificate requests and signing policies, in its JSON.
 * Source: cfssl csr/csr.go, config/config.go; docs/formats/cfssl.md.
 */
#ifndef QUORATE_PKI_CFSSL_REQUEST_H
#define QUORATE_PKI_CFSSL_REQUEST_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "pki/authority.h"

enum { CFSSL_JSON_MOST_BYTES = 1 << 20 };

/*
 * Reads a request: CN, names (C, O, OU, L, ST), hosts, key, and ca (expiry, pathlen). Its usages are left
 * to the policy; without "ca" it is valid for five years as an authority.
 *
 * e  ERROR_FORMAT: no such JSON. ERROR_USAGE: a host that nobody has replaced in the example it comes
 *    from ("<node ip>", "$IP", "HOST_1"), a key that is not offered,
 *    a field that would be left out.
 */
MUST_CHECK bool cfssl_request_decode(struct arena *mem, struct bytes json,
                                     struct cert_request *ret_request, bool *ret_has_ca,
                                     struct error *e);
/* The hosts of a comma-separated list in place of the request's. e: as above. */
MUST_CHECK bool cfssl_hosts_replace(struct arena *mem, const char *list,
                                    struct cert_request *request, struct error *e);

/*
 * Takes usages and lifetime of a profile into the request.
 *
 * json     of a policy; a NULL data pointer: none, and cfssl's own default (a year, server and client)
 * profile  "": the policy's default
 * e        ERROR_NOT_FOUND: no such profile, which cfssl would pass over. ERROR_USAGE: a usage that is
 *          not known, or none at all.
 */
MUST_CHECK bool cfssl_profile_apply(struct arena *mem, struct bytes json, const char *profile,
                                    struct cert_request *request, struct error *e);

#endif
