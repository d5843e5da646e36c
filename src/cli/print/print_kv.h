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

/* value_only: --print-value-only; matters for the simple form alone. */
void print_range(struct buf *out, const struct output_style *style, bool value_only,
                 const struct etcd_range_response *response);
void print_put(struct buf *out, const struct output_style *style,
               const struct etcd_put_response *response);
void print_delete_range(struct buf *out, const struct output_style *style,
                        const struct etcd_delete_range_response *response);

#endif
