/*
 * A protobuf message as a tree of values: with the names of its fields where they are known
 * (format/value/kube_fields.h), by their numbers otherwise.
 *
 * Of an unknown field protobuf tells the wire type only. So bytes are shown as text when they are
 * UTF-8 without control characters, else as a message when they read as one, else as text with line
 * ends, else as bytes: a guess that is right for most, and that loses nothing.
 */
#ifndef QUORATE_FORMAT_PROTO_TREE_H
#define QUORATE_FORMAT_PROTO_TREE_H

#include "format/value/value_tree.h"

/* Distinct fields of one message that are told apart; what is behind them becomes one "rest". */
enum { PROTO_TREE_FIELDS_MAX = 256 };

/*
 * The message as an object named 'name'. NULL: it is cut or malformed. Texts and bytes point into
 * it.
 *
 * known  the message as kube_fields.h names it; NULL: nothing is known of it.
 */
struct value_node *proto_tree(struct value_budget *budget, struct bytes message, const char *known,
                              struct bytes name);

#endif
