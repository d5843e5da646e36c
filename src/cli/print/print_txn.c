/*
 * A transaction's answer. In JSON each response lies in an object of its own, as Go's type for the
 * oneof makes it: {"Response":{"response_range":{...}}}; 3.4 wrote "ResponseRange".
 */

#include "cli/print/print_txn.h"

#include "cli/print/print_answer.h"
#include "cli/print/print_kv.h"

/* The one kind that a response is of. */
struct response_kind {
    const char *name;
    const char *name_3_4;
    const struct message *message;
    const void *value;
};

static struct response_kind
kind_of(const struct etcd_response_op *op)
{
    if (op->range != NULL)
        return (struct response_kind){"response_range", "ResponseRange",
                                      &etcd_range_response_message, op->range};
    if (op->put != NULL)
        return (struct response_kind){"response_put", "ResponsePut", &etcd_put_response_message,
                                      op->put};
    if (op->delete_range != NULL)
        return (struct response_kind){"response_delete_range", "ResponseDeleteRange",
                                      &etcd_delete_range_response_message, op->delete_range};
    return (struct response_kind){"response_txn", "ResponseTxn", NULL, op->txn};
}

static void txn_json(struct json_writer *w, const struct output_style *style,
                     const struct etcd_txn_response *response);

static void
response_json(struct json_writer *w, const struct output_style *style,
              const struct etcd_response_op *op)
{
    struct response_kind kind = kind_of(op);

    json_object_begin(w);
    json_key(w, "Response");
    json_object_begin(w);
    if (kind.value != NULL)
        json_key(w, style->compat < COMPAT_3_5 ? kind.name_3_4 : kind.name);
    if (kind.message != NULL)
        print_answer_json(w, kind.message, kind.value);
    else if (kind.value != NULL)
        txn_json(w, style, op->txn);
    json_object_end(w);
    json_object_end(w);
}

static void
txn_json(struct json_writer *w, const struct output_style *style,
         const struct etcd_txn_response *response)
{
    json_object_begin(w);
    print_header_json(w, &response->header);
    print_json_true(w, "succeeded", response->succeeded);
    if (response->response_count > 0) {
        json_key(w, "responses");
        json_array_begin(w);
        for (size_t i = 0; i < response->response_count; i++)
            response_json(w, style, &response->responses[i]);
        json_array_end(w);
    }
    json_object_end(w);
}

static void
print_responses(struct buf *out, const struct output_style *style,
                const struct etcd_txn_response *response)
{
    for (size_t i = 0; i < response->response_count; i++) {
        const struct etcd_response_op *op = &response->responses[i];

        if (style->output == OUTPUT_SIMPLE)
            buf_append_byte(out, '\n');
        if (op->range != NULL)
            print_range(out, style, false, op->range);
        else if (op->put != NULL)
            print_put(out, style, op->put);
        else if (op->delete_range != NULL)
            print_delete_range(out, style, op->delete_range);
        else if (op->txn != NULL)
            print_txn(out, style, op->txn);
    }
}

void
print_txn(struct buf *out, const struct output_style *style,
          const struct etcd_txn_response *response)
{
    struct json_writer w;

    if (style->output == OUTPUT_JSON) {
        json_writer_init(&w, out, 0);
        txn_json(&w, style, response);
        buf_append_byte(out, '\n');
        return;
    }
    if (print_answer(out, style, &etcd_txn_response_message, response))
        return;
    if (style->output == OUTPUT_FIELDS) {
        print_header_fields(out, style, &response->header);
        print_field_bool(out, "Succeeded", response->succeeded);
    } else {
        buf_append_text(out, response->succeeded ? "SUCCESS\n" : "FAILURE\n");
    }
    print_responses(out, style, response);
}
