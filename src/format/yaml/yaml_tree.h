/*
 * YAML as a read-only tree that knows where each thing stands: what the inventory, etcd's
 * configuration files and the manifests of static pods are read from, and edited in (yaml_edit.h).
 *
 * The tree is made for settings, not for all of YAML: one document; keys are scalars, each once in its
 * map; no anchors, aliases and tags, which are refused by name. What is refused is told as
 * 'FILE:LINE:COLUMN: text', with the line itself as hint.
 *
 * Source of the grammar: libfyaml, whose events are all that is used of it. The manifests of a host are
 * hostile input: size, depth and count are bounded, and each scalar's place is checked against its text.
 */
#ifndef QUORATE_FORMAT_YAML_YAML_TREE_H
#define QUORATE_FORMAT_YAML_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

enum { YAML_MAX_BYTES = 1 << 20, YAML_DEPTH_MAX = 48, YAML_NODES_MAX = 100000 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

enum yaml_style {
    YAML_PLAIN,
    YAML_SINGLE_QUOTED,
    YAML_DOUBLE_QUOTED,
    YAML_LITERAL, /* | */
    YAML_FOLDED,  /* > */
    YAML_BLOCK,   /* a list or map by indentation */
    YAML_FLOW,    /* a list or map in brackets */
};

struct yaml_node {
    enum yaml_kind kind;
    enum yaml_style style;
    bool absent;      /* a scalar of which nothing is written, as in "key:" */
    const char *text; /* of a scalar, as it reads: unquoted, lines folded; "" when absent */
    /*
     * Where it stands, in bytes, quotes and brackets included. A block list begins at its first dash, a
     * block map at its first key, and both end with their last item. What is absent has start == end:
     * where it would be written.
     */
    size_t start, end;
    const struct yaml_node *key; /* of a map's value */
    const struct yaml_node *parent;
    const struct yaml_node *first, *last; /* a list's items, a map's values, as they stand */
    const struct yaml_node *next;
    size_t count; /* of the items */
};

struct yaml {
    const char *file; /* for messages */
    struct bytes bytes;
    const struct yaml_node *root; /* NULL: nothing is in it but blanks and comments */
    const size_t *lines;          /* where each line begins */
    size_t line_count;
};

/*
 * Reads a document. 'bytes' has to live as long as 'mem'; 'file' is the name that messages begin with.
 * ERROR_FORMAT: no YAML, no UTF-8, or something that is refused. ERROR_LIMIT: larger than YAML_MAX_BYTES,
 * deeper than YAML_DEPTH_MAX, more nodes than YAML_NODES_MAX.
 */
MUST_CHECK bool yaml_parse(struct arena *mem, const char *file, struct bytes bytes,
                           const struct yaml **ret_doc, struct error *e);

/* A map's value, or NULL: not there, or 'map' is NULL or no map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* A list's item, from 0 on, or NULL. */
const struct yaml_node *yaml_at(const struct yaml_node *list, size_t i);
/* Whether nothing is said: NULL, absent, or a plain null or ~. */
bool yaml_is_null(const struct yaml_node *node);

/* Line and column of a byte, from 1; columns count characters. */
void yaml_place(const struct yaml *doc, size_t offset, unsigned *ret_line, unsigned *ret_column);

/*
 * Sets an ERROR_FORMAT of 'FILE:LINE:COLUMN: <text>', with the line as hint; the value is false.
 * For a map's value the place is the value's; give 'node->key' to point at the key.
 */
#define yaml_error(doc, node, e, ...)                                                              \
    (yaml_error_at_((doc), (node) != NULL ? (node)->start : 0, (e), __VA_ARGS__), error_false())
void yaml_error_at_(const struct yaml *doc, size_t offset, struct error *e, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Typed reading; the errors name the key. A value of another kind is refused. */
MUST_CHECK bool yaml_as_text(const struct yaml *doc, const struct yaml_node *node,
                             const char **ret_text, struct error *e);
/* true and false, in the cases that YAML 1.2 has. */
MUST_CHECK bool yaml_as_bool(const struct yaml *doc, const struct yaml_node *node, bool *ret_value,
                             struct error *e);
MUST_CHECK bool yaml_as_u64(const struct yaml *doc, const struct yaml_node *node,
                            uint64_t *ret_value, struct error *e);
/* That a node is of a kind; NULL and null are not. */
MUST_CHECK bool yaml_expect(const struct yaml *doc, const struct yaml_node *node,
                            enum yaml_kind kind, struct error *e);
/* A map's value that has to be there. */
MUST_CHECK bool yaml_require(const struct yaml *doc, const struct yaml_node *map, const char *key,
                             const struct yaml_node **ret_value, struct error *e);
/* That a map has no other keys than these (NULL ends them); a near one is suggested. */
MUST_CHECK bool yaml_check_keys(const struct yaml *doc, const struct yaml_node *map,
                                const char *const *known, struct error *e);

#endif
