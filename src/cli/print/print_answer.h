/*
 * Any answer of etcd's as JSON or protobuf, made from its message table: keys in the order of their
 * field numbers, zeros left out, bytes in base64 and enums as numbers, as etcdctl's -w json prints
 * them (encoding/json over Go's generated structs); -w protobuf is the message itself.
 */
#ifndef QUORATE_CLI_PRINT_ANSWER_H
#define QUORATE_CLI_PRINT_ANSWER_H

#include "base/buf.h"
#include "base/json_writer.h"
#include "cli/output.h"
#include "etcd/message/message.h"

/* The message as a JSON object. */
void print_answer_json(struct json_writer *w, const struct message *m, const void *value);
/* Its keys alone, for an object that has others too. */
void print_answer_members(struct json_writer *w, const struct message *m, const void *value);

/* With -w json one line, with -w protobuf its bytes; false, and nothing, for the other forms. */
bool print_answer(struct buf *out, const struct output_style *style, const struct message *m,
                  const void *value);

#endif
