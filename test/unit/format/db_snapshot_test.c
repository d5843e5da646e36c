#include "format/db_snapshot.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend_sample.h"
#include "scratch.h"

#include "base/thread.h"

static const struct db_snapshot_options strict = {0};
static const struct db_snapshot_options lenient = {.allow_no_trailer = true};

static struct db_snapshot_report
verify(struct arena *mem, struct bytes content, const struct db_snapshot_options *options)
{
    struct db_snapshot_report report;

    db_snapshot_verify_bytes(mem, "x.snap", content, options, &report);
    return report;
}

/* A bad file says so with its name, something to do, and where. */
static void
assert_told(const struct db_snapshot_report *report)
{
    const struct finding *f = findings_first_bad(&report->findings);
    struct error e = ERROR_INIT;

    assert_int_equal(report->verdict, DB_SNAPSHOT_BAD);
    assert_non_null(f);
    assert_true(strlen(f->text) > 10);
    assert_true(strlen(f->remedy) > 10);
    assert_true(f->offset != FINDING_NOWHERE || f->kind == FINDING_NOT_A_DATABASE ||
                f->kind == FINDING_BACKEND);
    assert_false(db_snapshot_require_good(report, &e));
    assert_true(e.code == ERROR_CORRUPT || e.code == ERROR_REFUSED);
    assert_true(strncmp(e.text, "'x.snap': ", 10) == 0);
    assert_string_equal(e.hint, f->remedy);
}

/* Exactly this one error. */
static void
bad(struct bytes content, const struct db_snapshot_options *options, enum finding_kind kind,
    enum error_code code, const char *text, const char *hint)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct db_snapshot_report report = verify(&tmp, content, options);

    assert_told(&report);
    assert_int_equal(findings_first_bad(&report.findings)->kind, kind);
    assert_false(db_snapshot_require_good(&report, &e));
    assert_int_equal(e.code, code);
    assert_string_equal(e.text, text);
    assert_string_equal(error_hint_text(&e), hint);
}

static void
report_check(struct arena *mem, const struct db_snapshot_report *report, const char *name)
{
    const struct json *expected = sample_expected(mem, name);
    const struct json *status = json_get(expected, "status");
    char hex[2 * SHA256_SIZE + 1];

    assert_int_equal(report->verdict, DB_SNAPSHOT_GOOD);
    assert_int_equal(report->findings.count, 0);
    assert_int_equal(report->file_size, sample_u64(expected, "file_bytes"));
    assert_true(report->has_trailer && report->trailer_ok && report->opened);
    hex_encode(report->trailer, SHA256_SIZE, hex);
    assert_string_equal(hex, sample_text(mem, expected, "sha256_trailer_hex"));
    assert_memory_equal(report->sha256, report->trailer, SHA256_SIZE);
    assert_int_equal(report->page_size, sample_u64(expected, "page_size"));
    assert_int_equal(report->db_size, sample_u64(status, "totalSize"));
    assert_int_equal(report->db_size, report->page_size * sample_u64(expected, "pages_high_water"));
    assert_int_equal(report->txid, sample_u64(expected, "meta_txid"));
    assert_true(report->has_info && report->has_summary);
    assert_int_equal(report->summary.status_hash, sample_u64(status, "hash"));
    assert_int_equal(report->info.member_count,
                     sample_u64(json_get(expected, "bucket_rows"), "members"));
}

static void
test_goldens_are_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct error e = ERROR_INIT;
        struct db_snapshot_report report;
        const char *path = path_join(&tmp, getenv("QUORATE_GOLDEN"),
                                     arena_printf(&tmp, "snap/%s.snap", sample_names[i]));

        OK(db_snapshot_verify(&tmp, path, &strict, &report, &e));
        report_check(&tmp, &report, sample_names[i]);
        assert_string_equal(report.path, path);
        OK(db_snapshot_require_good(&report, &e));
        report = verify(&tmp, sample_snapshot(&tmp, sample_names[i]), &lenient);
        report_check(&tmp, &report, sample_names[i]);
    }
}

static void
test_bare_databases_are_unproven(void **state)
{
    static const char *const names[] = {"compact-4k-nofreelistpage", "compact-4k-freelistpage",
                                        "compact-4k-noinline", "compact-8k", "compact-16k"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct bytes content = sample_file(&tmp, arena_printf(&tmp, "bolt/%s.db", names[i]));
        struct db_snapshot_report report = verify(&tmp, content, &lenient);
        struct error e = ERROR_INIT;

        assert_int_equal(report.verdict, DB_SNAPSHOT_UNPROVEN);
        assert_false(report.has_trailer);
        assert_int_equal(report.db_size, content.size);
        assert_int_equal(report.summary.status_hash, 0xefe1e300u);
        assert_int_equal(report.summary.last_revision, 238);
        assert_int_equal(report.summary.row_count, 242);
        assert_int_equal(report.findings.count, 1);
        assert_true(report.findings.items[0].is_note);
        assert_string_equal(report.findings.items[0].text,
                            "there is no SHA-256 at the end: a copied db file; what its member had "
                            "not yet written to it is missing");
        OK(db_snapshot_require_good(&report, &e));
    }
}

static void
test_a_missing_trailer_is_refused_unless_allowed(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    bad(sample_file(&tmp, "snap/no-trailer.db"), &strict, FINDING_NO_TRAILER, ERROR_REFUSED,
        "'x.snap': byte 20480: there is no SHA-256 at the end, so nothing proves that the file is "
        "whole",
        "take a snapshot with 'quorate snapshot save'; for a copied db file that is all there is, "
        "add --skip-hash-check");
}

static void
test_a_wrong_digest_is_refused_always(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_file(&tmp, "snap/bad-sha256.snap");

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        bad(content, i == 0 ? &strict : &lenient, FINDING_DIGEST_MISMATCH, ERROR_CORRUPT,
            "'x.snap': byte 20480: the SHA-256 at the end is not that of the content",
            "the file was changed or cut after it was written: copy the file again, or use another "
            "backup");
}

static void
test_a_short_file_is_truncated(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_snapshot(&tmp, "basic-3.5.30");

    (void)state;
    bad(sample_file(&tmp, "snap/truncated.snap"), &strict, FINDING_TRUNCATED, ERROR_CORRUPT,
        "'x.snap': byte 14000: the file ends after 14000 of at least 20480 bytes",
        "copy the file again, or use another backup");
    /* Within the trailer. */
    bad(bytes_of(content.data, 20480 + 31), &lenient, FINDING_TRUNCATED, ERROR_CORRUPT,
        "'x.snap': byte 20511: the SHA-256 at the end is cut: 31 of 32 bytes",
        "copy the file again, or use another backup");
    /* Where the size is that of a file with a trailer. */
    bad(bytes_of(content.data, 16384 + 32), &lenient, FINDING_TRUNCATED, ERROR_CORRUPT,
        "'x.snap': byte 16416: the file ends after 16416 of at least 20480 bytes (and 1 more)",
        "copy the file again, or use another backup");
    /* Shorter than two pages, or than one. */
    bad(bytes_of(content.data, 600), &lenient, FINDING_TRUNCATED, ERROR_CORRUPT,
        "'x.snap': byte 600: the file ends after 600 of at least 20480 bytes",
        "copy the file again, or use another backup");
}

static void
test_what_is_no_database_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    static const uint8_t zeros[4096 + 32];

    (void)state;
    bad(BYTES_NONE, &lenient, FINDING_NOT_A_DATABASE, ERROR_CORRUPT,
        "'x.snap': 0 bytes are too few for a bbolt file", "use another backup");
    bad(sample_file(&tmp, "bolt/both-metas-bad.db"), &lenient, FINDING_NOT_A_DATABASE,
        ERROR_CORRUPT, "'x.snap': page 0, byte 20: version mismatch: 3, only 2 is known",
        "use another backup");
    bad(bytes_of(zeros, sizeof(zeros)), &strict, FINDING_NOT_A_DATABASE, ERROR_CORRUPT,
        "'x.snap': page 0, byte 16: invalid database: the mark is 00000000, not ed0cdaed (and 1 "
        "more)",
        "use another backup");
}

static void
test_one_bad_meta_page_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_file(&tmp, "bolt/meta0-bad.db");
    struct db_snapshot_report report;

    (void)state;
    bad(content, &lenient, FINDING_META_PAGE, ERROR_CORRUPT,
        "'x.snap': page 0, byte 0: meta page 0 is damaged; meta page 1 is good, but may be a "
        "transaction older",
        "etcd starts with the good one: use this file only when there is no other backup");
    report = verify(&tmp, content, &lenient);
    assert_int_equal(report.summary.status_hash, 0xd404285u);
}

static struct bytes
with_bytes_behind(struct arena *mem, struct bytes content, size_t count)
{
    uint8_t *data = arena_zero(mem, content.size + count);

    memcpy(data, content.data, content.size);
    for (size_t i = 0; i < count; i++)
        data[content.size + i] = (uint8_t)(i * 7 + 1);
    return bytes_of(data, content.size + count);
}

static void
test_garbage_behind_a_whole_snapshot_is_told(void **state)
{
    /* 480 make the file look as if it had no trailer; 512 as if it had one. */
    static const size_t counts[] = {1, 31, 32, 100, 479, 480, 481, 512, 1024, 4064, 4096, 40000};
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_snapshot(&tmp, "basic-3.5.30");

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        bad(with_bytes_behind(&tmp, content, counts[i]), &lenient, FINDING_TRAILING_GARBAGE,
            ERROR_CORRUPT,
            arena_printf(&tmp,
                         "'x.snap': byte 20512: %zu bytes stand behind the end of the snapshot",
                         counts[i]),
            "everything before them is whole: cut them off with 'truncate -s 20512 x.snap'");
}

static void
test_garbage_behind_a_bare_database_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_file(&tmp, "snap/no-trailer.db");
    struct db_snapshot_report report;

    (void)state;
    bad(with_bytes_behind(&tmp, content, 1000), &lenient, FINDING_TRAILING_GARBAGE, ERROR_CORRUPT,
        "'x.snap': byte 20480: 1000 bytes behind the last page are neither pages nor a SHA-256",
        "copy the file again, or use another backup");
    /* Whole pages are not garbage: etcd lets the file of a running member grow ahead. */
    report = verify(&tmp, with_bytes_behind(&tmp, content, 2 * 4096), &lenient);
    assert_int_equal(report.verdict, DB_SNAPSHOT_UNPROVEN);
}

static void
test_a_pending_compaction_is_a_note(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct sample_row rows[] = {
        sample_key_row(&tmp, 2, 0, "a", "1"),
        sample_key_row(&tmp, 3, 0, "a", "2"),
        TEXT_ROW("meta", "scheduledCompactRev",
                 "\x00\x00\x00\x00\x00\x00\x00\x02_\x00\x00\x00\x00\x00\x00\x00\x00"),
    };
    struct db_snapshot_report report =
        verify(&tmp, sample_seal_snapshot(&tmp, sample_build(&tmp, rows, 3)), &strict);

    (void)state;
    assert_int_equal(report.verdict, DB_SNAPSHOT_GOOD);
    assert_int_equal(report.findings.count, 1);
    assert_true(report.findings.items[0].is_note);
    assert_int_equal(report.findings.items[0].kind, FINDING_PENDING_COMPACTION);
    assert_string_equal(report.findings.items[0].text,
                        "a compaction at revision 2 was under way; the next server finishes it");
}

static void
test_what_is_no_backend_is_refused(void **state)
{
    static const struct sample_row other[] = {TEXT_ROW("meta", "term", "12345678")};
    static const struct sample_row damaged[] = {TEXT_ROW("key", "", ""),
                                                TEXT_ROW("meta", "term", "1234")};
    AUTO_ARENA tmp = ARENA_INIT;
    struct db_snapshot_report report;

    (void)state;
    bad(sample_seal_snapshot(&tmp, sample_build(&tmp, other, 1)), &strict, FINDING_BACKEND,
        ERROR_CORRUPT, "'x.snap': there is no bucket 'key': not the database of an etcd member",
        "check that this is the right file");
    bad(sample_seal_snapshot(&tmp, sample_build(&tmp, damaged, 2)), &strict, FINDING_BACKEND,
        ERROR_CORRUPT, "'x.snap': page 2, byte 8327: bucket 'meta', row 'term': 4 bytes, not 8",
        "use another backup");
    report = verify(&tmp, sample_seal_snapshot(&tmp, sample_build(&tmp, damaged, 2)), &strict);
    assert_false(report.has_info || report.has_summary);
}

static void
test_a_bad_row_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct sample_row rows[] = {sample_key_row(&tmp, 2, 0, "a", "1"), TEXT_ROW("key", "x", ""),
                                TEXT_ROW("meta", "term", "12345678")};

    (void)state;
    bad(sample_seal_snapshot(&tmp, sample_build(&tmp, rows, 3)), &strict, FINDING_ROW,
        ERROR_CORRUPT,
        "'x.snap': page 2, byte 8336: row 'x' of 'key': a revision has 17 or 18 bytes, not 1",
        "use another backup: etcd 3.6 and later refuse such a row, earlier ones may serve wrong "
        "data");
}

/* The first branch page of a snapshot: a byte offset. */
static size_t
branch_page_of(struct bytes content)
{
    for (size_t at = 8192; at + 4096 <= content.size; at += 4096) {
        if (content.data[at + 8] == 1 && content.data[at + 9] == 0 && content.data[at] == at / 4096)
            return at;
    }
    fail_msg("no branch page");
    return 0;
}

/* Damage that carries a right SHA-256: only the examination of the pages can find it. */
static void
child_becomes(uint64_t child, const char *what)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_snapshot(&tmp, "rich-3.5.30");
    size_t page = branch_page_of(content);
    uint8_t *data = arena_alloc(&tmp, content.size);
    struct db_snapshot_report report;
    bool told = false;

    memcpy(data, content.data, content.size);
    for (unsigned i = 0; i < 8; i++)
        data[page + 16 + 8 + i] = (uint8_t)((child == UINT64_MAX ? page / 4096 : child) >> 8 * i);
    sha256_of(bytes_of(data, content.size - SHA256_SIZE), data + content.size - SHA256_SIZE);
    report = verify(&tmp, bytes_of(data, content.size), &strict);
    assert_told(&report);
    assert_true(report.trailer_ok);
    assert_false(report.has_summary);
    for (size_t i = 0; i < report.findings.count; i++) {
        told |= strstr(report.findings.items[i].text, what) != NULL;
        assert_int_equal(report.findings.items[i].kind, FINDING_STRUCTURE);
    }
    if (!told)
        fail_msg("'%s', not '%s'", report.findings.items[0].text, what);
}

static void
test_damage_under_a_right_digest_is_found(void **state)
{
    (void)state;
    child_becomes(UINT64_MAX, "page"); /* itself: a loop */
    child_becomes(999999, "page");     /* beyond the file */
    child_becomes(0, "page");          /* a meta page */
    child_becomes(1, "page");
}

static void
test_no_cut_passes_as_good(void **state)
{
    static const char *const names[] = {"basic-3.4.23", "rich-3.5.30",
                                        "synthetic-3.6-storageversion"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct bytes content = sample_snapshot(&tmp, names[i]);

        for (size_t size = 0; size < content.size; size += 512) {
            static const size_t beside[] = {0, 32, 1, 511};

            for (size_t k = 0; k < 4 && size + beside[k] < content.size; k++) {
                AUTO_ARENA round = ARENA_INIT;
                struct bytes cut = bytes_of(content.data, size + beside[k]);
                struct db_snapshot_report report = verify(&round, cut, &strict);

                assert_told(&report);
                /* All pages without the trailer may be used by who asks for that; nothing else. */
                report = verify(&round, cut, &lenient);
                if (cut.size != content.size - SHA256_SIZE)
                    assert_told(&report);
                else
                    assert_int_equal(report.verdict, DB_SNAPSHOT_UNPROVEN);
            }
        }
    }
}

static void
test_no_flipped_byte_passes_as_good(void **state)
{
    enum { FLIPS = 10000 };
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct bytes content = sample_snapshot(&tmp, sample_names[i]);
        uint8_t *data = arena_alloc(&tmp, content.size);

        memcpy(data, content.data, content.size);
        for (unsigned k = 0; k < FLIPS / SAMPLE_COUNT + 1; k++) {
            AUTO_ARENA round = ARENA_INIT;
            uint64_t random = sample_random(&seed);
            size_t at = (size_t)(random >> 8) % content.size;
            uint8_t mask = (uint8_t)(random % 255 + 1);
            struct db_snapshot_report report;

            data[at] ^= mask;
            report = verify(&round, bytes_of(data, content.size), &strict);
            assert_told(&report);
            assert_false(report.trailer_ok);
            data[at] ^= mask;
        }
    }
}

/* With a right digest a flip may be just another value; it must not crash, and what passes must
 * have been read in full. */
static void
test_flips_under_a_right_digest_are_survived(void **state)
{
    enum { FLIPS = 1000 };
    uint64_t seed = 2;
    unsigned passed = 0;

    (void)state;
    for (size_t i = 0; i < SAMPLE_COUNT; i += 3) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct bytes content = sample_snapshot(&tmp, sample_names[i]);
        size_t db_size = content.size - SHA256_SIZE;
        uint8_t *data = arena_alloc(&tmp, content.size);

        memcpy(data, content.data, content.size);
        for (unsigned k = 0; k < FLIPS; k++) {
            AUTO_ARENA round = ARENA_INIT;
            uint64_t random = sample_random(&seed);
            size_t at = (size_t)(random >> 8) % db_size;
            uint8_t mask = (uint8_t)(random % 255 + 1);
            struct db_snapshot_report report;

            data[at] ^= mask;
            sha256_of(bytes_of(data, db_size), data + db_size);
            report = verify(&round, bytes_of(data, content.size), &strict);
            assert_true(report.trailer_ok);
            if (report.verdict == DB_SNAPSHOT_BAD)
                assert_told(&report);
            else
                assert_true(report.has_info && report.has_summary);
            passed += report.verdict == DB_SNAPSHOT_GOOD;
            data[at] ^= mask;
        }
    }
    assert_in_range(passed, 1, 3 * FLIPS - 1);
}

static void
test_a_file_that_cannot_be_read_is_an_error(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct db_snapshot_report report;

    (void)state;
    assert_false(db_snapshot_verify(&tmp, "/nowhere/x.snap", &strict, &report, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_string_equal(e.text, "'/nowhere/x.snap': No such file or directory");
    assert_false(db_snapshot_verify(&tmp, getenv("QUORATE_GOLDEN"), &strict, &report, &e));
    assert_int_equal(e.code, ERROR_IO);
}

/* Large enough for the digest to be taken on a thread of its own. */
static void
test_a_large_file_is_hashed_beside(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    char *value = arena_zero(&tmp, (5 << 20) + 1);
    struct sample_row rows[2];
    struct db_snapshot_report report;
    struct bytes content;
    uint8_t digest[SHA256_SIZE];

    (void)state;
    memset(value, 'v', 5 << 20);
    rows[0] = sample_key_row(&tmp, 2, 0, "large", value);
    rows[1] = (struct sample_row)TEXT_ROW("meta", "term", "12345678");
    content = sample_seal_snapshot(&tmp, sample_build(&tmp, rows, 2));
    report = verify(&tmp, content, &strict);
    OK(db_snapshot_require_good(&report, &e));
    sha256_of(bytes_of(content.data, content.size - SHA256_SIZE), digest);
    assert_memory_equal(report.sha256, digest, SHA256_SIZE);
    assert_int_equal(report.verdict, DB_SNAPSHOT_GOOD);
}

/* What status prints is the same; a wrong digest is not looked at, a damaged page is. */
static void
test_status_leaves_digest_and_hash_kv_out(void **state)
{
    static const struct db_snapshot_options status = {
        .allow_no_trailer = true, .without = DB_SNAPSHOT_DIGEST | BACKEND_HASH_KV};
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes content = sample_snapshot(&tmp, "rich-3.5.30");
    struct db_snapshot_report whole = verify(&tmp, content, &strict);
    struct db_snapshot_report report;
    uint8_t *changed = without_const(content.data);
    static const uint8_t none[SHA256_SIZE];

    (void)state;
    changed[content.size - 1] ^= 1;
    report = verify(&tmp, content, &status);
    assert_int_equal(report.verdict, DB_SNAPSHOT_UNPROVEN);
    assert_true(report.has_trailer);
    assert_memory_equal(report.sha256, none, SHA256_SIZE);
    assert_int_equal(report.summary.status_hash, whole.summary.status_hash);
    assert_int_equal(report.summary.row_count, whole.summary.row_count);
    assert_int_equal(report.summary.live_key_count, whole.summary.live_key_count);
    assert_int_equal(report.summary.last_revision, whole.summary.last_revision);
    assert_int_equal(report.summary.hash_kv.hash, 0);
    changed[4 * 4096 + 8] ^= 0x40; /* a page's type */
    report = verify(&tmp, content, &status);
    assert_int_equal(report.verdict, DB_SNAPSHOT_BAD);
}

struct meddler {
    const char *path;
    struct bytes content;
    atomic_bool stop;
};

/* Cuts the file, writes it anew, changes bytes in it, over and over. */
static void
meddle(void *context)
{
    struct meddler *m = context;
    int fd = open(m->path, O_WRONLY | O_CLOEXEC);
    uint64_t state = 1;

    while (!atomic_load(&m->stop)) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        off_t at = (off_t)((state >> 33) % m->content.size);

        if ((state >> 20) % 4 == 0 && ftruncate(fd, at) != 0)
            break;
        for (unsigned i = 0; i < 64; i++)
            (void)!pwrite(fd, &state, sizeof(state), at + 61 * i);
        (void)!pwrite(fd, m->content.data, m->content.size, 0);
    }
    close(fd);
}

/* Never a crash, and what is told is never about a mixture: an error, or a report on the file as it
 * was. */
static void
test_a_file_that_changes_while_it_is_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct meddler m = {.path = path_join(&tmp, scratch_dir(&tmp), "x.snap"),
                        .content = sample_snapshot(&tmp, "rich-3.5.30")};
    AUTO_THREAD thread = {0};
    unsigned conflicts = 0;

    (void)state;
    OK(file_replace(m.path, m.content, 0600, &e));
    assert_true(thread_start(&thread, meddle, &m));
    for (unsigned i = 0; conflicts < 20 && i < 5000; i++) {
        AUTO_ARENA once = ARENA_INIT;
        struct db_snapshot_report report;

        error_clear(&e);
        if (db_snapshot_verify(&once, m.path, &strict, &report, &e))
            continue;
        assert_int_equal(e.code, ERROR_CONFLICT);
        conflicts++;
    }
    atomic_store(&m.stop, true);
    assert_true(conflicts > 0);
}

static void
test_words(void **state)
{
    (void)state;
    assert_string_equal(db_snapshot_verdict_word(DB_SNAPSHOT_GOOD), "good");
    assert_string_equal(db_snapshot_verdict_word(DB_SNAPSHOT_UNPROVEN), "unproven");
    assert_string_equal(db_snapshot_verdict_word(DB_SNAPSHOT_BAD), "bad");
    assert_true(db_snapshot_has_trailer(20512));
    assert_false(db_snapshot_has_trailer(20480));
    assert_false(db_snapshot_has_trailer(0));
}

struct told {
    uint64_t last;
    uint64_t total;
    bool back; /* less than before */
};

static void
progress_note(void *context, const char *what, const char *unit, uint64_t done, uint64_t total)
{
    struct told *told = context;

    assert_non_null(what);
    assert_null(unit);
    told->back = told->back || done < told->last;
    told->last = done;
    told->total = total;
}

static void
test_progress_goes_to_the_end(void **state)
{
    static const unsigned without[] = {0, DB_SNAPSHOT_DIGEST};
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
        struct told told = {0};
        const struct observer observer = {.context = &told, .progress = progress_note};
        const struct db_snapshot_options options = {.without = without[i], .observer = &observer};
        struct db_snapshot_report report;
        struct error e = ERROR_INIT;

        assert_true(db_snapshot_verify(&tmp, golden_path(&tmp, "snap/rich-3.5.30.snap"), &options,
                                       &report, &e));
        assert_int_equal(told.total, report.file_size - DB_SNAPSHOT_TRAILER_SIZE);
        assert_false(told.back);
        if (without[i] == 0)
            assert_int_equal(told.last, told.total);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens_are_good),
        cmocka_unit_test(test_bare_databases_are_unproven),
        cmocka_unit_test(test_a_missing_trailer_is_refused_unless_allowed),
        cmocka_unit_test(test_a_wrong_digest_is_refused_always),
        cmocka_unit_test(test_a_short_file_is_truncated),
        cmocka_unit_test(test_what_is_no_database_is_refused),
        cmocka_unit_test(test_one_bad_meta_page_is_told),
        cmocka_unit_test(test_garbage_behind_a_whole_snapshot_is_told),
        cmocka_unit_test(test_garbage_behind_a_bare_database_is_told),
        cmocka_unit_test(test_a_pending_compaction_is_a_note),
        cmocka_unit_test(test_what_is_no_backend_is_refused),
        cmocka_unit_test(test_a_bad_row_is_told),
        cmocka_unit_test(test_damage_under_a_right_digest_is_found),
        cmocka_unit_test(test_no_cut_passes_as_good),
        cmocka_unit_test(test_no_flipped_byte_passes_as_good),
        cmocka_unit_test(test_flips_under_a_right_digest_are_survived),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_an_error),
        cmocka_unit_test(test_a_large_file_is_hashed_beside),
        cmocka_unit_test(test_status_leaves_digest_and_hash_kv_out),
        cmocka_unit_test(test_a_file_that_changes_while_it_is_read),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_progress_goes_to_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
