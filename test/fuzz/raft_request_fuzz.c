/* Any bytes as what a log entry carries, as the raft messages around it, and as rows of the small
 * buckets. What is decoded and encoded again is decoded to the same. */

#include "format/backend/backend_auth.h"
#include "format/backend/backend_row.h"
#include "format/backend/backend_shape.h"
#include "format/raft/raft_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
request_try(struct bytes input)
{
    struct error e = ERROR_INIT;
    struct raft_request request;

    if (!raft_request_decode(input, &request, &e)) {
        ASSERT(e.code == ERROR_FORMAT);
        return;
    }
    (void)v2_request_sets_attributes(&request.v2);
    (void)v2_request_is_members_own(&request.v2);
}

static void
entry_try(struct bytes input)
{
    AUTO_BUF again = BUF_INIT;
    struct error e = ERROR_INIT;
    struct raft_entry entry;
    struct raft_entry second;

    if (!raft_entry_decode(input, &entry, &e))
        return;
    raft_entry_encode(&again, &entry);
    ASSERT(raft_entry_decode(buf_bytes(&again), &second, &e));
    ASSERT(second.type == entry.type && second.term == entry.term && second.index == entry.index &&
           bytes_equal(second.data, entry.data));
}

static void
state_try(struct arena *tmp, struct bytes input)
{
    struct error e = ERROR_INIT;
    struct raft_snapshot_metadata metadata;
    struct raft_conf_change change;
    struct raft_conf_state state;
    struct raft_hard_state hard;
    struct wal_metadata identity;
    struct wal_snapshot snapshot;

    (void)!raft_hard_state_decode(input, &hard, &e);
    (void)!raft_conf_change_decode(input, &change, &e);
    (void)!raft_conf_state_decode(tmp, input, &state, &e);
    (void)!wal_metadata_decode(input, &identity, &e);
    (void)!wal_snapshot_decode(tmp, input, &snapshot, &e);
    (void)!raft_snapshot_metadata_decode(tmp, input, &metadata, &e);
}

/* The first eight bytes as the key, the rest as the value. */
static void
rows_try(struct arena *tmp, struct bytes input)
{
    size_t split = input.size < 8 ? input.size : 8;
    struct bytes key = bytes_of(input.data, split);
    struct bytes value = bytes_of(input.data + split, input.size - split);
    struct error e = ERROR_INIT;
    struct backend_member member;
    struct backend_alarm alarm;
    struct backend_lease lease;
    struct backend_role role;
    struct backend_user user;

    for (size_t i = 0; i < BACKEND_BUCKET_COUNT; i++)
        (void)backend_row_has_shape(bytes_of_text(backend_buckets[i]), key, value);
    (void)!backend_member_decode(tmp, input, &member, &e);
    (void)!backend_alarm_decode(input, &alarm, &e);
    (void)!backend_lease_decode(input, &lease, &e);
    (void)!backend_role_decode(tmp, input, &role, &e);
    (void)!backend_user_decode(tmp, input, &user, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes input = bytes_of(data, size);

    request_try(input);
    entry_try(input);
    state_try(&tmp, input);
    rows_try(&tmp, input);
    return 0;
}
