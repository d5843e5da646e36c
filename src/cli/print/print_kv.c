/* Keys and values: raw bytes in the simple form, base64 in JSON, quoted in fields. */

#include "cli/print/print_kv.h"

#include <inttypes.h>

#include "cli/print/print_answer.h"
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

void
print_key_value(struct buf *out, const struct output_style *style, bool value_only,
                const struct etcd_key_value *kv)
{
    if (!value_only)
        append_line(out, style, kv->key);
    append_line(out, style, kv->value);
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

void
print_key_value_fields(struct buf *out, const struct output_style *style, bool before,
                       const struct etcd_key_value *kv)
{
    const struct kv_names *names = before ? &names_before : &names_now;

    print_field_bytes(out, names->key, kv->key);
    print_field_i64(out, names->create, kv->create_revision);
    print_field_i64(out, names->mod, kv->mod_revision);
    print_field_i64(out, names->version, kv->version);
    print_field_bytes(out, names->value, kv->value);
    print_field_lease(out, style, names->lease, kv->lease);
}

/* Messages add up: the parts of one, encoded one behind the other, are that message. */
static void
append_message_part(struct buf *out, const struct etcd_range_response *part)
{
    message_encode(out, &etcd_range_response_message, part);
}

void
range_printer_begin(struct range_printer *p, struct buf *out, const struct output_style *style,
                    bool value_only, const struct etcd_range_response *whole)
{
    *p = (struct range_printer){.out = out, .style = style, .value_only = value_only};
    if (style->output == OUTPUT_JSON) {
        json_writer_init(&p->json, out, 0);
        json_object_begin(&p->json);
        print_header_json(&p->json, &whole->header);
    } else if (style->output == OUTPUT_PROTOBUF) {
        append_message_part(out, &(struct etcd_range_response){.header = whole->header});
    } else if (style->output == OUTPUT_FIELDS) {
        print_header_fields(out, style, &whole->header);
    }
}

void
range_printer_key(struct range_printer *p, const struct etcd_key_value *kv)
{
    if (p->style->output == OUTPUT_JSON) {
        if (!p->in_list) {
            json_key(&p->json, "kvs");
            json_array_begin(&p->json);
        }
        p->in_list = true;
        print_answer_json(&p->json, &etcd_key_value_message, kv);
    } else if (p->style->output == OUTPUT_PROTOBUF) {
        append_message_part(p->out, &(struct etcd_range_response){.kvs = kv, .kv_count = 1});
    } else if (p->style->output == OUTPUT_FIELDS) {
        print_key_value_fields(p->out, p->style, false, kv);
    } else {
        print_key_value(p->out, p->style, p->value_only, kv);
    }
}

void
range_printer_end(struct range_printer *p, const struct etcd_range_response *whole)
{
    if (p->style->output == OUTPUT_JSON) {
        if (p->in_list)
            json_array_end(&p->json);
        print_json_true(&p->json, "more", whole->more);
        print_json_i64(&p->json, "count", whole->count);
        json_object_end(&p->json);
        buf_append_byte(p->out, '\n');
    } else if (p->style->output == OUTPUT_PROTOBUF) {
        append_message_part(
            p->out, &(struct etcd_range_response){.more = whole->more, .count = whole->count});
    } else if (p->style->output == OUTPUT_FIELDS) {
        print_field_bool(p->out, "More", whole->more);
        print_field_i64(p->out, "Count", whole->count);
    }
}

void
print_range(struct buf *out, const struct output_style *style, bool value_only,
            const struct etcd_range_response *response)
{
    struct range_printer p;

    range_printer_begin(&p, out, style, value_only, response);
    for (size_t i = 0; i < response->kv_count; i++)
        range_printer_key(&p, &response->kvs[i]);
    range_printer_end(&p, response);
}

void
print_put(struct buf *out, const struct output_style *style,
          const struct etcd_put_response *response)
{
    if (print_answer(out, style, &etcd_put_response_message, response))
        return;
    if (style->output == OUTPUT_FIELDS) {
        print_header_fields(out, style, &response->header);
        if (response->prev_kv != NULL)
            print_key_value_fields(out, style, true, response->prev_kv);
        return;
    }
    buf_append_text(out, "OK\n");
    if (response->prev_kv != NULL)
        print_key_value(out, style, false, response->prev_kv);
}

void
print_delete_range(struct buf *out, const struct output_style *style,
                   const struct etcd_delete_range_response *response)
{
    if (print_answer(out, style, &etcd_delete_range_response_message, response))
        return;
    if (style->output == OUTPUT_FIELDS) {
        print_header_fields(out, style, &response->header);
        print_field_i64(out, "Deleted", response->deleted);
        for (size_t i = 0; i < response->prev_kv_count; i++)
            print_key_value_fields(out, style, true, &response->prev_kvs[i]);
        return;
    }
    buf_printf(out, "%" PRId64 "\n", response->deleted);
    for (size_t i = 0; i < response->prev_kv_count; i++)
        print_key_value(out, style, false, &response->prev_kvs[i]);
}
