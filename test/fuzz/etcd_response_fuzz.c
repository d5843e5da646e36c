/*
 * Any bytes as each of the messages that etcd sends, and as the nested request. What was read must
 * be written again as bytes that can be read.
 */
#include "etcd/message/auth_message.h"
#include "etcd/message/cluster_message.h"
#include "etcd/message/kv_message.h"
#include "etcd/message/lease_message.h"
#include "etcd/message/maintenance_message.h"
#include "etcd/message/watch_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct message *const messages[] = {
    &etcd_range_response_message,
    &etcd_put_response_message,
    &etcd_delete_range_response_message,
    &etcd_txn_request_message,
    &etcd_txn_response_message,
    &etcd_compact_response_message,
    &etcd_member_list_message,
    &etcd_member_added_message,
    &etcd_status_message,
    &etcd_hash_message,
    &etcd_hash_kv_message,
    &etcd_alarm_list_message,
    &etcd_header_only_message,
    &etcd_snapshot_response_message,
    &etcd_downgrade_message,
    &etcd_auth_status_message,
    &etcd_authenticate_response_message,
    &etcd_watch_request_message,
    &etcd_watch_response_message,
    &etcd_lease_grant_response_message,
    &etcd_lease_revoke_response_message,
    &etcd_lease_keep_alive_response_message,
    &etcd_lease_time_to_live_response_message,
    &etcd_lease_leases_response_message,
};

static void
message_run(const struct message *m, struct bytes input)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF again = BUF_INIT;
    struct error e = ERROR_INIT;
    void *value = arena_zero(&mem, m->size);

    if (!message_decode(&mem, m, input, value, &e)) {
        ASSERT(e.code == ERROR_FORMAT);
        return;
    }
    message_encode(&again, m, value);
    ASSERT(message_decode(&mem, m, buf_bytes(&again), value, &e));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        message_run(messages[i], bytes_of(data, size));
    return 0;
}
