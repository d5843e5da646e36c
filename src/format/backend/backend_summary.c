/*
 * The hash of 'snapshot status' takes the rows of all buckets, HashKV those of "key" alone. As long
 * as nothing was compacted away both take the very same bytes of "key". Each part of a bucket has a
 * CRC of its own, and the CRC of the whole is made of these: the bytes are hashed once.
 */
#include "format/backend/backend_summary.h"

#include <inttypes.h>

#include "format/bbolt/bbolt_page.h"
#include "format/key_parts.h"
#include "format/key_row.h"

enum { ROWS_BETWEEN_PROGRESS = 4096 };

/* What one thread knows of the bucket that it walks. */
struct part {
    uint32_t crc;   /* of its rows */
    uint64_t bytes; /* that went into it */
    uint64_t row_count;
    struct revision_key first; /* of "key": the first and the last row that are good */
    struct revision_key last;
    bool begun;  /* these two are set */
    bool failed; /* 'error' is set: nothing more is looked at */
    struct error error;
};

struct scan {
    const struct bbolt *db;
    const struct backend_summary_options *options;
    struct findings *findings; /* NULL: the first bad row is the error */
    struct key_parts newest;
    struct part parts[KEY_PARTS_MOST];
    unsigned part_count; /* of the bucket at hand; 0: none yet */
    struct bytes name;
    bool is_key;
    struct backend_summary summary;
    uint32_t rows_crc; /* of the name "key" and its rows */
    bool out_of_order; /* between two parts */
};

/* True when the scan may go on. */
static bool
row_report(struct scan *s, const struct bbolt_row *row, const struct error *problem,
           struct error *e)
{
    char key[BBOLT_KEY_TEXT_SIZE];
    struct finding *f;

    if (s->findings == NULL)
        return key_row_error(s->db, row, problem, e);
    f = finding_add(s->findings, FINDING_ROW, key_row_offset(s->db, row), s->db->page_size,
                    "row %s of 'key': %s", bbolt_key_text(row->key, key), problem->text);
    if (f != NULL)
        f->remedy = "use another backup: etcd 3.6 and later refuse such a row, earlier ones may "
                    "serve wrong data";
    return true;
}

static bool
key_row_take(struct scan *s, unsigned number, const struct bbolt_row *row, struct error *e)
{
    struct part *p = &s->parts[number];
    struct error problem = ERROR_INIT;
    struct key_row key_row;

    p->row_count++;
    if (!key_row_decode(row, &key_row, &problem) ||
        !key_row_judge(&key_row, p->begun ? &p->last : NULL, &problem))
        return row_report(s, row, &problem, e);
    if (!p->begun)
        p->first = key_row.revision;
    p->begun = true;
    p->last = key_row.revision;
    p->crc = row_crc(p->crc, row);
    p->bytes += row->key.size + row->value.size;
    return s->options->wanted == 0 || key_parts_put(&s->newest, number, key_row.kv.key,
                                                    row->key.data, !key_row.revision.tombstone, e);
}

/* The parts are about equal, so the first stands for all. */
static void
progress_tell(const struct scan *s, const struct part *p)
{
    uint64_t done = p->bytes * s->part_count;

    observer_progress(s->options->observer, "reading", NULL,
                      done < s->db->size_bytes ? done : s->db->size_bytes, s->db->size_bytes);
}

static void
row_came(void *context, unsigned number, const struct bbolt_row *row)
{
    struct scan *s = context;
    struct part *p = &s->parts[number];

    if (p->failed)
        return;
    if (s->is_key) {
        if (number == 0 && p->row_count % ROWS_BETWEEN_PROGRESS == 0)
            progress_tell(s, p);
        p->failed = !key_row_take(s, number, row, &p->error);
        return;
    }
    p->crc = row_crc(p->crc, row);
    p->bytes += row->key.size + row->value.size;
    p->row_count++;
}

/* The revisions of a part come behind those of the parts before. */
static void
part_follow(struct scan *s, const struct part *p, struct part *before)
{
    if (!p->begun)
        return;
    if (before->begun && revision_key_compare(&before->last, &p->first) >= 0)
        s->out_of_order = true;
    *before = *p;
}

/* What the parts of a bucket are together. */
static void
bucket_end(struct scan *s)
{
    uint32_t rows_crc = name_crc(0, s->name);
    struct part before = {.begun = false};
    uint64_t bytes = s->name.size;
    uint64_t row_count = 0;

    if (s->part_count == 0)
        return;
    for (unsigned i = 0; i < s->part_count; i++) {
        const struct part *p = &s->parts[i];

        rows_crc = crc32c_combine(rows_crc, p->crc, p->bytes);
        bytes += p->bytes;
        row_count += p->row_count;
        part_follow(s, p, &before);
    }
    s->summary.status_hash = crc32c_combine(s->summary.status_hash, rows_crc, bytes);
    s->summary.row_count += row_count;
    if (!s->is_key)
        return;
    s->rows_crc = rows_crc;
    s->summary.key_row_count = row_count;
    s->summary.last_revision = before.last.main;
}

static bool
scan_failed(const struct scan *s, struct error *e)
{
    for (unsigned i = 0; i < s->part_count; i++) {
        if (s->parts[i].failed) {
            *e = s->parts[i].error;
            return true;
        }
    }
    return false;
}

/* Parts that failed stay so: the error of an earlier bucket is not forgotten. */
static void
bucket_came(void *context, const struct bbolt_bucket *bucket, unsigned part_count)
{
    struct scan *s = context;

    bucket_end(s);
    s->part_count = part_count;
    s->name = bucket->name;
    s->is_key = bytes_equal_text(bucket->name, BACKEND_BUCKET_KEY);
    for (unsigned i = 0; i < KEY_PARTS_MOST; i++)
        s->parts[i] = (struct part){.failed = s->parts[i].failed, .error = s->parts[i].error};
}

static bool
is_second_pass_wanted(const struct scan *s, const struct backend_info *info)
{
    return (s->options->wanted & BACKEND_HASH_KV) != 0 && s->summary.key_row_count > 0 &&
           backend_compact_revision(info) != BACKEND_NEVER_COMPACTED;
}

/* The second pass. The index holds all rows, that is, those up to now. */
static bool
hash_kv_finish(struct scan *s, const struct backend_info *info, struct error *e)
{
    struct hash_kv *hash_kv = &s->summary.hash_kv;
    struct bbolt_bucket bucket;

    return !is_second_pass_wanted(s, info) ||
           (bbolt_bucket_find(s->db, BYTES_LITERAL(BACKEND_BUCKET_KEY), &bucket, e) &&
            backend_rows_hash(&bucket, &s->newest, hash_kv, &hash_kv->hash, e));
}

/* The one walk. */
static bool
scan_run(struct scan *s, struct arena *mem, struct bbolt_check_report *ret_check, struct error *e)
{
    const struct bbolt_visitor visitor = {s, bucket_came, row_came};
    const struct bbolt_check_options options = {.most_findings = s->options->most_findings,
                                                .visitor = &visitor,
                                                .threads = s->options->threads};

    s->rows_crc = name_crc(0, BYTES_LITERAL(BACKEND_BUCKET_KEY));
    if (!key_parts_init(&s->newest, s->db->file, s->options->threads, e))
        return error_wrap(e, "'%s'", s->db->name);
    bbolt_check_visit(mem, s->db, &options, ret_check);
    bucket_end(s);
    return !scan_failed(s, e) && key_parts_finish(&s->newest, e);
}

static bool
summary_finish(struct scan *s, const struct backend_info *info, bool rows_good, struct error *e)
{
    s->summary.current_revision = backend_current_revision(info, s->summary.last_revision);
    s->summary.live_key_count = s->newest.live;
    if (!rows_good) /* a bad row would only end another pass, and make its result worthless */
        return true;
    if ((s->options->wanted & BACKEND_HASH_KV) != 0)
        s->summary.hash_kv = (struct hash_kv){s->rows_crc, s->summary.current_revision,
                                              backend_compact_revision(info)};
    return hash_kv_finish(s, info, e);
}

static bool
summary_try(struct arena *mem, const struct bbolt *db, const struct backend_info *info,
            const struct backend_summary_options *options, struct findings *findings,
            struct bbolt_check_report *ret_check, struct backend_summary *ret_summary,
            bool *ret_again, struct error *e)
{
    struct scan s = {.db = db, .options = options, .findings = findings};
    size_t bad_before = findings == NULL ? 0 : findings->bad_total;
    bool ok;

    *ret_check = (struct bbolt_check_report){.found = 0};
    ok = scan_run(&s, mem, ret_check, e);
    *ret_again = options->threads > 1 && (!ok || ret_check->found > 0 || s.out_of_order);
    if (ret_check->found > 0) {
        error_clear(e); /* a bad row of a bad structure */
        ok = true;
    } else if (ok && !*ret_again) {
        ok = summary_finish(&s, info, findings == NULL || findings->bad_total == bad_before, e);
        *ret_summary = s.summary;
    }
    key_parts_release(&s.newest);
    return ok;
}

/* Several threads only find out that all is well, which it nearly always is; what is not is told by
 * one thread in the order of the file. */
bool
backend_summary_check(struct arena *mem, const struct bbolt *db, const struct backend_info *info,
                      const struct backend_summary_options *options, struct findings *row_findings,
                      struct bbolt_check_report *ret_check, struct backend_summary *ret_summary,
                      struct error *e)
{
    struct backend_summary_options one = *options;
    bool again = false;
    bool ok;

    if (options->threads > 1) {
        ok = summary_try(mem, db, info, options, NULL, ret_check, ret_summary, &again, e);
        if (!again)
            return ok;
        error_clear(e);
    }
    one.threads = 1;
    return summary_try(mem, db, info, &one, row_findings, ret_check, ret_summary, &again, e);
}

bool
backend_summary_read(const struct bbolt *db, const struct backend_info *info, unsigned wanted,
                     struct findings *findings, struct backend_summary *ret_summary,
                     struct error *e)
{
    const struct backend_summary_options options = {
        .wanted = wanted, .threads = 1, .most_findings = 1};
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_check_report check;

    if (!backend_summary_check(&tmp, db, info, &options, findings, &check, ret_summary, e))
        return false;
    return check.found == 0 || bbolt_check_error(db, &check, e);
}
