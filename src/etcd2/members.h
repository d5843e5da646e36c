/*
 * The v2 members API: the same members that v3 knows, ids as text.
 *
 * e  as etcd2_ask; a refusal has the server's message, else its HTTP status.
 *
 * Source: etcd client/members.go, etcdserver/api/v2http/client.go (3.4, 3.5).
 */
#ifndef QUORATE_ETCD2_MEMBERS_H
#define QUORATE_ETCD2_MEMBERS_H

#include "etcd2/client.h"

struct etcd2_urls {
    const char **items;
    size_t count;
    size_t capacity;
};

struct etcd2_member {
    const char *id;   /* hex */
    const char *name; /* "": it has never started */
    struct etcd2_urls peer_urls;
    struct etcd2_urls client_urls;
};

MUST_CHECK bool etcd2_member_list(struct arena *mem, struct etcd2_client *client,
                                  struct etcd2_member **ret_members, size_t *ret_count,
                                  struct error *e);
MUST_CHECK bool etcd2_member_leader(struct arena *mem, struct etcd2_client *client,
                                    struct etcd2_member *ret_leader, struct error *e);
/* ERROR_CONFLICT: a member has that URL already, or did have that id. */
MUST_CHECK bool etcd2_member_add(struct arena *mem, struct etcd2_client *client,
                                 const char *peer_url, struct etcd2_member *ret_member,
                                 struct error *e);
MUST_CHECK bool etcd2_member_update(struct etcd2_client *client, const char *id,
                                    const char *const *peer_urls, size_t peer_url_count,
                                    struct error *e);
/* Also true for one that was removed before. */
MUST_CHECK bool etcd2_member_remove(struct etcd2_client *client, const char *id, struct error *e);

#endif
