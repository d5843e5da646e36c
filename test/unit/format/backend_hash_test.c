#include "format/backend/backend_hash.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend_sample.h"
#include "base/thread.h"
#include "format/backend/backend_summary.h"

struct opened {
    struct bbolt db;
    struct backend_info info;
};

static struct opened
open_bytes(struct arena *mem, struct bytes file, const char *name)
{
    struct error e = ERROR_INIT;
    struct opened o = {.db = sample_open(file, name)};

    OK(backend_info_read(mem, &o.db, &o.info, &e));
    return o;
}

static struct opened
open_snapshot(struct arena *mem, const char *name)
{
    return open_bytes(mem, sample_snapshot(mem, name), name);
}

static struct opened
open_rows(struct arena *mem, const struct sample_row *rows, size_t count)
{
    return open_bytes(mem, sample_build(mem, rows, count), "made");
}

static uint64_t
rows_of_all_buckets(const struct json *rows)
{
    static const char *const names[] = {"alarm", "auth",  "authRoles", "authUsers",       "cluster",
                                        "key",   "lease", "members",   "members_removed", "meta"};
    uint64_t sum = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        sum += sample_u64(rows, names[i]);
    return sum;
}

/* Two threads find the same, but for HashKV of a compacted history, which needs one. */
static void
threads_expect(const struct opened *o, const struct backend_summary *expected)
{
    static const struct backend_summary_options options = {BACKEND_LIVE_KEYS, 2, 10, NULL};
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct findings findings = {.mem = &tmp};
    struct bbolt_check_report check;
    struct backend_summary summary;

    OK(backend_summary_check(&tmp, &o->db, &o->info, &options, &findings, &check, &summary, &e));
    assert_int_equal(check.found, 0);
    assert_int_equal(findings.count, 0);
    assert_int_equal(summary.status_hash, expected->status_hash);
    assert_int_equal(summary.last_revision, expected->last_revision);
    assert_int_equal(summary.current_revision, expected->current_revision);
    assert_int_equal(summary.row_count, expected->row_count);
    assert_int_equal(summary.key_row_count, expected->key_row_count);
    assert_int_equal(summary.live_key_count, expected->live_key_count);
    assert_int_equal(summary.hash_kv.hash, 0);
}

static void
test_goldens_have_their_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct opened o = open_snapshot(&tmp, sample_names[i]);
        const struct json *expected = sample_expected(&tmp, sample_names[i]);
        const struct json *status = json_get(expected, "status");
        const struct json *rows = json_get(expected, "bucket_rows");
        struct backend_summary summary;

        OK(backend_summary_read(&o.db, &o.info, BACKEND_ALL, NULL, &summary, &e));
        threads_expect(&o, &summary);
        assert_int_equal(summary.status_hash, sample_u64(status, "hash"));
        assert_int_equal(summary.last_revision, sample_i64(status, "revision"));
        assert_int_equal(summary.current_revision, sample_i64(status, "revision"));
        assert_int_equal(summary.row_count, sample_u64(status, "totalKey_3.4_3.5"));
        assert_int_equal(summary.live_key_count, sample_u64(status, "totalKey_3.6_3.7"));
        assert_int_equal(summary.key_row_count, sample_u64(rows, "key"));
        assert_int_equal(summary.row_count, rows_of_all_buckets(rows));
        assert_int_equal(summary.hash_kv.compact_revision,
                         sample_i64(expected, "compact_revision"));
        assert_int_equal(summary.hash_kv.hash_revision, summary.current_revision);
        assert_int_equal(summary.hash_kv.hash,
                         sample_u64(json_get(expected, "hashkv"),
                                    arena_printf(&tmp, "%" PRId64, summary.current_revision)));
    }
}

struct hashkv_visit {
    struct opened *o;
    const char *name;
    unsigned count;
};

static bool
hashkv_check(void *context, const char *key, const struct json *value, struct error *e)
{
    struct hashkv_visit *visit = context;
    int64_t revision = (int64_t)strtoll(key, NULL, 10);
    struct hash_kv hash;
    uint64_t wanted;

    if (!json_as_u64(value, &wanted, e) ||
        !backend_hash_kv(&visit->o->db, &visit->o->info, revision, &hash, e))
        return false;
    if (hash.hash != wanted)
        fail_msg("%s at %s: %u, not %" PRIu64, visit->name, key, hash.hash, wanted);
    assert_int_equal(hash.hash_revision, revision);
    visit->count++;
    return true;
}

static void
test_goldens_have_their_hashkv_at_each_revision(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct opened o = open_snapshot(&tmp, sample_names[i]);
        struct hashkv_visit visit = {&o, sample_names[i], 0};

        OK(json_each(json_get(sample_expected(&tmp, sample_names[i]), "hashkv"), hashkv_check,
                     &visit, &e));
        assert_in_range(visit.count, 4, 10);
    }
}

/* What is alive, found the plain way: the last row of each key. */
static size_t
live_rows(struct arena *mem, const struct bbolt *db, struct key_value *ret_rows)
{
    struct error e = ERROR_INIT;
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;
    size_t count = 0;

    (void)mem;
    OK(bbolt_bucket_find(db, BYTES_LITERAL("key"), &bucket, &e));
    bbolt_cursor_init(&c, &bucket);
    while (bbolt_cursor_next(&c, &row, &e)) {
        struct revision_key revision;
        struct key_value kv;
        size_t i = 0;

        OK(revision_key_decode(row.key, &revision, &e));
        OK(key_value_decode(row.value, &kv, &e));
        while (i < count && !bytes_equal(ret_rows[i].key, kv.key))
            i++;
        if (!revision.tombstone)
            ret_rows[i == count ? count++ : i] = kv;
        else if (i < count)
            ret_rows[i] = ret_rows[--count];
    }
    assert_false(c.failed);
    return count;
}

static const struct key_value *
row_of_hex(struct arena *mem, const struct key_value *rows, size_t count, const char *hex)
{
    size_t size = strlen(hex) / 2;
    uint8_t *key = arena_alloc(mem, size);

    assert_true(hex_decode(hex, key, size));
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(rows[i].key, bytes_of(key, size)))
            return &rows[i];
    }
    fail_msg("no key %s", hex);
    return NULL;
}

static void
test_goldens_have_their_live_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct opened o = open_snapshot(&tmp, sample_names[i]);
        const struct json *live = json_get(sample_expected(&tmp, sample_names[i]), "live");
        struct key_value rows[300];
        size_t count = live_rows(&tmp, &o.db, rows);

        assert_int_equal(count, json_array_count(live));
        for (size_t k = 0; k < count; k++) {
            const struct json *wanted = json_array_at(live, k);
            const struct key_value *kv =
                row_of_hex(&tmp, rows, count, sample_text(&tmp, wanted, "key_hex"));
            uint8_t digest[SHA256_SIZE];
            char hex[2 * SHA256_SIZE + 1];

            assert_int_equal(kv->create_revision, sample_i64(wanted, "create"));
            assert_int_equal(kv->mod_revision, sample_i64(wanted, "mod"));
            assert_int_equal(kv->version, sample_i64(wanted, "version"));
            assert_int_equal(kv->lease, sample_i64(wanted, "lease"));
            assert_int_equal(kv->value.size, sample_u64(wanted, "value_len"));
            sha256_of(kv->value, digest);
            hex_encode(digest, sizeof(digest), hex);
            assert_string_equal(hex, sample_text(&tmp, wanted, "value_sha256"));
        }
    }
}

/*
 * HashKV word for word as docs/formats/backend.md has it, in square time: whatever the index and
 * the two passes get wrong shows here.
 */
static uint32_t
hash_kv_plain(const struct bbolt *db, int64_t at, int64_t compact)
{
    struct {
        struct bytes key, value;
        struct revision_key revision;
        struct key_value kv;
    } rows[300];
    struct error e = ERROR_INIT;
    uint32_t crc = crc32c(0, "key", 3);
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;
    size_t count = 0, kept = 0;
    bool keep[300];

    OK(bbolt_bucket_find(db, BYTES_LITERAL("key"), &bucket, &e));
    bbolt_cursor_init(&c, &bucket);
    while (bbolt_cursor_next(&c, &row, &e)) {
        OK(revision_key_decode(row.key, &rows[count].revision, &e));
        OK(key_value_decode(row.value, &rows[count].kv, &e));
        rows[count].key = row.key;
        rows[count].value = row.value;
        if (rows[count].revision.main <= at)
            count++;
    }
    for (size_t i = 0; i < count; i++) {
        keep[i] = !rows[i].revision.tombstone;
        for (size_t k = i + 1; k < count; k++)
            keep[i] &= !bytes_equal(rows[i].kv.key, rows[k].kv.key);
        kept += keep[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].revision.main <= compact && kept > 0 && !keep[i])
            continue;
        if (rows[i].revision.tombstone && rows[i].revision.main == compact)
            continue;
        crc = crc32c(crc, rows[i].key.data, rows[i].key.size);
        crc = crc32c(crc, rows[i].value.data, rows[i].value.size);
    }
    return crc;
}

static void
test_hashkv_of_any_revision_and_compaction(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct opened o = open_snapshot(&tmp, "rich-3.5.30");
    unsigned differing = 0;

    (void)state;
    for (int64_t compact = 150; compact <= 238; compact++) {
        for (int64_t at = compact; at <= 238; at += 11) {
            struct error e = ERROR_INIT;
            struct hash_kv hash;
            uint32_t wanted = hash_kv_plain(&o.db, at, compact);

            o.info.scheduled_compact_revision = o.info.finished_compact_revision = compact;
            OK(backend_hash_kv(&o.db, &o.info, at, &hash, &e));
            assert_int_equal(hash.hash, wanted);
            assert_int_equal(hash.hash_revision, at);
            assert_int_equal(hash.compact_revision, compact);
            differing += hash.hash != hash_kv_plain(&o.db, at, BACKEND_NEVER_COMPACTED);
        }
    }
    /* The compact revision matters, or the loop above shows nothing. */
    assert_true(differing > 100);
}

static void
test_hashkv_refuses_revisions_it_cannot_have(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct opened o = open_snapshot(&tmp, "rich-3.5.30");
    struct error e = ERROR_INIT;
    struct hash_kv hash = {.hash = 7};

    (void)state;
    assert_false(backend_hash_kv(&o.db, &o.info, 239, &hash, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_string_equal(e.text, "revision 239 is a future revision, the current one is 238");
    assert_false(backend_hash_kv(&o.db, &o.info, 159, &hash, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_string_equal(e.text, "revision 159 has been compacted, the oldest is 160");
    assert_false(backend_hash_kv(&o.db, &o.info, -5, &hash, &e));
    assert_string_equal(e.text, "revision -5 has been compacted, the oldest is 160");
    assert_int_equal(hash.hash, 7);
    OK(backend_hash_kv(&o.db, &o.info, 160, &hash, &e));
    OK(backend_hash_kv(&o.db, &o.info, REVISION_CURRENT, &hash, &e));
    assert_int_equal(hash.hash, 2943164245u);
    assert_int_equal(hash.hash_revision, 238);
}

static void
test_only_what_is_wanted_is_counted(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct opened o = open_snapshot(&tmp, "rich-3.5.30");
    struct error e = ERROR_INIT;
    struct backend_summary summary;

    (void)state;
    OK(backend_summary_read(&o.db, &o.info, 0, NULL, &summary, &e));
    assert_int_equal(summary.status_hash, 4024558336u);
    assert_int_equal(summary.live_key_count, 0);
    assert_int_equal(summary.hash_kv.hash, 0);
    OK(backend_summary_read(&o.db, &o.info, BACKEND_LIVE_KEYS, NULL, &summary, &e));
    assert_int_equal(summary.live_key_count, 110);
    assert_int_equal(summary.hash_kv.hash, 0);
}

/* A compaction was asked for and not finished: HashKV is that of a server which finished it. */
static void
test_a_pending_compaction_counts(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct opened o = open_snapshot(&tmp, "rich-3.5.30");
    struct error e = ERROR_INIT;
    struct backend_summary summary;

    (void)state;
    o.info.scheduled_compact_revision = 200;
    OK(backend_summary_read(&o.db, &o.info, BACKEND_ALL, NULL, &summary, &e));
    assert_int_equal(summary.hash_kv.compact_revision, 200);
    assert_int_equal(summary.hash_kv.hash, hash_kv_plain(&o.db, 238, 200));
    /* And the counter stands there even when no row does. */
    o.info.scheduled_compact_revision = 1000;
    OK(backend_summary_read(&o.db, &o.info, BACKEND_ALL, NULL, &summary, &e));
    assert_int_equal(summary.current_revision, 1000);
    assert_int_equal(summary.last_revision, 238);
    assert_int_equal(summary.hash_kv.hash_revision, 1000);
}

static void
test_a_bumped_revision_is_a_row_without_a_key(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct sample_row rows[] = {
        sample_key_row(&tmp, 2, 0, "a", "1"),
        sample_key_row(&tmp, 3, 0, "b", "1"),
        sample_key_row(&tmp, 1003, 0, "", "1"),
        TEXT_ROW("meta", "scheduledCompactRev",
                 "\x00\x00\x00\x00\x00\x00\x03\xeb_\x00\x00\x00\x00\x00\x00\x00\x00"),
    };
    struct backend_summary summary;
    struct opened o;

    (void)state;
    rows[2].value = BYTES_NONE;
    o = open_rows(&tmp, rows, 4);
    OK(backend_summary_read(&o.db, &o.info, BACKEND_ALL, NULL, &summary, &e));
    assert_int_equal(summary.last_revision, 1003);
    assert_int_equal(summary.current_revision, 1003);
    assert_int_equal(summary.live_key_count, 3);
    assert_int_equal(summary.hash_kv.hash, hash_kv_plain(&o.db, 1003, 1003));
}

/* Then superseded rows count, as with etcd; but a tombstone at the compact revision never does. */
static void
test_hashkv_when_nothing_is_alive(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct sample_row rows[] = {
        sample_key_row(&tmp, 2, 0, "a", "1"),
        sample_key_row(&tmp, 3, 0, "b", "1"),
        sample_key_row(&tmp, 4, 0, "a", NULL),
        sample_key_row(&tmp, 5, 0, "b", NULL),
    };
    struct opened o = open_rows(&tmp, rows, 4);

    (void)state;
    for (int64_t compact = 2; compact <= 5; compact++) {
        struct error e = ERROR_INIT;
        uint32_t wanted = crc32c(0, "key", 3);
        struct hash_kv hash;

        for (size_t i = 0; i < 4; i++) {
            if (rows[i].key.size == REVISION_KEY_SIZE || (int64_t)i + 2 != compact) {
                wanted = crc32c(wanted, rows[i].key.data, rows[i].key.size);
                wanted = crc32c(wanted, rows[i].value.data, rows[i].value.size);
            }
        }
        o.info.finished_compact_revision = compact;
        OK(backend_hash_kv(&o.db, &o.info, REVISION_CURRENT, &hash, &e));
        assert_int_equal(hash.hash, wanted);
        assert_int_equal(hash.hash, hash_kv_plain(&o.db, 5, compact));
    }
}

static void
test_a_fresh_store_is_at_revision_one(void **state)
{
    static const struct sample_row rows[] = {{"key", {NULL, 0}, {NULL, 0}}};
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct opened o = open_rows(&tmp, rows, 1);
    struct backend_summary summary;
    struct hash_kv hash;

    (void)state;
    OK(backend_summary_read(&o.db, &o.info, BACKEND_ALL, NULL, &summary, &e));
    assert_int_equal(summary.last_revision, 0);
    assert_int_equal(summary.current_revision, 1);
    assert_int_equal(summary.hash_kv.hash, crc32c(0, "key", 3));
    assert_int_equal(summary.status_hash, crc32c(0, "key", 3));
    OK(backend_hash_kv(&o.db, &o.info, 1, &hash, &e));
    assert_int_equal(hash.hash, crc32c(0, "key", 3));
}

static void
test_a_database_without_the_bucket_has_no_hashkv(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct opened o = open_rows(&tmp, NULL, 0);
    struct hash_kv hash;

    (void)state;
    assert_false(backend_hash_kv(&o.db, &o.info, 0, &hash, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text, "'made': there is no bucket 'key'");
}

/* One bad row behind a good one: the error without findings, and the finding with them. */
static void
bad_row(struct arena *mem, struct sample_row row, const char *problem)
{
    struct error e = ERROR_INIT;
    struct sample_row rows[] = {sample_key_row(mem, 2, 0, "a", "1"), row};
    struct opened o = open_rows(mem, rows, 2);
    struct findings findings = {.mem = mem};
    struct backend_summary summary;

    assert_false(backend_summary_read(&o.db, &o.info, BACKEND_ALL, NULL, &summary, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_non_null(strstr(e.text, problem));
    assert_true(strncmp(e.text, "'made': page ", 13) == 0);

    OK(backend_summary_read(&o.db, &o.info, BACKEND_ALL, &findings, &summary, &e));
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.items[0].kind, FINDING_ROW);
    assert_non_null(strstr(findings.items[0].text, problem));
    assert_true(strncmp(findings.items[0].text, "row ", 4) == 0);
    assert_true(strlen(findings.items[0].remedy) > 0);
    /* The place is that of the row's key. */
    assert_memory_equal(o.db.file.data + findings.items[0].offset, row.key.data, row.key.size);
    assert_int_equal(findings.items[0].page, findings.items[0].offset / 4096);
    assert_int_equal(summary.key_row_count, 2);
    assert_int_equal(summary.hash_kv.hash, 0);
}

static void
test_bad_rows_are_found(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct sample_row row;

    (void)state;
    bad_row(&tmp, (struct sample_row)TEXT_ROW("key", "x", ""),
            ": a revision has 17 or 18 bytes, not 1");
    row = sample_key_row(&tmp, 3, 0, "b", "2");
    row.value.size--;
    bad_row(&tmp, row, ": no KeyValue message: malformed at byte");
    row = sample_key_row(&tmp, 3, 0, "b", "2");
    row.key = sample_key_row(&tmp, 4, 0, "b", "2").key;
    bad_row(&tmp, row, ": the mod revision in the value is 3, not 4");
    bad_row(&tmp, sample_key_row(&tmp, 2, 0, "b", NULL),
            ": revision 2 stands behind 2 and is not later");
    row = sample_key_row(&tmp, 3, 0, "b", "2");
    row.value = sample_key_row(&tmp, 3, 0, "b", NULL).value;
    bad_row(&tmp, row, ": the value has no mod revision");
}

enum { LARGE_ROWS = 4400, LARGE_KEYS = 1500 };

/* Large enough for two threads: keys written over and over, some deleted, some of these again. */
static struct opened
open_large(struct arena *mem)
{
    struct sample_row *rows = arena_zero(mem, LARGE_ROWS * sizeof(*rows));
    char *value = arena_zero(mem, 4001);

    memset(value, 'v', 4000);
    for (int i = 0; i < LARGE_ROWS; i++)
        rows[i] = sample_key_row(mem, 2 + i, 0, arena_printf(mem, "key%d", i * 7919 % LARGE_KEYS),
                                 i % 5 == 0 ? NULL : value);
    return open_rows(mem, rows, LARGE_ROWS);
}

static void
test_two_threads_hash_as_one(void **state)
{
    static const int64_t compacted[] = {BACKEND_NEVER_COMPACTED, 2, 1200, 3001, LARGE_ROWS + 1};
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct opened o = open_large(&tmp);
    struct backend_summary summary;

    (void)state;
    assert_int_equal(backend_threads(&o.db), thread_processors() > 1 ? 2 : 1);
    for (size_t i = 0; i < sizeof(compacted) / sizeof(*compacted); i++) {
        struct hash_kv hash;

        o.info.finished_compact_revision = compacted[i];
        o.info.scheduled_compact_revision = compacted[i];
        OK(backend_summary_read(&o.db, &o.info, BACKEND_ALL, NULL, &summary, &e));
        OK(backend_hash_kv(&o.db, &o.info, REVISION_CURRENT, &hash, &e));
        assert_int_equal(hash.hash, summary.hash_kv.hash);
        assert_int_equal(hash.compact_revision, compacted[i]);
    }
    o.info.finished_compact_revision = BACKEND_NEVER_COMPACTED;
    summary.hash_kv.hash = 0;
    threads_expect(&o, &summary);
    assert_int_equal(summary.live_key_count, 1200);
}

/* A bad row ends the threads' work, and is told by one. */
static void
test_two_threads_tell_a_bad_row(void **state)
{
    static const struct backend_summary_options options = {BACKEND_LIVE_KEYS, 2, 10, NULL};
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct opened o = open_large(&tmp);
    struct findings findings = {.mem = &tmp};
    struct bbolt_check_report check;
    struct backend_summary summary;
    struct bbolt_bucket bucket;
    struct bbolt_cursor c;
    struct bbolt_row row;
    struct hash_kv hash;

    (void)state;
    OK(bbolt_bucket_find(&o.db, BYTES_LITERAL("key"), &bucket, &e));
    bbolt_cursor_init(&c, &bucket);
    for (int i = 0; i < 2000; i++)
        OK(bbolt_cursor_next(&c, &row, &e));
    *(uint8_t *)without_const(row.value.data) = 0xff;
    OK(backend_summary_check(&tmp, &o.db, &o.info, &options, &findings, &check, &summary, &e));
    assert_int_equal(check.found, 0);
    assert_int_equal(findings.bad_total, 1);
    assert_int_equal(findings.items[0].offset, row.key.data - o.db.file.data);
    assert_false(backend_hash_kv(&o.db, &o.info, REVISION_CURRENT, &hash, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_non_null(strstr(e.text, "no KeyValue message"));
}

static void
test_hashkv_names_a_bad_row(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct sample_row rows[] = {TEXT_ROW("key", "\x01", ""), sample_key_row(&tmp, 2, 0, "a", "1")};
    struct opened o;
    struct hash_kv hash;

    (void)state;
    /* A 'k' sorts behind the revision: then the bad row is the last one. */
    o = open_rows(&tmp, (struct sample_row[]){rows[1], TEXT_ROW("key", "k", "")}, 2);
    assert_false(backend_hash_kv(&o.db, &o.info, 0, &hash, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
    assert_non_null(strstr(e.text, ": row 'k': a revision has 17 or 18 bytes, not 1"));
}

/* Of all rows it is the hash of 'snapshot status'; without the rows that may differ it does not
 * change with them. */
static void
test_content_is_the_status_hash_or_less(void **state)
{
    static const struct sample_row rows[] = {
        {"meta", BYTES_LITERAL("consistent_index"), BYTES_LITERAL("12345678")},
        {"meta", BYTES_LITERAL("storageVersion"), BYTES_LITERAL("3.6.0")},
        {"meta", BYTES_LITERAL("term"), BYTES_LITERAL("12345678")},
        {"meta", BYTES_LITERAL("zzz"), BYTES_LITERAL("kept")},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct backend_content content;
    struct backend_content without;
    struct opened o;

    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        const struct json *status = json_get(sample_expected(&tmp, sample_names[i]), "status");

        o = open_snapshot(&tmp, sample_names[i]);
        OK(backend_content_read(&o.db, NULL, 0, &content, &e));
        assert_int_equal(content.hash, sample_u64(status, "hash"));
        assert_int_equal(content.row_count, sample_u64(status, "totalKey_3.4_3.5"));
    }
    o = open_bytes(&tmp, sample_build(&tmp, rows, 4), "all");
    OK(backend_content_read(&o.db, backend_hash_ignored, BACKEND_HASH_IGNORED_COUNT, &content, &e));
    assert_int_equal(content.row_count, 1);
    o = open_bytes(&tmp, sample_build(&tmp, rows + 3, 1), "less");
    OK(backend_content_read(&o.db, backend_hash_ignored, BACKEND_HASH_IGNORED_COUNT, &without, &e));
    assert_int_equal(content.hash, without.hash);
    OK(backend_content_read(&o.db, NULL, 0, &without, &e));
    assert_int_equal(content.hash, without.hash);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens_have_their_status),
        cmocka_unit_test(test_content_is_the_status_hash_or_less),
        cmocka_unit_test(test_goldens_have_their_hashkv_at_each_revision),
        cmocka_unit_test(test_goldens_have_their_live_keys),
        cmocka_unit_test(test_hashkv_of_any_revision_and_compaction),
        cmocka_unit_test(test_hashkv_refuses_revisions_it_cannot_have),
        cmocka_unit_test(test_only_what_is_wanted_is_counted),
        cmocka_unit_test(test_a_pending_compaction_counts),
        cmocka_unit_test(test_a_bumped_revision_is_a_row_without_a_key),
        cmocka_unit_test(test_hashkv_when_nothing_is_alive),
        cmocka_unit_test(test_a_fresh_store_is_at_revision_one),
        cmocka_unit_test(test_a_database_without_the_bucket_has_no_hashkv),
        cmocka_unit_test(test_bad_rows_are_found),
        cmocka_unit_test(test_hashkv_names_a_bad_row),
        cmocka_unit_test(test_two_threads_hash_as_one),
        cmocka_unit_test(test_two_threads_tell_a_bad_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
