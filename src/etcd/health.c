/*
 * Health, as etcdctl means it: a linearizable get passes through the leader, so the member and a
 * quorum answer; then no alarm may be active. Each endpoint goes from the one to the other by
 * itself, so that a slow one takes no time from the others.
 *
 * A learner refuses both. It is healthy when it reads what it has, and its own status has no errors.
 * That its leader is gone it does not notice: it has no election time-out.
 */
#include <string.h>

#include "base/time.h"
#include "etcd/call.h"
#include "etcd/maintenance.h"
#include "etcd/message/kv_message.h"

static const struct etcd_method range_method = {
    "/etcdserverpb.KV/Range",
    &etcd_range_request_message,
    &etcd_range_response_message,
    .read_only = true,
};
static const struct etcd_method alarm_method = {
    "/etcdserverpb.Maintenance/Alarm",
    &etcd_alarm_request_message,
    &etcd_alarm_list_message,
    .read_only = true,
};

/* What each endpoint is asked, encoded once. */
struct questions {
    struct bytes get;
    struct bytes local_get; /* serializable */
    struct bytes alarms;
    struct bytes status;
    int64_t deadline_ms;
};

struct check {
    const struct questions *questions;
    struct etcd_call get;
    struct etcd_call alarms; /* of a learner: its status */
    bool alive;
    bool learner;
};

/* Permission denied was decided by the cluster, so the cluster is there. */
static bool
get_shows_life(const struct etcd_call *get)
{
    return get->ok ||
           (get->auth_error.code == ERROR_NONE && get->result.failure.kind == NET_FAILURE_NONE &&
            strstr(get->result.status.message, "permission denied") != NULL);
}

static bool
get_finds_learner(const struct etcd_call *get)
{
    return !get->ok && get->result.failure.kind == NET_FAILURE_NONE &&
           strstr(get->result.status.message, "not supported for learner") != NULL;
}

static void get_start(struct check *check, struct arena *mem, struct etcd_client *client,
                      struct etcd_endpoint *endpoint);

static void
get_ended(void *context, struct etcd_call *get)
{
    struct check *check = context;

    if (!check->learner && get_finds_learner(get)) {
        check->learner = true;
        check->alarms.method = &etcd_status_method;
        check->alarms.request = check->questions->status;
        get_start(check, get->mem, get->client, get->endpoint);
        return;
    }
    check->alive = get_shows_life(get);
    if (check->alive)
        etcd_call_start(&check->alarms);
}

static void
get_start(struct check *check, struct arena *mem, struct etcd_client *client,
          struct etcd_endpoint *endpoint)
{
    check->get = (struct etcd_call){
        .client = client,
        .endpoint = endpoint,
        .method = &range_method,
        .request = check->learner ? check->questions->local_get : check->questions->get,
        .mem = mem,
        .deadline_ms = check->questions->deadline_ms,
        .has_leader = !check->learner,
        .on_end = get_ended,
        .context = check,
    };
    etcd_call_start(&check->get);
}

static const char *
alarm_name(enum etcd_alarm_type type)
{
    switch (type) {
    case ETCD_ALARM_NOSPACE:
        return "NOSPACE";
    case ETCD_ALARM_CORRUPT:
        return "CORRUPT";
    default:
        return "UNKNOWN";
    }
}

static void
alarms_judge(struct arena *mem, struct etcd_health_answer *health)
{
    const char *names = "";
    bool corrupt = false;

    if (health->alarm_count == 0)
        return;
    for (size_t i = 0; i < health->alarm_count; i++) {
        names = arena_printf(mem, "%s %s", names, alarm_name(health->alarms[i].type));
        corrupt = corrupt || health->alarms[i].type == ETCD_ALARM_CORRUPT;
    }
    health->answer.ok =
        error_set(&health->answer.error, corrupt ? ERROR_CORRUPT : ERROR_NO_SPACE,
                  "endpoint '%s': active alarms:%s", health->answer.endpoint, names);
    error_hint(&health->answer.error, "%s",
               corrupt ? "find the member that differs from the others, and replace it"
                       : "compact, defragment each member, disarm the alarm");
}

/* "etcdserver: no leader", "memberID:1 alarm:NOSPACE ": a member's status tells what troubles it. */
static void
status_judge(struct arena *mem, const struct etcd_status *status, struct etcd_health_answer *health)
{
    const char *all = "";

    for (size_t i = 0; i < status->error_count; i++)
        all = arena_printf(mem, "%s%s%s", all, i > 0 ? ", " : "", status->errors[i]);
    if (status->error_count > 0)
        health->answer.ok = error_set(&health->answer.error, ERROR_UNAVAILABLE, "endpoint '%s': %s",
                                      health->answer.endpoint, all);
}

static void
check_judge(struct arena *mem, const struct check *check, struct etcd_health_answer *health)
{
    struct etcd_range_response got;
    struct etcd_alarm_list list = {0};
    struct etcd_status status = {0};

    if (!check->alive) {
        etcd_answer_set(&health->answer, &check->get, &got);
        return;
    }
    etcd_answer_set(&health->answer, &check->alarms,
                    check->learner ? (void *)&status : (void *)&list);
    health->answer.took_us = check->get.took_us;
    if (!health->answer.ok) {
        error_wrap(&health->answer.error, "unable to fetch the alarm list");
        return;
    }
    if (check->learner) {
        status_judge(mem, &status, health);
        return;
    }
    health->alarms = list.alarms;
    health->alarm_count = list.alarm_count;
    alarms_judge(mem, health);
}

static void
check_start(struct arena *mem, struct etcd_client *client, struct etcd_endpoint *endpoint,
            const struct questions *questions, struct check *ret_check)
{
    *ret_check = (struct check){.questions = questions};
    ret_check->alarms = (struct etcd_call){
        .client = client,
        .endpoint = endpoint,
        .method = &alarm_method,
        .request = questions->alarms,
        .mem = mem,
        .deadline_ms = questions->deadline_ms,
    };
    get_start(ret_check, mem, client, endpoint);
}

void
etcd_health_each(struct arena *mem, struct etcd_client *client,
                 struct etcd_health_answer **ret_answers)
{
    static const struct etcd_range_request get = {.key = {(const uint8_t *)"health", 6}};
    static const struct etcd_range_request local_get = {
        .key = {(const uint8_t *)"health", 6},
        .serializable = true,
    };
    static const struct etcd_alarm_request list = {.action = ETCD_ALARM_GET};
    static const struct etcd_empty none;
    AUTO_ARENA tmp = ARENA_INIT;
    size_t count = client->endpoint_count;
    struct questions questions = {
        .get = etcd_request_encode(&tmp, range_method.request, &get),
        .local_get = etcd_request_encode(&tmp, range_method.request, &local_get),
        .alarms = etcd_request_encode(&tmp, alarm_method.request, &list),
        .status = etcd_request_encode(&tmp, etcd_status_method.request, &none),
        .deadline_ms = time_monotonic_ms() + client->command_timeout_ms,
    };
    struct check *checks = arena_zero(&tmp, count * sizeof(*checks));
    struct etcd_health_answer *answers = arena_zero(mem, count * sizeof(*answers));

    for (size_t i = 0; i < count; i++)
        check_start(mem, client, &client->endpoints[i], &questions, &checks[i]);
    etcd_calls_finish(client);
    for (size_t i = 0; i < count; i++)
        check_judge(mem, &checks[i], &answers[i]);
    *ret_answers = answers;
}
