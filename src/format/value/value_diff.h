/*
 * What differs between two trees, field by field: added, removed, changed.
 *
 * Members of an object are matched by name. Items of a list are matched by what tells them apart (the
 * name of a container, the type of a condition, the uid of an owner) when all of both lists have such
 * a field and no two the same; texts and numbers by themselves; all else by place.
 */
#ifndef QUORATE_FORMAT_VALUE_DIFF_H
#define QUORATE_FORMAT_VALUE_DIFF_H

#include "base/error.h"
#include "format/value/value_tree.h"

struct value_change {
    const char *path;                /* "spec.containers[name=web].image"; valid until it is told */
    const struct value_node *before; /* NULL: added */
    const struct value_node *after;  /* NULL: removed; one of both is there */
};

typedef bool value_change_visit(void *context, const struct value_change *change, struct error *e);

/* Calls visit for each difference, in the order of the fields of 'after', removed ones behind. What is
 * added or removed as a whole is one change. */
MUST_CHECK bool value_diff(const struct value_node *before, const struct value_node *after,
                           value_change_visit *visit, void *context, struct error *e);

#endif
