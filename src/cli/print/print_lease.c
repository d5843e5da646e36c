/* Leases: their ids are 16 digits of hex for people, signed decimal numbers otherwise. */

#include "cli/print/print_lease.h"

#include <inttypes.h>

#include "cli/print/print_answer.h"

/* What all forms but the simple one and the fields begin with; false when it is one of those two. */
static bool
header_begin(struct buf *out, const struct output_style *style, const struct etcd_header *header,
             struct json_writer *w)
{
    if (style->output == OUTPUT_PROTOBUF)
        message_encode(out, &etcd_header_message, header);
    if (style->output != OUTPUT_JSON)
        return false;
    json_writer_init(w, out, 0);
    json_object_begin(w);
    print_answer_members(w, &etcd_header_message, header);
    return true;
}

static void
json_end(struct json_writer *w)
{
    json_object_end(w);
    buf_append_byte(w->out, '\n');
}

static void
append_id(struct buf *out, const char *before, int64_t id, const char *after)
{
    buf_printf(out, "%s%016" PRIx64 "%s", before, (uint64_t)id, after);
}

/* What a grant and a keep-alive have in common. */
static void
granted_fields(struct buf *out, const struct output_style *style, const struct etcd_header *header,
               int64_t id, int64_t ttl)
{
    print_header_fields(out, style, header);
    print_field_lease(out, style, "ID", id);
    print_field_i64(out, "TTL", ttl);
}

void
print_lease_grant(struct buf *out, const struct output_style *style,
                  const struct etcd_lease_grant_response *response)
{
    struct json_writer w;

    if (header_begin(out, style, &response->header, &w)) {
        json_key_i64(&w, "ID", response->id);
        json_key_i64(&w, "TTL", response->ttl);
        json_key_text(&w, "Error", response->error);
        json_end(&w);
    } else if (style->output == OUTPUT_FIELDS) {
        granted_fields(out, style, &response->header, response->id, response->ttl);
    } else if (style->output == OUTPUT_SIMPLE) {
        append_id(out, "lease ", response->id, " granted with TTL(");
        buf_printf(out, "%" PRId64 "s)\n", response->ttl);
    }
}

void
print_lease_revoke(struct buf *out, const struct output_style *style, int64_t id,
                   const struct etcd_lease_revoke_response *response)
{
    if (print_answer(out, style, &etcd_lease_revoke_response_message, response))
        return;
    if (style->output == OUTPUT_FIELDS)
        print_header_fields(out, style, &response->header);
    else
        append_id(out, "lease ", id, " revoked\n");
}

static void
time_to_live_json(struct json_writer *w, const struct etcd_lease_time_to_live_response *response)
{
    json_key_i64(w, "id", response->id);
    json_key_i64(w, "ttl", response->ttl);
    json_key_i64(w, "granted-ttl", response->granted_ttl);
    json_key(w, "keys");
    if (response->key_count == 0) {
        json_null(w);
        return;
    }
    json_array_begin(w);
    for (size_t i = 0; i < response->key_count; i++)
        json_base64(w, response->keys[i]);
    json_array_end(w);
}

static void
time_to_live_simple(struct buf *out, bool keys,
                    const struct etcd_lease_time_to_live_response *response)
{
    if (response->granted_ttl == 0 && response->ttl == -1) {
        append_id(out, "lease ", response->id, " already expired\n");
        return;
    }
    append_id(out, "lease ", response->id, " granted with TTL(");
    buf_printf(out, "%" PRId64 "s), remaining(%" PRId64 "s)", response->granted_ttl, response->ttl);
    if (keys)
        buf_append_text(out, ", attached keys([");
    for (size_t i = 0; keys && i < response->key_count; i++) {
        buf_append_text(out, i > 0 ? " " : "");
        buf_append_bytes(out, response->keys[i]);
    }
    buf_append_text(out, keys ? "])\n" : "\n");
}

void
print_lease_time_to_live(struct buf *out, const struct output_style *style, bool keys,
                         const struct etcd_lease_time_to_live_response *response)
{
    struct json_writer w;

    if (header_begin(out, style, &response->header, &w)) {
        time_to_live_json(&w, response);
        json_end(&w);
    } else if (style->output == OUTPUT_FIELDS) {
        granted_fields(out, style, &response->header, response->id, response->ttl);
        print_field_i64(out, "GrantedTTL", response->granted_ttl);
        for (size_t i = 0; i < response->key_count; i++)
            print_field_bytes(out, "Key", response->keys[i]);
    } else if (style->output == OUTPUT_SIMPLE) {
        time_to_live_simple(out, keys, response);
    }
}

static void
leases_json(struct json_writer *w, const struct etcd_lease_leases_response *response)
{
    json_key(w, "leases");
    json_array_begin(w);
    for (size_t i = 0; i < response->lease_count; i++) {
        json_object_begin(w);
        json_key_i64(w, "id", response->leases[i].id);
        json_object_end(w);
    }
    json_array_end(w);
}

void
print_lease_leases(struct buf *out, const struct output_style *style,
                   const struct etcd_lease_leases_response *response)
{
    struct json_writer w;

    if (header_begin(out, style, &response->header, &w)) {
        leases_json(&w, response);
        json_end(&w);
    } else if (style->output == OUTPUT_FIELDS) {
        print_header_fields(out, style, &response->header);
        for (size_t i = 0; i < response->lease_count; i++)
            print_field_lease(out, style, "ID", response->leases[i].id);
    } else if (style->output == OUTPUT_SIMPLE) {
        buf_printf(out, "found %zu leases\n", response->lease_count);
        for (size_t i = 0; i < response->lease_count; i++)
            append_id(out, "", response->leases[i].id, "\n");
    }
}

void
print_lease_keep_alive(struct buf *out, const struct output_style *style,
                       const struct etcd_lease_keep_alive_response *response)
{
    struct json_writer w;

    if (header_begin(out, style, &response->header, &w)) {
        json_key_i64(&w, "ID", response->id);
        json_key_i64(&w, "TTL", response->ttl);
        json_end(&w);
    } else if (style->output == OUTPUT_FIELDS) {
        granted_fields(out, style, &response->header, response->id, response->ttl);
    } else if (style->output == OUTPUT_SIMPLE) {
        append_id(out, "lease ", response->id, " keepalived with TTL(");
        buf_printf(out, "%" PRId64 ")\n", response->ttl);
    }
}

void
print_lease_lost(struct buf *out, const struct output_style *style, int64_t id)
{
    if (style->output == OUTPUT_SIMPLE)
        append_id(out, "lease ", id, " expired or revoked.\n");
}
