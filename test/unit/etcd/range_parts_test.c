/*
 * How a range is divided, against a server of sorted keys that counts what etcd would count: all keys
 * come, in order, and what they cost stays within bounds, whatever they look like.
 */
#include "etcd/range_parts.h"

#include <string.h>

#include "etcd/fake_keys.h"
#include "etcd/kv.h"
#include "expect.h"

enum { FIRST_KEYS = 512, PAGES = 4 };

struct world {
    struct arena mem;
    struct fake_keys keys;
    struct range_parts parts;
    unsigned pages; /* asked for */
    unsigned empty; /* of them */
    size_t shown;   /* keys in answers */
    size_t told;
};

static uint64_t
mixed(uint64_t i)
{
    i = (i + 1) * 0x9E3779B97F4A7C15u;
    i = (i ^ i >> 30) * 0xBF58476D1CE4E5B9u;
    i = (i ^ i >> 27) * 0x94D049BB133111EBu;
    return i ^ i >> 31;
}

/* As 'quorate lab load' makes them. */
static struct bytes
kubernetes(struct arena *mem, unsigned i)
{
    static const char *const kinds[] = {
        "events/", "events/", "events/",    "pods/",          "pods/",
        "pods/",   "secrets", "configmaps", "services/specs", "leases/kube-node-lease"};
    uint64_t r = mixed(i);

    return bytes_of_text(arena_printf(mem, "/registry/%s/team-%02u/name-%08x-%u", kinds[r % 10],
                                      (unsigned)(r >> 8) % 20, (unsigned)(r >> 32), (unsigned)i));
}

/* Namespaces and kinds of very different sizes, and names of words. */
static struct bytes
uneven(struct arena *mem, unsigned i)
{
    static const char *const words[] = {"api",  "auth", "billing", "cache", "cron",   "ingress",
                                        "mail", "mesh", "proxy",   "web",   "worker", "zone"};
    uint64_t r = mixed(i);
    unsigned kind = (unsigned)__builtin_ctzll(r | 1U << 9);
    unsigned space = (unsigned)__builtin_ctzll(r >> 10 | 1U << 11);

    return bytes_of_text(arena_printf(mem, "/registry/%ss/%s-%s/%s-%s-%05x", words[kind],
                                      words[space % 12], words[(space * 5 + 3) % 12],
                                      words[(r >> 24) % 12], words[(r >> 32) % 12],
                                      (unsigned)(r >> 40) & 0xfffff));
}

static struct bytes
numbered(struct arena *mem, unsigned i)
{
    return bytes_of_text(arena_printf(mem, "key-%08u", (unsigned)i));
}

/* Nearly all in one directory, a few in front of it and behind. */
static struct bytes
crowded(struct arena *mem, unsigned i)
{
    if (i % 1000 == 0)
        return bytes_of_text(arena_printf(mem, "/%c/%u", (int)('a' + i / 1000 % 26), (unsigned)i));
    return bytes_of_text(arena_printf(mem, "/m/crowd/%016llx", (unsigned long long)mixed(i)));
}

static struct bytes
colons(struct arena *mem, unsigned i)
{
    static const char *const fields[] = {"mail", "name", "profile", "session", "token"};

    return bytes_of_text(
        arena_printf(mem, "user:%u:%s", (unsigned)(mixed(i / 5) % 1000000), fields[i % 5]));
}

static struct bytes
random_bytes(struct arena *mem, unsigned i)
{
    uint64_t r[2] = {mixed(i), mixed(i + (1U << 20))};

    return arena_copy(mem, bytes_of(r, 6 + r[1] % 10));
}

/* Each the last one and a NUL: as dense as keys can be. */
static struct bytes
nested(struct arena *mem, unsigned i)
{
    uint8_t *text = arena_zero(mem, i % 1500 + 1);

    text[0] = (uint8_t)('a' + i / 1500 % 26);
    return bytes_of(text, i % 1500 + 1);
}

/* Half of all keys in the first half of the key space, half of the others in the next quarter... */
static struct bytes
halving(struct arena *mem, unsigned i)
{
    uint8_t text[12];
    uint64_t r = mixed(i);

    for (size_t k = 0; k < sizeof(text); k++, r = mixed(r))
        text[k] = (uint8_t)(255 >> __builtin_ctzll(r | 1U << 7));
    return arena_copy(mem, bytes_of(text, sizeof(text)));
}

static void
fill(struct world *w, fake_key_shape *key_of, size_t count, size_t value_size)
{
    *w = (struct world){0};
    fake_keys_fill(&w->keys, &w->mem, key_of, (unsigned)count);
    w->keys.value = bytes_of(arena_zero(&w->mem, value_size), value_size);
}

/* What etcd answers, and what it counts for that. */
static int64_t
ask(struct world *w, struct arena *mem, struct bytes start, struct bytes end, int64_t limit,
    const struct etcd_key_value **ret_kvs, size_t *ret_count)
{
    const struct etcd_range_request request = {.key = start, .range_end = end, .limit = limit};
    struct etcd_range_response answer = fake_keys_range(&w->keys, mem, &request);

    fake_keys_counted(&w->keys, &answer);
    *ret_kvs = answer.kvs;
    *ret_count = answer.kv_count;
    return answer.count;
}

static void
page_answer(struct world *w, struct range_part *page)
{
    const struct etcd_key_value *kvs;
    size_t n;
    int64_t count;

    count = ask(w, &page->mem, buf_bytes(&page->start), page->end, page->limit, &kvs, &n);
    assert_true(page->limit > 0);
    w->pages++;
    w->empty += n == 0;
    w->shown += n;
    range_parts_answered(&w->parts, page, kvs, n, count);
}

static void
page_tell(struct world *w, struct range_part *page)
{
    size_t from = fake_keys_place(&w->keys, buf_bytes(&page->start));

    if (page->holds > 0 && from != w->told)
        fail_msg("key %zu comes where %zu should", from, w->told);
    w->told += (size_t)page->holds;
    if (w->parts.piece_keys > 0)
        assert_in_range(page->holds, 0, w->parts.piece_keys);
    range_parts_take(&w->parts, page);
    range_part_free(page);
}

/* Up to PAGES are under way; they are answered in the order that they were asked for in. */
static void
parts_read(struct world *w)
{
    struct range_part *asked[PAGES];
    size_t count = 0;
    struct range_part *next;

    for (;;) {
        while (count < PAGES && (next = range_parts_cut(&w->parts)) != NULL)
            asked[count++] = next;
        if (count == 0)
            break;
        page_answer(w, asked[0]);
        memmove(&asked[0], &asked[1], --count * sizeof(struct range_part *));
    }
    while ((next = range_parts_first(&w->parts)) != NULL)
        page_tell(w, next);
    assert_int_equal(w->told, w->keys.count);
    range_parts_end(&w->parts);
}

static void
read_counted(struct world *w, struct bytes start, struct bytes end)
{
    AUTO_ARENA mem = ARENA_INIT;
    const struct etcd_key_value *kvs;
    size_t n;
    int64_t count = ask(w, &mem, start, end, FIRST_KEYS, &kvs, &n);
    const struct range_ahead ahead = {.most_keys = count - (int64_t)n,
                                      .seen = kvs,
                                      .seen_count = n,
                                      .page_bytes = RANGE_PAGE_BYTES};

    w->told = n;
    range_parts_begin(&w->parts, n > 0 ? key_next(&mem, kvs[n - 1].key) : start, end, &ahead);
    parts_read(w);
}

struct expected {
    const char *name;
    fake_key_shape *key_of;
    size_t count;
    size_t value_size;
    double counts; /* of each key, at most */
    unsigned pages;
};

static void
test_bounds(UNUSED void **state)
{
    static const struct expected all[] = {
        {"kubernetes", kubernetes, 300000, 1700, 4, 1500},
        {"uneven", uneven, 100000, 1700, 5, 900},
        {"numbered", numbered, 200000, 1500, 3, 350},
        {"crowded", crowded, 200000, 1500, 4.2, 400},
        {"colons", colons, 100000, 1500, 3, 200},
        {"random", random_bytes, 100000, 1500, 2, 110},
        {"nested", nested, 30000, 1500, 11, 150},
        {"halving", halving, 100000, 1500, 5, 130},
        {"small", kubernetes, 100, 10, 1, 0},
        {"huge values", numbered, 1500, 3000000, 6, 2500},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        struct world w;

        fill(&w, all[i].key_of, all[i].count, all[i].value_size);
        read_counted(&w, BYTES_LITERAL("\0"), BYTES_LITERAL("\0"));
        if ((double)w.keys.counted > all[i].counts * (double)w.keys.count)
            fail_msg("%s: each key was counted %.1f times", all[i].name,
                     (double)w.keys.counted / (double)w.keys.count);
        if (w.pages > all[i].pages)
            fail_msg("%s: %u pages", all[i].name, w.pages);
        arena_release(&w.mem);
    }
}

/* Where nobody knows how many there are, not all are counted at once. */
static void
test_unknown_count(UNUSED void **state)
{
    static const struct expected all[] = {
        {"kubernetes", kubernetes, 300000, 1700, 3, 2500},
        {"uneven", uneven, 100000, 1700, 4, 1500},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const struct range_ahead ahead = {.most_keys = RANGE_KEYS_UNKNOWN,
                                          .page_bytes = RANGE_PAGE_BYTES};
        struct world w;

        fill(&w, all[i].key_of, all[i].count, all[i].value_size);
        range_parts_begin(&w.parts, BYTES_LITERAL("/registry/"), BYTES_LITERAL("/registry0"),
                          &ahead);
        parts_read(&w);
        assert_true((double)w.keys.counted <= all[i].counts * (double)w.keys.count);
        assert_true(w.pages <= all[i].pages);
        assert_true(w.keys.most_counted < (int64_t)w.keys.count * 8 / 10);
        arena_release(&w.mem);
    }
}

/* Of a survey not all keys are told, where they are as dense as the ones in front few. */
static void
test_survey(UNUSED void **state)
{
    static const struct {
        struct expected e;
        double shown;
    } all[] = {
        {{"kubernetes", kubernetes, 300000, 1700, 4.4, 3600}, 0.35},
        {{"uneven", uneven, 100000, 1700, 4, 7400}, 0.4},
        {{"crowded", crowded, 200000, 1500, 3.3, 2450}, 0.55},
        {{"numbered", numbered, 200000, 1500, 3.5, 2050}, 0.35},
        {{"random", random_bytes, 100000, 1500, 1.1, 550}, 0.1},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const struct range_ahead ahead = {
            .most_keys = RANGE_KEYS_UNKNOWN, .page_bytes = RANGE_PAGE_BYTES, .piece_keys = 600};
        struct world w;

        fill(&w, all[i].e.key_of, all[i].e.count, all[i].e.value_size);
        range_parts_begin(&w.parts, BYTES_LITERAL("\0"), BYTES_LITERAL("\0"), &ahead);
        parts_read(&w);
        if ((double)w.keys.counted > all[i].e.counts * (double)w.keys.count)
            fail_msg("%s: each key was counted %.1f times", all[i].e.name,
                     (double)w.keys.counted / (double)w.keys.count);
        if (w.pages > all[i].e.pages)
            fail_msg("%s: %u pages", all[i].e.name, w.pages);
        if ((double)w.shown > all[i].shown * (double)w.keys.count)
            fail_msg("%s: %zu keys were told", all[i].e.name, w.shown);
        arena_release(&w.mem);
    }
}

/* Who knows where a page may end has few counted at once; who is mistaken has all of them read all the same. */
static void
test_first_end(UNUSED void **state)
{
    static const struct {
        const char *first_end;
        double counts;
        int64_t most_counted;
    } all[] = {
        {"", 3.5, 100000},
        /* Digits are followed by letters: at each carry there is a gap, and behind it too much at once. */
        {"key-00000200", 2.1, 20000},
        {"key-00005000", 2.1, 20000},
        {"key", 3.5, 100000},
        {"kz", 3.5, 100000},
        {"zz", 3.5, 100000},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const struct range_ahead ahead = {.most_keys = RANGE_KEYS_UNKNOWN,
                                          .first_end = bytes_of_text(all[i].first_end),
                                          .page_bytes = RANGE_PAGE_BYTES,
                                          .piece_keys = 600};
        struct world w;

        fill(&w, numbered, 100000, 1500);
        range_parts_begin(&w.parts, BYTES_LITERAL("k"), BYTES_LITERAL("l"), &ahead);
        parts_read(&w);
        if ((double)w.keys.counted > all[i].counts * (double)w.keys.count ||
            w.keys.most_counted > all[i].most_counted)
            fail_msg("first to '%s': each key was counted %.2f times, %lld at once",
                     all[i].first_end, (double)w.keys.counted / (double)w.keys.count,
                     (long long)w.keys.most_counted);
        arena_release(&w.mem);
    }
}

/* A page that was asked for less in the end, and a server that counts fewer than it said before. */
static void
test_answers_that_surprise(UNUSED void **state)
{
    const struct range_ahead ahead = {.most_keys = 1000, .page_bytes = RANGE_PAGE_BYTES};
    struct world w;
    struct range_part *page;

    fill(&w, numbered, 10, 10);
    range_parts_begin(&w.parts, BYTES_LITERAL("k"), BYTES_LITERAL("l"), &ahead);
    page = range_parts_cut(&w.parts);
    assert_int_equal(page->limit, 512);
    page->limit = 3;
    page_answer(&w, page);
    parts_read(&w);
    arena_release(&w.mem);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_unknown_count),
        cmocka_unit_test(test_survey),
        cmocka_unit_test(test_first_end),
        cmocka_unit_test(test_answers_that_surprise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
