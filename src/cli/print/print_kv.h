/* What etcdctl prints for get, put and del. */
#ifndef QUORATE_CLI_PRINT_KV_H
#define QUORATE_CLI_PRINT_KV_H

#include "cli/print/print.h"
#include "etcd/message/kv_message.h"

/* One key and value, a line each; as fields, of one that was replaced with 'before'. */
void print_key_value(struct buf *out, const struct output_style *style, bool value_only,
                     const struct etcd_key_value *kv);
void print_key_value_fields(struct buf *out, const struct output_style *style, bool before,
                            const struct etcd_key_value *kv);
/*
 * A range's answer in pieces: one begin, any number of keys, one end. All together they print what
 * print_range does.
 */
struct range_printer {
    struct buf *out;
    const struct output_style *style;
    bool value_only;
    struct json_writer json;
    bool in_list; /* JSON: "kvs" has begun */
};

/* Of 'whole' the header counts. */
void range_printer_begin(struct range_printer *p, struct buf *out, const struct output_style *style,
                         bool value_only, const struct etcd_range_response *whole);
void range_printer_key(struct range_printer *p, const struct etcd_key_value *kv);
/* Of 'whole' more and count count. */
void range_printer_end(struct range_printer *p, const struct etcd_range_response *whole);

/* value_only: --print-value-only; matters for the simple form alone. */
void print_range(struct buf *out, const struct output_style *style, bool value_only,
                 const struct etcd_range_response *response);
void print_put(struct buf *out, const struct output_style *style,
               const struct etcd_put_response *response);
void print_delete_range(struct buf *out, const struct output_style *style,
                        const struct etcd_delete_range_response *response);

#endif
