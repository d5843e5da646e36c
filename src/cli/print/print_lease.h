/*
 * What etcdctl prints for leases. Its JSON wraps the answers in structs of their own: the header's
 * keys stand beside theirs, which are lower case for some. -w protobuf is the header alone there,
 * and nothing for a revocation.
 * Source: etcd client/v3/lease.go, etcdctl/ctlv3/command/printer_simple.go, 3.4 to 3.7.
 */
#ifndef QUORATE_CLI_PRINT_LEASE_H
#define QUORATE_CLI_PRINT_LEASE_H

#include "cli/print/print.h"
#include "etcd/message/lease_message.h"

void print_lease_grant(struct buf *out, const struct output_style *style,
                       const struct etcd_lease_grant_response *response);
void print_lease_revoke(struct buf *out, const struct output_style *style, int64_t id,
                        const struct etcd_lease_revoke_response *response);
/* keys: they were asked for; matters for the simple form alone. */
void print_lease_time_to_live(struct buf *out, const struct output_style *style, bool keys,
                              const struct etcd_lease_time_to_live_response *response);
void print_lease_leases(struct buf *out, const struct output_style *style,
                        const struct etcd_lease_leases_response *response);
void print_lease_keep_alive(struct buf *out, const struct output_style *style,
                            const struct etcd_lease_keep_alive_response *response);
/* The last line of a keep-alive, for people: nothing in the other forms. */
void print_lease_lost(struct buf *out, const struct output_style *style, int64_t id);

#endif
