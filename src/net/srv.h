/* DNS SRV records: which hosts offer a service of a domain. */
#ifndef QUORATE_NET_SRV_H
#define QUORATE_NET_SRV_H

#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

struct srv_record {
    const char *host; /* without the final dot */
    uint16_t port;
    uint16_t priority;
};

struct srv_records {
    ARRAY(struct srv_record) list;
};

/*
 * The SRV records of a DNS answer, the lowest priority first, otherwise in its order: the weights
 * that a client may draw lots by are passed over.
 *
 * packet  the answer as it came, of any bytes; records of other types are skipped.
 * e       ERROR_FORMAT: cut, or names that lead nowhere.
 * Source  RFC 1035 4.1, RFC 2782.
 */
MUST_CHECK bool srv_parse(struct arena *mem, struct bytes packet, struct srv_records *ret_records,
                          struct error *e);

/*
 * Asks the system's resolver, with its time-outs, and waits.
 *
 * name  "_etcd-client._tcp.example.com"
 * e     ERROR_NOT_FOUND: no such name or no SRV record under it. ERROR_UNAVAILABLE: no answer.
 */
MUST_CHECK bool srv_lookup(struct arena *mem, const char *name, struct srv_records *ret_records,
                           struct error *e);

#endif
