/* The Cluster service's calls. */
#include "etcd/cluster.h"

#include <string.h>

#include "etcd/call.h"
#include "etcd/maintenance.h"

static const struct etcd_method member_list_method = {
    "/etcdserverpb.Cluster/MemberList",
    &etcd_member_list_request_message,
    &etcd_member_list_message,
    .read_only = true,
    .local = true,
};

/* 3.4 answers from its own knowledge whatever is asked for, so that it needs no leader. */
static bool
server_is_3_4(struct etcd_client *client)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_status_answer *answers;

    etcd_status_each(&tmp, client, &answers);
    for (size_t i = 0; i < client->endpoint_count; i++) {
        if (answers[i].answer.ok)
            return strncmp(answers[i].status.version, "3.4.", 4) == 0;
    }
    return false;
}

bool
etcd_member_list(struct arena *mem, struct etcd_client *client, bool linearizable,
                 struct etcd_member_list *ret_list, struct error *e)
{
    struct etcd_member_list_request request = {linearizable};
    struct etcd_method method = member_list_method;

    method.local = !linearizable;
    if (etcd_ask_any(mem, client, &method, &request, ret_list, e))
        return true;
    return linearizable && e->code == ERROR_UNAVAILABLE && server_is_3_4(client) &&
           etcd_ask_any(mem, client, &member_list_method, &request, ret_list, e);
}

bool
etcd_member_list_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
                    bool linearizable, struct etcd_member_list *ret_list, struct error *e)
{
    struct etcd_member_list_request request = {linearizable};

    return etcd_ask_at(mem, client, endpoint, &member_list_method, &request, ret_list, e);
}

void
etcd_member_list_each(struct arena *mem, struct etcd_client *client, bool linearizable,
                      struct etcd_member_list_answer **ret_answers)
{
    struct etcd_member_list_request request = {linearizable};
    struct etcd_member_list_answer *answers =
        arena_zero(mem, client->endpoint_count * sizeof(*answers));

    etcd_ask_each(mem, client, &member_list_method, &request, answers, sizeof(*answers),
                  offsetof(struct etcd_member_list_answer, list));
    *ret_answers = answers;
}

bool
etcd_member_add(struct arena *mem, struct etcd_client *client, const char *const *peer_urls,
                size_t peer_url_count, bool is_learner, struct etcd_member_added *ret_added,
                struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Cluster/MemberAdd",
        .request = &etcd_member_add_request_message,
        .response = &etcd_member_added_message,
    };
    struct etcd_member_add_request request = {peer_urls, peer_url_count, is_learner};

    return etcd_ask_any(mem, client, &method, &request, ret_added, e);
}

bool
etcd_member_remove(struct arena *mem, struct etcd_client *client, uint64_t id,
                   struct etcd_member_list *ret_list, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Cluster/MemberRemove",
        .request = &etcd_member_id_request_message,
        .response = &etcd_member_list_message,
    };
    struct etcd_member_id_request request = {id};

    return etcd_ask_any(mem, client, &method, &request, ret_list, e);
}

bool
etcd_member_update(struct arena *mem, struct etcd_client *client, uint64_t id,
                   const char *const *peer_urls, size_t peer_url_count,
                   struct etcd_member_list *ret_list, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Cluster/MemberUpdate",
        .request = &etcd_member_update_request_message,
        .response = &etcd_member_list_message,
    };
    struct etcd_member_update_request request = {id, peer_urls, peer_url_count};

    return etcd_ask_any(mem, client, &method, &request, ret_list, e);
}

bool
etcd_member_promote(struct arena *mem, struct etcd_client *client, uint64_t id,
                    struct etcd_member_list *ret_list, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Cluster/MemberPromote",
        .request = &etcd_member_id_request_message,
        .response = &etcd_member_list_message,
    };
    struct etcd_member_id_request request = {id};

    return etcd_ask_any(mem, client, &method, &request, ret_list, e);
}
