/*
 * From the options and operands of get, put and del to the request: the same for a command and for
 * a line of txn. Operands are bytes, since a line's may hold NULs.
 *
 * mem  holds what is made of operands; the rest points into them.
 * e    ERROR_USAGE: operands or flags that exclude each other. ERROR_FEATURE: a range of revisions
 *      that is none.
 * Source: getGetOp, getPutOp, getDelOp in etcdctl/ctlv3/command (3.4 to 3.7).
 */
#ifndef QUORATE_CLI_KEY_REQUEST_H
#define QUORATE_CLI_KEY_REQUEST_H

#include "base/arena.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/key_range.h"
#include "etcd/message/kv_message.h"

/* The commands, whose option tables a line of txn is read with, too. */
extern const struct command command_get;
extern const struct command command_put;
extern const struct command command_del;

/* KEY [RANGE_END] and get's options. */
MUST_CHECK bool key_request_get(struct arena *mem, const struct options *o,
                                struct key_operands operands,
                                struct etcd_range_request *ret_request, struct error *e);
/*
 * KEY [VALUE] and put's options.
 *
 * ret_wants_value  there is no VALUE, and --ignore-value does not ask for it to be kept.
 */
MUST_CHECK bool key_request_put(struct arena *mem, const struct options *o,
                                struct key_operands operands, struct etcd_put_request *ret_request,
                                bool *ret_wants_value, struct error *e);
/* KEY [RANGE_END] and del's options. */
MUST_CHECK bool key_request_del(struct arena *mem, const struct options *o,
                                struct key_operands operands,
                                struct etcd_delete_range_request *ret_request, struct error *e);

#endif
