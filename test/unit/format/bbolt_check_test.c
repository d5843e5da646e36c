#include "format/bbolt/bbolt_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "bbolt_sample.h"
#include "format/bbolt/bbolt_writer.h"

/*
 * test/golden/bolt/compact-4k-noinline.db: pages 2 to 6 and 16 to 19 are the leaves of small
 * buckets, 7 to 14 the leaves of "key" (11 with two overflow pages), 15 its branch, 20 the root
 * bucket, 21 an empty freelist. Its data of 17-byte revision keys start behind each table.
 */
enum { PAGE = 4096, PATCHES_MOST = 4, FINDINGS_MOST = 4 };

#define AT(page, byte)             ((size_t)(page)*PAGE + (byte))
#define ELEMENT(page, index, byte) AT(page, 16 + 16 * (index) + (byte))

static const struct damage {
    struct {
        size_t offset;
        unsigned size;
        uint64_t value;
    } patches[PATCHES_MOST];
    const char *walk; /* what reading all rows says; NULL: reads well */
    const char *findings[FINDINGS_MOST];
} damages[] = {
    /* Page headers. */
    {{{AT(1, 0), 8, 7}},
     NULL,
     {"page 1, byte 4096: the header of a meta page says page 7, type 0x0004"}},
    {{{AT(0, 8), 2, 2}},
     NULL,
     {"page 0, byte 0: the header of a meta page says page 0, type 0x0002"}},
    {{{AT(7, 0), 8, 9}},
     "'a.db': page 7, byte 28672: the page says that it is page 9",
     {"page 7, byte 28672: the page says that it is page 9"}},
    {{{AT(7, 8), 2, 3}},
     "'a.db': page 7, byte 28672: page type 0x0003 is not one of branch, leaf, freelist",
     {"page 7, byte 28672: page type 0x0003 is not one of branch, leaf, freelist"}},
    {{{AT(7, 8), 2, 4}},
     "'a.db': page 7, byte 28672: a meta page in a tree",
     {"page 7, byte 28672: a meta page in a tree"}},
    {{{AT(7, 8), 2, 16}},
     "'a.db': page 7, byte 28672: a freelist page in a tree",
     {"page 7, byte 28672: a freelist page in a tree"}},
    {{{AT(7, 10), 2, 256}},
     "'a.db': page 7, byte 28672: 256 elements do not fit into 4096 bytes",
     {"page 7, byte 28672: 256 elements do not fit into 4096 bytes"}},
    {{{AT(15, 10), 2, 0}},
     "'a.db': page 15, byte 61440: a branch page without elements",
     {"page 15, byte 61440: a branch page without elements",
      "page 7, byte 28672: pages 7 to 14 are neither in use nor listed as free"}},
    {{{AT(7, 12), 4, 15}},
     "'a.db': page 7, byte 28672: 15 overflow pages reach behind the last page, 21",
     {"page 7, byte 28672: 15 overflow pages reach behind the last page, 21"}},
    {{{AT(7, 12), 4, UINT32_MAX}},
     "'a.db': page 7, byte 28672: 4294967295 overflow pages reach behind the last page, 21",
     {"page 7, byte 28672: 4294967295 overflow pages reach behind the last page, 21"}},
    {{{AT(7, 12), 4, 1}}, NULL, {"page 15, byte 61472: refers to page 8, which is in use already"}},
    {{{AT(10, 12), 4, 2}},
     NULL,
     {"page 15, byte 61520: refers to page 11, which is in use already",
      "page 13, byte 53248: the page is neither in use nor listed as free"}},
    {{{AT(13, 0), 8, 13}, {AT(14, 12), 4, 1}},
     NULL,
     {"page 14, byte 57344: overflow page 15 is in use already"}},
    /* Elements. */
    {{{ELEMENT(7, 0, 4), 4, 0}},
     "'a.db': page 7, byte 28688: element 0 (key at +0, 17 bytes, value of 30 bytes) is not inside "
     "its page of 4096 bytes",
     {"page 7, byte 28688: element 0 (key at +0, 17 bytes, value of 30 bytes) is not inside its "
      "page of 4096 bytes"}},
    {{{ELEMENT(7, 1, 4), 4, UINT32_MAX}},
     "'a.db': page 7, byte 28704: element 1 (key at +4294967295, 17 bytes, value of 30 bytes) is "
     "not inside its page of 4096 bytes",
     {"page 7, byte 28704: element 1 (key at +4294967295, 17 bytes, value of 30 bytes) is not "
      "inside its page of 4096 bytes"}},
    {{{ELEMENT(7, 1, 8), 4, 0}},
     "'a.db': page 7, byte 28704: element 1 has an empty key",
     {"page 7, byte 28704: element 1 has an empty key"}},
    {{{ELEMENT(7, 1, 8), 4, 32769}},
     "'a.db': page 7, byte 28704: element 1 has a key of 32769 bytes, at most 32768 are legal",
     {"page 7, byte 28704: element 1 has a key of 32769 bytes, at most 32768 are legal"}},
    {{{ELEMENT(7, 1, 12), 4, UINT32_MAX}},
     "'a.db': page 7, byte 28704: element 1 has a value of 4294967295 bytes, at most 2147483646 "
     "are legal",
     {"page 7, byte 28704: element 1 has a value of 4294967295 bytes, at most 2147483646 are "
      "legal"}},
    {{{ELEMENT(7, 1, 12), 4, 4096}},
     "'a.db': page 7, byte 28704: element 1 (key at +1039, 17 bytes, value of 4096 bytes) is not "
     "inside its page of 4096 bytes",
     {"page 7, byte 28704: element 1 (key at +1039, 17 bytes, value of 4096 bytes) is not inside "
      "its page of 4096 bytes"}},
    {{{ELEMENT(7, 1, 0), 4, 2}},
     "'a.db': page 7, byte 28704: element 1 has flags 0x00000002, 0 and 1 are known",
     {"page 7, byte 28704: element 1 has flags 0x00000002, 0 and 1 are known"}},
    {{{ELEMENT(7, 1, 12), 4, 31}},
     "'a.db': page 7, byte 28720: element 2 lies over the one before it",
     {"page 7, byte 28720: element 2 lies over the one before it"}},
    /* The order of keys: in a page, and against the branch above. */
    {{{AT(7, 16 + 16 + 1039 + 7), 1, 3}},
     "'a.db': page 7, byte 28704: key 00000000000000035f0000000000000000 is not greater than the "
     "one before it",
     {"page 7, byte 28704: key 00000000000000035f0000000000000000 is not greater than "
      "00000000000000035f0000000000000000 before it"}},
    {{{AT(7, 16 + 1008 + 7), 1, 2}},
     NULL,
     {"page 7, byte 28688: key 00000000000000025f0000000000000000 is less than "
      "00000000000000035f0000000000000000 in the branch above"}},
    {{{AT(15, 16 + 16 + 97 + 7), 1, 0x45}},
     NULL,
     {"page 7, byte 29616: key 00000000000000455f0000000000000000 is not less than "
      "00000000000000455f0000000000000000, the next in the branch above"}},
    {{{AT(15, 16 + 16 + 97 + 7), 1, 2}},
     NULL,
     {"page 15, byte 61472: key 00000000000000025f0000000000000000 is not greater than "
      "00000000000000035f0000000000000000 before it",
      "page 7, byte 28688: key 00000000000000035f0000000000000000 is not less than "
      "00000000000000025f0000000000000000, the next in the branch above"}},
    {{{AT(11, 16 + 16 + 7), 1, 0xee}},
     "'a.db': page 14, byte 57360: key 00000000000000ed5f000000000000000074 is not greater than "
     "the "
     "one before it",
     {"page 11, byte 45072: key 00000000000000ee5f0000000000000000 is not less than "
      "00000000000000ed5f000000000000000074, the next in the branch above"}},
    /* References. */
    {{{ELEMENT(15, 0, 8), 8, 22}},
     "'a.db': page 15, byte 61456: refers to page 22, but pages 2 to 21 are possible",
     {"page 15, byte 61456: refers to page 22, but pages 2 to 21 are possible",
      "page 7, byte 28672: the page is neither in use nor listed as free"}},
    {{{ELEMENT(15, 0, 8), 8, 1}},
     "'a.db': page 15, byte 61456: refers to page 1, but pages 2 to 21 are possible",
     {"page 15, byte 61456: refers to page 1, but pages 2 to 21 are possible",
      "page 7, byte 28672: the page is neither in use nor listed as free"}},
    {{{ELEMENT(15, 0, 8), 8, UINT64_MAX}},
     "'a.db': page 15, byte 61456: refers to page 18446744073709551615, but pages 2 to 21 are "
     "possible",
     {"page 15, byte 61456: refers to page 18446744073709551615, but pages 2 to 21 are possible",
      "page 7, byte 28672: the page is neither in use nor listed as free"}},
    {{{ELEMENT(15, 0, 8), 8, 12}},
     "'a.db': page 12, byte 49152: page type 0x4242 is not one of branch, leaf, freelist",
     {"page 12, byte 49152: page type 0x4242 is not one of branch, leaf, freelist",
      "page 11, byte 45056: overflow page 12 is in use already",
      "page 7, byte 28672: the page is neither in use nor listed as free",
      "page 13, byte 53248: the page is neither in use nor listed as free"}},
    {{{ELEMENT(15, 0, 8), 8, 15}},
     "'a.db': page 15, byte 61456: page 15 again: the tree has more pages than the file",
     {"page 15, byte 61456: refers to page 15, which is in use already",
      "page 7, byte 28672: the page is neither in use nor listed as free"}},
    {{{ELEMENT(15, 1, 8), 8, 7}},
     "'a.db': page 7, byte 28688: key 00000000000000035f0000000000000000 is not greater than the "
     "one before it",
     {"page 15, byte 61472: refers to page 7, which is in use already",
      "page 8, byte 32768: the page is neither in use nor listed as free"}},
    {{{ELEMENT(15, 1, 8), 8, 21}},
     "'a.db': page 21, byte 86016: a freelist page in a tree",
     {"page 21, byte 86016: a freelist page in a tree",
      "page 8, byte 32768: the page is neither in use nor listed as free"}},
    /* Buckets: element 5 of the root is "key", its value at 16 + 80 + 194 + 3. */
    {{{ELEMENT(20, 5, 0), 4, 0}},
     "'a.db': page 20, byte 82016: row 'key' stands among the buckets",
     {"page 20, byte 82016: row 'key' stands among the buckets",
      "page 7, byte 28672: pages 7 to 15 are neither in use nor listed as free"}},
    {{{AT(20, 16 + 80 + 194 + 3), 8, 0}},
     "'a.db': page 20, byte 82016: bucket 'key', root page 0, has 16 bytes",
     {"page 20, byte 82016: bucket 'key', root page 0, has 16 bytes",
      "page 7, byte 28672: pages 7 to 15 are neither in use nor listed as free"}},
    {{{ELEMENT(20, 5, 12), 4, 15}},
     "'a.db': page 20, byte 82016: bucket 'key', root page 0, has 15 bytes",
     {"page 20, byte 82016: bucket 'key', root page 0, has 15 bytes",
      "page 7, byte 28672: pages 7 to 15 are neither in use nor listed as free"}},
    {{{AT(20, 16 + 80 + 194 + 3), 8, 99}},
     "'a.db': page 20, byte 82213: refers to page 99, but pages 2 to 21 are possible",
     {"page 20, byte 82213: refers to page 99, but pages 2 to 21 are possible",
      "page 7, byte 28672: pages 7 to 15 are neither in use nor listed as free"}},
    {{{ELEMENT(19, 4, 0), 4, 1}},
     "'a.db': page 19, byte 77904: bucket 'term' stands inside a bucket, which etcd never does",
     {"page 19, byte 77904: bucket 'term' stands inside a bucket, which etcd never does"}},
    /* The freelist. */
    {{{AT(21, 8), 2, 2}}, NULL, {"page 0, byte 48: page 21 is no freelist page", NULL}},
    {{{AT(21, 0), 8, 5}}, NULL, {"page 21, byte 86016: the page says that it is page 5"}},
    {{{AT(21, 10), 2, 3}, {AT(21, 16), 8, 7}, {AT(21, 24), 8, 7}, {AT(21, 32), 8, 22}},
     NULL,
     {"page 21, byte 86032: page 7 is listed as free, but in use",
      "page 21, byte 86040: page 7 is listed as free twice",
      "page 21, byte 86048: free page 22, but pages 2 to 21 are possible"}},
    {{{AT(21, 10), 2, 511}},
     NULL,
     {"page 21, byte 86016: 511 free pages do not fit into 4096 bytes"}},
    {{{AT(21, 10), 2, 0xffff}, {AT(21, 16), 8, UINT64_MAX}},
     NULL,
     {"page 21, byte 86016: 18446744073709551615 free pages do not fit into 4096 bytes"}},
    {{{AT(21, 10), 2, 0xffff}, {AT(21, 16), 8, 1}, {AT(21, 24), 8, 7}},
     NULL,
     {"page 21, byte 86040: page 7 is listed as free, but in use"}},
    {{{AT(21, 10), 2, 1}, {AT(21, 16), 8, 7}, {ELEMENT(15, 0, 8), 8, 8}},
     "'a.db': page 8, byte 32784: key 000000000000004a5f0000000000000000 is not greater than the "
     "one before it",
     {"page 8, byte 32784: key 000000000000004a5f0000000000000000 is not less than "
      "000000000000004a5f0000000000000000, the next in the branch above",
      "page 15, byte 61472: refers to page 8, which is in use already"}},
};

static void
walk_expect(const struct bbolt *db, const char *expected, size_t number)
{
    struct error e = ERROR_INIT;
    uint64_t rows;
    uint32_t hash;

    if (sample_walk(db, &rows, &hash, &e)) {
        if (expected != NULL)
            fail_msg("damage %zu: reads well", number);
    } else if (expected == NULL || strcmp(e.text, expected) != 0) {
        fail_msg("damage %zu: %s", number, e.text);
    } else {
        assert_int_equal(e.code, ERROR_CORRUPT);
    }
}

static void
findings_expect(const struct bbolt *db, const char *const *expected, size_t number)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;
    size_t out_of_order = 0;
    size_t count = 0;

    for (; count < FINDINGS_MOST && expected[count] != NULL; count++)
        out_of_order += strstr(expected[count], " is not greater than ") != NULL ||
                        strstr(expected[count], " is less than ") != NULL ||
                        strstr(expected[count], " is not less than ") != NULL;
    bbolt_check(&tmp, db, 100, &report);
    for (size_t i = 0; i < report.finding_count; i++) {
        if (i >= count || strcmp(report.findings[i].text, expected[i]) != 0)
            fail_msg("damage %zu, finding %zu: %s", number, i, report.findings[i].text);
    }
    assert_int_equal(report.finding_count, count);
    assert_int_equal(report.found, count);
    assert_int_equal(report.out_of_order, out_of_order);
    /* Several threads find something as well, if not always the same. */
    bbolt_check_visit(&tmp, db, &(struct bbolt_check_options){.threads = 3}, &report);
    assert_int_equal(report.found > 0, count > 0);
}

enum { PARTS = 3 };

/* The CRC of each part of each bucket, put together. */
struct seen {
    uint32_t crc;
    uint64_t rows;
    unsigned part_count;
    struct seen_part {
        uint32_t crc;
        uint64_t bytes;
        uint64_t rows;
    } parts[PARTS];
};

static void
seen_parts_add(struct seen *seen)
{
    for (unsigned i = 0; i < seen->part_count; i++) {
        seen->crc = crc32c_combine(seen->crc, seen->parts[i].crc, seen->parts[i].bytes);
        seen->rows += seen->parts[i].rows;
        seen->parts[i] = (struct seen_part){0};
    }
}

static void
see_bucket(void *context, const struct bbolt_bucket *bucket, unsigned part_count)
{
    struct seen *seen = context;

    seen_parts_add(seen);
    seen->part_count = part_count;
    seen->crc = crc32c(seen->crc, bucket->name.data, bucket->name.size);
}

static void
see_row(void *context, unsigned part, const struct bbolt_row *row)
{
    struct seen_part *p = &((struct seen *)context)->parts[part];

    p->crc = crc32c(crc32c(p->crc, row->key.data, row->key.size), row->value.data, row->value.size);
    p->bytes += row->key.size + row->value.size;
    p->rows++;
}

static struct seen
rows_see(const struct bbolt *db, unsigned threads, struct bbolt_check_report *ret_report)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct seen seen = {0};
    const struct bbolt_visitor visitor = {&seen, see_bucket, see_row};
    const struct bbolt_check_options options = {
        .most_findings = 10, .visitor = &visitor, .threads = threads};

    bbolt_check_visit(&tmp, db, &options, ret_report);
    seen_parts_add(&seen);
    return seen;
}

/* However many threads: the same rows in the same order, and the same report. */
static void
rows_expect(const struct bbolt *db)
{
    struct bbolt_check_report report;
    struct seen one = rows_see(db, 1, &report);

    assert_int_equal(report.found, 0);
    assert_int_equal(one.rows, report.row_count);
    for (unsigned threads = 2; threads <= PARTS; threads++) {
        struct bbolt_check_report same;
        struct seen seen = rows_see(db, threads, &same);

        assert_int_equal(same.found, 0);
        assert_int_equal(same.row_count, report.row_count);
        assert_int_equal(same.reachable, report.reachable);
        assert_int_equal(same.bucket_count, report.bucket_count);
        assert_int_equal(seen.rows, one.rows);
        assert_int_equal(seen.crc, one.crc);
    }
}

enum { HIGH_ROWS = 60000 };

/* Two buckets, small rows, 512-byte pages: four levels. */
static struct bytes
high_tree_build(struct arena *mem)
{
    struct error e = ERROR_INIT;
    AUTO_BBOLT_WRITER w;
    AUTO_FD fd = memfd_create("high", MFD_CLOEXEC);
    uint64_t size = 0;
    uint8_t *data;
    bool ok = true;

    bbolt_writer_init(&w, fd, "high", &(struct bbolt_writer_options){.page_size = 512});
    for (int i = 0; i < HIGH_ROWS && ok; i++) {
        char key[16];

        if (i % (HIGH_ROWS / 2) == 0)
            ok = (i == 0 || bbolt_writer_bucket_end(&w, &e)) &&
                 bbolt_writer_bucket_begin(&w, bytes_of(i == 0 ? "a" : "b", 1), &e);
        snprintf(key, sizeof(key), "key%08d", i);
        ok = ok && bbolt_writer_put(&w, bytes_of_text(key), bytes_of(key, (size_t)i % 12), &e);
    }
    assert_true(ok && bbolt_writer_bucket_end(&w, &e) && bbolt_writer_finish(&w, &size, &e));
    data = arena_alloc(mem, size);
    assert_true(fd_pread_all(fd, "high", data, size, 0, &e));
    return bytes_of(data, size);
}

static void
test_a_high_tree_is_split(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;
    uint8_t *page;
    struct bbolt db;

    (void)state;
    db = sample_open(high_tree_build(&tmp), "made");
    rows_expect(&db);
    assert_int_equal(rows_see(&db, 2, &report).rows, HIGH_ROWS);
    /* A page somewhere in the middle that says another number. */
    page = without_const(db.file.data + db.pgid / 2 * db.page_size);
    page[0] ^= 1;
    (void)rows_see(&db, 2, &report);
    assert_true(report.found > 0);
    assert_int_equal(report.finding_count, 0);
}

static void
test_each_damage_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        uint8_t *data;
        struct bytes file = sample_golden(&tmp, "bolt/compact-4k-noinline.db", &data);
        struct bbolt db;

        for (size_t k = 0; k < PATCHES_MOST && damages[i].patches[k].size > 0; k++)
            sample_store(data, damages[i].patches[k].offset, damages[i].patches[k].size,
                         damages[i].patches[k].value);
        db = sample_open(file, "a.db");
        walk_expect(&db, damages[i].walk, i);
        findings_expect(&db, damages[i].findings, i);
    }
}

/* test/golden/bolt/compact-4k-freelistpage.db: inline buckets in page 11; "alarm" is the first. */
static void
test_damage_of_an_inline_bucket_is_told(void **state)
{
    static const struct {
        size_t offset; /* in the inline page */
        unsigned size;
        uint64_t value;
        const char *text;
    } cases[] = {
        {0, 8, 11,
         "page 11, byte 45253: an inline bucket with page 11, type 0x0002, 0 overflow pages, not "
         "0, 0x0002, 0"},
        {8, 2, 1,
         "page 11, byte 45253: an inline bucket with page 0, type 0x0001, 0 overflow pages, not 0, "
         "0x0002, 0"},
        {8, 2, 0, "page 11, byte 45253: page type 0x0000 is not one of branch, leaf, freelist"},
        {12, 4, 1,
         "page 11, byte 45253: an inline bucket with page 0, type 0x0002, 1 overflow pages, not 0, "
         "0x0002, 0"},
        {10, 2, 2, "page 11, byte 45253: 2 elements do not fit into 45 bytes"},
        {24, 4, 14,
         "page 11, byte 45269: element 0 (key at +16, 14 bytes, value of 0 bytes) is not inside "
         "its page of 45 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        uint8_t *data;
        struct bytes file = sample_golden(&tmp, "bolt/compact-4k-freelistpage.db", &data);
        const char *findings[FINDINGS_MOST] = {cases[i].text};
        struct bbolt db;

        sample_store(data, 45253 + cases[i].offset, cases[i].size, cases[i].value);
        db = sample_open(file, "a.db");
        walk_expect(&db, arena_printf(&tmp, "'a.db': %s", cases[i].text), i);
        findings_expect(&db, findings, i);
    }
}

static void
test_a_tree_that_is_too_high_is_told(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;
    struct bbolt db = sample_open(sample_chain(&tmp), "a.db");

    (void)state;
    bbolt_check(&tmp, &db, 100, &report);
    assert_string_equal(report.findings[0].text,
                        "page 54, byte 221184: the tree has more than 32 levels");
}

static void
test_golden_files_are_sound(void **state)
{
    static const struct {
        const char *name;
        uint64_t reachable;
        uint64_t rows;
    } cases[] = {
        {"snap/basic-3.4.23.snap", 3, 11},
        {"snap/basic-3.5.16.snap", 3, 13},
        {"snap/basic-3.5.30.snap", 3, 13},
        {"snap/bad-sha256.snap", 3, 13},
        {"snap/no-trailer.db", 3, 13},
        {"snap/rich-3.4.23.snap", 12, 239},
        {"snap/rich-3.5.16.snap", 12, 242},
        {"snap/rich-3.5.30.snap", 12, 242},
        {"snap/synthetic-3.6-storageversion.snap", 12, 243},
        {"bolt/compact-4k-freelistpage.db", 13, 242},
        {"bolt/compact-4k-nofreelistpage.db", 12, 242},
        {"bolt/compact-4k-noinline.db", 22, 242},
        {"bolt/compact-8k.db", 9, 242},
        {"bolt/compact-16k.db", 7, 242},
        {"bolt/meta0-bad.db", 3, 13},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct bbolt_check_report report;
        uint8_t *data;
        struct bbolt db = sample_open(sample_golden(&tmp, cases[i].name, &data), "a.db");

        rows_expect(&db);
        bbolt_check(&tmp, &db, 10, &report);
        if (report.found > 0)
            fail_msg("%s: %s", cases[i].name, report.findings[0].text);
        if (report.reachable != cases[i].reachable || report.row_count != cases[i].rows)
            fail_msg("%s: %llu pages, %llu rows", cases[i].name,
                     (unsigned long long)report.reachable, (unsigned long long)report.row_count);
        assert_int_equal(report.free, db.pgid - report.reachable);
        assert_int_equal(report.bucket_count, 10);
    }
}

static void
test_findings_beyond_the_limit_are_counted(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report report;
    uint8_t *data;
    struct bytes file = sample_golden(&tmp, "bolt/compact-4k-noinline.db", &data);
    struct bbolt db;

    (void)state;
    for (size_t i = 0; i < 20; i++)
        sample_store(data, ELEMENT(7, i, 0), 4, 7);
    db = sample_open(file, "a.db");
    bbolt_check(&tmp, &db, 3, &report);
    assert_int_equal(report.finding_count, 3);
    assert_int_equal(report.found, 20);
    assert_int_equal(report.findings[2].page, 7);
    assert_int_equal(report.findings[2].offset, ELEMENT(7, 2, 0));
    bbolt_check(&tmp, &db, 0, &report);
    assert_int_equal(report.finding_count, 0);
    assert_int_equal(report.found, 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_damage_is_told_with_its_place),
        cmocka_unit_test(test_damage_of_an_inline_bucket_is_told),
        cmocka_unit_test(test_a_tree_that_is_too_high_is_told),
        cmocka_unit_test(test_golden_files_are_sound),
        cmocka_unit_test(test_findings_beyond_the_limit_are_counted),
        cmocka_unit_test(test_a_high_tree_is_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
