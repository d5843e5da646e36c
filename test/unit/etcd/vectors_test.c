/* Every message against the bytes that protoc made of it: read field by field, and written alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "etcd/message/auth_message.h"
#include "etcd/message/cluster_message.h"
#include "etcd/message/kv_message.h"
#include "etcd/message/lease_message.h"
#include "etcd/message/maintenance_message.h"
#include "etcd/message/watch_message.h"

enum { VECTOR_MAX_BYTES = 4096 };

static struct arena mem;

static int
mem_release(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static struct bytes
vector(const char *name)
{
    struct error e = ERROR_INIT;
    struct bytes content;
    const char *path = arena_printf(&mem, "%s/rpc/%s.bin", getenv("QUORATE_GOLDEN"), name);

    if (!file_read_all(&mem, path, VECTOR_MAX_BYTES, &content, &e))
        fail_msg("%s", e.text);
    assert_true(content.size > 0);
    return content;
}

/* Decodes the vector and checks that encoding gives the same bytes again. */
static void
vector_decode(const char *name, const struct message *m, void *ret_value)
{
    struct error e = ERROR_INIT;
    struct bytes encoded = vector(name);
    AUTO_BUF again = BUF_INIT;

    if (!message_decode(&mem, m, encoded, ret_value, &e))
        fail_msg("%s", e.text);
    message_encode(&again, m, ret_value);
    assert_int_equal(again.size, encoded.size);
    assert_memory_equal(again.data, encoded.data, encoded.size);
}

static void
bytes_are(struct bytes got, const char *text, size_t size)
{
    assert_int_equal(got.size, size);
    assert_memory_equal(got.data, text, size);
}

#define BYTES_ARE(got, literal) bytes_are((got), (literal), sizeof(literal) - 1)

static void
header_is_full(const struct etcd_header *header)
{
    assert_true(header->cluster_id == 17237436991929493444u);
    assert_true(header->member_id == 9372538179322589801u);
    assert_int_equal(header->revision, 42);
    assert_int_equal(header->raft_term, 7);
}

static void
kv_is_full(const struct etcd_key_value *kv)
{
    BYTES_ARE(kv->key, "bin\000\377");
    assert_int_equal(kv->create_revision, 2);
    assert_int_equal(kv->mod_revision, 40);
    assert_int_equal(kv->version, 3);
    BYTES_ARE(kv->value, "\000\001v");
    assert_int_equal(kv->lease, 0x1234);
}

static void
headers_and_key_values(void **state UNUSED)
{
    struct etcd_header header;
    struct etcd_key_value kv;

    vector_decode("ResponseHeader", &etcd_header_message, &header);
    assert_true(header.cluster_id == UINT64_MAX);
    assert_int_equal(header.revision, -1);
    vector_decode("KeyValue", &etcd_key_value_message, &kv);
    kv_is_full(&kv);
}

static void
range(void **state UNUSED)
{
    struct etcd_range_request request;
    struct etcd_range_response response;

    vector_decode("RangeRequest", &etcd_range_request_message, &request);
    BYTES_ARE(request.key, "\0");
    BYTES_ARE(request.range_end, "\0");
    assert_int_equal(request.limit, 500);
    assert_true(request.revision == INT64_MAX);
    assert_int_equal(request.sort_order, ETCD_SORT_DESCEND);
    assert_int_equal(request.sort_target, ETCD_SORT_MOD);
    assert_true(request.serializable && request.keys_only && request.count_only);
    assert_int_equal(request.min_mod_revision, 10);
    assert_int_equal(request.max_mod_revision, 11);
    assert_int_equal(request.min_create_revision, 12);
    assert_int_equal(request.max_create_revision, 13);

    vector_decode("RangeResponse", &etcd_range_response_message, &response);
    header_is_full(&response.header);
    assert_int_equal(response.kv_count, 3);
    kv_is_full(&response.kvs[0]);
    BYTES_ARE(response.kvs[1].key, "b");
    assert_int_equal(response.kvs[1].value.size, 0);
    BYTES_ARE(response.kvs[2].value, "x");
    assert_true(response.more);
    assert_int_equal(response.count, 1000);
}

static void
put_and_delete(void **state UNUSED)
{
    struct etcd_put_request put;
    struct etcd_put_response put_response;
    struct etcd_delete_range_request delete;
    struct etcd_delete_range_response delete_response;

    vector_decode("PutRequest", &etcd_put_request_message, &put);
    BYTES_ARE(put.key, "k\0");
    BYTES_ARE(put.value, "v\0");
    assert_int_equal(put.lease, -5);
    assert_true(put.prev_kv && put.ignore_value && put.ignore_lease);
    vector_decode("PutResponse", &etcd_put_response_message, &put_response);
    header_is_full(&put_response.header);
    kv_is_full(put_response.prev_kv);

    vector_decode("DeleteRangeRequest", &etcd_delete_range_request_message, &delete);
    BYTES_ARE(delete.key, "a");
    BYTES_ARE(delete.range_end, "b");
    assert_true(delete.prev_kv);
    vector_decode("DeleteRangeResponse", &etcd_delete_range_response_message, &delete_response);
    header_is_full(&delete_response.header);
    assert_int_equal(delete_response.deleted, 2);
    assert_int_equal(delete_response.prev_kv_count, 2);
    kv_is_full(&delete_response.prev_kvs[0]);
    BYTES_ARE(delete_response.prev_kvs[1].key, "z");
}

static void
txn_request(void **state UNUSED)
{
    struct etcd_txn_request txn;
    const struct etcd_txn_request *inner;

    vector_decode("TxnRequest", &etcd_txn_request_message, &txn);
    assert_int_equal(txn.compare_count, 5);
    assert_int_equal(txn.compares[0].result, ETCD_COMPARE_GREATER);
    assert_int_equal(txn.compares[0].target, ETCD_COMPARE_VERSION);
    assert_int_equal(txn.compares[0].version, 4);
    assert_int_equal(txn.compares[1].target, ETCD_COMPARE_CREATE);
    assert_int_equal(txn.compares[1].create_revision, 5);
    assert_int_equal(txn.compares[2].target, ETCD_COMPARE_MOD);
    assert_int_equal(txn.compares[2].mod_revision, 6);
    assert_int_equal(txn.compares[3].target, ETCD_COMPARE_VALUE);
    BYTES_ARE(txn.compares[3].value, "v");
    BYTES_ARE(txn.compares[3].range_end, "e");
    assert_int_equal(txn.compares[4].target, ETCD_COMPARE_LEASE);
    assert_int_equal(txn.compares[4].lease, 8);
    assert_int_equal(txn.success_count, 3);
    BYTES_ARE(txn.success[0].range->key, "r");
    assert_null(txn.success[0].put);
    BYTES_ARE(txn.success[1].put->value, "1");
    BYTES_ARE(txn.success[2].delete_range->range_end, "e");
    assert_int_equal(txn.failure_count, 1);
    inner = txn.failure[0].txn;
    BYTES_ARE(inner->compares[0].key, "in");
    BYTES_ARE(inner->success[0].txn->failure[0].range->key, "deep");
}

static void
txn_response(void **state UNUSED)
{
    struct etcd_txn_response txn;

    vector_decode("TxnResponse", &etcd_txn_response_message, &txn);
    header_is_full(&txn.header);
    assert_true(txn.succeeded);
    assert_int_equal(txn.response_count, 4);
    assert_int_equal(txn.responses[0].range->count, 1);
    kv_is_full(&txn.responses[0].range->kvs[0]);
    header_is_full(&txn.responses[1].put->header);
    assert_int_equal(txn.responses[2].delete_range->deleted, 3);
    assert_false(txn.responses[3].txn->succeeded);
    assert_true(txn.responses[3].txn->responses[0].txn->succeeded);
}

static void
compaction(void **state UNUSED)
{
    struct etcd_compact_request request;
    struct etcd_compact_response response;

    vector_decode("CompactionRequest", &etcd_compact_request_message, &request);
    assert_int_equal(request.revision, 160);
    assert_true(request.physical);
    vector_decode("CompactionResponse", &etcd_compact_response_message, &response);
    header_is_full(&response.header);
}

static void
members(void **state UNUSED)
{
    struct etcd_member member;
    struct etcd_member_list list;
    struct etcd_member_added added;

    vector_decode("Member", &etcd_member_message, &member);
    assert_true(member.id == 9372538179322589801u);
    assert_string_equal(member.name, "db1");
    assert_int_equal(member.peer_url_count, 2);
    assert_string_equal(member.peer_urls[1], "http://10.0.1.1:2380");
    assert_int_equal(member.client_url_count, 1);
    assert_string_equal(member.client_urls[0], "http://10.0.0.1:2379");
    assert_true(member.is_learner);

    vector_decode("MemberListResponse", &etcd_member_list_message, &list);
    assert_int_equal(list.header.revision, 0);
    assert_int_equal(list.member_count, 5);
    assert_string_equal(list.members[1].name, "");
    assert_true(list.members[2].is_learner);
    for (size_t i = 0; i < list.member_count; i++)
        assert_int_equal(list.members[i].id, i + 1);

    vector_decode("MemberAddResponse", &etcd_member_added_message, &added);
    header_is_full(&added.header);
    assert_true(added.member.id == UINT64_MAX && added.member.is_learner);
    assert_int_equal(added.member_count, 2);
    assert_string_equal(added.members[1].peer_urls[0], "http://10.0.0.4:2380");
}

static void
member_changes(void **state UNUSED)
{
    struct etcd_member_add_request add;
    struct etcd_member_id_request remove;
    struct etcd_member_update_request update;
    struct etcd_member_list_request list;

    vector_decode("MemberAddRequest", &etcd_member_add_request_message, &add);
    assert_int_equal(add.peer_url_count, 2);
    assert_string_equal(add.peer_urls[0], "http://10.0.0.4:2380");
    assert_true(add.is_learner);
    vector_decode("MemberRemoveRequest", &etcd_member_id_request_message, &remove);
    assert_true(remove.id == 9372538179322589801u);
    vector_decode("MemberUpdateRequest", &etcd_member_update_request_message, &update);
    assert_true(update.id == 9372538179322589801u);
    assert_string_equal(update.peer_urls[0], "http://10.0.0.9:2380");
    vector_decode("MemberListRequest", &etcd_member_list_request_message, &list);
    assert_true(list.linearizable);
}

static void
status(void **state UNUSED)
{
    struct etcd_status s;

    vector_decode("StatusResponse", &etcd_status_message, &s);
    header_is_full(&s.header);
    assert_string_equal(s.version, "3.6.16");
    assert_int_equal(s.db_size_bytes, 20480);
    assert_true(s.leader == 9372538179322589801u);
    assert_int_equal(s.raft_index, 100);
    assert_int_equal(s.raft_term, 7);
    assert_int_equal(s.raft_applied_index, 99);
    assert_int_equal(s.error_count, 2);
    assert_string_equal(s.errors[0], "etcdserver: no leader");
    assert_string_equal(s.errors[1], "memberID:1 alarm:NOSPACE ");
    assert_int_equal(s.db_size_in_use_bytes, 16384);
    assert_true(s.is_learner);
    assert_string_equal(s.storage_version, "3.6.0");
    assert_true(s.db_size_quota_bytes == 2147483648);
    assert_true(s.downgrade_info.enabled);
    assert_string_equal(s.downgrade_info.target_version, "3.5.0");
}

static void
hashes(void **state UNUSED)
{
    struct etcd_hash hash;
    struct etcd_hash_kv_request request;
    struct etcd_hash_kv hash_kv;

    vector_decode("HashResponse", &etcd_hash_message, &hash);
    assert_true(hash.hash == UINT32_MAX);
    vector_decode("HashKVRequest", &etcd_hash_kv_request_message, &request);
    assert_int_equal(request.revision, 200);
    vector_decode("HashKVResponse", &etcd_hash_kv_message, &hash_kv);
    assert_true(hash_kv.hash == 2943164245);
    assert_int_equal(hash_kv.compact_revision, -1);
    assert_int_equal(hash_kv.hash_revision, 238);
}

static void
alarms(void **state UNUSED)
{
    struct etcd_alarm_request request;
    struct etcd_alarm_list list;

    vector_decode("AlarmRequest", &etcd_alarm_request_message, &request);
    assert_int_equal(request.action, ETCD_ALARM_DEACTIVATE);
    assert_true(request.member_id == 9372538179322589801u);
    assert_int_equal(request.type, ETCD_ALARM_CORRUPT);
    vector_decode("AlarmResponse", &etcd_alarm_list_message, &list);
    assert_int_equal(list.alarm_count, 2);
    assert_int_equal(list.alarms[0].type, ETCD_ALARM_NOSPACE);
    assert_int_equal(list.alarms[1].member_id, 2);
}

static void
other_maintenance(void **state UNUSED)
{
    struct etcd_header_only defragment;
    struct etcd_snapshot_response snapshot;
    struct etcd_move_leader_request move;
    struct etcd_downgrade_request request;
    struct etcd_downgrade downgrade;

    vector_decode("DefragmentResponse", &etcd_header_only_message, &defragment);
    header_is_full(&defragment.header);
    vector_decode("SnapshotResponse", &etcd_snapshot_response_message, &snapshot);
    assert_int_equal(snapshot.remaining_bytes, 16384);
    BYTES_ARE(snapshot.blob, "\000\001\002\377");
    BYTES_ARE(snapshot.version, "3.6.0");
    vector_decode("MoveLeaderRequest", &etcd_move_leader_request_message, &move);
    assert_true(move.target_id == 9372538179322589801u);
    vector_decode("DowngradeRequest", &etcd_downgrade_request_message, &request);
    assert_int_equal(request.action, ETCD_DOWNGRADE_ENABLE);
    assert_string_equal(request.version, "3.5");
    vector_decode("DowngradeResponse", &etcd_downgrade_message, &downgrade);
    assert_string_equal(downgrade.version, "3.6.0");
}

static void
auth(void **state UNUSED)
{
    struct etcd_auth_status auth_status;
    struct etcd_authenticate_request request;
    struct etcd_authenticate_response response;

    vector_decode("AuthStatusResponse", &etcd_auth_status_message, &auth_status);
    assert_true(auth_status.enabled);
    assert_int_equal(auth_status.auth_revision, 12);
    vector_decode("AuthenticateRequest", &etcd_authenticate_request_message, &request);
    assert_string_equal(request.name, "root");
    assert_string_equal(request.password, "rootpw");
    vector_decode("AuthenticateResponse", &etcd_authenticate_response_message, &response);
    BYTES_ARE(response.token, "IGVRkOhhEZqAZQhB.45");
}

static void
users(void **state UNUSED)
{
    struct etcd_user_add_request add;
    struct etcd_name_request name;
    struct etcd_user_role_request grant;
    struct etcd_user user;
    struct etcd_user_list list;

    vector_decode("AuthUserAddRequest", &etcd_user_add_request_message, &add);
    assert_string_equal(add.name, "alice");
    assert_string_equal(add.password, "p:w");
    assert_true(add.options.no_password);
    vector_decode("AuthUserGetRequest", &etcd_name_request_message, &name);
    assert_string_equal(name.name, "alice");
    vector_decode("AuthUserGrantRoleRequest", &etcd_user_role_request_message, &grant);
    assert_string_equal(grant.user, "alice");
    assert_string_equal(grant.role, "reader");
    vector_decode("AuthUserGetResponse", &etcd_user_message, &user);
    header_is_full(&user.header);
    assert_int_equal(user.role_count, 2);
    assert_string_equal(user.roles[1], "writer");
    vector_decode("AuthUserListResponse", &etcd_user_list_message, &list);
    assert_int_equal(list.user_count, 2);
    assert_string_equal(list.users[0], "alice");
}

static void
roles(void **state UNUSED)
{
    struct etcd_role_grant_request grant;
    struct etcd_role_revoke_request revoke;
    struct etcd_role role;
    struct etcd_role_list list;

    vector_decode("AuthRoleGrantPermissionRequest", &etcd_role_grant_request_message, &grant);
    assert_string_equal(grant.role, "reader");
    assert_int_equal(grant.permission.type, ETCD_PERMISSION_READWRITE);
    BYTES_ARE(grant.permission.key, "\000a");
    BYTES_ARE(grant.permission.range_end, "b\377");
    vector_decode("AuthRoleRevokePermissionRequest", &etcd_role_revoke_request_message, &revoke);
    assert_string_equal(revoke.role, "reader");
    BYTES_ARE(revoke.range_end, "\000");
    vector_decode("AuthRoleGetResponse", &etcd_role_message, &role);
    header_is_full(&role.header);
    assert_int_equal(role.permission_count, 3);
    assert_int_equal(role.permissions[0].type, ETCD_PERMISSION_READ);
    assert_int_equal(role.permissions[0].range_end.size, 0);
    assert_int_equal(role.permissions[1].type, ETCD_PERMISSION_WRITE);
    vector_decode("AuthRoleListResponse", &etcd_role_list_message, &list);
    assert_int_equal(list.role_count, 2);
    assert_string_equal(list.roles[1], "root");
}

static void
watches(void **state UNUSED)
{
    struct etcd_watch_request request;
    struct etcd_watch_response response;

    vector_decode("WatchRequest", &etcd_watch_request_message, &request);
    assert_null(request.cancel_request);
    BYTES_ARE(request.create_request->key, "k\0");
    BYTES_ARE(request.create_request->range_end, "\0");
    assert_true(request.create_request->start_revision == INT64_MAX);
    assert_int_equal(request.create_request->watch_id, 5);
    assert_true(request.create_request->progress_notify && request.create_request->prev_kv &&
                request.create_request->fragment);
    vector_decode("WatchResponse", &etcd_watch_response_message, &response);
    header_is_full(&response.header);
    assert_int_equal(response.watch_id, ETCD_WATCH_ID_NONE);
    assert_true(response.created && response.canceled && response.fragment);
    assert_int_equal(response.compact_revision, 9);
    assert_string_equal(response.cancel_reason, "why");
    assert_int_equal(response.event_count, 2);
    assert_int_equal(response.events[0].type, ETCD_EVENT_PUT);
    kv_is_full(response.events[0].kv);
    assert_null(response.events[0].prev_kv);
    assert_int_equal(response.events[1].type, ETCD_EVENT_DELETE);
    assert_int_equal(response.events[1].kv->mod_revision, 41);
    kv_is_full(response.events[1].prev_kv);
}

static void
leases(void **state UNUSED)
{
    struct etcd_lease_grant_request grant;
    struct etcd_lease_grant_response granted;
    struct etcd_lease_revoke_request revoke;
    struct etcd_lease_revoke_response revoked;
    struct etcd_lease_keep_alive_request keep;
    struct etcd_lease_keep_alive_response kept;
    struct etcd_lease_time_to_live_request ask;
    struct etcd_lease_time_to_live_response left;
    struct etcd_lease_leases_response list;

    vector_decode("LeaseGrantRequest", &etcd_lease_grant_request_message, &grant);
    assert_int_equal(grant.ttl, 60);
    assert_int_equal(grant.id, -2);
    vector_decode("LeaseGrantResponse", &etcd_lease_grant_response_message, &granted);
    assert_int_equal(granted.id, 0x1234);
    assert_int_equal(granted.ttl, 61);
    assert_string_equal(granted.error, "why");
    vector_decode("LeaseRevokeRequest", &etcd_lease_revoke_request_message, &revoke);
    assert_int_equal(revoke.id, 0x1234);
    vector_decode("LeaseRevokeResponse", &etcd_lease_revoke_response_message, &revoked);
    header_is_full(&revoked.header);
    vector_decode("LeaseKeepAliveRequest", &etcd_lease_keep_alive_request_message, &keep);
    assert_int_equal(keep.id, 0x1234);
    vector_decode("LeaseKeepAliveResponse", &etcd_lease_keep_alive_response_message, &kept);
    assert_int_equal(kept.ttl, 60);
    vector_decode("LeaseTimeToLiveRequest", &etcd_lease_time_to_live_request_message, &ask);
    assert_true(ask.keys);
    vector_decode("LeaseTimeToLiveResponse", &etcd_lease_time_to_live_response_message, &left);
    assert_int_equal(left.ttl, -1);
    assert_int_equal(left.granted_ttl, 60);
    assert_int_equal(left.key_count, 2);
    BYTES_ARE(left.keys[0], "a\0b");
    assert_int_equal(left.keys[1].size, 0);
    vector_decode("LeaseLeasesResponse", &etcd_lease_leases_response_message, &list);
    assert_int_equal(list.lease_count, 2);
    assert_int_equal(list.leases[1].id, -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(headers_and_key_values, mem_release),
        cmocka_unit_test_teardown(range, mem_release),
        cmocka_unit_test_teardown(put_and_delete, mem_release),
        cmocka_unit_test_teardown(txn_request, mem_release),
        cmocka_unit_test_teardown(txn_response, mem_release),
        cmocka_unit_test_teardown(compaction, mem_release),
        cmocka_unit_test_teardown(members, mem_release),
        cmocka_unit_test_teardown(member_changes, mem_release),
        cmocka_unit_test_teardown(status, mem_release),
        cmocka_unit_test_teardown(hashes, mem_release),
        cmocka_unit_test_teardown(alarms, mem_release),
        cmocka_unit_test_teardown(other_maintenance, mem_release),
        cmocka_unit_test_teardown(auth, mem_release),
        cmocka_unit_test_teardown(users, mem_release),
        cmocka_unit_test_teardown(roles, mem_release),
        cmocka_unit_test_teardown(watches, mem_release),
        cmocka_unit_test_teardown(leases, mem_release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
