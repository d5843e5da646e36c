/* Events: JSON is a struct of etcd's client with capital keys, all of which are always there. */

#include "cli/print/print_watch.h"

#include "cli/print/print_answer.h"
#include "cli/print/print_kv.h"

const char *
print_event_type(enum etcd_event_type type)
{
    return type == ETCD_EVENT_DELETE ? "DELETE" : "PUT";
}

static bool
has_header(const struct etcd_watch_response *response)
{
    return !message_is_empty(&etcd_header_message, &response->header);
}

/* null where Go had nil: for what no server said, and since 3.7 wherever there is nothing. */
static void
watch_json(struct buf *out, const struct output_style *style,
           const struct etcd_watch_response *response)
{
    bool nil = !has_header(response) || style->compat >= COMPAT_3_7;
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key(&w, "Header");
    if (!has_header(response) && style->compat >= COMPAT_3_7)
        json_null(&w);
    else
        print_answer_json(&w, &etcd_header_message, &response->header);
    json_key(&w, "Events");
    if (response->event_count == 0 && nil) {
        json_null(&w);
    } else {
        json_array_begin(&w);
        for (size_t i = 0; i < response->event_count; i++)
            print_answer_json(&w, &etcd_event_message, &response->events[i]);
        json_array_end(&w);
    }
    json_key_i64(&w, "CompactRevision", response->compact_revision);
    json_key_bool(&w, "Canceled", response->canceled);
    json_key_bool(&w, "Created", response->created);
    if (style->compat >= COMPAT_3_7)
        json_key_text(&w, "CancelReason", response->cancel_reason);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

/* What etcdctl makes a message of again: not all that the server sent. */
static void
watch_protobuf(struct buf *out, const struct etcd_watch_response *response)
{
    const struct etcd_watch_response message = {
        .header = response->header,
        .events = response->events,
        .event_count = response->event_count,
        .compact_revision = response->compact_revision,
        .canceled = response->canceled,
        .created = response->created,
    };

    message_encode(out, &etcd_watch_response_message, &message);
}

static void
event_print(struct buf *out, const struct output_style *style, const struct etcd_event *event)
{
    static const struct etcd_key_value none = {.version = 0};
    const struct etcd_key_value *kv = event->kv != NULL ? event->kv : &none;
    const char *type = print_event_type(event->type);

    if (style->output == OUTPUT_FIELDS) {
        print_field_plain(out, "Type", type);
        if (event->prev_kv != NULL)
            print_key_value_fields(out, style, true, event->prev_kv);
        print_key_value_fields(out, style, false, kv);
        return;
    }
    buf_append_text(out, type);
    buf_append_byte(out, '\n');
    if (event->prev_kv != NULL)
        print_key_value(out, style, false, event->prev_kv);
    print_key_value(out, style, false, kv);
}

void
print_watch(struct buf *out, const struct output_style *style,
            const struct etcd_watch_response *response)
{
    if (style->output == OUTPUT_JSON) {
        watch_json(out, style, response);
        return;
    }
    if (style->output == OUTPUT_PROTOBUF) {
        watch_protobuf(out, response);
        return;
    }
    if (style->output == OUTPUT_FIELDS)
        print_header_fields(out, style, &response->header);
    for (size_t i = 0; i < response->event_count; i++)
        event_print(out, style, &response->events[i]);
}
