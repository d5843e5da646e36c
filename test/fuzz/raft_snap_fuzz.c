/* Any bytes as a .snap file; as its content once the CRC is right; and as the v2 store inside. */

#include "base/hash.h"
#include "format/proto.h"
#include "format/raft/raft_snap.h"
#include "format/v2_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
store_try(struct bytes store)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct v2_membership membership;

    if (!v2_store_decode(&tmp, store, &membership, &e))
        ASSERT(e.code == ERROR_FORMAT || e.code == ERROR_LIMIT);
}

static void
file_try(struct bytes content)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct raft_snap snap;

    if (raft_snap_decode(&tmp, content, &snap, &e))
        store_try(snap.store);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_BUF sealed = BUF_INIT;
    struct bytes input = bytes_of(data, size);

    file_try(input);
    store_try(input);
    proto_put_u64_always(&sealed, 1, crc32c(0, data, size));
    proto_put_bytes_always(&sealed, 2, input);
    file_try(buf_bytes(&sealed));
    return 0;
}
