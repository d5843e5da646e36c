/* Status, health and hashes of endpoints, one row each. */

#include "cli/print/print_endpoint.h"

#include <inttypes.h>

#include "base/time.h"
#include "cli/text_table.h"

/* [{"Endpoint":...,NAME:{...}},...] is what status and hashkv have in common. */
static void
json_endpoint_begin(struct json_writer *w, const char *endpoint, const char *name)
{
    json_object_begin(w);
    json_key_text(w, "Endpoint", endpoint);
    json_key(w, name);
    json_object_begin(w);
}

static void
json_endpoint_end(struct json_writer *w)
{
    json_object_end(w);
    json_object_end(w);
}

/* Go's nil slice is null; 3.5 and earlier made an empty one. */
static bool
json_nothing(struct buf *out, const struct output_style *style, size_t count)
{
    if (count > 0)
        return false;
    buf_append_text(out, style->compat >= COMPAT_3_6 ? "null\n" : "[]\n");
    return true;
}

static void
row_simple(struct buf *out, const char *const *cells, size_t count)
{
    print_joined(out, cells, count, ", ");
    buf_append_byte(out, '\n');
}

/* Servers before 3.6 send no downgrade info, and never a quota. */
static bool
has_downgrade_info(const struct etcd_status *s)
{
    return s->storage_version[0] != '\0' || s->db_size_quota_bytes != 0;
}

static void
status_json(struct json_writer *w, const struct output_style *style, const struct etcd_status *s)
{
    print_header_json(w, &s->header);
    print_json_text(w, "version", s->version);
    print_json_i64(w, "dbSize", s->db_size_bytes);
    print_json_u64(w, "leader", s->leader);
    print_json_u64(w, "raftIndex", s->raft_index);
    print_json_u64(w, "raftTerm", s->raft_term);
    print_json_u64(w, "raftAppliedIndex", s->raft_applied_index);
    print_json_texts(w, "errors", s->errors, s->error_count);
    print_json_i64(w, "dbSizeInUse", s->db_size_in_use_bytes);
    print_json_true(w, "isLearner", s->is_learner);
    if (style->compat < COMPAT_3_6)
        return;
    print_json_text(w, "storageVersion", s->storage_version);
    print_json_i64(w, "dbSizeQuota", s->db_size_quota_bytes);
    if (has_downgrade_info(s)) {
        json_key(w, "downgradeInfo");
        json_object_begin(w);
        print_json_true(w, "enabled", s->downgrade_info.enabled);
        print_json_text(w, "targetVersion", s->downgrade_info.target_version);
        json_object_end(w);
    }
}

static void
statuses_json(struct buf *out, const struct output_style *style,
              const struct endpoint_status *items, size_t count)
{
    struct json_writer w;

    if (json_nothing(out, style, count))
        return;
    json_writer_init(&w, out, 0);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        json_endpoint_begin(&w, items[i].endpoint, "Status");
        status_json(&w, style, items[i].status);
        json_endpoint_end(&w);
    }
    json_array_end(&w);
    buf_append_byte(out, '\n');
}

static void
errors_field(struct buf *out, const struct etcd_status *s)
{
    buf_append_text(out, "\"Errors\" : [");
    print_joined(out, s->errors, s->error_count, " ");
    buf_append_text(out, "]\n");
}

static void
status_fields(struct buf *out, const struct output_style *style, const struct endpoint_status *item)
{
    const struct etcd_status *s = item->status;
    bool newer = style->compat >= COMPAT_3_6;

    print_header_fields(out, style, &s->header);
    print_field_text(out, "Version", s->version);
    if (newer)
        print_field_text(out, "StorageVersion", s->storage_version);
    print_field_i64(out, "DBSize", s->db_size_bytes);
    if (newer) {
        print_field_i64(out, "DBSizeInUse", s->db_size_in_use_bytes);
        print_field_i64(out, "DBSizeQuota", s->db_size_quota_bytes);
    }
    print_field_u64(out, "Leader", s->leader); /* decimal also with --hex */
    print_field_bool(out, "IsLearner", s->is_learner);
    print_field_u64(out, "RaftIndex", s->raft_index);
    if (!newer)
        print_field_u64(out, "RaftTerm", s->raft_term);
    print_field_u64(out, "RaftAppliedIndex", s->raft_applied_index);
    errors_field(out, s);
    print_field_text(out, "Endpoint", item->endpoint);
    if (newer) {
        print_field_text(out, "DowngradeTargetVersion", s->downgrade_info.target_version);
        print_field_bool(out, "DowngradeEnabled", s->downgrade_info.enabled);
    }
    buf_append_byte(out, '\n');
}

/* A column of the simple form and the table, and the first etcdctl that has it. */
struct status_column {
    const char *heading;
    enum compat since;
    const char *(*text)(struct arena *mem, const struct endpoint_status *item);
};

static const char *
text_endpoint(struct arena *mem, const struct endpoint_status *item)
{
    return arena_text(mem, item->endpoint);
}

static const char *
text_id(struct arena *mem, const struct endpoint_status *item)
{
    return arena_printf(mem, "%" PRIx64, item->status->header.member_id);
}

static const char *
text_version(struct arena *mem, const struct endpoint_status *item)
{
    return arena_text(mem, item->status->version);
}

static const char *
text_storage_version(struct arena *mem, const struct endpoint_status *item)
{
    return arena_text(mem, item->status->storage_version);
}

static const char *
text_db_size(struct arena *mem, const struct endpoint_status *item)
{
    return size_human(mem, (uint64_t)item->status->db_size_bytes);
}

static const char *
text_in_use(struct arena *mem, const struct endpoint_status *item)
{
    return size_human(mem, (uint64_t)item->status->db_size_in_use_bytes);
}

static const char *
text_not_in_use(struct arena *mem, const struct endpoint_status *item)
{
    int64_t all = item->status->db_size_bytes;
    int64_t used = item->status->db_size_in_use_bytes;

    return arena_printf(mem, "%" PRId64 "%%", all > 0 ? 100 - used * 100 / all : 0);
}

static const char *
text_quota(struct arena *mem, const struct endpoint_status *item)
{
    return size_human(mem, (uint64_t)item->status->db_size_quota_bytes);
}

static const char *
text_of_bool(bool value)
{
    return value ? "true" : "false";
}

static const char *
text_is_leader(UNUSED struct arena *mem, const struct endpoint_status *item)
{
    return text_of_bool(item->status->leader == item->status->header.member_id);
}

static const char *
text_is_learner(UNUSED struct arena *mem, const struct endpoint_status *item)
{
    return text_of_bool(item->status->is_learner);
}

static const char *
text_raft_term(struct arena *mem, const struct endpoint_status *item)
{
    return arena_printf(mem, "%" PRIu64, item->status->raft_term);
}

static const char *
text_raft_index(struct arena *mem, const struct endpoint_status *item)
{
    return arena_printf(mem, "%" PRIu64, item->status->raft_index);
}

static const char *
text_raft_applied_index(struct arena *mem, const struct endpoint_status *item)
{
    return arena_printf(mem, "%" PRIu64, item->status->raft_applied_index);
}

static const char *
text_errors(struct arena *mem, const struct endpoint_status *item)
{
    AUTO_BUF errors = BUF_INIT;

    print_joined(&errors, item->status->errors, item->status->error_count, ", ");
    return arena_text(mem, buf_text(&errors));
}

static const char *
text_downgrade_target(struct arena *mem, const struct endpoint_status *item)
{
    return arena_text(mem, item->status->downgrade_info.target_version);
}

static const char *
text_downgrade_enabled(UNUSED struct arena *mem, const struct endpoint_status *item)
{
    return text_of_bool(item->status->downgrade_info.enabled);
}

static const struct status_column status_columns[] = {
    {"ENDPOINT", COMPAT_3_4, text_endpoint},
    {"ID", COMPAT_3_4, text_id},
    {"VERSION", COMPAT_3_4, text_version},
    {"STORAGE VERSION", COMPAT_3_6, text_storage_version},
    {"DB SIZE", COMPAT_3_4, text_db_size},
    {"IN USE", COMPAT_3_6, text_in_use},
    {"PERCENTAGE NOT IN USE", COMPAT_3_6, text_not_in_use},
    {"QUOTA", COMPAT_3_6, text_quota},
    {"IS LEADER", COMPAT_3_4, text_is_leader},
    {"IS LEARNER", COMPAT_3_4, text_is_learner},
    {"RAFT TERM", COMPAT_3_4, text_raft_term},
    {"RAFT INDEX", COMPAT_3_4, text_raft_index},
    {"RAFT APPLIED INDEX", COMPAT_3_4, text_raft_applied_index},
    {"ERRORS", COMPAT_3_4, text_errors},
    {"DOWNGRADE TARGET VERSION", COMPAT_3_6, text_downgrade_target},
    {"DOWNGRADE ENABLED", COMPAT_3_6, text_downgrade_enabled},
};

enum { STATUS_COLUMNS = sizeof(status_columns) / sizeof(status_columns[0]) };

static size_t
status_headings(const struct output_style *style, const char *headings[STATUS_COLUMNS])
{
    size_t count = 0;

    for (size_t i = 0; i < STATUS_COLUMNS; i++)
        if (status_columns[i].since <= style->compat)
            headings[count++] = status_columns[i].heading;
    return count;
}

static size_t
status_cells(struct arena *mem, const struct output_style *style,
             const struct endpoint_status *item, const char *cells[STATUS_COLUMNS])
{
    size_t count = 0;

    for (size_t i = 0; i < STATUS_COLUMNS; i++)
        if (status_columns[i].since <= style->compat)
            cells[count++] = status_columns[i].text(mem, item);
    return count;
}

static void
statuses_table(struct arena *mem, struct buf *out, const struct output_style *style,
               const struct endpoint_status *items, size_t count)
{
    const char *headings[STATUS_COLUMNS];
    size_t columns = status_headings(style, headings);
    struct text_table table;

    text_table_init(&table, mem, headings, columns);
    for (size_t i = 0; i < count; i++) {
        const char *cells[STATUS_COLUMNS];

        (void)status_cells(mem, style, &items[i], cells);
        for (size_t k = 0; k < columns; k++)
            text_table_cell(&table, cells[k]);
    }
    text_table_draw(&table, style, out);
}

void
print_endpoint_status(struct buf *out, const struct output_style *style,
                      const struct endpoint_status *items, size_t count)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (style->output == OUTPUT_JSON) {
        statuses_json(out, style, items, count);
        return;
    }
    if (style->output == OUTPUT_TABLE) {
        statuses_table(&tmp, out, style, items, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *cells[STATUS_COLUMNS];

        if (style->output == OUTPUT_FIELDS)
            status_fields(out, style, &items[i]);
        else
            row_simple(out, cells, status_cells(&tmp, style, &items[i], cells));
    }
}

static void
hashes_json(struct buf *out, const struct output_style *style, const struct endpoint_hash_kv *items,
            size_t count)
{
    struct json_writer w;

    if (json_nothing(out, style, count))
        return;
    json_writer_init(&w, out, 0);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        const struct etcd_hash_kv *hash = items[i].hash;

        json_endpoint_begin(&w, items[i].endpoint, "HashKV");
        print_header_json(&w, &hash->header);
        print_json_u64(&w, "hash", hash->hash);
        print_json_i64(&w, "compact_revision", hash->compact_revision);
        if (style->compat >= COMPAT_3_6)
            print_json_i64(&w, "hash_revision", hash->hash_revision);
        json_endpoint_end(&w);
    }
    json_array_end(&w);
    buf_append_byte(out, '\n');
}

static void
hash_fields(struct buf *out, const struct output_style *style, const struct endpoint_hash_kv *item)
{
    print_header_fields(out, style, &item->hash->header);
    print_field_text(out, "Endpoint", item->endpoint);
    print_field_u64(out, "Hash", item->hash->hash);
    if (style->compat >= COMPAT_3_6)
        print_field_i64(out, "HashRevision", item->hash->hash_revision);
    buf_append_byte(out, '\n');
}

enum { HASH_COLUMNS = 3 };

void
print_endpoint_hash_kv(struct buf *out, const struct output_style *style,
                       const struct endpoint_hash_kv *items, size_t count)
{
    static const char *const headings[HASH_COLUMNS] = {"ENDPOINT", "HASH", "HASH REVISION"};
    AUTO_ARENA tmp = ARENA_INIT;
    size_t columns = style->compat >= COMPAT_3_6 ? HASH_COLUMNS : HASH_COLUMNS - 1;
    struct text_table table;

    if (style->output == OUTPUT_JSON) {
        hashes_json(out, style, items, count);
        return;
    }
    text_table_init(&table, &tmp, headings, columns);
    for (size_t i = 0; i < count; i++) {
        const char *cells[HASH_COLUMNS] = {
            items[i].endpoint,
            arena_printf(&tmp, "%" PRIu32, items[i].hash->hash),
            arena_printf(&tmp, "%" PRId64, items[i].hash->hash_revision),
        };

        if (style->output == OUTPUT_FIELDS)
            hash_fields(out, style, &items[i]);
        else if (style->output == OUTPUT_SIMPLE)
            row_simple(out, cells, columns);
        for (size_t k = 0; k < columns; k++)
            text_table_cell(&table, cells[k]);
    }
    if (style->output == OUTPUT_TABLE)
        text_table_draw(&table, style, out);
}

static void
health_json(struct arena *mem, struct buf *out, const struct endpoint_health *items, size_t count)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&w);
        json_key_text(&w, "endpoint", items[i].endpoint);
        json_key_bool(&w, "health", items[i].healthy);
        json_key_text(&w, "took", duration_text_us(mem, items[i].took_us));
        print_json_text(&w, "error", items[i].error);
        json_object_end(&w);
    }
    json_array_end(&w);
    buf_append_byte(out, '\n');
}

static void
health_simple(struct arena *mem, struct buf *out, struct buf *errors,
              const struct output_style *style, const struct endpoint_health *item)
{
    /* 3.4 told good news on stderr, too. */
    if (item->healthy)
        buf_printf(style->compat < COMPAT_3_5 ? errors : out,
                   "%s is healthy: successfully committed proposal: took = %s\n", item->endpoint,
                   duration_text_us(mem, item->took_us));
    else
        buf_printf(errors, "%s is unhealthy: failed to commit proposal: %s\n", item->endpoint,
                   item->error);
}

static void
health_fields(struct arena *mem, struct buf *out, const struct endpoint_health *item)
{
    print_field_text(out, "Endpoint", item->endpoint);
    print_field_bool(out, "Health", item->healthy);
    print_field_plain(out, "Took", duration_text_us(mem, item->took_us));
    print_field_plain(out, "Error", item->error);
    buf_append_byte(out, '\n');
}

static void
health_table(struct arena *mem, struct buf *out, const struct output_style *style,
             const struct endpoint_health *items, size_t count)
{
    static const char *const headings[] = {"ENDPOINT", "HEALTH", "TOOK", "ERROR"};
    struct text_table table;

    text_table_init(&table, mem, headings, sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < count; i++) {
        text_table_cell(&table, items[i].endpoint);
        text_table_cell(&table, text_of_bool(items[i].healthy));
        text_table_cell(&table, duration_text_us(mem, items[i].took_us));
        text_table_cell(&table, items[i].error);
    }
    text_table_draw(&table, style, out);
}

void
print_endpoint_health(struct buf *out, struct buf *errors, const struct output_style *style,
                      const struct endpoint_health *items, size_t count)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (style->output == OUTPUT_JSON) {
        health_json(&tmp, out, items, count);
        return;
    }
    if (style->output == OUTPUT_TABLE) {
        health_table(&tmp, out, style, items, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (style->output == OUTPUT_FIELDS)
            health_fields(&tmp, out, &items[i]);
        else
            health_simple(&tmp, out, errors, style, &items[i]);
    }
}
