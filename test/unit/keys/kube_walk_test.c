/* A walk through Kubernetes' keys: all come, in order, and never are many counted at once. */
#include "keys/kube_walk.h"

#include <string.h>

#include "base/time.h"
#include "etcd/fake_etcd.h"
#include "etcd/fake_keys.h"
#include "expect.h"
#include "keys/name_sample.h"

enum { KEYS = 24000, NAMESPACES = 20 };

struct scene {
    struct fake_cluster cluster;
    struct arena mem;
    struct fake_keys keys;
    unsigned calls;
    size_t got;
    size_t shown;
    unsigned slow_ms; /* an answer takes so long for each namespace's events */
    unsigned most_namespaces;
};

/* Whose events the request reaches over. */
static unsigned
namespaces_in(const struct etcd_range_request *request)
{
    AUTO_ARENA tmp = ARENA_INIT;
    unsigned count = 0;

    for (unsigned i = 0; i < NAMESPACES; i++) {
        struct bytes directory =
            bytes_of_text(arena_printf(&tmp, "/registry/events/team-%02u/", i));

        count += bytes_compare(request->key, directory) <= 0 &&
                 bytes_compare(directory, request->range_end) < 0;
    }
    return count;
}

/* Of keys that were deleted, and are not compacted yet, an answer says nothing. */
static void
server_labours(struct scene *s, const struct etcd_range_request *request)
{
    unsigned count = namespaces_in(request);

    if (count > s->most_namespaces)
        s->most_namespaces = count;
    time_sleep_ms(s->slow_ms * count);
}

static void
server_message(struct fake_member *m, struct fake_stream *stream, struct bytes message)
{
    struct scene *s = m->cluster->note;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_request request;
    struct etcd_range_response response;
    struct error e;

    if (stream->finishing)
        return;
    if (strcmp(stream->path, "/etcdserverpb.KV/RangeStream") == 0) {
        stream->finishing = true;
        fake_answer_trailers_only(stream, "12", "unknown method RangeStream");
        return;
    }
    assert_true(message_decode(&tmp, &etcd_range_request_message, message, &request, &e));
    assert_true(request.revision == 77 || request.limit == 10000); /* or the namespaces */
    response = fake_keys_range(&s->keys, &tmp, &request);
    fake_keys_counted(&s->keys, &response);
    server_labours(s, &request);
    s->calls++;
    fake_send_value(stream, &etcd_range_response_message, &response);
    fake_answer_end(stream, "0", "");
}

static bool
sink_keys(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct scene *s = context;

    (void)e;
    for (size_t i = 0; i < count; i++)
        if (s->got >= s->keys.count || !bytes_equal(kvs[i].key, s->keys.keys[s->got++]))
            fail_msg("key %zu is another one", s->got);
    return true;
}

/* Half of all are events; names tell nothing. */
static struct bytes
object(struct arena *mem, unsigned i, const char *prefix)
{
    static const char *const resources[] = {"configmaps", "events",      "pods",   "events",
                                            "secrets",    "replicasets", "events", "events"};

    return bytes_of_text(arena_printf(mem, "%s%s/team-%02u/name-%08x-%u", prefix, resources[i % 8],
                                      i / 8 % NAMESPACES, i * 2654435761U, i));
}

static struct bytes
kubernetes(struct arena *mem, unsigned i)
{
    return object(mem, i, "/registry/");
}

static struct bytes
openshift(struct arena *mem, unsigned i)
{
    return object(mem, i, "/kubernetes.io/");
}

/* The namespaces themselves, then events in them. */
static struct bytes
listed(struct arena *mem, unsigned i)
{
    if (i < NAMESPACES)
        return bytes_of_text(arena_printf(mem, "/registry/namespaces/team-%02u", i));
    return bytes_of_text(
        arena_printf(mem, "/registry/events/team-%02u/name-%08x", i % NAMESPACES, i * 2654435761U));
}

static struct bytes
others(struct arena *mem, unsigned i)
{
    return bytes_of_text(arena_printf(mem, "svc/%05u", i));
}

static void
scene_begin(struct scene *s, fake_key_shape *shape, size_t count)
{
    *s = (struct scene){.keys.value = BYTES_LITERAL("a value of some bytes")};
    fake_cluster_open(&s->cluster, 1, NULL, server_message);
    s->cluster.note = s;
    fake_keys_fill(&s->keys, &s->mem, shape, count);
}

static void
scene_end(struct scene *s)
{
    fake_cluster_close(&s->cluster);
    arena_release(&s->mem);
}

static void
expect_gentle_walk(fake_key_shape *shape, size_t count, int64_t most_counted, unsigned most_calls)
{
    const struct key_range all = key_range_all();
    struct scene s;
    const struct etcd_range_sink sink = {.keys = sink_keys, .context = &s};
    struct error e = ERROR_INIT;

    scene_begin(&s, shape, count);
    EXPECT_OK(kube_walk(s.cluster.client, &all, 77, false, &sink, &e));
    assert_int_equal(s.got, s.keys.count);
    assert_in_range(s.keys.most_counted, 0, most_counted);
    assert_in_range(s.calls, 1, most_calls);
    scene_end(&s);
}

/* 12,000 events in 20 namespaces, 3,000 config maps, of which nothing is known when they come. */
static void
test_kubernetes(UNUSED void **state)
{
    expect_gentle_walk(kubernetes, KEYS, KEYS / 8 + 10, 700);
    expect_gentle_walk(openshift, KEYS, KEYS / 8 + 10, 700);
}

/* Nothing was read in front of them, but the namespaces are listed. */
static void
test_events_alone(UNUSED void **state)
{
    struct scene s;
    const struct key_range range = {BYTES_LITERAL("/registry/events/"),
                                    BYTES_LITERAL("/registry/events0")};
    const struct etcd_range_sink sink = {.keys = sink_keys, .context = &s};
    struct error e = ERROR_INIT;

    scene_begin(&s, listed, KEYS);
    EXPECT_OK(kube_walk(s.cluster.client, &range, 77, true, &sink, &e));
    assert_int_equal(s.got, KEYS - NAMESPACES);
    assert_in_range(s.keys.most_counted, 1, 2 * KEYS / NAMESPACES); /* of 20 times as many */
    assert_in_range(s.calls, NAMESPACES, 12 * NAMESPACES);
    scene_end(&s);
}

/* Where there is next to nothing it goes on faster, but for a server that has to look for it. */
static void
test_deleted_events(UNUSED void **state)
{
    for (unsigned slow_ms = 0; slow_ms <= 8; slow_ms += 8) {
        struct scene s;
        const struct key_range range = {BYTES_LITERAL("/registry/events/"),
                                        BYTES_LITERAL("/registry/events0")};
        const struct etcd_range_sink sink = {.keys = sink_keys, .context = &s};
        struct error e = ERROR_INIT;

        scene_begin(&s, listed, NAMESPACES);
        s.slow_ms = slow_ms;
        EXPECT_OK(kube_walk(s.cluster.client, &range, 77, true, &sink, &e));
        assert_in_range(s.most_namespaces, slow_ms > 0 ? 1 : 8, slow_ms > 0 ? 2 : NAMESPACES);
        scene_end(&s);
    }
}

static bool
piece_check(void *context, const struct etcd_range_piece *piece, struct error *e)
{
    struct scene *s = context;

    (void)e;
    assert_in_range(piece->key_count, piece->kv_count, RANGE_PIECE_KEYS);
    for (size_t i = 0; i < piece->kv_count; i++)
        assert_true(bytes_equal(piece->kvs[i].key, s->keys.keys[s->got + i]));
    s->got += (size_t)piece->key_count;
    s->shown += piece->kv_count;
    assert_int_equal(fake_keys_place(&s->keys, piece->end), s->got);
    return true;
}

/* Each piece ends where it says, and has as many keys as it says; few of them are told. */
static void
expect_survey(fake_key_shape *shape, size_t count, int64_t most_counted, double most_counts,
              double most_shown)
{
    const struct key_range all = key_range_all();
    struct scene s;
    struct error e = ERROR_INIT;

    scene_begin(&s, shape, count);
    EXPECT_OK(kube_survey(s.cluster.client, &all, 77, piece_check, &s, &e));
    assert_int_equal(s.got, s.keys.count);
    assert_in_range(s.keys.most_counted, 0, most_counted);
    assert_in_range(s.keys.counted, 0, (int64_t)(most_counts * (double)count));
    assert_in_range(s.shown, 0, (size_t)(most_shown * (double)count));
    scene_end(&s);
}

static void
test_survey(UNUSED void **state)
{
    expect_survey(kubernetes, KEYS, KEYS / 8 + 10, 1.3, 1);
    expect_survey(kubernetes, 10 * KEYS, 10 * KEYS / 8 + 100, 1.5, 0.7);
    expect_survey(openshift, KEYS, KEYS / 8 + 10, 1.3, 1);
    expect_survey(listed, 10 * KEYS, 20 * KEYS / NAMESPACES, 1.7, 0.45);
    expect_survey(others, KEYS, KEYS, 3.1, 0.6);
    expect_survey(others, 0, 0, 0, 0);
}

static void
test_other_keys(UNUSED void **state)
{
    expect_gentle_walk(others, KEYS, KEYS, 600);
    expect_gentle_walk(others, 0, 0, 600);
}

/* Wherever the range begins and ends: all of it, and nothing else. */
static void
test_ranges(UNUSED void **state)
{
    static const struct {
        const char *start, *end;
    } ranges[] = {{"/registry/events/team-03/", "/registry/events/team-04/"},
                  {"/registry/configmaps/team-19/x", "/registry/events/team-00/name-4"},
                  {"/registry/e", "/registry/pods/"},
                  {"/registry/secrets/team-01/", "/registry0"}};
    struct scene s;
    struct fake_keys *keys = &s.keys;
    struct fake_keys whole;
    struct error e = ERROR_INIT;

    scene_begin(&s, kubernetes, KEYS);
    whole = *keys;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        const struct key_range range = {bytes_of_text(ranges[i].start),
                                        bytes_of_text(ranges[i].end)};
        const struct etcd_range_request request = {.key = range.start, .range_end = range.end};
        const struct etcd_range_sink sink = {.keys = sink_keys, .context = &s};
        size_t before = 0;

        while (bytes_compare(whole.keys[before], range.start) < 0)
            before++;
        s.got = before;
        EXPECT_OK(kube_walk(s.cluster.client, &range, 77, false, &sink, &e));
        assert_int_equal(s.got - before, fake_keys_range(keys, &s.mem, &request).count);
        assert_true(s.got > before);
    }
    scene_end(&s);
}

static void
test_sample(UNUSED void **state)
{
    AUTO_NAME_SAMPLE sample = NAME_SAMPLE_INIT;
    char name[16];

    for (unsigned i = 0; i < 1000; i++)
        for (unsigned twice = 0; twice < 2; twice++) {
            snprintf(name, sizeof(name), "n%03u", i);
            name_sample_add(&sample, bytes_of_text(name));
            if (i < NAME_SAMPLE_MOST)
                assert_int_equal(sample.count, i + 1);
        }
    assert_int_equal(sample.seen, 1000);
    assert_int_equal(sample.every, 32);
    assert_int_equal(sample.count, 32);
    for (size_t i = 0; i < sample.count; i++) {
        snprintf(name, sizeof(name), "n%03zu", i * 32);
        assert_true(bytes_equal_text(buf_bytes(&sample.names[i]), name));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubernetes),     cmocka_unit_test(test_events_alone),
        cmocka_unit_test(test_deleted_events), cmocka_unit_test(test_other_keys),
        cmocka_unit_test(test_ranges),         cmocka_unit_test(test_survey),
        cmocka_unit_test(test_sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
