#include "format/text_edit.h"

#include <string.h>

#include "base/error.h"

void
text_edit_add(struct arena *mem, struct text_edits *edits, size_t offset, size_t length,
              const char *text)
{
    *ARRAY_PUSH(mem, &edits->items) = (struct text_edit){offset, length, text};
}

bool
text_edit_overlaps(const struct text_edits *edits, size_t offset, size_t length)
{
    for (size_t i = 0; i < edits->items.count; i++) {
        const struct text_edit *edit = &edits->items.items[i];

        if (offset < edit->offset + edit->length && edit->offset < offset + length)
            return true;
    }
    return false;
}

/* By place, those of one place as they came: a handful, so insertion will do. */
static void
edits_sort(struct text_edits *edits)
{
    for (size_t i = 1; i < edits->items.count; i++) {
        struct text_edit edit = edits->items.items[i];
        size_t at = i;

        for (; at > 0 && edits->items.items[at - 1].offset > edit.offset; at--)
            edits->items.items[at] = edits->items.items[at - 1];
        edits->items.items[at] = edit;
    }
}

struct bytes
text_edits_apply(struct arena *mem, struct bytes text, struct text_edits *edits)
{
    size_t size = text.size;
    size_t from = 0;
    size_t to = 0;
    uint8_t *out;

    edits_sort(edits);
    for (size_t i = 0; i < edits->items.count; i++)
        size += strlen(edits->items.items[i].text);
    out = arena_alloc(mem, size);
    for (size_t i = 0; i < edits->items.count; i++) {
        const struct text_edit *edit = &edits->items.items[i];
        size_t length = strlen(edit->text);

        ASSERT(edit->offset >= from && edit->offset + edit->length <= text.size);
        if (edit->offset > from)
            memcpy(out + to, text.data + from, edit->offset - from);
        to += edit->offset - from;
        memcpy(out + to, edit->text, length);
        to += length;
        from = edit->offset + edit->length;
    }
    if (text.size > from)
        memcpy(out + to, text.data + from, text.size - from);
    return bytes_of(out, to + text.size - from);
}

const char *
text_line_end(struct bytes text)
{
    const uint8_t *end = text.size > 0 ? memchr(text.data, '\n', text.size) : NULL;

    return end != NULL && end > text.data && end[-1] == '\r' ? "\r\n" : "\n";
}

size_t
text_line_next(struct bytes text, size_t offset)
{
    while (offset < text.size && text.data[offset] != '\n')
        offset++;
    return offset < text.size ? offset + 1 : offset;
}

size_t
text_line_begin(struct bytes text, size_t offset)
{
    while (offset > 0 && text.data[offset - 1] != '\n')
        offset--;
    return offset;
}
