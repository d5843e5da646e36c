/*
 * The v2 store inside a .snap file: JSON that 3.4 and 3.5 take the membership from.
 *
 * The writer makes the tree of a freshly restored cluster, byte for byte as etcdutl 3.5 does. The
 * reader takes out what concerns membership and says whether users' v2 data are there (etcd 3.6
 * refuses to start with them).
 * Source: etcd 3.4, 3.5 server/etcdserver/api/v2store/store.go, membership/store.go; docs/formats/
 * raft-snapshot.md.
 */
#ifndef QUORATE_FORMAT_V2_STORE_H
#define QUORATE_FORMAT_V2_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "format/member_identity.h"

struct v2_member {
    uint64_t id;
    const char *name; /* "" for a member that has never started */
    const char **peer_urls;
    size_t peer_url_count;
    const char **client_urls;
    size_t client_url_count;
    bool is_learner;
};

struct v2_membership {
    struct v2_member *members; /* ascending by id */
    size_t member_count;
    uint64_t *removed; /* ascending */
    size_t removed_count;
    const char *cluster_version; /* "3.5.0"; NULL when not decided yet */
    bool has_user_data;          /* keys below /1 */
    bool has_custom_content;     /* what etcd 3.6 refuses to start with: see v2_store.c */
};

/* The store of a cluster that begins with these members (identified, ascending by id). */
void v2_store_encode(struct buf *out, const struct initial_cluster *cluster);

/* The key and the node of one member below /0/members, made at that index of the store. */
void v2_store_member_encode(struct json_writer *w, const struct initial_member *member,
                            uint64_t index);
/* A directory's node up to and behind its children, which are written between the two calls. */
void v2_store_directory_begin(struct json_writer *w, const char *path, uint64_t index);
void v2_store_directory_end(struct json_writer *w);

/*
 * Reads the membership out of a store.
 *
 * e          ERROR_FORMAT: no JSON, or not of the store's form; names the path in the store.
 * Memory     all in mem.
 */
MUST_CHECK bool v2_store_decode(struct arena *mem, struct bytes store,
                                struct v2_membership *ret_membership, struct error *e);

#endif
