/*
 * Values for people and for scripts: fields under each other, indented by depth, or JSON. What is
 * hidden is told by its size, unless 'show_hidden'.
 */
#ifndef QUORATE_CLI_PRINT_VALUE_H
#define QUORATE_CLI_PRINT_VALUE_H

#include "base/buf.h"
#include "base/json_writer.h"
#include "cli/output.h"
#include "format/value/stored_value.h"

struct value_style {
    bool utf8;        /* the terminal's characters are UTF-8 */
    bool show_hidden; /* Secrets too */
    bool show_empty;  /* fields that hold nothing, which protobuf writes all the same */
};

/* A line for each field, every line indented by 'indent' blanks. */
void print_value_tree(struct buf *out, const struct value_style *style,
                      const struct value_node *node, unsigned indent);

/* One node on one line, without its name: "text", 12, {3 fields}, (12 bytes, hidden). */
void print_value_line(struct buf *out, const struct value_style *style,
                      const struct value_node *node);

/* "NAME": the bytes as text when they are UTF-8, else "NAMEBase64". So nothing is lost. */
void print_bytes_json(struct json_writer *w, const char *name, struct bytes bytes);

/* "format", "apiVersion", "kind", "encryption" of a value, as keys of the object in hand. */
void print_stored_json(struct json_writer *w, const struct stored_value *value);

#endif
