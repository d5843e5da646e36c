/*
 * Who the members of a new cluster are: names, peer URLs and the ids that etcd derives from them.
 * Source: etcd 3.4-3.7 client/pkg/types/urlsmap.go, server/etcdserver/api/membership/member.go and
 * cluster.go, server/config VerifyBootstrap; docs/formats/restore.md.
 */
#ifndef QUORATE_FORMAT_MEMBER_IDENTITY_H
#define QUORATE_FORMAT_MEMBER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "format/peer_urls.h"

/* More than any cluster has; keeps N x database files and every list in a restore bounded. */
enum { INITIAL_MEMBERS_MAX = 64 };

struct initial_member {
    const char *name;
    struct peer_urls urls;
    uint64_t id; /* set by initial_cluster_identify */
    bool is_learner;
};

struct initial_cluster {
    struct initial_member *members; /* ascending by id once identified */
    size_t count;
    uint64_t cluster_id;
};

/*
 * Reads "--initial-cluster": NAME=URL pairs, comma separated; a repeated name has several URLs.
 *
 * Members come in the order of first appearance, without ids. An empty text is an empty cluster.
 * e          as peer_urls_parse; ERROR_USAGE also for more than INITIAL_MEMBERS_MAX members.
 * Memory     all in mem.
 */
MUST_CHECK bool initial_cluster_parse(struct arena *mem, const char *text,
                                      struct initial_cluster *ret_cluster, struct error *e);

/*
 * Computes member ids and the cluster id and sorts the members by id.
 *
 * cluster    members with names and URLs; changed only on success.
 * e          ERROR_USAGE: 'initial cluster ... has duplicate url', no member, a name twice, two
 *            members with one id.
 * Memory     nothing outlives the call.
 */
MUST_CHECK bool initial_cluster_identify(struct initial_cluster *cluster, const char *token,
                                         struct error *e);

/* The member of that name, or NULL. */
const struct initial_member *initial_cluster_find(const struct initial_cluster *cluster,
                                                  const char *name);
/* ERROR_USAGE, etcdutl's "couldn't find local name ..." when there is none. */
MUST_CHECK bool initial_cluster_require(const struct initial_cluster *cluster, const char *name,
                                        const struct initial_member **ret_member, struct error *e);

/*
 * Compares what a member advertises with its URLs in the initial cluster, as text.
 *
 * True when both are the same set. Host names are not resolved here (this floor has no network);
 * ops/restore does that before it reports a difference.
 * e          ERROR_USAGE with etcdutl's text: '--initial-cluster has N=U but missing from
 *            --initial-advertise-peer-urls=...' or the reverse.
 */
MUST_CHECK bool initial_member_check_advertised(const struct initial_member *member,
                                                const struct peer_urls *advertised,
                                                struct error *e);

/* "n1=http://...,n2=http://...": names sorted, as etcd prints the map; in mem. */
const char *initial_cluster_text(struct arena *mem, const struct initial_cluster *cluster);

/* SHA-1 of the sorted URLs and the token, first 8 bytes big-endian; 'urls' is sorted already. */
uint64_t member_id_of(const struct peer_urls *urls, const char *token);
/* SHA-1 of the ids (8 bytes big-endian each), which are in ascending order. */
uint64_t cluster_id_of(const uint64_t *ids, size_t count);

#endif
