/* Both are one row. The storage version came with 3.6. */

#include "cli/print/print_snapshot.h"

#include <inttypes.h>

#include "base/time.h"
#include "cli/text_table.h"

enum { SNAPSHOT_COLUMNS = 5 };

static void
status_json(struct buf *out, bool has_version, const struct snapshot_status *s)
{
    struct json_writer w;

    /* Nothing is left out here: etcd's struct has no omitempty. */
    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_u64(&w, "hash", s->hash);
    json_key_i64(&w, "revision", s->revision);
    json_key_u64(&w, "totalKey", s->total_key);
    json_key_u64(&w, "totalSize", s->total_size_bytes);
    if (has_version)
        json_key_text(&w, "version", s->version);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static void
status_fields(struct buf *out, bool has_version, const struct snapshot_status *s)
{
    print_field_u64(out, "Hash", s->hash);
    print_field_i64(out, "Revision", s->revision);
    print_field_u64(out, "Keys", s->total_key);
    print_field_u64(out, "Size", s->total_size_bytes);
    if (has_version)
        print_field_plain(out, "Version", s->version);
}

/* The two forms that show cells. */
static void
row_print(struct buf *out, const struct output_style *style, const char *const *headings,
          const char *const *cells, size_t columns)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct text_table table;

    if (style->output == OUTPUT_SIMPLE) {
        print_joined(out, cells, columns, ", ");
        buf_append_byte(out, '\n');
        return;
    }
    text_table_init(&table, &tmp, headings, columns);
    for (size_t i = 0; i < columns; i++)
        text_table_cell(&table, cells[i]);
    text_table_draw(&table, style, out);
}

void
print_snapshot_status(struct buf *out, const struct output_style *style,
                      const struct snapshot_status *s)
{
    static const char *const headings[SNAPSHOT_COLUMNS] = {
        "HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE", "VERSION",
    };
    AUTO_ARENA tmp = ARENA_INIT;
    bool has_version = style->compat >= COMPAT_3_6;
    size_t columns = has_version ? SNAPSHOT_COLUMNS : SNAPSHOT_COLUMNS - 1;
    const char *cells[SNAPSHOT_COLUMNS] = {
        arena_printf(&tmp, "%" PRIx32, s->hash),
        arena_printf(&tmp, "%" PRId64, s->revision),
        arena_printf(&tmp, "%" PRIu64, s->total_key),
        size_human(&tmp, s->total_size_bytes),
        s->version,
    };

    switch (style->output) {
    case OUTPUT_SIMPLE:
    case OUTPUT_TABLE:
        row_print(out, style, headings, cells, columns);
        break;
    case OUTPUT_JSON:
        status_json(out, has_version, s);
        break;
    case OUTPUT_FIELDS:
        status_fields(out, has_version, s);
        break;
    case OUTPUT_PROTOBUF: /* refused before: there is no such message */
        break;
    }
}

static void
hash_json(struct buf *out, const struct hash_kv *hash)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key_u64(&w, "hash", hash->hash);
    json_key_i64(&w, "hashRevision", hash->hash_revision);
    json_key_i64(&w, "compactRevision", hash->compact_revision);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
print_hash_kv(struct buf *out, const struct output_style *style, const struct hash_kv *hash)
{
    static const char *const headings[] = {"HASH", "HASH REVISION", "COMPACT REVISION"};
    AUTO_ARENA tmp = ARENA_INIT;
    const char *cells[] = {
        arena_printf(&tmp, "%" PRIu32, hash->hash),
        arena_printf(&tmp, "%" PRId64, hash->hash_revision),
        arena_printf(&tmp, "%" PRId64, hash->compact_revision),
    };

    switch (style->output) {
    case OUTPUT_SIMPLE:
    case OUTPUT_TABLE:
        row_print(out, style, headings, cells, sizeof(cells) / sizeof(*cells));
        break;
    case OUTPUT_JSON:
        hash_json(out, hash);
        break;
    case OUTPUT_FIELDS:
        print_field_u64(out, "Hash", hash->hash);
        print_field_i64(out, "Hash revision", hash->hash_revision);
        print_field_i64(out, "Compact revision", hash->compact_revision);
        break;
    case OUTPUT_PROTOBUF: /* refused before: there is no such message */
        break;
    }
}
