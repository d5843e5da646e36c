/* A row of "key": the first 17 or 18 bytes as a revision, any bytes as a KeyValue, which must read
 * as a plain loop over proto.h reads it. */

#include "format/backend/mvcc.h"

#include <string.h>

#include "format/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
decode_plainly(struct bytes message, struct key_value *kv)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    *kv = (struct key_value){.version = 0};
    while (proto_next(&r, &f)) {
        switch (f.number) {
        case 1:
            proto_field_bytes(&r, &f, &kv->key);
            break;
        case 2:
            proto_field_i64(&r, &f, &kv->create_revision);
            break;
        case 3:
            proto_field_i64(&r, &f, &kv->mod_revision);
            break;
        case 4:
            proto_field_i64(&r, &f, &kv->version);
            break;
        case 5:
            proto_field_bytes(&r, &f, &kv->value);
            break;
        case 6:
            proto_field_i64(&r, &f, &kv->lease);
            break;
        default:
            break;
        }
    }
    return !r.failed;
}

static void
value_try(struct bytes message)
{
    struct error e = ERROR_INIT;
    struct key_value fast = {.version = 0};
    struct key_value plain;
    bool ok = key_value_decode(message, &fast, &e);

    ASSERT(ok == decode_plainly(message, &plain));
    if (!ok)
        return;
    ASSERT(bytes_equal(fast.key, plain.key) && bytes_equal(fast.value, plain.value));
    ASSERT(fast.create_revision == plain.create_revision &&
           fast.mod_revision == plain.mod_revision && fast.version == plain.version &&
           fast.lease == plain.lease);
}

static void
key_try(struct bytes key)
{
    struct error e = ERROR_INIT;
    struct revision_key revision;
    uint8_t again[REVISION_KEY_TOMBSTONE_SIZE];

    if (!revision_key_decode(key, &revision, &e))
        return;
    ASSERT(revision_key_encode(&revision, again) == key.size);
    ASSERT(memcmp(again, key.data, key.size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    key_try(bytes_of(data, size < REVISION_KEY_SIZE ? size : REVISION_KEY_SIZE));
    key_try(
        bytes_of(data, size < REVISION_KEY_TOMBSTONE_SIZE ? size : REVISION_KEY_TOMBSTONE_SIZE));
    value_try(bytes_of(data, size));
    return 0;
}
