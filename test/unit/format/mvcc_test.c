#include "format/backend/mvcc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/hash.h"
#include "format/proto.h"

static const uint8_t tombstone_at_5[] = {0, 0, 0, 0, 0, 0, 0, 5, '_', 0, 0, 0, 0, 0, 0, 0, 0, 't'};

static void
test_revision_key_is_etcds(void **state)
{
    struct revision_key revision = {5, 0, true};
    uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];

    (void)state;
    assert_int_equal(revision_key_encode(&revision, key), 18);
    assert_memory_equal(key, tombstone_at_5, 18);
    revision.tombstone = false;
    assert_int_equal(revision_key_encode(&revision, key), 17);
    assert_memory_equal(key, tombstone_at_5, 17);
}

static void
test_revision_key_comes_back(void **state)
{
    const struct revision_key revisions[] = {
        {0, 0, false}, {1, 2, true}, {INT64_MAX, INT64_MAX, false}, {0x0102030405060708, 9, true}};

    (void)state;
    for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
        struct error e = ERROR_INIT;
        uint8_t key[REVISION_KEY_TOMBSTONE_SIZE];
        size_t size = revision_key_encode(&revisions[i], key);
        struct revision_key back;

        assert_true(revision_key_decode(bytes_of(key, size), &back, &e));
        assert_int_equal(back.main, revisions[i].main);
        assert_int_equal(back.sub, revisions[i].sub);
        assert_int_equal(back.tombstone, revisions[i].tombstone);
    }
}

static void
refused(size_t at, uint8_t byte, size_t size, const char *text)
{
    struct error e = ERROR_INIT;
    uint8_t key[20] = {0};
    struct revision_key revision = {-1, -1, false};

    memcpy(key, tombstone_at_5, sizeof(tombstone_at_5));
    key[at] = byte;
    assert_false(revision_key_decode(bytes_of(key, size), &revision, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, text);
    assert_int_equal(revision.main, -1);
}

static void
test_revision_key_refuses_what_etcd_refuses(void **state)
{
    (void)state;
    refused(0, 0, 16, "a revision has 17 or 18 bytes, not 16");
    refused(0, 0, 19, "a revision has 17 or 18 bytes, not 19");
    refused(0, 0, 0, "a revision has 17 or 18 bytes, not 0");
    refused(8, '-', 17, "byte 8 of a revision is 0x2d, not '_'");
    refused(17, 'x', 18, "byte 17 of a revision is 0x78, not 't'");
    refused(17, 0, 18, "byte 17 of a revision is 0x00, not 't'");
    refused(0, 0x80, 18, "a revision is negative");
    refused(9, 0xff, 18, "a revision is negative");
}

static void
test_revisions_compare_by_main_then_sub(void **state)
{
    struct revision_key a = {5, 3, false};

    (void)state;
    assert_int_equal(revision_key_compare(&a, &(struct revision_key){5, 3, true}), 0);
    assert_int_equal(revision_key_compare(&a, &(struct revision_key){5, 2, false}), 1);
    assert_int_equal(revision_key_compare(&a, &(struct revision_key){5, 4, false}), -1);
    assert_int_equal(revision_key_compare(&a, &(struct revision_key){4, 9, false}), 1);
    assert_int_equal(revision_key_compare(&a, &(struct revision_key){6, 0, false}), -1);
}

static void
assert_kv_equal(const struct key_value *a, const struct key_value *b)
{
    assert_true(bytes_equal(a->key, b->key));
    assert_true(bytes_equal(a->value, b->value));
    assert_int_equal(a->create_revision, b->create_revision);
    assert_int_equal(a->mod_revision, b->mod_revision);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->lease, b->lease);
}

static void
test_key_value_is_etcds(void **state)
{
    /* The row of "foo" = "bar" at revision 3, second version, with a lease. */
    static const uint8_t wanted[] = {0x0a, 3,    'f', 'o', 'o', 0x10, 2,    0x18, 3,   0x20,
                                     2,    0x2a, 3,   'b', 'a', 'r',  0x30, 0xb4, 0x24};
    const struct key_value kv = {.key = BYTES_LITERAL("foo"),
                                 .create_revision = 2,
                                 .mod_revision = 3,
                                 .version = 2,
                                 .value = BYTES_LITERAL("bar"),
                                 .lease = 0x1234};
    struct error e = ERROR_INIT;
    AUTO_BUF out = BUF_INIT;
    struct key_value back;

    (void)state;
    key_value_encode(&out, &kv);
    assert_int_equal(out.size, sizeof(wanted));
    assert_memory_equal(out.data, wanted, sizeof(wanted));
    assert_true(key_value_decode(buf_bytes(&out), &back, &e));
    assert_kv_equal(&kv, &back);
    /* Nothing is copied. */
    assert_ptr_equal(back.value.data, out.data + 13);
}

static void
test_key_value_of_extremes(void **state)
{
    static const uint8_t binary[] = {0, 0xff, 0};
    const struct key_value samples[] = {
        {.version = 0},
        {.key = {binary, 3}, .value = {binary, 3}},
        {.create_revision = INT64_MAX, .mod_revision = -1, .version = INT64_MIN, .lease = -2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct error e = ERROR_INIT;
        AUTO_BUF out = BUF_INIT;
        struct key_value back;

        key_value_encode(&out, &samples[i]);
        assert_true(key_value_decode(buf_bytes(&out), &back, &e));
        assert_kv_equal(&samples[i], &back);
    }
}

static void
decodes(const char *message, size_t size, const char *key, int64_t version)
{
    struct error e = ERROR_INIT;
    struct key_value kv;

    if (!key_value_decode(bytes_of(message, size), &kv, &e))
        fail_msg("%s", e.text);
    assert_true(bytes_equal_text(kv.key, key));
    assert_int_equal(kv.version, version);
}

static void
test_key_value_takes_what_protobuf_allows(void **state)
{
    (void)state;
    decodes("", 0, "", 0);
    decodes("\x20\x01\x0a\x01k", 5, "k", 1);                      /* another order */
    decodes("\x0a\x01\x61\x0a\x01k\x20\x02\x20\x03", 10, "k", 3); /* the last wins */
    decodes("\x0a\x01k\x38\x05\x20\x04", 7, "k", 4);              /* unknown number 7 */
    decodes("\x7a\x02xx\x0a\x01k", 7, "k", 0);                    /* unknown bytes 15 */
    decodes("\x0a\x81\x00k\x20\x85\x00", 7, "k", 5);              /* longer than needed */
    decodes("\xa2\x06\x01z\x0a\x01k", 7, "k", 0);                 /* a tag of two bytes */
    decodes("\x25\x06\x00\x00\x00\x0a\x01k", 8, "k", 6);          /* a number of four bytes */
}

static void
malformed(const char *message, size_t size, const char *text)
{
    struct error e = ERROR_INIT;
    struct key_value kv;

    assert_false(key_value_decode(bytes_of(message, size), &kv, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_string_equal(e.text, text);
}

static void
test_key_value_refuses_damage(void **state)
{
    (void)state;
    malformed("\x0a\x05k", 3, "no KeyValue message: malformed at byte 2 of 3");
    malformed("\x0a", 1, "no KeyValue message: malformed at byte 1 of 1");
    malformed("\x10\xff", 2, "no KeyValue message: malformed at byte 1 of 2");
    malformed("\x08\x01", 2, "no KeyValue message: malformed at byte 2 of 2");  /* key a number */
    malformed("\x22\x01x", 3, "no KeyValue message: malformed at byte 3 of 3"); /* version bytes */
    malformed("\x0b\x0c", 2, "no KeyValue message: malformed at byte 1 of 2");  /* a group */
    malformed("\x02\x01x", 3, "no KeyValue message: malformed at byte 1 of 3"); /* field 0 */
}

/* The decoder that is for speed, against a plain loop over proto.h. */
static bool
decode_slowly(struct bytes message, struct key_value *kv)
{
    struct proto_reader r = proto_reader_of(message);
    struct proto_field f;

    *kv = (struct key_value){0};
    while (proto_next(&r, &f)) {
        int64_t *const numbers[] = {
            NULL, NULL, &kv->create_revision, &kv->mod_revision, &kv->version, NULL, &kv->lease};

        if (f.number == 1 || f.number == 5)
            proto_field_bytes(&r, &f, f.number == 1 ? &kv->key : &kv->value);
        else if (f.number <= 6)
            proto_field_i64(&r, &f, numbers[f.number]);
    }
    return !r.failed;
}

static void
test_key_value_decodes_as_proto_does(void **state)
{
    uint64_t seed = 7;
    unsigned good = 0;

    (void)state;
    for (unsigned round = 0; round < 50000; round++) {
        uint8_t message[] = {0x0a, 3,    'f', 'o', 'o', 0x10, 2,    0x18, 3,   0x20,
                             2,    0x2a, 3,   'b', 'a', 'r',  0x30, 0xb4, 0x24};
        struct error e = ERROR_INIT;
        struct key_value fast = {0};
        struct key_value slow;
        uint64_t random = hash64(&seed, sizeof(seed));
        size_t size = sizeof(message) - (random & 3);
        bool ok;

        seed++;
        message[(random >> 8) % sizeof(message)] = (uint8_t)(random >> 16);
        message[(random >> 24) % sizeof(message)] ^= (uint8_t)(1 << (random >> 32) % 8);
        ok = decode_slowly(bytes_of(message, size), &slow);
        assert_int_equal(key_value_decode(bytes_of(message, size), &fast, &e), ok);
        if (ok)
            assert_kv_equal(&fast, &slow);
        good += ok;
    }
    /* Both outcomes are common, so the comparison means something. */
    assert_in_range(good, 5000, 45000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revision_key_is_etcds),
        cmocka_unit_test(test_revision_key_comes_back),
        cmocka_unit_test(test_revision_key_refuses_what_etcd_refuses),
        cmocka_unit_test(test_revisions_compare_by_main_then_sub),
        cmocka_unit_test(test_key_value_is_etcds),
        cmocka_unit_test(test_key_value_of_extremes),
        cmocka_unit_test(test_key_value_takes_what_protobuf_allows),
        cmocka_unit_test(test_key_value_refuses_damage),
        cmocka_unit_test(test_key_value_decodes_as_proto_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
