/*
 * The lines of a transaction as etcdctl's txn reads them: compares, then requests. Pure: a line in,
 * a part of the message out.
 *
 * Where etcdctl is lenient by accident, these are not: what stands behind a compare is refused
 * instead of dropped, and so is an operand too many. Where etcdctl panics, these answer: an unknown
 * operator is an error, a lease can be compared.
 *
 * mem   holds the result, which does not point into 'line'.
 * line  without its end; blanks around it do not matter.
 * e     "column N: ..." in front of errors of a line's form; the command in front of its own.
 * Source: etcdctl/ctlv3/command/txn_command.go (3.4 to 3.7), client/v3/compare.go.
 */
#ifndef QUORATE_CLI_TXN_LINE_H
#define QUORATE_CLI_TXN_LINE_H

#include "base/arena.h"
#include "base/error.h"
#include "etcd/message/kv_message.h"

/*
 * mod("key") > "0": TARGET("KEY") OPERATOR "VALUE". Targets: version (ver), create (c), mod (m),
 * value (val), lease; operators: = != > <. Versions and revisions are decimal, a lease is hex, as
 * 'put --lease' takes it.
 *
 * e  ERROR_INPUT.
 */
MUST_CHECK bool txn_compare_parse(struct arena *mem, struct bytes line,
                                  struct etcd_compare *ret_compare, struct error *e);

/*
 * get, put or del (the beginning of the word will do) with the flags and operands of the command of
 * that name; the value of a put has to be there.
 *
 * e  ERROR_INPUT: the form. ERROR_USAGE, ERROR_FEATURE: as the command itself would fail.
 */
MUST_CHECK bool txn_request_parse(struct arena *mem, struct bytes line,
                                  struct etcd_request_op *ret_request, struct error *e);

#endif
