/* What changed between two values of a key: by field, by line, or by size. */
#ifndef QUORATE_CLI_PRINT_CHANGE_H
#define QUORATE_CLI_PRINT_CHANGE_H

#include "cli/print/print_value.h"

/* A line for each change, indented by four blanks: "+ path: value", "- path: value", "path: old -> new".
 * What managedFields say of the change is left out: print_change_manager tells it. */
void print_changes(struct buf *out, const struct value_style *style,
                   const struct stored_value *before, const struct stored_value *after);

/* An array of {"path","before","after"}. */
void print_changes_json(struct json_writer *w, const struct value_style *style,
                        const struct stored_value *before, const struct stored_value *after);

/* Who made the change, of an object of Kubernetes: the manager whose entry is new in 'after'. "" when
 * nobody says so. In 'mem'. */
const char *print_change_manager(struct arena *mem, const struct stored_value *before,
                                 const struct stored_value *after);

#endif
