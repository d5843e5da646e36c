#include "format/finding.h"

#include <stdarg.h>

const char *
finding_kind_word(enum finding_kind kind)
{
    switch (kind) {
    case FINDING_NO_TRAILER:
        return "no-trailer";
    case FINDING_TRUNCATED:
        return "truncated";
    case FINDING_TRAILING_GARBAGE:
        return "trailing-garbage";
    case FINDING_DIGEST_MISMATCH:
        return "digest-mismatch";
    case FINDING_NOT_A_DATABASE:
        return "not-a-database";
    case FINDING_STRUCTURE:
        return "structure";
    case FINDING_ROW:
        return "row";
    case FINDING_BACKEND:
        return "backend";
    case FINDING_META_PAGE:
        return "meta-page";
    case FINDING_PENDING_COMPACTION:
        return "pending-compaction";
    }
    return "unknown";
}

static struct finding *
finding_push(struct findings *list, enum finding_kind kind, int64_t offset, uint32_t page_size)
{
    struct finding *f;

    if (list->count == FINDINGS_KEPT)
        return NULL;
    f = ARRAY_PUSH(list->mem, list);
    f->kind = kind;
    f->offset = offset;
    f->page = offset == FINDING_NOWHERE || page_size == 0 ? FINDING_NOWHERE : offset / page_size;
    f->remedy = "";
    return f;
}

struct finding *
finding_add(struct findings *list, enum finding_kind kind, int64_t offset, uint32_t page_size,
            const char *format, ...)
{
    struct finding *f = finding_push(list, kind, offset, page_size);
    va_list args;

    list->bad_total++;
    if (f == NULL)
        return NULL;
    va_start(args, format);
    f->text = arena_vprintf(list->mem, format, args);
    va_end(args);
    return f;
}

void
finding_note(struct findings *list, enum finding_kind kind, int64_t offset, uint32_t page_size,
             const char *format, ...)
{
    struct finding *f = finding_push(list, kind, offset, page_size);
    va_list args;

    list->note_total++;
    if (f == NULL)
        return;
    f->is_note = true;
    va_start(args, format);
    f->text = arena_vprintf(list->mem, format, args);
    va_end(args);
}

void
findings_move(struct findings *list, const struct findings *from)
{
    for (size_t i = 0; i < from->count && list->count < FINDINGS_KEPT; i++)
        *ARRAY_PUSH(list->mem, list) = from->items[i];
    list->bad_total += from->bad_total;
    list->note_total += from->note_total;
}

const struct finding *
findings_first_bad(const struct findings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!list->items[i].is_note)
            return &list->items[i];
    }
    return NULL;
}
