/* salvage: what can still be read of a database that etcd refuses. */

#include <inttypes.h>

#include "base/time.h"
#include "cli/app.h"
#include "cli/db_wait.h"
#include "cli/observe.h"
#include "cli/report.h"
#include "cluster/data_dir_rules.h"
#include "format/backend/backend.h"
#include "ops/data_dir_read.h"
#include "ops/salvage.h"
#include "ops/wal_repair.h"

static const struct option_def salvage_options[] = {
    {"data-dir", OPTION_DIR, .arg = "DIR",
     .help = "The data directory of a member that does not start"},
    {"file", OPTION_FILE, .arg = "FILE",
     .help = "Instead: a database file or a damaged db snapshot"},
    {"output", OPTION_FILE, .arg = "FILE", .help = "The snapshot to write; must not exist"},
    {"wal-dir", OPTION_DIR, .arg = "DIR", .help = "The log [default: --data-dir/member/wal]"},
    {"repair-wal", OPTION_BOOL,
     .help = "Instead: cut the torn end off the log of --data-dir, after a copy of the segment"},
    {"dry-run", OPTION_BOOL, .help = "With --repair-wal: show what would be cut"},
    DB_WAIT_OPTION,
    OPTIONS_END,
};

static const char *
digest_word(enum salvage_digest digest)
{
    switch (digest) {
    case SALVAGE_DIGEST_RIGHT:
        return "right";
    case SALVAGE_DIGEST_WRONG:
        return "wrong";
    case SALVAGE_DIGEST_NONE:
        break;
    }
    return "none";
}

static void
source_report(struct report *r, const struct salvage_result *result)
{
    const struct backend_rescue *rescue = result->rescue;
    const struct bbolt_rescue *pages = &rescue->pages;

    report_field_text(r, "SOURCE", "source", result->source);
    report_field_size(r, "SOURCE SIZE", "sourceSizeBytes", result->copied.size_bytes);
    report_field_text(r, "CHECKSUM", "checksum", digest_word(result->digest));
    report_field_u64(r, "UNREADABLE BYTES", "unreadableBytes", result->copied.unreadable_bytes);
    report_field_text(r, "META PAGES", "metaPages",
                      pages->meta_bad[0] && pages->meta_bad[1] ? "both bad"
                      : pages->meta_bad[0]                     ? "0 bad"
                      : pages->meta_bad[1]                     ? "1 bad"
                                                               : "good");
    report_field_u64(r, "MISSING PAGES", "missingPages", pages->missing_pages);
    report_field_u64(r, "UNREADABLE PIECES", "unreadablePieces", rescue->losses);
    report_field_u64(r, "LOOSE PAGES", "loosePages", rescue->loose_pages);
    report_field_u64(r, "CONFLICTS", "conflicts", rescue->conflicts);
}

static void
log_report(struct report *r, const struct salvage_log *log)
{
    if (log->applied)
        report_field_u64(r, "ENTRIES OF THE LOG", "logEntries", log->entries);
    else
        report_field_text(r, "LOG NOT ADDED", "logNotAdded", log->why_not);
    report_field_u64(r, "UNDECIDED ENTRIES", "undecidedEntries", log->undecided);
    if (log->damage.kind != WAL_INTACT)
        report_field_text(r, "LOG'S DAMAGE", "logDamage",
                          arena_printf(r->mem, "'%s': byte %" PRIu64 ": %s", log->damage.path,
                                       log->damage.offset, wal_damage_words(log->damage.kind)));
}

static void
revisions_report(struct report *r, const struct rescue_revisions *revisions)
{
    report_field_i64(r, "COMPACT REVISION", "compactRevision", revisions->compact_revision);
    report_field_i64(r, "LAST REVISION", "lastRevision", revisions->last);
    report_field_i64(r, "REVISIONS EXPECTED", "revisionsExpected", revisions->expected);
    report_field_i64(r, "REVISIONS RESCUED", "revisionsRescued", revisions->found);
    report_field_u64(r, "ROWS OF KEYS", "keyRows", revisions->rows);
    report_field_u64(r, "SUPERSEDED ROWS DROPPED", "supersededRows", revisions->superseded_rows);
    report_field_bool(r, "END MAY BE MISSING", "endMayBeMissing", revisions->last_may_be_missing);
}

static void
output_report(struct report *r, const struct app *app, const struct salvage_result *result)
{
    const struct backend_summary *summary = &result->snapshot.summary;

    report_field_text(r, "OUTPUT", "output", option_text(&app->options, "output"));
    report_field_size(r, "OUTPUT SIZE", "outputSizeBytes", result->snapshot.file_size);
    report_field_u64(r, "KEYS", "keys", summary->live_key_count);
    report_field_u64(r, "HASHKV", "hashKV", summary->hash_kv.hash);
    report_field_bool(r, "COMPLETE", "complete", result->complete);
    report_mark(r, result->complete ? MARK_GOOD : MARK_BAD);
}

static void
lost_report(struct report *r, const struct rescue_revisions *revisions)
{
    struct report *lost = report_section(r, "lostRevisions");

    report_title(lost, "lost revisions");
    report_column(lost, COLUMN_I64, "FIRST", "first");
    report_column(lost, COLUMN_I64, "LAST", "last");
    for (size_t i = 0; i < revisions->lost_count; i++) {
        report_row(lost);
        report_i64(lost, revisions->lost[i].first);
        report_i64(lost, revisions->lost[i].last);
    }
    if (revisions->lost_range_total > revisions->lost_count)
        report_note(lost, "and %" PRIu64 " ranges more",
                    revisions->lost_range_total - revisions->lost_count);
}

static void
buckets_report(struct report *r, const struct backend_rescue *rescue)
{
    struct report *buckets = report_section(r, "buckets");

    report_title(buckets, "buckets");
    report_column(buckets, COLUMN_TEXT, "BUCKET", "bucket");
    report_column(buckets, COLUMN_U64, "ROWS", "rows");
    report_column(buckets, COLUMN_U64, "FROM LOOSE PAGES", "rowsFromLoosePages");
    report_column(buckets, COLUMN_U64, "UNREADABLE PIECES", "unreadablePieces");
    for (size_t i = 0; i < rescue->bucket_count; i++) {
        const struct rescue_bucket *bucket = &rescue->buckets[i];

        report_row(buckets);
        report_text(buckets, arena_text_of_bytes(r->mem, bucket->name));
        report_u64(buckets, bucket->row_count);
        report_u64(buckets, bucket->loose_rows);
        report_u64(buckets, bucket->lost_pieces);
    }
}

static void
findings_report(struct report *r, const struct findings *findings)
{
    struct report *list = report_section(r, "findings");

    report_title(list, "damage");
    report_column(list, COLUMN_I64, "PAGE", "page");
    report_column(list, COLUMN_I64, "BYTE", "offset");
    report_column(list, COLUMN_TEXT, "WHAT", "text");
    for (size_t i = 0; i < findings->count; i++) {
        report_row(list);
        report_i64(list, findings->items[i].page);
        report_i64(list, findings->items[i].offset);
        report_text(list, findings->items[i].text);
    }
    if (findings->bad_total > findings->count)
        report_note(list, "and %zu more", findings->bad_total - findings->count);
}

/* What keeps etcd from starting, as 'datadir check' says it. */
static void
directory_report(struct report *r, const struct app *app)
{
    const struct options *o = &app->options;
    const struct data_dir_read_request request = {
        .path = option_text(o, "data-dir"),
        .wal_dir = option_text(o, "wal-dir"),
    };
    const struct dir_request asked = {.version = NULL};
    struct dir_judgement judgement;
    struct data_dir_picture picture;
    struct error ignored = ERROR_INIT;
    struct report *list;

    if (!data_dir_read(r->mem, &request, &picture, &ignored))
        return;
    data_dir_judge(r->mem, &picture, &asked, &judgement);
    list = report_section(r, "directory");
    report_title(list, "the directory: %s", judgement.summary);
    report_column(list, COLUMN_TEXT, "SEVERITY", "severity");
    report_column(list, COLUMN_TEXT, "RULE", "rule");
    report_column(list, COLUMN_TEXT, "FINDING", "text");
    for (size_t i = 0; i < judgement.finding_count; i++) {
        report_row(list);
        report_text(list, severity_word(judgement.findings[i].severity));
        report_text(list, judgement.findings[i].rule);
        report_text(list, judgement.findings[i].text);
    }
}

static bool
request_of(const struct app *app, struct salvage_request *ret_request, struct error *e)
{
    const struct options *o = &app->options;
    bool has_dir = option_text(o, "data-dir")[0] != '\0';
    bool has_file = option_text(o, "file")[0] != '\0';

    if (option_bool(o, "dry-run"))
        return error_set(e, ERROR_USAGE,
                         "--dry-run goes with --repair-wal: the source is never changed");
    if (has_dir == has_file)
        return error_set(e, ERROR_USAGE, "one of --data-dir and --file is needed");
    if (option_text(o, "output")[0] == '\0')
        return error_set(e, ERROR_USAGE, "--output is needed: the snapshot to write");
    *ret_request = (struct salvage_request){
        .data_dir = option_text(o, "data-dir"),
        .wal_dir = option_text(o, "wal-dir"),
        .db_path = option_text(o, "file"),
        .output = option_text(o, "output"),
        .wait_ms = db_wait_ms(app),
    };
    return true;
}

static void
repair_fill(struct report *r, const struct wal_repair_result *result, bool dry_run)
{
    report_field_bool(r, "TORN", "torn", result->was_torn);
    report_field_text(r, "SEGMENT", "segment", result->segment);
    if (!result->was_torn) {
        report_note(r, "the log is whole: there is nothing to repair");
        return;
    }
    report_field_u64(r, "CUT AT BYTE", "cutAt", result->cut_at);
    report_field_size(r, "DROPPED", "droppedBytes", result->cut_bytes);
    report_field_u64(r, "LAST RAFT INDEX", "lastIndex", result->last_index);
    report_field_u64(r, "COMMITTED", "commit", result->commit);
    report_field_text(r, "COPY", "copy", result->kept_as);
    report_field_bool(r, "DONE", "done", !dry_run);
    if (dry_run)
        report_note(r,
                    "nothing was changed: run it without --dry-run to copy the segment and cut it");
}

static bool
repair_report(struct app *app, struct report *r, struct error *e)
{
    const struct options *o = &app->options;
    const struct wal_repair_request request = {
        .data_dir = option_text(o, "data-dir"),
        .wal_dir = option_text(o, "wal-dir"),
        .dry_run = option_bool(o, "dry-run"),
    };
    struct wal_repair_result result;

    if (request.data_dir[0] == '\0' || option_given(o, "file") || option_given(o, "output"))
        return error_set(e, ERROR_USAGE,
                         "--repair-wal goes with --data-dir, and writes no --output");
    if (!wal_repair(app->mem, &request, &result, e))
        return error_wrap(e, "not repaired");
    report_record_init(r, app->mem, "walRepair");
    repair_fill(r, &result, request.dry_run);
    return true;
}

static bool
salvage_report(struct app *app, struct report *r, struct error *e)
{
    struct salvage_request request;
    struct salvage_result result;
    struct operation_face face;
    bool done;

    if (option_bool(&app->options, "repair-wal"))
        return repair_report(app, r, e);
    if (!request_of(app, &request, e))
        return false;
    operation_face_begin(&face, app);
    done = salvage(app->mem, &request, &face.observer, &result, e);
    operation_face_end(&face);
    if (!done)
        return error_wrap(e, "not salvaged");
    report_record_init(r, app->mem, "salvage");
    source_report(r, &result);
    if (result.has_log)
        log_report(r, &result.log);
    revisions_report(r, &result.rescue->revisions);
    output_report(r, app, &result);
    if (result.has_log)
        directory_report(r, app);
    if (result.rescue->revisions.lost_range_total > 0)
        lost_report(r, &result.rescue->revisions);
    if (result.rescue->losses > 0)
        buckets_report(r, result.rescue);
    if (result.rescue->findings.count > 0)
        findings_report(r, &result.rescue->findings);
    if (!result.complete)
        app->exit_code = error_code_exit(ERROR_LOSSES);
    return true;
}

const struct command command_salvage = {
    .name = "salvage",
    .summary = "Rescue what can be read of a database that etcd refuses, as a snapshot",
    .family = FAMILY_BACKUP,
    .options = salvage_options,
    .effect = EFFECT_WRITES_FILES,
    .report = salvage_report,
    .example = "quorate salvage --data-dir /var/lib/etcd --output rescued.db",
    .description =
        "Never writes to the source: it is copied first, beside the output, where room for twice "
        "its size is needed. Reads around broken pages, looks for the root when both meta pages "
        "are "
        "bad, and takes rows from pages to which nothing leads any more, for the ranges that the "
        "tree lost. With --data-dir the committed entries of the log that the database has not "
        "got yet are added, up to the log's own damage. The output is a snapshot as etcd saves it, "
        "verified, for 'snapshot "
        "restore'.\n\n"
        "--repair-wal does what etcd does by itself since 3.5.7 when it starts on a log whose last "
        "record was cut by a crash. A wrong checksum in the middle is refused: what stands behind "
        "it "
        "may be committed.\n\n"
        "Ends with 0 when it is certain that nothing is missing, with 24 when something is lost or "
        "may be: the report says which revisions.",
};
