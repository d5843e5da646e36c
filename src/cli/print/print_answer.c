/* One walk over a message table. */

#include "cli/print/print_answer.h"

#include <string.h>

static const void *
member_of(const struct message_field *f, const void *value)
{
    return (const uint8_t *)value + f->offset;
}

static void
number_json(struct json_writer *w, const struct message_field *f, const void *value)
{
    uint64_t number = message_field_number(f, value);

    if (number == 0)
        return;
    json_key(w, f->name);
    if (f->kind == MESSAGE_KIND_BOOL)
        json_bool(w, true);
    else if (f->kind == MESSAGE_KIND_I64)
        json_i64(w, (int64_t)number);
    else
        json_u64(w, number);
}

static void
bytes_json(struct json_writer *w, const struct message_field *f, const void *value)
{
    struct bytes bytes;

    memcpy(&bytes, member_of(f, value), sizeof(bytes));
    if (bytes.size == 0)
        return;
    json_key(w, f->name);
    json_base64(w, bytes);
}

static void
list_json(struct json_writer *w, const struct message_field *f, const void *value)
{
    size_t count = message_field_count(f, value);
    const void *items;

    if (count == 0)
        return;
    memcpy(&items, member_of(f, value), sizeof(items));
    json_key(w, f->name);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        if (f->kind == MESSAGE_KIND_TEXTS)
            json_text(w, ((const char *const *)items)[i]);
        else if (f->kind == MESSAGE_KIND_KEYS)
            json_base64(w, ((const struct bytes *)items)[i]);
        else
            print_answer_json(w, f->inner, (const uint8_t *)items + i * f->inner->size);
    }
    json_array_end(w);
}

static void
pointer_json(struct json_writer *w, const struct message_field *f, const void *value)
{
    const void *pointer;

    memcpy(&pointer, member_of(f, value), sizeof(pointer));
    if (pointer == NULL || (f->kind == MESSAGE_KIND_TEXT && ((const char *)pointer)[0] == '\0'))
        return;
    json_key(w, f->name);
    if (f->kind == MESSAGE_KIND_TEXT)
        json_text(w, pointer);
    else
        print_answer_json(w, f->inner, pointer);
}

void
print_answer_members(struct json_writer *w, const struct message *m, const void *value)
{
    for (size_t i = 0; i < m->field_count; i++) {
        const struct message_field *f = &m->fields[i];

        switch (f->kind) {
        case MESSAGE_KIND_U64:
        case MESSAGE_KIND_I64:
        case MESSAGE_KIND_U32:
        case MESSAGE_KIND_ENUM:
        case MESSAGE_KIND_BOOL:
            number_json(w, f, value);
            break;
        case MESSAGE_KIND_BYTES:
            bytes_json(w, f, value);
            break;
        case MESSAGE_KIND_TEXTS:
        case MESSAGE_KIND_KEYS:
        case MESSAGE_KIND_REPEATED:
            list_json(w, f, value);
            break;
        case MESSAGE_KIND_TEXT:
        case MESSAGE_KIND_OPTIONAL:
            pointer_json(w, f, value);
            break;
        case MESSAGE_KIND_INNER:
            if (message_is_empty(f->inner, member_of(f, value)))
                break;
            json_key(w, f->name);
            print_answer_json(w, f->inner, member_of(f, value));
            break;
        }
    }
}

void
print_answer_json(struct json_writer *w, const struct message *m, const void *value)
{
    json_object_begin(w);
    print_answer_members(w, m, value);
    json_object_end(w);
}

bool
print_answer(struct buf *out, const struct output_style *style, const struct message *m,
             const void *value)
{
    struct json_writer w;

    if (style->output == OUTPUT_PROTOBUF) {
        message_encode(out, m, value);
        return true;
    }
    if (style->output != OUTPUT_JSON)
        return false;
    json_writer_init(&w, out, 0);
    print_answer_json(&w, m, value);
    buf_append_byte(out, '\n');
    return true;
}
