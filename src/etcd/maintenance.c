/* The Maintenance service's unary calls; the stream is snapshot.c's, health is health.c's. */
#include "etcd/maintenance.h"

#include "etcd/call.h"

const struct etcd_method etcd_status_method = {
    "/etcdserverpb.Maintenance/Status",
    &etcd_empty_message,
    &etcd_status_message,
    .read_only = true,
    .local = true,
};
static const struct etcd_method hash_kv_method = {
    "/etcdserverpb.Maintenance/HashKV",
    &etcd_hash_kv_request_message,
    &etcd_hash_kv_message,
    .read_only = true,
    .local = true,
};
static const struct etcd_method hash_method = {
    "/etcdserverpb.Maintenance/Hash",
    &etcd_empty_message,
    &etcd_hash_message,
    .read_only = true,
    .local = true,
};

static const struct etcd_empty empty;

void
etcd_status_each(struct arena *mem, struct etcd_client *client,
                 struct etcd_status_answer **ret_answers)
{
    struct etcd_status_answer *answers = arena_zero(mem, client->endpoint_count * sizeof(*answers));

    etcd_ask_each(mem, client, &etcd_status_method, &empty, answers, sizeof(*answers),
                  offsetof(struct etcd_status_answer, status));
    *ret_answers = answers;
}

void
etcd_hash_kv_each(struct arena *mem, struct etcd_client *client, int64_t revision,
                  struct etcd_hash_kv_answer **ret_answers)
{
    struct etcd_hash_kv_request request = {revision};
    struct etcd_hash_kv_answer *answers =
        arena_zero(mem, client->endpoint_count * sizeof(*answers));

    etcd_ask_each(mem, client, &hash_kv_method, &request, answers, sizeof(*answers),
                  offsetof(struct etcd_hash_kv_answer, hash_kv));
    *ret_answers = answers;
}

void
etcd_hash_each(struct arena *mem, struct etcd_client *client, struct etcd_hash_answer **ret_answers)
{
    struct etcd_hash_answer *answers = arena_zero(mem, client->endpoint_count * sizeof(*answers));

    etcd_ask_each(mem, client, &hash_method, &empty, answers, sizeof(*answers),
                  offsetof(struct etcd_hash_answer, hash));
    *ret_answers = answers;
}

bool
etcd_status_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
               struct etcd_status *ret_status, struct error *e)
{
    return etcd_ask_at(mem, client, endpoint, &etcd_status_method, &empty, ret_status, e);
}

bool
etcd_hash_kv_at(struct arena *mem, struct etcd_client *client, size_t endpoint, int64_t revision,
                struct etcd_hash_kv *ret_hash_kv, struct error *e)
{
    struct etcd_hash_kv_request request = {revision};

    return etcd_ask_at(mem, client, endpoint, &hash_kv_method, &request, ret_hash_kv, e);
}

bool
etcd_defragment_at(struct etcd_client *client, size_t endpoint, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Maintenance/Defragment",
        .request = &etcd_empty_message,
        .response = &etcd_header_only_message,
        .local = true,
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_header_only response;

    return etcd_ask_at(&tmp, client, endpoint, &method, &empty, &response, e);
}

bool
etcd_move_leader_at(struct arena *mem, struct etcd_client *client, size_t endpoint,
                    uint64_t target_id, struct etcd_header_only *ret_moved, struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Maintenance/MoveLeader",
        .request = &etcd_move_leader_request_message,
        .response = &etcd_header_only_message,
    };
    struct etcd_move_leader_request request = {target_id};

    return etcd_ask_at(mem, client, endpoint, &method, &request, ret_moved, e);
}

/* The same call looks and changes; only looking may be repeated. */
static bool
alarm_ask(struct arena *mem, struct etcd_client *client, enum etcd_alarm_action action,
          struct etcd_alarm alarm, struct etcd_alarm_list *ret_list, struct error *e)
{
    const struct etcd_method method = {
        .path = "/etcdserverpb.Maintenance/Alarm",
        .request = &etcd_alarm_request_message,
        .response = &etcd_alarm_list_message,
        .read_only = action == ETCD_ALARM_GET,
    };
    struct etcd_alarm_request request = {action, alarm.member_id, alarm.type};

    return etcd_ask_any(mem, client, &method, &request, ret_list, e);
}

bool
etcd_alarm_list(struct arena *mem, struct etcd_client *client, struct etcd_alarm_list *ret_list,
                struct error *e)
{
    return alarm_ask(mem, client, ETCD_ALARM_GET, (struct etcd_alarm){0}, ret_list, e);
}

bool
etcd_alarm_activate(struct arena *mem, struct etcd_client *client, struct etcd_alarm alarm,
                    struct etcd_alarm_list *ret_list, struct error *e)
{
    return alarm_ask(mem, client, ETCD_ALARM_ACTIVATE, alarm, ret_list, e);
}

bool
etcd_alarm_deactivate(struct arena *mem, struct etcd_client *client, struct etcd_alarm alarm,
                      struct etcd_alarm_list *ret_list, struct error *e)
{
    return alarm_ask(mem, client, ETCD_ALARM_DEACTIVATE, alarm, ret_list, e);
}

bool
etcd_downgrade(struct arena *mem, struct etcd_client *client,
               const struct etcd_downgrade_request *request, struct etcd_downgrade *ret_downgrade,
               struct error *e)
{
    static const struct etcd_method method = {
        .path = "/etcdserverpb.Maintenance/Downgrade",
        .request = &etcd_downgrade_request_message,
        .response = &etcd_downgrade_message,
    };

    return etcd_ask_any(mem, client, &method, request, ret_downgrade, e);
}
