/* JSON as a tree of values. */
#ifndef QUORATE_FORMAT_JSON_TREE_H
#define QUORATE_FORMAT_JSON_TREE_H

#include "format/value/value_tree.h"

/*
 * The text as a tree; nodes and texts are in the budget's arena. NULL when it is no JSON object or
 * array (a bare word or number is text like any other), or more than base/json.h or the budget
 * takes.
 */
struct value_node *json_tree(struct value_budget *budget, struct bytes text);

#endif
