/* Ranges of all sizes and shapes, from servers with and without streams, and what may go wrong on the way. */
#include "etcd/range_read.h"

#include <string.h>

#include "etcd/fake_etcd.h"
#include "etcd/fake_keys.h"
#include "expect.h"

enum { STREAM_PIECE_KEYS = 700 };

struct scene {
    struct fake_cluster cluster;
    struct arena mem;
    struct fake_keys keys;
    bool has_stream;
    unsigned calls;              /* of Range */
    unsigned streams;            /* of RangeStream */
    unsigned stop_at;            /* from that Range call on, member 0 answers no more */
    unsigned stream_dies_behind; /* pieces */
    unsigned compact_at;         /* from that Range call on, the revision is gone */

    /* What the sink got. */
    struct etcd_range_response whole;
    size_t got;
    size_t fail_at;
};

static void
answer_stream(struct scene *s, struct fake_stream *stream, struct etcd_range_request request)
{
    AUTO_ARENA tmp = ARENA_INIT;
    unsigned pieces = 0;
    struct etcd_range_response all = fake_keys_range(&s->keys, &tmp, &request);

    s->streams++;
    if (!s->has_stream) {
        stream->finishing = true;
        fake_answer_trailers_only(stream, "12", "unknown method RangeStream");
        return;
    }
    for (size_t at = 0; at < all.kv_count; at += STREAM_PIECE_KEYS) {
        size_t left = all.kv_count - at;
        struct etcd_range_stream_response piece = {
            .range_response = {.kvs = all.kvs + at,
                               .kv_count = left < STREAM_PIECE_KEYS ? left : STREAM_PIECE_KEYS}};

        if (s->stream_dies_behind > 0 && pieces++ == s->stream_dies_behind) {
            fake_answer_end(stream, "14", "etcdserver: leader changed");
            return;
        }
        fake_send_value(stream, &etcd_range_stream_response_message, &piece);
    }
    fake_answer_end(stream, "0", "");
}

static void
answer_range(struct scene *s, struct fake_member *m, struct fake_stream *stream,
             const struct etcd_range_request *request)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_response response = fake_keys_range(&s->keys, &tmp, request);

    s->calls++;
    fake_keys_counted(&s->keys, &response);
    if (s->stop_at > 0 && s->calls >= s->stop_at && m == &s->cluster.members[0]) {
        stream->finishing = true;
        fake_answer_trailers_only(stream, "14", "etcdserver: server stopped");
        return;
    }
    if (s->compact_at > 0 && s->calls >= s->compact_at) {
        stream->finishing = true;
        fake_answer_trailers_only(stream, "11",
                                  "etcdserver: mvcc: required revision has been compacted");
        return;
    }
    fake_send_value(stream, &etcd_range_response_message, &response);
    fake_answer_end(stream, "0", "");
}

static void
server_message(struct fake_member *m, struct fake_stream *stream, struct bytes message)
{
    struct scene *s = m->cluster->note;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_request request;
    struct error e;

    if (stream->finishing)
        return;
    assert_true(message_decode(&tmp, &etcd_range_request_message, message, &request, &e));
    assert_true(s->whole.count == 0 || request.revision == 77);
    if (strcmp(stream->path, "/etcdserverpb.KV/RangeStream") == 0)
        answer_stream(s, stream, request);
    else
        answer_range(s, m, stream, &request);
}

static void
scene_open(struct scene *s, size_t members)
{
    *s = (struct scene){.keys.value = BYTES_LITERAL("value")};
    fake_cluster_open(&s->cluster, members, NULL, server_message);
    s->cluster.note = s;
}

static void
scene_close(struct scene *s)
{
    fake_cluster_close(&s->cluster);
    arena_release(&s->mem);
}

static void
sink_begin(void *context, const struct etcd_range_response *whole)
{
    struct scene *s = context;

    assert_int_equal(s->got, 0);
    s->whole = *whole;
}

static bool
sink_keys(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct scene *s = context;

    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(s->got < s->keys.count);
        if (!bytes_equal(kvs[i].key, s->keys.keys[s->got++]))
            fail_msg("key %zu is another one", s->got - 1);
    }
    if (s->fail_at > 0 && s->got >= s->fail_at)
        return error_set(e, ERROR_IO, "standard output: enough");
    return true;
}

static bool
read_all(struct scene *s, int64_t limit, struct error *e)
{
    const struct etcd_range_sink sink = {sink_begin, sink_keys, s};
    const struct etcd_range_request request = {
        .key = BYTES_LITERAL("\0"),
        .range_end = BYTES_LITERAL("\0"),
        .limit = limit,
    };

    s->got = 0;
    s->whole.count = 0;
    s->calls = s->streams = 0;
    s->keys.counted = 0;
    return etcd_range_read(s->cluster.client, &request, &sink, e);
}

static struct bytes
numbered(struct arena *mem, unsigned i)
{
    return bytes_of_text(arena_printf(mem, "key-%08u", i));
}

static struct bytes
kubernetes(struct arena *mem, unsigned i)
{
    static const char *const kinds[] = {"configmaps", "events", "pods", "secrets"};

    return bytes_of_text(arena_printf(mem, "/registry/%s/team-%02u/name-%08x-%u", kinds[i % 4],
                                      i / 4 % 13, i * 2654435761U, i));
}

/* Most of all in one corner, the rest far away from each other. */
static struct bytes
crowded(struct arena *mem, unsigned i)
{
    if (i % 50 == 0)
        return bytes_of_text(arena_printf(mem, "%c/%u", (int)('A' + i / 50 % 50), i));
    return bytes_of_text(arena_printf(mem, "m/crowd/%06u", i));
}

static struct bytes
binary(struct arena *mem, unsigned i)
{
    uint8_t text[6] = {0xff, 0xff, (uint8_t)(i >> 16), 0, (uint8_t)(i >> 8), (uint8_t)i};

    return arena_copy(mem, bytes_of(text, 6 - (i % 7 == 0)));
}

/* Each the last one and a NUL: as dense as keys can be. */
static struct bytes
nested(struct arena *mem, unsigned i)
{
    uint8_t *text = arena_zero(mem, i % 1500 + 1);

    text[0] = (uint8_t)('a' + i / 1500);
    return bytes_of(text, i % 1500 + 1);
}

static void
fill(struct scene *s, fake_key_shape *key_of, size_t count)
{
    fake_keys_fill(&s->keys, &s->mem, key_of, count);
}

static void
test_small_ranges_take_one_call(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;

    scene_open(&s, 1);
    EXPECT_OK(read_all(&s, 0, &e));
    assert_int_equal(s.got, 0);
    fill(&s, numbered, 512);
    EXPECT_OK(read_all(&s, 0, &e));
    assert_int_equal(s.got, 512);
    assert_int_equal(s.whole.count, 512);
    assert_int_equal(s.whole.header.revision, 77);
    EXPECT_OK(read_all(&s, 7, &e));
    assert_int_equal(s.got, 7);
    assert_true(s.whole.more);
    assert_int_equal(s.whole.count, 512);
    assert_int_equal(s.calls + s.streams, 1);
    scene_close(&s);
}

/* Whatever the keys look like: all come, in order, and few are counted more than once. */
static void
test_pages(UNUSED void **state)
{
    static const struct {
        fake_key_shape *key_of;
        unsigned most_calls;
        unsigned most_counts; /* of each key */
    } shapes[] = {{numbered, 30, 3},
                  {kubernetes, 100, 4},
                  {crowded, 30, 4},
                  {binary, 20, 3},
                  {nested, 500, 6}};
    static uint8_t value[2000];
    struct error e = ERROR_INIT;

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct scene s;

        scene_open(&s, 1);
        fill(&s, shapes[i].key_of, 12000);
        s.keys.value = bytes_of(value, sizeof(value));
        EXPECT_OK(read_all(&s, 0, &e));
        assert_int_equal(s.got, s.keys.count);
        assert_int_equal(s.whole.count, s.keys.count);
        assert_false(s.whole.more);
        assert_int_equal(s.streams, 1);
        assert_in_range(s.calls, 10, shapes[i].most_calls);
        assert_in_range(s.keys.counted, s.keys.count, shapes[i].most_counts * s.keys.count);
        scene_close(&s);
    }
}

static void
test_limits(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;

    scene_open(&s, 1);
    fill(&s, kubernetes, 9000);
    for (unsigned stream = 0; stream < 2; stream++) {
        s.has_stream = stream == 1;
        EXPECT_OK(read_all(&s, 5001, &e));
        assert_int_equal(s.got, 5001);
        assert_int_equal(s.whole.count, 9000);
        assert_true(s.whole.more);
        EXPECT_OK(read_all(&s, 9000, &e));
        assert_int_equal(s.got, 9000);
        assert_false(s.whole.more);
        EXPECT_OK(read_all(&s, 10000, &e));
        assert_int_equal(s.got, 9000);
        EXPECT_OK(read_all(&s, -1, &e));
        assert_int_equal(s.got, 9000);
    }
    scene_close(&s);
}

static void
test_stream(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;

    scene_open(&s, 1);
    fill(&s, numbered, 5000);
    s.has_stream = true;
    EXPECT_OK(read_all(&s, 0, &e));
    assert_int_equal(s.got, 5000);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.streams, 1);
    /* What a stream that ends too early left out comes in pages. */
    s.stream_dies_behind = 3;
    EXPECT_OK(read_all(&s, 0, &e));
    assert_int_equal(s.got, 5000);
    assert_true(s.calls > 1);
    scene_close(&s);
}

static void
test_lost_member(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;

    scene_open(&s, 2);
    fill(&s, numbered, 30000);
    s.stop_at = 3;
    EXPECT_OK(read_all(&s, 0, &e));
    assert_int_equal(s.got, 30000);
    scene_close(&s);
}

static void
test_compaction(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;

    scene_open(&s, 1);
    fill(&s, numbered, 30000);
    s.compact_at = 2;
    assert_false(read_all(&s, 0, &e));
    assert_int_equal(s.got, 512);
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(e.text, "revision 77 went away after 512 of 30000 keys: "));
    assert_string_equal(e.hint, "read them again, faster than the compaction comes");
    scene_close(&s);
}

/* Values of 3 MB: 512 of them are too much for one answer, and so are four. */
static void
test_large_values(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;

    scene_open(&s, 1);
    fill(&s, numbered, 12);
    s.keys.value = bytes_of(arena_zero(&s.mem, 3 << 20), 3 << 20);
    EXPECT_OK(read_all(&s, 0, &e));
    assert_int_equal(s.got, 12);
    scene_close(&s);
}

static void
test_sink_fails(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;

    scene_open(&s, 1);
    fill(&s, numbered, 9000);
    s.fail_at = 600;
    for (unsigned stream = 0; stream < 2; stream++) {
        s.has_stream = stream == 1;
        EXPECT_ERROR(read_all(&s, 0, &e), ERROR_IO, "standard output: enough");
    }
    scene_close(&s);
}

/* Without a first look at all of them: nowhere are nearly all counted at once. */
static void
test_walk(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;
    const struct etcd_range_request request = {
        .key = BYTES_LITERAL("/registry/"),
        .range_end = BYTES_LITERAL("/registry0"),
        .revision = 77,
    };
    const struct etcd_range_sink sink = {sink_begin, sink_keys, &s};

    scene_open(&s, 1);
    fill(&s, kubernetes, 9000);
    for (unsigned stream = 0; stream < 2; stream++) {
        s.has_stream = stream == 1;
        s.got = 0;
        s.calls = s.streams = 0;
        s.keys.most_counted = 0;
        EXPECT_OK(etcd_range_walk(s.cluster.client, &request, BYTES_NONE, &sink, &e));
        assert_int_equal(s.got, 9000);
        assert_int_equal(s.streams, 1);
        assert_in_range(s.calls, stream == 1 ? 0 : 100, stream == 1 ? 0 : 400);
        assert_in_range(s.keys.most_counted, 0, 9000 / 3);
    }
    /* What a stream that ends too early left out comes in pages; and so does a loss in them. */
    s.stream_dies_behind = 3;
    s.got = 0;
    EXPECT_OK(etcd_range_walk(s.cluster.client, &request, BYTES_NONE, &sink, &e));
    assert_int_equal(s.got, 9000);
    s.has_stream = false;
    s.got = 0;
    s.compact_at = s.calls + 150;
    assert_false(etcd_range_walk(s.cluster.client, &request, BYTES_NONE, &sink, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(e.text, "revision 77 went away after "));
    assert_null(strstr(e.text, " of "));
    scene_close(&s);
}

/* What the server has to sort or to sift comes in one answer. */
static void
test_indivisible(UNUSED void **state)
{
    struct scene s;
    struct error e = ERROR_INIT;
    struct etcd_range_request request = {.key = BYTES_LITERAL("k"),
                                         .range_end = BYTES_LITERAL("l")};
    const struct etcd_range_sink sink = {sink_begin, sink_keys, &s};

    scene_open(&s, 1);
    fill(&s, numbered, 2000);
    request.sort_order = ETCD_SORT_ASCEND;
    request.sort_target = ETCD_SORT_VERSION;
    EXPECT_OK(etcd_range_read(s.cluster.client, &request, &sink, &e));
    assert_int_equal(s.got, 2000);
    assert_int_equal(s.calls + s.streams, 1);
    scene_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_ranges_take_one_call),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_lost_member),
        cmocka_unit_test(test_compaction),
        cmocka_unit_test(test_large_values),
        cmocka_unit_test(test_sink_fails),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_indivisible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
