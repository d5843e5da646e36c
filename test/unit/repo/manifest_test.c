#include "expect.h"

#include <string.h>

#include "base/buf.h"
#include "repo/manifest.h"

#include "repo/manifest_sample.h"

static struct error e;

static const char *
encoded(struct arena *mem, const struct backup_manifest *m)
{
    AUTO_BUF out = BUF_INIT;

    backup_manifest_encode(m, &out);
    return arena_text_of_bytes(mem, buf_bytes(&out));
}

/* The sample's text with one piece of it replaced. */
static struct bytes
with(struct arena *mem, const char *old, const char *fresh)
{
    const struct backup_manifest m = manifest_sample("c", "l");
    const char *text = encoded(mem, &m);
    const char *at = strstr(text, old);

    if (at == NULL)
        fail_msg("no %s in %s", old, text);
    return bytes_of_text(
        arena_printf(mem, "%.*s%s%s", (int)(at - text), text, fresh, at + strlen(old)));
}

static void
test_round_trip(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct backup_manifest m = manifest_sample("prod", "20261123T061544Z-r20001");
    const char *text = encoded(&tmp, &m);
    struct backup_manifest *d;

    (void)state;
    EXPECT_OK(backup_manifest_decode(&tmp, bytes_of_text(text), &d, &e));
    assert_string_equal(encoded(&tmp, d), text);
    assert_string_equal(d->cluster, "prod");
    assert_true(d->created_at_ms == m.created_at_ms);
    assert_true(d->cluster_id == m.cluster_id);
    assert_int_equal(d->member_count, 2);
    assert_true(d->members[0].id == UINT64_MAX);
    assert_string_equal(d->members[0].name, "m\"1");
    assert_string_equal(d->members[0].peer_urls[0], "http://127.0.0.1:2380");
    assert_true(d->members[1].is_learner);
    assert_int_equal(d->members[1].client_url_count, 0);
    assert_memory_equal(d->sha256, m.sha256, SHA256_SIZE);
    assert_true(d->raft_index == m.raft_index && d->revision == m.revision);
    assert_true(d->compact_revision == -1 && d->hash_kv == UINT32_MAX);
    assert_int_equal(d->alarm_count, 1);
    assert_int_equal(d->proof, BACKUP_PROOF_NOT_COMPARABLE);
    assert_string_equal(d->proof_note, m.proof_note);
}

static void
test_decode_errors(void **state)
{
    static const struct {
        const char *old;
        const char *fresh;
        enum error_code code;
        const char *text;
    } cases[] = {
        {"{", "[", ERROR_FORMAT, "line 2, column 11: array value separator ',' expected"},
        {"\"format\": 1", "\"format\": 2", ERROR_TOO_NEW, "format 2, newest known is 1"},
        {"\"format\": 1", "\"format\": 4294967296", ERROR_FORMAT, "'format' is too large"},
        {"\"format\"", "\"x\"", ERROR_FORMAT, "'format' is missing"},
        {"\"quorate\"", "\"x\"", ERROR_FORMAT, "'quorate' is missing"},
        {"\"cluster\"", "\"x\"", ERROR_FORMAT, "'cluster' is missing"},
        {"\"label\"", "\"x\"", ERROR_FORMAT, "'label' is missing"},
        {"\"createdAt\"", "\"x\"", ERROR_FORMAT, "'createdAt' is missing"},
        {"2026-11-23T06:15:44Z", "today", ERROR_FORMAT,
         "'today' is not a time like 2026-11-23T06:15:44Z"},
        {"\"clusterId\"", "\"x\"", ERROR_FORMAT, "'clusterId' is missing"},
        {"\"members\"", "\"x\"", ERROR_FORMAT, "'members' is missing"},
        {"\"ffffffffffffffff\"", "\"xyz\"", ERROR_FORMAT,
         "members, number 1: 'id' is not an id in hex"},
        {"\"name\": \"\"", "\"name\": 5", ERROR_FORMAT, "members, number 2: 'name' is not text"},
        {"\"version\"", "\"x\"", ERROR_FORMAT, "members, number 1: 'version' is missing"},
        {"\"learner\": true", "\"learner\": 1", ERROR_FORMAT,
         "members, number 2: 'learner' is not true or false"},
        {"\"peerUrls\"", "\"x\"", ERROR_FORMAT, "members, number 1: 'peerUrls' is missing"},
        {"\"http://127.0.0.1:2380\"", "7", ERROR_FORMAT,
         "members, number 1: 'peerUrls': a value is not text"},
        {"\"clientUrls\"", "\"x\"", ERROR_FORMAT, "members, number 1: 'clientUrls' is missing"},
        {"\"flags\"", "\"x\"", ERROR_FORMAT, "members, number 1: 'flags' is missing"},
        {"\"source\"", "\"x\"", ERROR_FORMAT, "source: 'endpoint' is missing"},
        {"\"memberId\"", "\"x\"", ERROR_FORMAT, "source: 'memberId' is missing"},
        {"\"serverVersion\"", "\"x\"", ERROR_FORMAT, "source: 'serverVersion' is missing"},
        {"\"clusterVersion\"", "\"x\"", ERROR_FORMAT, "source: 'clusterVersion' is missing"},
        {"\"storageVersion\"", "\"x\"", ERROR_FORMAT, "source: 'storageVersion' is missing"},
        {"\"raftIndex\"", "\"x\"", ERROR_FORMAT, "source: 'raftIndex' is missing"},
        {"\"raftTerm\": ", "\"raftTerm\": -", ERROR_FORMAT, "source: 'raftTerm' is negative"},
        {"\"snapshot\"", "\"x\"", ERROR_FORMAT, "snapshot: 'file' is missing"},
        {"snapshot.db", "../db", ERROR_FORMAT, "snapshot: 'file' is not a plain file name"},
        {"snapshot.db", "a/db", ERROR_FORMAT, "snapshot: 'file' is not a plain file name"},
        {"snapshot.db", "", ERROR_FORMAT, "snapshot: 'file' is not a plain file name"},
        {"snapshot.db", ".", ERROR_FORMAT, "snapshot: 'file' is not a plain file name"},
        {"\"sizeBytes\"", "\"x\"", ERROR_FORMAT, "snapshot: 'sizeBytes' is missing"},
        {"\"sha256\"", "\"x\"", ERROR_FORMAT, "snapshot: 'sha256' is missing"},
        {"\"sha256\": \"ab", "\"sha256\": \"", ERROR_FORMAT,
         "snapshot: 'sha256' is not 64 digits of hex"},
        {"\"pageSizeBytes\"", "\"x\"", ERROR_FORMAT, "snapshot: 'pageSizeBytes' is missing"},
        {"\"revision\": 2", "\"revision\": 2.5", ERROR_FORMAT,
         "snapshot: 'revision' is not a whole number"},
        {"\"compactRevision\"", "\"x\"", ERROR_FORMAT, "snapshot: 'compactRevision' is missing"},
        {"4294967295", "4294967296", ERROR_FORMAT, "snapshot: 'hashKv' is too large"},
        {"\"statusHash\"", "\"x\"", ERROR_FORMAT, "snapshot: 'statusHash' is missing"},
        {"\"keys\"", "\"x\"", ERROR_FORMAT, "snapshot: 'keys' is missing"},
        {"\"rows\"", "\"x\"", ERROR_FORMAT, "snapshot: 'rows' is missing"},
        {"\"alarms\"", "\"x\"", ERROR_FORMAT, "snapshot: 'alarms' is missing"},
        {"\"proof\"", "\"x\"", ERROR_FORMAT, "proof: 'serverHash' is missing"},
        {"not-comparable", "perhaps", ERROR_FORMAT,
         "proof: 'serverHash' is 'perhaps', which is not known"},
        {"\"note\"", "\"x\"", ERROR_FORMAT, "proof: 'note' is missing"},
        {"\"streamMs\"", "\"x\"", ERROR_FORMAT, "proof: 'streamMs' is missing"},
        {"\"proofMs\"", "\"x\"", ERROR_FORMAT, "proof: 'proofMs' is missing"},
    };
    struct backup_manifest *m = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;

        EXPECT_ERROR(backup_manifest_decode(&tmp, with(&tmp, cases[i].old, cases[i].fresh), &m, &e),
                     cases[i].code, cases[i].text);
        assert_null(m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_decode_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
