#include "cli/verification.h"

static void
digest_field(struct report *r, const uint8_t sha256[SHA256_SIZE])
{
    char digest[2 * SHA256_SIZE + 1];

    hex_encode(sha256, SHA256_SIZE, digest);
    report_field_text(r, "SHA-256", "sha256", digest);
}

static void
summary_fields(struct report *r, const struct backend_summary *s)
{
    report_field_i64(r, "Revision", "revision", s->current_revision);
    report_field_i64(r, "Compacted at", "compactRevision", s->hash_kv.compact_revision);
    report_field_u64(r, "Keys", "keys", s->live_key_count);
    report_field_u64(r, "Versions", "keyRows", s->key_row_count);
    report_field_u64(r, "Rows", "rows", s->row_count);
    report_field_u64(r, "HashKV", "hashKv", s->hash_kv.hash);
    report_field_u64(r, "Status hash", "statusHash", s->status_hash);
}

void
verification_good(struct report *r, const struct db_snapshot_report *checked)
{
    ASSERT(checked->has_info && checked->has_summary);
    report_field_text(r, "Verdict", "verdict", db_snapshot_verdict_word(checked->verdict));
    report_mark(r, checked->verdict == DB_SNAPSHOT_GOOD ? MARK_GOOD : MARK_WARN);
    report_field_size(r, "Size", "sizeBytes", checked->file_size);
    report_field_text(r, "Written by", "dataVersion", checked->info.data_version);
    summary_fields(r, &checked->summary);
    digest_field(r, checked->sha256);
}

static void
place_show(struct report *r, int64_t place)
{
    if (place == FINDING_NOWHERE)
        report_unknown(r, NULL);
    else
        report_i64(r, place);
}

void
verification_findings(struct report *report, const struct db_snapshot_report *checked)
{
    struct report *r;

    if (checked->findings.count == 0)
        return;
    r = report_section(report, "findings");
    report_column(r, COLUMN_I64, "BYTE", "offset");
    report_column(r, COLUMN_I64, "PAGE", "page");
    report_column(r, COLUMN_TEXT, "KIND", "kind");
    report_column(r, COLUMN_TEXT, "FINDING", "text");
    report_column(r, COLUMN_TEXT, "REMEDY", "remedy");
    for (size_t i = 0; i < checked->findings.count; i++) {
        const struct finding *f = &checked->findings.items[i];

        report_row(r);
        place_show(r, f->offset);
        place_show(r, f->page);
        report_text(r, finding_kind_word(f->kind));
        report_text(r, f->text);
        report_mark(r, f->is_note ? MARK_WARN : MARK_BAD);
        report_text(r, f->remedy != NULL ? f->remedy : "");
    }
}

int
verification_bad(struct report *r, const struct db_snapshot_report *checked, struct error *e)
{
    int exit_code = error_code_exit(e->code);

    report_field_text(r, "Verdict", "verdict", "bad");
    report_mark(r, MARK_BAD);
    report_field_text(r, "Problem", "problem", e->text);
    report_field_text(r, "Remedy", "remedy", error_hint_text(e));
    verification_findings(r, checked);
    error_clear(e);
    return exit_code;
}
