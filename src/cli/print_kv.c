/* Keys and values: raw bytes in the simple form, base64 in JSON, quoted in fields. */

#include "cli/print_kv.h"

#include <inttypes.h>

#include "cli/text.h"

static void
append_line(struct buf *out, const struct output_style *style, struct bytes bytes)
{
    if (style->hex)
        text_append_hex(out, bytes);
    else
        buf_append_bytes(out, bytes);
    buf_append_byte(out, '\n');
}

static void
kv_simple(struct buf *out, const struct output_style *style, bool value_only,
          const struct etcd_key_value *kv)
{
    if (!value_only)
        append_line(out, style, kv->key);
    append_line(out, style, kv->value);
}

static void
json_bytes(struct json_writer *w, const char *key, struct bytes bytes)
{
    if (bytes.size == 0)
        return;
    json_key(w, key);
    json_base64(w, bytes);
}

static void
kv_json(struct json_writer *w, const struct etcd_key_value *kv)
{
    json_object_begin(w);
    json_bytes(w, "key", kv->key);
    print_json_i64(w, "create_revision", kv->create_revision);
    print_json_i64(w, "mod_revision", kv->mod_revision);
    print_json_i64(w, "version", kv->version);
    json_bytes(w, "value", kv->value);
    print_json_i64(w, "lease", kv->lease);
    json_object_end(w);
}

static void
kvs_json(struct json_writer *w, const char *key, const struct etcd_key_value *kvs, size_t count)
{
    if (count == 0)
        return;
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++)
        kv_json(w, &kvs[i]);
    json_array_end(w);
}

/* The names of a key-value's fields: plain, and of one that was replaced. */
struct kv_names {
    const char *key;
    const char *create;
    const char *mod;
    const char *version;
    const char *value;
    const char *lease;
};

static const struct kv_names names_now = {
    "Key", "CreateRevision", "ModRevision", "Version", "Value", "Lease",
};
static const struct kv_names names_before = {
    "PrevKey", "PrevCreateRevision", "PrevModRevision", "PrevVersion", "PrevValue", "PrevLease",
};

static void
kv_fields(struct buf *out, const struct output_style *style, const struct kv_names *names,
          const struct etcd_key_value *kv)
{
    print_field_bytes(out, names->key, kv->key);
    print_field_i64(out, names->create, kv->create_revision);
    print_field_i64(out, names->mod, kv->mod_revision);
    print_field_i64(out, names->version, kv->version);
    print_field_bytes(out, names->value, kv->value);
    if (style->hex && style->compat >= COMPAT_3_6)
        buf_printf(out, "\"%s\" : %016" PRIx64 "\n", names->lease, (uint64_t)kv->lease);
    else
        print_field_i64(out, names->lease, kv->lease);
}

static void
range_json(struct buf *out, const struct etcd_range_response *response)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    print_header_json(&w, &response->header);
    kvs_json(&w, "kvs", response->kvs, response->kv_count);
    print_json_true(&w, "more", response->more);
    print_json_i64(&w, "count", response->count);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

static void
range_fields(struct buf *out, const struct output_style *style,
             const struct etcd_range_response *response)
{
    print_header_fields(out, style, &response->header);
    for (size_t i = 0; i < response->kv_count; i++)
        kv_fields(out, style, &names_now, &response->kvs[i]);
    print_field_bool(out, "More", response->more);
    print_field_i64(out, "Count", response->count);
}

void
print_range(struct buf *out, const struct output_style *style, bool value_only,
            const struct etcd_range_response *response)
{
    if (style->output == OUTPUT_JSON) {
        range_json(out, response);
        return;
    }
    if (style->output == OUTPUT_FIELDS) {
        range_fields(out, style, response);
        return;
    }
    for (size_t i = 0; i < response->kv_count; i++)
        kv_simple(out, style, value_only, &response->kvs[i]);
}

static void
put_json(struct buf *out, const struct etcd_put_response *response)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    print_header_json(&w, &response->header);
    if (response->prev_kv != NULL) {
        json_key(&w, "prev_kv");
        kv_json(&w, response->prev_kv);
    }
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
print_put(struct buf *out, const struct output_style *style,
          const struct etcd_put_response *response)
{
    if (style->output == OUTPUT_JSON) {
        put_json(out, response);
        return;
    }
    if (style->output == OUTPUT_FIELDS) {
        print_header_fields(out, style, &response->header);
        if (response->prev_kv != NULL)
            kv_fields(out, style, &names_before, response->prev_kv);
        return;
    }
    buf_append_text(out, "OK\n");
    if (response->prev_kv != NULL)
        kv_simple(out, style, false, response->prev_kv);
}

static void
delete_json(struct buf *out, const struct etcd_delete_range_response *response)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    print_header_json(&w, &response->header);
    print_json_i64(&w, "deleted", response->deleted);
    kvs_json(&w, "prev_kvs", response->prev_kvs, response->prev_kv_count);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

void
print_delete_range(struct buf *out, const struct output_style *style,
                   const struct etcd_delete_range_response *response)
{
    if (style->output == OUTPUT_JSON) {
        delete_json(out, response);
        return;
    }
    if (style->output == OUTPUT_FIELDS) {
        print_header_fields(out, style, &response->header);
        print_field_i64(out, "Deleted", response->deleted);
        for (size_t i = 0; i < response->prev_kv_count; i++)
            kv_fields(out, style, &names_before, &response->prev_kvs[i]);
        return;
    }
    buf_printf(out, "%" PRId64 "\n", response->deleted);
    for (size_t i = 0; i < response->prev_kv_count; i++)
        kv_simple(out, style, false, &response->prev_kvs[i]);
}
