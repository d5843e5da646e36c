/* The table codec: what proto3 promises, what is refused, and where memory goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "etcd/message/cluster_message.h"
#include "etcd/message/kv_message.h"
#include "etcd/message/maintenance_message.h"
#include "format/proto.h"

static struct arena mem;

static int
mem_release(void **state)
{
    (void)state;
    arena_release(&mem);
    return 0;
}

static void
decode_fails(const struct message *m, struct bytes encoded, const char *text)
{
    struct error e = ERROR_INIT;
    union {
        struct etcd_txn_request txn;
        struct etcd_range_response range;
    } value;

    assert_true(m->size <= sizeof(value));
    assert_false(message_decode(&mem, m, encoded, &value, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, text);
}

static void
empty_is_all_zero(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct etcd_status status;
    struct etcd_member_list list;
    AUTO_BUF out = BUF_INIT;
    struct etcd_range_request request = {0};

    memset(&status, 0xa5, sizeof(status));
    assert_true(message_decode(&mem, &etcd_status_message, BYTES_NONE, &status, &e));
    assert_int_equal(status.header.cluster_id, 0);
    assert_string_equal(status.version, "");
    assert_string_equal(status.downgrade_info.target_version, "");
    assert_int_equal(status.error_count, 0);
    assert_false(status.is_learner);
    assert_true(message_decode(&mem, &etcd_member_list_message, BYTES_NONE, &list, &e));
    assert_null(list.members);

    message_encode(&out, &etcd_range_request_message, &request);
    assert_int_equal(out.size, 0);
    message_encode(&out, &etcd_empty_message, &(struct etcd_empty){0});
    assert_int_equal(out.size, 0);
}

static void
unknown_fields_are_skipped(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct etcd_hash hash;
    AUTO_BUF in = BUF_INIT;

    proto_put_u64(&in, 900, 5);
    proto_put_text(&in, 901, "from a later etcd");
    proto_put_u64(&in, 2, 77);
    buf_append(&in, "\x3d\1\2\3\4", 5);          /* field 7, fixed 32 bits */
    buf_append(&in, "\x41\1\2\3\4\5\6\7\x8", 9); /* field 8, fixed 64 bits */
    assert_true(message_decode(&mem, &etcd_hash_message, buf_bytes(&in), &hash, &e));
    assert_int_equal(hash.hash, 77);
}

static void
last_value_wins(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct etcd_hash hash;
    AUTO_BUF in = BUF_INIT;

    proto_put_u64(&in, 2, 1);
    proto_put_u64(&in, 2, 2);
    assert_true(message_decode(&mem, &etcd_hash_message, buf_bytes(&in), &hash, &e));
    assert_int_equal(hash.hash, 2);
}

static void
damage_names_the_message(void **state UNUSED)
{
    AUTO_BUF in = BUF_INIT;

    decode_fails(&etcd_hash_message, BYTES_LITERAL("\x10"),
                 "message 'HashResponse' of 1 bytes is cut or malformed");
    decode_fails(&etcd_hash_message, BYTES_LITERAL("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
                 "message 'HashResponse' of 11 bytes is cut or malformed");
    /* A length behind the end, then a number where a message belongs, and the reverse. */
    decode_fails(&etcd_hash_message, BYTES_LITERAL("\x0a\x05\x08\x01"),
                 "message 'HashResponse' of 4 bytes is cut or malformed");
    decode_fails(&etcd_hash_message, BYTES_LITERAL("\x08\x01"),
                 "message 'HashResponse' of 2 bytes is cut or malformed");
    decode_fails(&etcd_hash_message, BYTES_LITERAL("\x12\x01\x01"),
                 "message 'HashResponse' of 3 bytes is cut or malformed");
    /* Damage further in is told with the inner message's name. */
    proto_put_bytes(&in, 2, BYTES_LITERAL("\x0a\x09k"));
    decode_fails(&etcd_range_response_message, buf_bytes(&in),
                 "message 'KeyValue' of 3 bytes is cut or malformed");
}

static void
nest(struct buf *out, unsigned depth)
{
    AUTO_BUF inner = BUF_INIT;
    size_t mark;

    if (depth == 0)
        return;
    nest(&inner, depth - 1);
    mark = proto_message_begin(out, 2); /* success */
    proto_put_bytes_always(out, 4, buf_bytes(&inner));
    proto_message_end(out, mark);
}

static void
depth_is_bounded(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct etcd_txn_request txn;
    AUTO_BUF fits = BUF_INIT;
    AUTO_BUF deeper = BUF_INIT;

    nest(&fits, (MESSAGE_MAX_DEPTH - 1) / 2);
    assert_true(message_decode(&mem, &etcd_txn_request_message, buf_bytes(&fits), &txn, &e));
    nest(&deeper, MESSAGE_MAX_DEPTH / 2);
    decode_fails(&etcd_txn_request_message, buf_bytes(&deeper),
                 "message 'TxnRequest' is nested deeper than 32 levels");
}

static void
arrays_grow(void **state UNUSED)
{
    enum { COUNT = 1000 };
    struct error e = ERROR_INIT;
    struct etcd_key_value *kvs = arena_zero(&mem, COUNT * sizeof(*kvs));
    const char **errors = arena_zero(&mem, COUNT * sizeof(*errors));
    struct etcd_range_response out = {.kvs = kvs, .kv_count = COUNT};
    struct etcd_range_response in;
    struct etcd_status status = {.errors = errors, .error_count = COUNT};
    AUTO_BUF encoded = BUF_INIT;

    for (size_t i = 0; i < COUNT; i++) {
        kvs[i].mod_revision = (int64_t)i;
        errors[i] = i % 2 == 0 ? "" : "x";
    }
    message_encode(&encoded, &etcd_range_response_message, &out);
    assert_true(message_decode(&mem, &etcd_range_response_message, buf_bytes(&encoded), &in, &e));
    assert_int_equal(in.kv_count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(in.kvs[i].mod_revision, i);

    buf_clear(&encoded);
    message_encode(&encoded, &etcd_status_message, &status);
    assert_true(message_decode(&mem, &etcd_status_message, buf_bytes(&encoded), &status, &e));
    assert_int_equal(status.error_count, COUNT);
    assert_string_equal(status.errors[998], "");
    assert_string_equal(status.errors[999], "x");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(empty_is_all_zero, mem_release),
        cmocka_unit_test_teardown(unknown_fields_are_skipped, mem_release),
        cmocka_unit_test_teardown(last_value_wins, mem_release),
        cmocka_unit_test_teardown(damage_names_the_message, mem_release),
        cmocka_unit_test_teardown(depth_is_bounded, mem_release),
        cmocka_unit_test_teardown(arrays_grow, mem_release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
