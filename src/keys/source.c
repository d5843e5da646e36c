#include "keys/source.h"

#include <inttypes.h>

#include "format/backend/backend.h"

void
key_source_close(struct key_source **source)
{
    struct arena mem;

    if (*source == NULL)
        return;
    (*source)->face->close(*source);
    mem = (*source)->mem; /* which holds *source */
    arena_release(&mem);
    *source = NULL;
}

static bool
revision_check(const struct key_source *source, int64_t revision, struct error *e)
{
    if (revision > source->revision || revision < 0)
        return error_set(e, ERROR_REFUSED,
                         "'%s': revision %" PRId64
                         " is a future revision, the current one is %" PRId64,
                         source->name, revision, source->revision);
    if (revision < source->compact_revision)
        return error_set(e, ERROR_NOT_FOUND,
                         "'%s': revision %" PRId64 " has been compacted, the oldest is %" PRId64,
                         source->name, revision, source->compact_revision);
    return true;
}

bool
key_source_live(struct key_source *source, const struct key_range *range, int64_t revision,
                unsigned want, key_row_visit *visit, void *context, struct error *e)
{
    if (revision == 0)
        revision = source->revision;
    return revision_check(source, revision, e) &&
           source->face->live(source, range, revision, want, visit, context, e);
}

bool
key_source_rows(struct key_source *source, const struct key_range *range, key_row_visit *visit,
                void *context, struct error *e)
{
    return source->face->rows(source, range, visit, context, e);
}

bool
key_source_survey(struct key_source *source, const struct key_range *range, key_row_visit *visit,
                  void *const contexts[KEY_SURVEY_PARTS], struct error *e)
{
    return source->face->survey(source, range, visit, contexts, e);
}

bool
key_source_leases(struct key_source *source, key_lease_visit *visit, void *context, struct error *e)
{
    return source->face->leases(source, visit, context, e);
}

bool
key_source_size(struct key_source *source, struct key_source_size *ret_size, struct error *e)
{
    return source->face->size(source, ret_size, e);
}
