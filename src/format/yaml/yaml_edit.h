/*
 * Edits of a YAML file where it stands: one value, item or key, and nothing else moves. Each edit is a
 * replacement of bytes (text_edit.h); apply all of one tree at once, and read the result again.
 *
 * What cannot be edited without touching more is refused with its place: ERROR_REFUSED.
 */
#ifndef QUORATE_FORMAT_YAML_YAML_EDIT_H
#define QUORATE_FORMAT_YAML_YAML_EDIT_H

#include "format/text_edit.h"
#include "format/yaml/yaml_tree.h"

/* Text as a scalar on one line: plain where that reads back as the same text, else in double quotes.
 * 'flow': it will stand in brackets. */
const char *yaml_scalar_written(struct arena *mem, const char *text, bool flow);

/* Another value for a scalar, also an absent one. Quotes stay when there were some. */
MUST_CHECK bool yaml_edit_scalar(struct arena *mem, const struct yaml *doc,
                                 const struct yaml_node *node, const char *text,
                                 struct text_edits *edits, struct error *e);

/* One more scalar behind the last item of a list, block or flow, that is not empty. */
MUST_CHECK bool yaml_edit_append(struct arena *mem, const struct yaml *doc,
                                 const struct yaml_node *list, const char *text,
                                 struct text_edits *edits, struct error *e);

/*
 * Lines behind the last entry of a block list or map that is not empty, each indented as its entries are. 'lines'
 * ends them with "\n" between them, none at the end: "- a: 1\n  b: 2".
 */
MUST_CHECK bool yaml_edit_append_lines(struct arena *mem, const struct yaml *doc,
                                       const struct yaml_node *collection, const char *lines,
                                       struct text_edits *edits, struct error *e);

/*
 * One more key with a scalar for a map, block or flow, that is not empty: where the keys' names are sorted, as programs
 * write them, in its place, and above the comment lines of the key that it comes before.
 */
MUST_CHECK bool yaml_edit_add_key(struct arena *mem, const struct yaml *doc,
                                  const struct yaml_node *map, const char *key, const char *text,
                                  struct text_edits *edits, struct error *e);

/* Takes an item, or a key with its value, out; in a block with its lines. */
MUST_CHECK bool yaml_edit_remove(struct arena *mem, const struct yaml *doc,
                                 const struct yaml_node *node, struct text_edits *edits,
                                 struct error *e);

/* Takes a key out of a tree, so that the rest of it can be compared; nothing happens to the text. */
void yaml_drop_key(const struct yaml_node *map, const char *key);

/* Whether two trees hold the same; of what differs first, ret_path tells where ("/spec/containers/0"). 'skip'
 * (NULL: none) says what is not compared, given the node of 'a'. */
bool yaml_equal(struct arena *mem, const struct yaml_node *a, const struct yaml_node *b,
                bool (*skip)(void *context, const struct yaml_node *node), void *context,
                const char **ret_path);

#endif
