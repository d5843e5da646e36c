/* Whether a member and its peers would believe each other's certificates; private to ops/member_host_certs.c. */
#ifndef QUORATE_OPS_MEMBER_PEER_CERTS_H
#define QUORATE_OPS_MEMBER_PEER_CERTS_H

#include "cluster/member_tls.h"
#include "ops/member_cert_files.h"

/*
 * Compares with each other member that runs, is reached, and speaks TLS to its peers: its certificate by our
 * authorities, and ours by its. What cannot be read of others is not this member's fault, and passed over.
 *
 * own  the member's side towards peers.
 * e    ERROR_TLS "certificate-wrong-ca", with file, setting and the other member.
 */
MUST_CHECK bool member_peer_certs_agree(const struct cert_looking *l, struct site *site,
                                        const struct inventory *inventory,
                                        const struct inventory_member *member,
                                        const struct member_tls_side *own, struct error *e);

#endif
