/*
 * The Maintenance service's calls. What acts on the member that receives it takes an endpoint's
 * number ("_at") or asks all endpoints at the same time ("_each"); alarms are the cluster's and go
 * to any endpoint. Errors as in etcd/kv.h; mem holds the answers.
 *
 * An "each" call cannot fail as a whole: its array has one entry for each endpoint, in the order
 * given, whose 'answer' says how it went.
 */
#ifndef QUORATE_ETCD_MAINTENANCE_H
#define QUORATE_ETCD_MAINTENANCE_H

#include "etcd/client.h"
#include "etcd/message/maintenance_message.h"

struct etcd_status_answer {
    struct etcd_answer answer;
    struct etcd_status status; /* when answer.ok */
};

struct etcd_hash_kv_answer {
    struct etcd_answer answer;
    struct etcd_hash_kv hash_kv;
};

struct etcd_hash_answer {
    struct etcd_answer answer;
    struct etcd_hash hash;
};

/* As etcdctl: a linearizable get of "health" (permission denied is healthy), then the alarms. A
 * learner, which refuses both, is healthy when it reads by itself and its status has no errors. */
struct etcd_health_answer {
    struct etcd_answer answer;       /* ok: healthy; took_us: of the get, the alarms not counted */
    const struct etcd_alarm *alarms; /* active ones make the answer not ok */
    size_t alarm_count;
};

void etcd_status_each(struct arena *mem, struct etcd_client *client,
                      struct etcd_status_answer **ret_answers);
void etcd_hash_kv_each(struct arena *mem, struct etcd_client *client, int64_t revision,
                       struct etcd_hash_kv_answer **ret_answers);
void etcd_hash_each(struct arena *mem, struct etcd_client *client,
                    struct etcd_hash_answer **ret_answers);
void etcd_health_each(struct arena *mem, struct etcd_client *client,
                      struct etcd_health_answer **ret_answers);

MUST_CHECK bool etcd_status_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
                               struct etcd_status *ret_status, struct error *e);
MUST_CHECK bool etcd_hash_kv_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
                                int64_t revision, struct etcd_hash_kv *ret_hash_kv,
                                struct error *e);
/* The member answers nothing else meanwhile; set the command time-out to match the database. */
MUST_CHECK bool etcd_defragment_at(struct etcd_client *client, size_t endpoint, struct error *e);
/* The endpoint must be the leader's, else ERROR_CONFLICT. */
MUST_CHECK bool etcd_move_leader_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
                                    uint64_t target_id, struct etcd_header_only *ret_moved,
                                    struct error *e);

/* Needs quorum even to look. */
MUST_CHECK bool etcd_alarm_list(struct arena *mem, struct etcd_client *client,
                                struct etcd_alarm_list *ret_list, struct error *e);
MUST_CHECK bool etcd_alarm_activate(struct arena *mem, struct etcd_client *client,
                                    struct etcd_alarm alarm, struct etcd_alarm_list *ret_list,
                                    struct error *e);
/* Exactly this member's alarm of this type. ret_list: what was disarmed. */
MUST_CHECK bool etcd_alarm_deactivate(struct arena *mem, struct etcd_client *client,
                                      struct etcd_alarm alarm, struct etcd_alarm_list *ret_list,
                                      struct error *e);
/* 3.5 and later. */
MUST_CHECK bool etcd_downgrade(struct arena *mem, struct etcd_client *client,
                               const struct etcd_downgrade_request *request,
                               struct etcd_downgrade *ret_downgrade, struct error *e);

#endif
