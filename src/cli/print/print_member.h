/* What etcdctl prints for the member commands. */
#ifndef QUORATE_CLI_PRINT_MEMBER_H
#define QUORATE_CLI_PRINT_MEMBER_H

#include "cli/print/print.h"
#include "etcd/message/cluster_message.h"

void print_member_list(struct buf *out, const struct output_style *style,
                       const struct etcd_member_list *list);

/* etcdctl has no fields for the next two: print_no_fields refuses them. */

/* With -w simple also the settings that the new member, called 'name', must be started with. */
void print_member_added(struct buf *out, const struct output_style *style, const char *name,
                        const char *peer_urls, const struct etcd_member_added *added);
/* what: "removed from", "updated in", "promoted in". */
void print_member_changed(struct buf *out, const struct output_style *style, uint64_t id,
                          const char *what, const struct etcd_member_list *list);

#endif
