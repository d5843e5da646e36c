/* What etcdctl prints for alarm list and disarm, move-leader, and downgrade. */
#ifndef QUORATE_CLI_PRINT_MAINTENANCE_H
#define QUORATE_CLI_PRINT_MAINTENANCE_H

#include "cli/print/print.h"
#include "etcd/message/maintenance_message.h"

void print_alarm_list(struct buf *out, const struct output_style *style,
                      const struct etcd_alarm_list *list);

/* "NOSPACE", "CORRUPT"; "NONE" and, for what this version does not know, the number. */
const char *alarm_word(struct arena *mem, enum etcd_alarm_type type);

/* etcdctl has no fields for the next two: print_no_fields refuses them. */
void print_leader_moved(struct buf *out, const struct output_style *style, uint64_t from,
                        uint64_t to, const struct etcd_header_only *moved);
/* action: "validate", "enable", "cancel". */
void print_downgrade(struct buf *out, const struct output_style *style, const char *action,
                     const struct etcd_downgrade *downgrade);

#endif
