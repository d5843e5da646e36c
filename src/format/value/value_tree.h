/*
 * A value as a tree of named fields, wherever it came from: a Kubernetes object, any protobuf
 * message, JSON. What is shown, and compared field by field, is always such a tree.
 *
 * Texts and bytes point into the value they were read from; the nodes are in an arena.
 */
#ifndef QUORATE_FORMAT_VALUE_TREE_H
#define QUORATE_FORMAT_VALUE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/json_writer.h"

enum value_type {
    VALUE_OBJECT,  /* children have names */
    VALUE_LIST,    /* children have none */
    VALUE_TEXT,    /* 'bytes', valid UTF-8 */
    VALUE_BYTES,   /* 'bytes', whatever they mean */
    VALUE_I64,     /* 'number' */
    VALUE_U64,     /* the bits of 'number' */
    VALUE_DOUBLE,  /* 'bytes': the number as JSON wrote it */
    VALUE_BOOL,    /* 'number' is 0 or 1 */
    VALUE_NULL,    /* JSON's */
    VALUE_FIXED64, /* protobuf's eight bytes of an unknown field: the bits of 'number' */
    VALUE_FIXED32,
};

struct value_node {
    struct bytes name; /* of a field, or a map's key; none in a list */
    enum value_type type;
    bool
        hidden; /* not to be shown: a Secret's. Only its size may be told, and whether it changed */
    int64_t number;
    struct bytes bytes;
    struct value_node *first; /* children, in the value's own order */
    struct value_node *last;
    struct value_node *next;
    size_t count; /* of the children */
};

/*
 * What a tree may grow to. A value that has more is told as bytes from there on: no value, however
 * it was made, takes more memory than some 30 MiB or more stack than a few KiB.
 */
enum { VALUE_DEPTH_MAX = 64, VALUE_NODES_MAX = 200000 };

struct value_budget {
    struct arena *mem;
    size_t nodes;   /* made so far */
    unsigned depth; /* of the node in hand */
};

/* A new node without content; the caller looks after the budget (value_budget_left). */
struct value_node *value_node_new(struct value_budget *budget, enum value_type type,
                                  struct bytes name);
bool value_budget_left(const struct value_budget *budget);
void value_node_add(struct value_node *parent, struct value_node *child);

/* The first child of that name, or NULL: there is none, or 'node' is NULL or has no children. */
struct value_node *value_node_get(const struct value_node *node, const char *name);
struct value_node *value_node_get_bytes(const struct value_node *node, struct bytes name);
/* The text of the child of that name; none when it is no text. */
struct bytes value_node_text(const struct value_node *node, const char *name);

/* Whether both hold the same, names and order of the children included. */
bool value_node_equal(const struct value_node *a, const struct value_node *b);
/* Bytes of all texts and bytes in it, names left out. */
uint64_t value_node_size(const struct value_node *node);
/* Hides the node and all below it. */
void value_node_hide(struct value_node *node);

/*
 * Writes the node's value as JSON, without its name. What JSON has no word for becomes an object:
 * {"base64":...}, {"fixed64":...}, {"fixed32":...}, and {"hidden":true,"bytes":...} for what is not to
 * be shown, unless 'show_hidden'.
 */
void value_node_write(struct json_writer *w, const struct value_node *node, bool show_hidden);

/* Valid UTF-8 without control characters but tab and line ends: what may be shown as text. */
bool value_is_text(struct bytes bytes);

#endif
