/* What etcdctl prints for txn. */
#ifndef QUORATE_CLI_PRINT_TXN_H
#define QUORATE_CLI_PRINT_TXN_H

#include "cli/print/print.h"
#include "etcd/message/kv_message.h"

/* SUCCESS or FAILURE and each request's own output, behind an empty line; or as -w asks. */
void print_txn(struct buf *out, const struct output_style *style,
               const struct etcd_txn_response *response);

#endif
