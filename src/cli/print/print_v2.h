/*
 * Prints answers of the v2 API as etcdctl does.
 * Source: etcdctl/ctlv2/command/format.go, ls_command.go (3.4); compared with the real tool by
 * test/e2e/v2.bats.
 */
#ifndef QUORATE_CLI_PRINT_V2_H
#define QUORATE_CLI_PRINT_V2_H

#include "cli/v2.h"

/* One key's answer. */
void print_v2_response(struct buf *out, enum v2_output output,
                       const struct etcd2_response *response);

/* A listing: the keys below the node, a line each; 'slash' puts '/' behind directories. */
void print_v2_ls(struct buf *out, const struct etcd2_node *node, bool slash);

#endif
