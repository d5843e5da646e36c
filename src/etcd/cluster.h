/*
 * The Cluster service's calls, each asked of any endpoint (etcd/client.h). Errors as in etcd/kv.h;
 * mem holds the answer.
 */
#ifndef QUORATE_ETCD_CLUSTER_H
#define QUORATE_ETCD_CLUSTER_H

#include "etcd/client.h"
#include "etcd/message/cluster_message.h"

struct etcd_member_list_answer {
    struct etcd_answer answer;
    struct etcd_member_list list;
};

/* linearizable needs quorum; without, the member's own knowledge is told. 3.4 has only the latter. */
MUST_CHECK bool etcd_member_list(struct arena *mem, struct etcd_client *client, bool linearizable,
                                 struct etcd_member_list *ret_list, struct error *e);
/* The member list as each endpoint knows it; one entry for each endpoint, as in etcd/maintenance.h. */
void etcd_member_list_each(struct arena *mem, struct etcd_client *client, bool linearizable,
                           struct etcd_member_list_answer **ret_answers);
/* As one endpoint knows it. */
MUST_CHECK bool etcd_member_list_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
                                    bool linearizable, struct etcd_member_list *ret_list,
                                    struct error *e);
MUST_CHECK bool etcd_member_add(struct arena *mem, struct etcd_client *client,
                                const char *const *peer_urls, size_t peer_url_count,
                                bool is_learner, struct etcd_member_added *ret_added,
                                struct error *e);
MUST_CHECK bool etcd_member_remove(struct arena *mem, struct etcd_client *client, uint64_t id,
                                   struct etcd_member_list *ret_list, struct error *e);
MUST_CHECK bool etcd_member_update(struct arena *mem, struct etcd_client *client, uint64_t id,
                                   const char *const *peer_urls, size_t peer_url_count,
                                   struct etcd_member_list *ret_list, struct error *e);
MUST_CHECK bool etcd_member_promote(struct arena *mem, struct etcd_client *client, uint64_t id,
                                    struct etcd_member_list *ret_list, struct error *e);

#endif
