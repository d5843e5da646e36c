/* A few edits of a text: everything that no edit touches stays, byte for byte. */
#ifndef QUORATE_FORMAT_TEXT_EDIT_H
#define QUORATE_FORMAT_TEXT_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/bytes.h"

struct text_edit {
    size_t offset, length; /* what goes */
    const char *text;      /* what comes in its place */
};

struct text_edits {
    ARRAY(struct text_edit) items;
};

void text_edit_add(struct arena *mem, struct text_edits *edits, size_t offset, size_t length,
                   const char *text);
/* Whether an edit reaches into these bytes already. */
bool text_edit_overlaps(const struct text_edits *edits, size_t offset, size_t length);
/* The text with all edits. They must not overlap; two at one place keep their order. */
struct bytes text_edits_apply(struct arena *mem, struct bytes text, struct text_edits *edits);

/* "\r\n" where the text's first line ends so, else "\n". */
const char *text_line_end(struct bytes text);
/* The byte behind the line end of the line that holds 'offset', or the text's size. */
size_t text_line_next(struct bytes text, size_t offset);
size_t text_line_begin(struct bytes text, size_t offset);

#endif
