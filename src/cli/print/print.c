/* Pieces of etcdctl's output that several printers need. */

#include "cli/print/print.h"

#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "cli/text.h"

void
print_json_u64(struct json_writer *w, const char *key, uint64_t value)
{
    if (value != 0)
        json_key_u64(w, key, value);
}

void
print_json_i64(struct json_writer *w, const char *key, int64_t value)
{
    if (value != 0)
        json_key_i64(w, key, value);
}

void
print_json_text(struct json_writer *w, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_key_text(w, key, text);
}

void
print_json_true(struct json_writer *w, const char *key, bool value)
{
    if (value)
        json_key_bool(w, key, true);
}

void
print_json_texts(struct json_writer *w, const char *key, const char *const *texts, size_t count)
{
    if (count == 0)
        return;
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        json_text(w, texts[i]);
    json_array_end(w);
}

static bool
header_is_missing(const struct etcd_header *h)
{
    return h->cluster_id == 0 && h->member_id == 0 && h->revision == 0 && h->raft_term == 0;
}

void
print_header_json(struct json_writer *w, const struct etcd_header *header)
{
    if (header_is_missing(header))
        return;
    json_key(w, "header");
    json_object_begin(w);
    print_json_u64(w, "cluster_id", header->cluster_id);
    print_json_u64(w, "member_id", header->member_id);
    print_json_i64(w, "revision", header->revision);
    print_json_u64(w, "raft_term", header->raft_term);
    json_object_end(w);
}

void
print_header_fields(struct buf *out, const struct output_style *style,
                    const struct etcd_header *header)
{
    print_field_id(out, style, "ClusterID", header->cluster_id);
    print_field_id(out, style, "MemberID", header->member_id);
    /* The Cluster service's answers have none; before 3.6 etcdctl printed the 0. */
    if (header->revision != 0 || style->compat < COMPAT_3_6)
        print_field_i64(out, "Revision", header->revision);
    print_field_u64(out, "RaftTerm", header->raft_term);
}

/* Not with printf: of a key space there are millions. */
static void
field_begin(struct buf *out, const char *name)
{
    buf_append_byte(out, '"');
    buf_append_text(out, name);
    buf_append_text(out, "\" : ");
}

void
print_field_bytes(struct buf *out, const char *name, struct bytes bytes)
{
    field_begin(out, name);
    text_append_quoted(out, bytes);
    buf_append_byte(out, '\n');
}

void
print_field_text(struct buf *out, const char *name, const char *text)
{
    print_field_bytes(out, name, bytes_of_text(text));
}

void
print_field_i64(struct buf *out, const char *name, int64_t value)
{
    field_begin(out, name);
    decimal_append_i64(out, value);
    buf_append_byte(out, '\n');
}

void
print_field_u64(struct buf *out, const char *name, uint64_t value)
{
    field_begin(out, name);
    decimal_append_u64(out, value);
    buf_append_byte(out, '\n');
}

void
print_field_bool(struct buf *out, const char *name, bool value)
{
    print_field_plain(out, name, value ? "true" : "false");
}

void
print_field_plain(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "\"%s\" : %s\n", name, text);
}

void
print_field_id(struct buf *out, const struct output_style *style, const char *name, uint64_t id)
{
    bool hex = style->hex && style->compat >= COMPAT_3_6;

    buf_printf(out, hex ? "\"%s\" : %" PRIx64 "\n" : "\"%s\" : %" PRIu64 "\n", name, id);
}

void
print_field_lease(struct buf *out, const struct output_style *style, const char *name, int64_t id)
{
    if (style->hex && style->compat >= COMPAT_3_6)
        buf_printf(out, "\"%s\" : %016" PRIx64 "\n", name, (uint64_t)id);
    else
        print_field_i64(out, name, id);
}

void
print_joined(struct buf *out, const char *const *texts, size_t count, const char *separator)
{
    for (size_t i = 0; i < count; i++) {
        buf_append_text(out, i > 0 ? separator : "");
        buf_append_text(out, texts[i]);
    }
}

bool
print_no_table(const struct output_style *style, struct error *e)
{
    if (style->output != OUTPUT_TABLE)
        return true;
    error_set_(e, ERROR_FEATURE, 0, "table not supported as output format");
    return error_hint(e, "use -w simple, json or fields");
}

bool
print_no_fields(const struct output_style *style, struct error *e)
{
    if (style->output != OUTPUT_TABLE && style->output != OUTPUT_FIELDS)
        return true;
    error_set_(e, ERROR_FEATURE, 0, "%s not supported as output format",
               style->output == OUTPUT_TABLE ? "table" : "fields");
    return error_hint(e, "use -w simple, json or protobuf");
}

bool
print_no_protobuf(const struct output_style *style, struct error *e)
{
    if (style->output != OUTPUT_PROTOBUF)
        return true;
    error_set_(e, ERROR_FEATURE, 0, "protobuf not supported as output format");
    return error_hint(e, "use -w simple, json, table or fields");
}
