/*
 * Where a member stands on its way from plain HTTP to TLS, or back: pure functions over its URLs.
 *
 * The way, the same in both directions. A client port takes both schemes at once, since etcd tells them
 * apart by a connection's first bytes (embed/serve.go, 3.4 to 3.7); a peer port takes one scheme, and peers
 * dial the URL that the member list has. So a spare port is needed on the way, and not afterwards:
 *
 *   phase  listens for peers at       and is listed at      clients
 *   old    old://H:PORT               old://H:PORT          old://H:C
 *   both   old://H:PORT new://H:SPARE then new://H:SPARE    old://H:C new://H:C
 *   new    new://H:SPARE new://H:PORT then new://H:PORT     new://H:C
 *   end    new://H:PORT               new://H:PORT          new://H:C
 *
 * Between two phases a member is restarted; between two URLs the member list is changed. At no moment is a
 * member listed at a port that it does not listen at, or in a scheme that another could not dial.
 */
#ifndef QUORATE_CLUSTER_TLS_PHASE_H
#define QUORATE_CLUSTER_TLS_PHASE_H

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"

enum tls_scheme { TLS_PLAIN, TLS_SECURE };

const char *tls_scheme_word(enum tls_scheme scheme); /* "http", "https" */
enum tls_scheme tls_scheme_other(enum tls_scheme scheme);
/* Whether the URL is of that scheme. */
bool tls_url_is(const char *url, enum tls_scheme scheme);
/* "10.0.0.1:2380" of "http://10.0.0.1:2380"; points into it. */
const char *tls_url_authority(const char *url);
/* The authorities as URLs; in 'mem'. */
struct inventory_urls tls_urls_of(struct arena *mem, enum tls_scheme scheme,
                                  const struct inventory_urls *authorities);
/* The same URLs in that scheme; in 'mem'. */
struct inventory_urls tls_urls_by(struct arena *mem, enum tls_scheme scheme,
                                  const struct inventory_urls *urls);
/* The scheme of those of 'urls' whose authority is among these becomes another, in their places; in 'mem'. */
struct inventory_urls tls_urls_switch(struct arena *mem, const struct inventory_urls *urls,
                                      const struct inventory_urls *authorities,
                                      enum tls_scheme scheme);

/* Of one member, as its settings and the member list have it. */
struct tls_urls {
    struct inventory_urls listen_peers;
    struct inventory_urls peers; /* in the member list */
    struct inventory_urls listen_clients;
    struct inventory_urls clients; /* advertised */
};

/* How a client port changes its scheme. */
enum tls_clients {
    TLS_CLIENTS_OVERLAP, /* both are taken on the way */
    TLS_CLIENTS_KEEP,    /* and to the end */
    /* At once, with 'new'. Before 3.4.25 and 3.5.8 etcd may serve plain gRPC by the server for TLS, when one
     * port has both: a race at its start (etcd-io/etcd issue 15495, embed/serve.go). */
    TLS_CLIENTS_FLIP,
};

/* Whether an etcd of this version has that race; of one that is not known it is believed. */
bool tls_clients_race(const char *version);

/* The same without schemes. */
struct tls_addresses {
    enum tls_clients change;
    struct inventory_urls listen_peers;   /* hosts, as URLs have them: "10.0.0.1", "[::1]" */
    struct inventory_urls peers;          /* the same */
    const char *peer_port;                /* the one that stays */
    const char *spare_port;               /* on the way; NULL: not known, or not needed any more */
    struct inventory_urls listen_clients; /* "10.0.0.1:2379" */
    struct inventory_urls clients;
    /* The scheme in which the member list is to have it first, at the peer port; NULL: it has. */
    const char *relist;
    bool returns; /* it is restarted with its peer port in the old scheme before all else */
};

enum tls_phase { TLS_PHASE_OLD, TLS_PHASE_BOTH, TLS_PHASE_NEW, TLS_PHASE_END };

/*
 * Finds the addresses of a member that is on the way to 'to', or has not begun, or has arrived. A way that
 * somebody has begun by hand is gone on with: its second port is the spare one. A member whose URL in the member list
 * and whose listener differ in the scheme alone (one of the two was changed, as the usual guides have it) is listed
 * where it listens first.
 *
 * e  ERROR_REFUSED: its URLs are none that this way begins at: unix sockets, several peer ports of one
 *    scheme, a URL in the member list at whose port it does not listen.
 */
MUST_CHECK bool tls_addresses_find(struct arena *mem, const struct tls_urls *now,
                                   enum tls_scheme to, struct tls_addresses *ret, struct error *e);

/*
 * The same for a member whose peer port has the new scheme while others have the old one, and that is cut off by it: it
 * dials them where they were listed when it last heard of the list, and they cannot dial it. So it begins anew, and is
 * listed in the old scheme first. e: as tls_addresses_find.
 */
MUST_CHECK bool tls_addresses_find_returning(struct arena *mem, const struct tls_urls *now,
                                             enum tls_scheme to, struct tls_addresses *ret,
                                             struct error *e);

/* Where the member list is to have it before all else, with 'relist'; in 'mem'. */
struct inventory_urls tls_peers_relisted(struct arena *mem, const struct tls_addresses *addresses);

/* Whether its peers are done with: listed in the new scheme, and no other port than that one. */
bool tls_peers_arrived(const struct tls_urls *now, enum tls_scheme to);

/* The phase that its listeners are at; of two the earlier one. */
enum tls_phase tls_phase_of(const struct tls_urls *now, enum tls_scheme to,
                            enum tls_clients change);

/* What it listens at and is listed at in a phase, at its beginning; in 'mem'. Without a spare port peers have
 * arrived. */
void tls_phase_urls(struct arena *mem, const struct tls_addresses *addresses, enum tls_scheme to,
                    enum tls_phase phase, struct tls_urls *ret);
/* Where the member list is to have it once all are at that phase; in 'mem'. */
struct inventory_urls tls_phase_peers_after(struct arena *mem,
                                            const struct tls_addresses *addresses,
                                            enum tls_scheme to, enum tls_phase phase);

/* "a,b"; in 'mem'. */
const char *tls_urls_text(struct arena *mem, const struct inventory_urls *urls);

#endif
