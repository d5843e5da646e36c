/* What etcdctl prints for member list and alarm list. */
#ifndef QUORATE_CLI_PRINT_MEMBER_H
#define QUORATE_CLI_PRINT_MEMBER_H

#include "cli/print/print.h"
#include "etcd/message/cluster_message.h"
#include "etcd/message/maintenance_message.h"

void print_member_list(struct buf *out, const struct output_style *style,
                       const struct etcd_member_list *list);

void print_alarm_list(struct buf *out, const struct output_style *style,
                      const struct etcd_alarm_list *list);

/* "NOSPACE", "CORRUPT"; "NONE" and, for what this version does not know, the number. */
const char *alarm_word(struct arena *mem, enum etcd_alarm_type type);

#endif
