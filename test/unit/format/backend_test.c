#include "format/backend/backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend_sample.h"

/* A row of "meta" as the expected file has it: hex, or JSON as text. */
static bool
expected_meta(struct arena *mem, const struct json *expected, const char *key, uint8_t *ret_bytes,
              size_t size)
{
    const struct json *meta = json_get(expected, "meta");

    if (json_get(meta, key) == NULL)
        return false;
    assert_true(hex_decode(sample_text(mem, meta, key), ret_bytes, size));
    return true;
}

static void
meta_check(struct arena *mem, const struct backend_info *info, const struct json *expected)
{
    const struct json *meta = json_get(expected, "meta");
    struct revision_key revision;
    struct error e = ERROR_INIT;
    uint8_t bytes[REVISION_KEY_SIZE];
    uint64_t value = 0;

    assert_true(info->has_consistent_index);
    assert_true(expected_meta(mem, expected, "consistent_index", bytes, 8));
    OK(backend_u64_decode(bytes_of(bytes, 8), &value, &e));
    assert_true(info->consistent_index == value);

    assert_int_equal(info->has_term, expected_meta(mem, expected, "term", bytes, 8));
    if (info->has_term) {
        OK(backend_u64_decode(bytes_of(bytes, 8), &value, &e));
        assert_true(info->term == value);
    }
    assert_int_equal(info->has_conf_state, json_get(meta, "confState") != NULL);
    if (info->has_conf_state) {
        AUTO_BUF out = BUF_INIT;

        backend_conf_state_encode(&out, &info->conf_state);
        assert_string_equal(buf_text(&out), sample_text(mem, meta, "confState"));
    }
    if (expected_meta(mem, expected, "finishedCompactRev", bytes, sizeof(bytes))) {
        OK(revision_key_decode(bytes_of(bytes, sizeof(bytes)), &revision, &e));
        assert_int_equal(info->finished_compact_revision, revision.main);
    } else {
        assert_int_equal(info->finished_compact_revision, BACKEND_NEVER_COMPACTED);
    }
    assert_int_equal(info->scheduled_compact_revision, info->finished_compact_revision);
    assert_int_equal(backend_compact_revision(info), sample_i64(expected, "compact_revision"));
}

static void
urls_check(struct arena *mem, const char *const *urls, size_t count, const struct json *expected)
{
    struct error e = ERROR_INIT;

    assert_int_equal(count, json_array_count(expected));
    for (size_t i = 0; i < count; i++) {
        const char *url = NULL;

        OK(json_as_text(mem, json_array_at(expected, i), &url, &e));
        assert_string_equal(urls[i], url);
    }
}

static void
members_check(struct arena *mem, const struct backend_info *info, const struct json *expected)
{
    const struct json *removed = json_get(expected, "members_removed");
    struct error e = ERROR_INIT;

    assert_int_equal(info->member_count, sample_u64(json_get(expected, "bucket_rows"), "members"));
    for (size_t i = 0; i < info->member_count; i++) {
        const struct backend_member *m = &info->members[i];
        char key[BACKEND_MEMBER_KEY_SIZE];
        const struct json *wanted;

        backend_member_key(m->id, key);
        wanted = json_get(json_get(expected, "members"), key);
        assert_true(m->id == sample_u64(wanted, "id"));
        assert_string_equal(m->name, sample_text(mem, wanted, "name"));
        urls_check(mem, m->peer_urls, m->peer_url_count, json_get(wanted, "peerURLs"));
        urls_check(mem, m->client_urls, m->client_url_count, json_get(wanted, "clientURLs"));
        assert_false(m->is_learner);
    }
    assert_int_equal(info->removed_member_count, json_array_count(removed));
    for (size_t i = 0; i < info->removed_member_count; i++) {
        char key[BACKEND_MEMBER_KEY_SIZE];
        const char *wanted = NULL;

        backend_member_key(info->removed_members[i], key);
        OK(json_as_text(mem, json_array_at(removed, i), &wanted, &e));
        assert_string_equal(key, wanted);
    }
}

static void
alarms_check(struct arena *mem, const struct backend_info *info, const struct json *expected)
{
    const struct json *keys = json_get(expected, "alarms_key_hex");
    struct error e = ERROR_INIT;

    assert_int_equal(info->alarm_count, json_array_count(keys));
    for (size_t i = 0; i < info->alarm_count; i++) {
        AUTO_BUF out = BUF_INIT;
        const char *wanted = NULL;
        char *hex;

        backend_alarm_encode(&out, &info->alarms[i]);
        hex = arena_alloc(mem, out.size * 2 + 1);
        hex_encode(out.data, out.size, hex);
        OK(json_as_text(mem, json_array_at(keys, i), &wanted, &e));
        assert_string_equal(hex, wanted);
    }
}

static void
test_goldens_are_read_in_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        const struct json *expected = sample_expected(&tmp, sample_names[i]);
        struct bbolt db = sample_open(sample_snapshot(&tmp, sample_names[i]), sample_names[i]);
        struct backend_info info;
        uint8_t revision[8];
        uint64_t value = 0;

        OK(backend_info_read(&tmp, &db, &info, &e));
        meta_check(&tmp, &info, expected);
        members_check(&tmp, &info, expected);
        alarms_check(&tmp, &info, expected);
        assert_string_equal(info.storage_version,
                            sample_text(&tmp, json_get(expected, "status"), "version"));
        assert_string_equal(info.cluster_version,
                            sample_text(&tmp, json_get(expected, "cluster"), "clusterVersion"));
        assert_int_equal(info.lease_count, json_array_count(json_get(expected, "leases")));
        assert_int_equal(info.auth_user_count, json_array_count(json_get(expected, "auth_users")));
        assert_int_equal(info.auth_role_count, json_array_count(json_get(expected, "auth_roles")));
        assert_true(
            hex_decode(sample_text(&tmp, json_get(expected, "auth"), "authRevision"), revision, 8));
        OK(backend_u64_decode(bytes_of(revision, 8), &value, &e));
        assert_int_equal(info.auth_revision, value);
        assert_false(info.auth_enabled);
        assert_false(info.downgrade_enabled);
        assert_string_equal(info.downgrade_target, "");
    }
}

static void
test_data_version_is_told_by_its_marks(void **state)
{
    static const char *const wanted[SAMPLE_COUNT] = {"3.4", "3.5", "3.5", "3.4",
                                                     "3.5", "3.5", "3.6"};

    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct bbolt db = sample_open(sample_snapshot(&tmp, sample_names[i]), sample_names[i]);
        struct backend_info info;

        OK(backend_info_read(&tmp, &db, &info, &e));
        assert_string_equal(info.data_version, wanted[i]);
    }
}

static void
test_an_empty_database_has_nothing(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt db = sample_open(sample_build(&tmp, NULL, 0), "empty");
    struct backend_info info;

    (void)state;
    OK(backend_info_read(&tmp, &db, &info, &e));
    assert_false(info.has_consistent_index);
    assert_false(info.has_term);
    assert_false(info.has_conf_state);
    assert_int_equal(backend_compact_revision(&info), BACKEND_NEVER_COMPACTED);
    assert_string_equal(info.storage_version, "");
    assert_string_equal(info.cluster_version, "");
    assert_string_equal(info.data_version, "3.4");
    assert_int_equal(info.member_count, 0);
    assert_int_equal(info.alarm_count, 0);
}

static void
test_what_goldens_do_not_have(void **state)
{
    static const struct sample_row rows[] = {
        TEXT_ROW("auth", "authEnabled", "\x01"),
        TEXT_ROW("cluster", "downgrade", "{\"target-version\":\"3.5.0\",\"enabled\":true}"),
        TEXT_ROW("cluster", "later", "?"),
        TEXT_ROW("meta", "finishedCompactRev",
                 "\x00\x00\x00\x00\x00\x00\x00\x05_\x00\x00\x00\x00\x00\x00\x00\x00"),
        TEXT_ROW("meta", "later", "?"),
        TEXT_ROW("meta", "scheduledCompactRev",
                 "\x00\x00\x00\x00\x00\x00\x00\x09_\x00\x00\x00\x00\x00\x00\x00\x00"),
        TEXT_ROW("meta", "storageVersion", "3.7.0"),
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt db = sample_open(sample_build(&tmp, rows, sizeof(rows) / sizeof(rows[0])), "made");
    struct backend_info info;

    (void)state;
    OK(backend_info_read(&tmp, &db, &info, &e));
    assert_true(info.auth_enabled);
    assert_true(info.downgrade_enabled);
    assert_string_equal(info.downgrade_target, "3.5.0");
    assert_string_equal(info.data_version, "3.7");
    assert_int_equal(info.finished_compact_revision, 5);
    assert_int_equal(info.scheduled_compact_revision, 9);
    assert_int_equal(backend_compact_revision(&info), 9);
}

struct refusal {
    struct sample_row row;
    const char *text;
};

static const struct refusal refusals[] = {
    {TEXT_ROW("meta", "consistent_index", "\x01"),
     "'made': bucket 'meta', row 'consistent_index': 1 bytes, not 8"},
    {TEXT_ROW("meta", "term", ""), "'made': bucket 'meta', row 'term': 0 bytes, not 8"},
    {TEXT_ROW("meta", "confState", "[]"),
     "'made': bucket 'meta', row 'confState': not a JSON object"},
    {TEXT_ROW("meta", "finishedCompactRev", "x"),
     "'made': bucket 'meta', row 'finishedCompactRev': a revision has 17 or 18 bytes, not 1"},
    {TEXT_ROW("meta", "scheduledCompactRev", "12345678-12345678"),
     "'made': bucket 'meta', row 'scheduledCompactRev': byte 8 of a revision is 0x2d, not '_'"},
    {TEXT_ROW("meta", "storageVersion", ""),
     "'made': bucket 'meta', row 'storageVersion': 0 bytes, not a version"},
    {TEXT_ROW("meta", "storageVersion", "3.6.0\n"),
     "'made': bucket 'meta', row 'storageVersion': byte 0x0a in a version"},
    {TEXT_ROW("cluster", "clusterVersion", "333333333333333333333333333333333"),
     "'made': bucket 'cluster', row 'clusterVersion': 33 bytes, not a version"},
    {TEXT_ROW("cluster", "downgrade", "{}"),
     "'made': bucket 'cluster', row 'downgrade': 'target-version' is missing"},
    {TEXT_ROW("auth", "authRevision", "1"),
     "'made': bucket 'auth', row 'authRevision': 1 bytes, not 8"},
    {TEXT_ROW("auth", "authEnabled", "\x02"),
     "'made': bucket 'auth', row 'authEnabled': neither 0x00 nor 0x01"},
    {TEXT_ROW("auth", "authEnabled", ""),
     "'made': bucket 'auth', row 'authEnabled': neither 0x00 nor 0x01"},
    {TEXT_ROW("members", "8e", "{\"id\":143}"),
     "'made': bucket 'members', row '8e': the id in the value is another than the key's"},
    {TEXT_ROW("members", "zz", "{\"id\":143}"),
     "'made': bucket 'members', row 'zz': the key is not a member id in hex"},
    {TEXT_ROW("members_removed", "08 e", "removed"),
     "'made': bucket 'members_removed', row '08 e': the key is not a member id in hex"},
    {TEXT_ROW("alarm", "\x0a", ""), "'made': bucket 'alarm', row 0a: no AlarmMember message"},
    {TEXT_ROW("lease", "123", ""),
     "'made': bucket 'lease', row '123': a lease id has 8 bytes, not 3"},
};

static void
test_damaged_rows_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct bbolt db = sample_open(sample_build(&tmp, &refusals[i].row, 1), "made");
        struct backend_info info = {.member_count = 77};
        unsigned long long page, at;
        int behind = 0;

        assert_false(backend_info_read(&tmp, &db, &info, &e));
        assert_int_equal(e.code, ERROR_FORMAT);
        assert_int_equal(sscanf(e.text, "'made': page %llu, byte %llu: %n", &page, &at, &behind),
                         2);
        assert_string_equal(arena_printf(&tmp, "'made': %s", e.text + behind), refusals[i].text);
        assert_int_equal(page, at / db.page_size);
        assert_memory_equal(db.file.data + at, refusals[i].row.key.data, refusals[i].row.key.size);
        assert_int_equal(info.member_count, 77);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens_are_read_in_full),
        cmocka_unit_test(test_data_version_is_told_by_its_marks),
        cmocka_unit_test(test_an_empty_database_has_nothing),
        cmocka_unit_test(test_what_goldens_do_not_have),
        cmocka_unit_test(test_damaged_rows_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
