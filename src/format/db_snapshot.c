/*
 * One examination after the other: the SHA-256 (on a thread of its own: it takes as long as all the
 * rest), the meta pages, the size, the structure, the rows. Each adds what it finds; a later one is
 * left out only when it could not tell anything true.
 */
#include "format/db_snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "base/read_ahead.h"
#include "base/thread.h"
#include "format/bbolt/bbolt.h"
#include "format/bbolt/bbolt_check.h"
#include "format/bbolt/bbolt_meta.h"

enum { DIGEST_THREAD_LEAST_BYTES = 4 << 20, DIGEST_PIECE_BYTES = 1 << 20 };

#define REMEDY_COPY_AGAIN "copy the file again, or use another backup"
#define REMEDY_ANOTHER    "use another backup"

bool
db_snapshot_has_trailer(uint64_t file_size)
{
    return file_size % DB_SNAPSHOT_ALIGNMENT == DB_SNAPSHOT_TRAILER_SIZE;
}

const char *
db_snapshot_verdict_word(enum db_snapshot_verdict verdict)
{
    switch (verdict) {
    case DB_SNAPSHOT_GOOD:
        return "good";
    case DB_SNAPSHOT_UNPROVEN:
        return "unproven";
    case DB_SNAPSHOT_BAD:
        return "bad";
    }
    return "unknown";
}

struct verify {
    struct arena *mem;
    struct bytes file;
    struct read_ahead *ahead; /* NULL: all is in memory */
    const struct db_snapshot_options *options;
    struct db_snapshot_report *report;
    struct bbolt db;
    bool sound; /* the structure is */
};

static bool
is_digest_wanted(const struct verify *v)
{
    return (v->options->without & DB_SNAPSHOT_DIGEST) == 0;
}

/* The digest of the content, on a thread when that is worth it. */
struct digest_job {
    struct bytes content;
    struct read_ahead *ahead;
    const struct observer *observer;
    uint8_t *digest;
    struct thread thread;
};

/* In pieces: those that are not read yet are waited for. */
static void
digest_run(void *subject)
{
    struct digest_job *job = subject;
    AUTO_SHA256 sha256 = sha256_new();
    size_t size;

    for (size_t at = 0; at < job->content.size; at += size) {
        size = job->content.size - at;
        if (size > DIGEST_PIECE_BYTES)
            size = DIGEST_PIECE_BYTES;
        if (job->ahead != NULL)
            read_ahead_await(job->ahead, at + size);
        sha256_update(sha256, job->content.data + at, size);
        observer_progress(job->observer, "verifying", NULL, at + size, job->content.size);
    }
    sha256_finish(sha256, job->digest);
}

static void
digest_begin(struct digest_job *job)
{
    if (job->content.size < DIGEST_THREAD_LEAST_BYTES ||
        !thread_start(&job->thread, digest_run, job))
        digest_run(job);
}

static void
remedy_set(struct finding *f, const char *remedy)
{
    if (f != NULL)
        f->remedy = remedy;
}

static const char *
text_behind(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) == 0 ? text + length : text;
}

/* The error's text without the file's name, which the report has. */
static const char *
text_without_name(const struct verify *v, const struct error *e)
{
    return text_behind(e->text, arena_printf(v->mem, "'%s': ", v->report->path));
}

/* Finds a meta page that says how long the file should be; 0 without one. */
static uint64_t
size_claimed(struct bytes file)
{
    struct bbolt_damage ignored;
    struct bbolt_meta meta;
    uint64_t offset = 0;

    for (unsigned id = 0; offset <= BBOLT_PAGE_SIZE_MOST; id = 1) {
        if (bbolt_meta_decode(file, offset, id, &meta, &ignored) &&
            meta.pgid <= INT64_MAX / meta.page_size)
            return meta.pgid * meta.page_size;
        offset = offset == 0 ? BBOLT_PAGE_SIZE_LEAST : offset * 2;
    }
    return 0;
}

static void
database_open(struct verify *v)
{
    struct db_snapshot_report *report = v->report;
    struct error e = ERROR_INIT;
    uint64_t claimed = size_claimed(v->file);

    if (claimed > v->file.size) {
        remedy_set(finding_add(&report->findings, FINDING_TRUNCATED, (int64_t)v->file.size, 0,
                               "the file ends after %zu of at least %" PRIu64 " bytes",
                               v->file.size, claimed),
                   REMEDY_COPY_AGAIN);
        return;
    }
    if (!bbolt_open(v->file, report->path, &v->db, &e)) {
        remedy_set(finding_add(&report->findings, FINDING_NOT_A_DATABASE, FINDING_NOWHERE, 0, "%s",
                               text_without_name(v, &e)),
                   REMEDY_ANOTHER);
        return;
    }
    v->db.ahead = v->ahead;
    report->opened = true;
    report->db_size = v->db.size_bytes;
    report->page_size = v->db.page_size;
    report->txid = v->db.txid;
    for (unsigned id = 0; id < 2; id++) {
        if (v->db.meta_bad[id])
            remedy_set(finding_add(&report->findings, FINDING_META_PAGE,
                                   (int64_t)(id * (uint64_t)v->db.page_size), v->db.page_size,
                                   "meta page %u is damaged; meta page %u is good, but may be a "
                                   "transaction older",
                                   id, 1 - id),
                       "etcd starts with the good one: use this file only when there is no other "
                       "backup");
    }
}

/* Whether a whole snapshot stands at the start of the file, with something behind it. */
static bool
snapshot_stands_in_front(const struct verify *v)
{
    uint8_t digest[SHA256_SIZE];

    if (!is_digest_wanted(v) || !v->report->opened ||
        v->file.size - v->db.size_bytes <= SHA256_SIZE)
        return false;
    sha256_of(bytes_of(v->file.data, (size_t)v->db.size_bytes), digest);
    return memcmp(digest, v->file.data + v->db.size_bytes, SHA256_SIZE) == 0;
}

static void
garbage_report(struct verify *v)
{
    uint64_t end = v->db.size_bytes + SHA256_SIZE;

    remedy_set(finding_add(&v->report->findings, FINDING_TRAILING_GARBAGE, (int64_t)end, 0,
                           "%" PRIu64 " bytes stand behind the end of the snapshot",
                           v->file.size - end),
               arena_printf(v->mem,
                            "everything before them is whole: cut them off with 'truncate -s "
                            "%" PRIu64 " %s'",
                            end, v->report->path));
}

static void
trailer_judge(struct verify *v)
{
    struct db_snapshot_report *report = v->report;

    memcpy(report->trailer, v->file.data + v->file.size - SHA256_SIZE, SHA256_SIZE);
    report->trailer_ok = memcmp(report->trailer, report->sha256, SHA256_SIZE) == 0;
    if (report->trailer_ok)
        return;
    if (snapshot_stands_in_front(v)) {
        garbage_report(v);
        return;
    }
    remedy_set(finding_add(&report->findings, FINDING_DIGEST_MISMATCH,
                           (int64_t)(v->file.size - SHA256_SIZE), 0,
                           "the SHA-256 at the end is not that of the content"),
               "the file was changed or cut after it was written: " REMEDY_COPY_AGAIN);
}

/* A copied db file: it may be longer than its pages in use, because etcd lets it grow ahead. */
static void
no_trailer_judge(struct verify *v)
{
    struct db_snapshot_report *report = v->report;
    uint64_t rest = v->file.size - v->db.size_bytes;

    if (!report->opened)
        return; /* what is wrong has been said */
    ASSERT(v->db.page_size > 0);
    if (snapshot_stands_in_front(v)) {
        garbage_report(v);
    } else if (rest > 0 && rest < SHA256_SIZE) {
        remedy_set(finding_add(&report->findings, FINDING_TRUNCATED, (int64_t)v->file.size, 0,
                               "the SHA-256 at the end is cut: %" PRIu64 " of 32 bytes", rest),
                   REMEDY_COPY_AGAIN);
    } else if (v->file.size % v->db.page_size != 0) {
        remedy_set(finding_add(&report->findings, FINDING_TRAILING_GARBAGE,
                               (int64_t)v->db.size_bytes, 0,
                               "%" PRIu64 " bytes behind the last page are neither pages nor a "
                               "SHA-256",
                               rest),
                   REMEDY_COPY_AGAIN);
    } else if (v->options->allow_no_trailer) {
        finding_note(&report->findings, FINDING_NO_TRAILER, (int64_t)v->file.size, 0,
                     "there is no SHA-256 at the end: a copied db file; what its member had not "
                     "yet written to it is missing");
    } else {
        remedy_set(finding_add(&report->findings, FINDING_NO_TRAILER, (int64_t)v->file.size, 0,
                               "there is no SHA-256 at the end, so nothing proves that the file "
                               "is whole"),
                   "take a snapshot with 'quorate snapshot save'; for a copied db file that is all "
                   "there is, add --skip-hash-check");
    }
}

static void
structure_report(struct verify *v, const struct bbolt_check_report *check)
{
    for (size_t i = 0; i < check->finding_count; i++) {
        const struct bbolt_finding *found = &check->findings[i];
        const char *place = arena_printf(v->mem, "page %" PRIu64 ", byte %" PRIu64 ": ",
                                         found->page, found->offset);

        remedy_set(finding_add(&v->report->findings, FINDING_STRUCTURE, (int64_t)found->offset,
                               v->db.page_size, "%s", text_behind(found->text, place)),
                   REMEDY_ANOTHER);
    }
    v->report->findings.bad_total += (size_t)(check->found - check->finding_count);
    v->sound = check->found == 0;
}

static void
error_report(struct verify *v, const struct error *e)
{
    remedy_set(finding_add(&v->report->findings, FINDING_BACKEND, FINDING_NOWHERE, 0, "%s",
                           text_without_name(v, e)),
               REMEDY_ANOTHER);
}

/* Without these two no etcd starts from the file as what it was. */
static void
buckets_judge(struct verify *v)
{
    static const char *const needed[] = {BACKEND_BUCKET_KEY, BACKEND_BUCKET_META};

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        struct bbolt_bucket bucket;
        struct error e = ERROR_INIT;

        if (!bbolt_bucket_find(&v->db, bytes_of_text(needed[i]), &bucket, &e))
            remedy_set(finding_add(&v->report->findings, FINDING_BACKEND, FINDING_NOWHERE, 0,
                                   "%s: not the database of an etcd member",
                                   text_without_name(v, &e)),
                       "check that this is the right file");
    }
}

/* The walk that finds out both: whether the structure is sound, and what the rows say. */
static void
rows_judge(struct verify *v, struct error *info_error)
{
    struct db_snapshot_report *report = v->report;
    struct findings rows = {.mem = v->mem};
    struct bbolt_check_report check = {.found = 0};
    struct error e = ERROR_INIT;
    /* The digest has the other processor. */
    const struct backend_summary_options options = {
        .wanted = BACKEND_ALL & ~v->options->without,
        .threads = is_digest_wanted(v) ? 1 : backend_threads(&v->db),
        .most_findings = FINDINGS_KEPT,
        .observer = is_digest_wanted(v) ? NULL : v->options->observer};

    if (report->has_info)
        report->has_summary = backend_summary_check(v->mem, &v->db, &report->info, &options, &rows,
                                                    &check, &report->summary, &e);
    else
        bbolt_check(v->mem, &v->db, FINDINGS_KEPT, &check);
    structure_report(v, &check);
    report->has_summary = report->has_summary && v->sound;
    if (!v->sound)
        return;
    buckets_judge(v);
    findings_move(&report->findings, &rows);
    if (!report->has_summary)
        error_report(v, report->has_info ? &e : info_error);
}

static void
content_judge(struct verify *v)
{
    struct db_snapshot_report *report = v->report;
    const struct backend_info *info = &report->info;
    struct error e = ERROR_INIT;

    report->has_info = backend_info_read(v->mem, &v->db, &report->info, &e);
    rows_judge(v, &e);
    if (v->sound && report->has_info &&
        info->scheduled_compact_revision > info->finished_compact_revision)
        finding_note(&report->findings, FINDING_PENDING_COMPACTION, FINDING_NOWHERE, 0,
                     "a compaction at revision %" PRId64
                     " was under way; the next server finishes it",
                     info->scheduled_compact_revision);
}

static enum db_snapshot_verdict
verdict_of(const struct db_snapshot_report *report)
{
    if (report->findings.bad_total > 0)
        return DB_SNAPSHOT_BAD;
    return report->trailer_ok ? DB_SNAPSHOT_GOOD : DB_SNAPSHOT_UNPROVEN;
}

/* The digest is taken beside the rest: it takes longer than that. */
static void
contents_judge(struct verify *v)
{
    struct db_snapshot_report *report = v->report;
    struct digest_job job = {.content = v->file,
                             .ahead = v->ahead,
                             .observer = v->options->observer,
                             .digest = report->sha256};

    if (report->has_trailer)
        job.content.size -= DB_SNAPSHOT_TRAILER_SIZE;
    if (is_digest_wanted(v))
        digest_begin(&job);
    database_open(v);
    if (report->opened)
        content_judge(v);
    thread_join(&job.thread);
}

static void
verify_run(struct verify *v)
{
    struct db_snapshot_report *report = v->report;

    contents_judge(v);
    if (!report->has_trailer)
        no_trailer_judge(v);
    else if (is_digest_wanted(v))
        trailer_judge(v);
    report->verdict = verdict_of(report);
}

static struct verify
verify_begin(struct arena *mem, const char *name, struct bytes content,
             const struct db_snapshot_options *options, struct db_snapshot_report *ret_report)
{
    *ret_report = (struct db_snapshot_report){
        .path = arena_text(mem, name),
        .findings = {.mem = mem},
        .file_size = content.size,
        .has_trailer = db_snapshot_has_trailer(content.size),
    };
    return (struct verify){.mem = mem, .file = content, .options = options, .report = ret_report};
}

void
db_snapshot_verify_bytes(struct arena *mem, const char *name, struct bytes content,
                         const struct db_snapshot_options *options,
                         struct db_snapshot_report *ret_report)
{
    struct verify v = verify_begin(mem, name, content, options, ret_report);

    verify_run(&v);
}

bool
db_snapshot_verify(struct arena *mem, const char *path, const struct db_snapshot_options *options,
                   struct db_snapshot_report *ret_report, struct error *e)
{
    AUTO_FILE_MAP map = FILE_MAP_INIT;
    AUTO_READ_AHEAD ahead = READ_AHEAD_INIT;
    struct verify v;

    if (!file_map_open(path, &map, e))
        return false;
    v = verify_begin(mem, path, file_map_bytes(&map), options, ret_report);
    read_ahead_begin(&ahead, &map);
    v.ahead = &ahead;
    verify_run(&v);
    return file_map_unchanged(&map, path, e);
}

bool
db_snapshot_require_good(const struct db_snapshot_report *report, struct error *e)
{
    const struct finding *f = findings_first_bad(&report->findings);
    char place[64] = "";
    char more[64] = "";

    if (report->verdict != DB_SNAPSHOT_BAD)
        return true;
    ASSERT(f != NULL);
    if (f->page != FINDING_NOWHERE)
        snprintf(place, sizeof(place), "page %" PRId64 ", byte %" PRId64 ": ", f->page, f->offset);
    else if (f->offset != FINDING_NOWHERE)
        snprintf(place, sizeof(place), "byte %" PRId64 ": ", f->offset);
    if (report->findings.bad_total > 1)
        snprintf(more, sizeof(more), " (and %zu more)", report->findings.bad_total - 1);
    error_set_(e, f->kind == FINDING_NO_TRAILER ? ERROR_REFUSED : ERROR_CORRUPT, 0, "'%s': %s%s%s",
               report->path, place, f->text, more);
    return error_hint(e, "%s", f->remedy);
}
