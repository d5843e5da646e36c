/*
 * What a raft entry asks of the state machine: of etcd's InternalRaftRequest the few things that
 * tools for a stopped member need to know.
 *
 * Requests of the v2 API and of older members stand in an entry by themselves, not inside that
 * message; they are told apart as etcd does, by what can be parsed.
 *
 * Source: etcd 3.5-3.7 api/etcdserverpb/{raft_internal,etcdserver}.proto; server apply code.
 */
#ifndef QUORATE_FORMAT_RAFT_REQUEST_H
#define QUORATE_FORMAT_RAFT_REQUEST_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

/* A request of the v2 API. */
struct v2_request {
    struct bytes method; /* "PUT", "DELETE", "SYNC", ... */
    struct bytes path;   /* "/1/..." for users' keys, "/0/..." for the members' own */
};

struct raft_request {
    bool has_header; /* a v3 request */
    bool has_v2;
    struct v2_request v2;
    bool sets_member_attributes; /* ClusterMemberAttrSet: name and client URLs, 3.5 and later */
    bool has_version_test;       /* DowngradeVersionTest: etcd's own tests write it */
    struct bytes version_test;   /* "3.6.0" */
};

/*
 * data  an entry's data, of type normal, not empty. What is returned points into it.
 * e     ERROR_FORMAT "raft request: malformed": neither form.
 */
MUST_CHECK bool raft_request_decode(struct bytes data, struct raft_request *ret_request,
                                    struct error *e);

/* Whether a v2 request says a member's name and client URLs, as members up to 3.4 do. */
bool v2_request_sets_attributes(const struct v2_request *request);
/* Whether a member makes it itself: the above, or the cluster's version. etcd 3.6 replays these and
 * refuses all others. */
bool v2_request_is_members_own(const struct v2_request *request);

#endif
