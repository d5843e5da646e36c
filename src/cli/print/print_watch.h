/*
 * What etcdctl prints for a watch's responses.
 * Source: etcdctl/ctlv3/command/printer*.go and watch_command.go, client/v3/watch.go, 3.4 to 3.7.
 */
#ifndef QUORATE_CLI_PRINT_WATCH_H
#define QUORATE_CLI_PRINT_WATCH_H

#include "cli/print/print.h"
#include "etcd/message/watch_message.h"

/* The events of a response; also of one without any, and of a cancellation (a message without header
 * when the stream failed). */
void print_watch(struct buf *out, const struct output_style *style,
                 const struct etcd_watch_response *response);

/* "PUT" or "DELETE". */
const char *print_event_type(enum etcd_event_type type);

#endif
