/* What the steps of a copy into a cluster have in common: the beginning, the survey, the copying. */
#include "ops/key_copy.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "ops/plan_cluster.h"

bool
key_copy_begin(struct key_copy *copy, struct error *e)
{
    const char *start = plan_mark_get(copy->plan, COPY_MARK_START);

    if (copy->client != NULL)
        return true;
    if (!copy->kind->open(copy, e))
        return false;
    if (!plan_cluster_id_check(copy->client, copy->cluster_id, e)) {
        copy->client = NULL;
        return false;
    }
    if (start != NULL && !number_parse_i64(start, &copy->start_revision, e))
        return error_wrap(e, "mark '%s'", COPY_MARK_START);
    copy->resumed = start != NULL;
    return copy_revisions_load(copy->plan, COPY_MARK_REVISIONS, &copy->revisions, e);
}

bool
key_copy_check(struct key_copy *copy, const char *mark, enum progress *ret_progress,
               struct error *e)
{
    if (!key_copy_begin(copy, e))
        return false;
    *ret_progress = plan_mark_get(copy->plan, mark) != NULL ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

bool
key_copy_prove_check(void *op, enum progress *ret_progress, struct error *e)
{
    *ret_progress = PROGRESS_TODO; /* evidence is gathered anew by each process */
    return key_copy_begin(op, e);
}

bool
key_copy_prove_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

/* --- the survey --- */

struct survey {
    struct key_copy *copy;
    int64_t revision; /* of the cluster, at the first batch */
    uint64_t collisions;
    char first[128];
};

static bool
survey_batch(void *context, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct survey *s = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, s->copy->client, batch, &found, &revision, e))
        return error_wrap(e, "reading from %s", s->copy->kind->target);
    if (s->revision == 0)
        s->revision = revision;
    for (size_t i = 0; i < batch->count; i++) {
        if (found[i] == NULL || key_pair_is(&batch->pairs[i], found[i]))
            continue;
        if (s->collisions++ == 0)
            snprintf(s->first, sizeof(s->first), "%s",
                     arena_text_of_bytes(&tmp, batch->pairs[i].key));
    }
    return true;
}

bool
key_copy_survey(struct key_copy *copy, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct survey s = {.copy = copy};

    if (!copy->kind->each(copy, survey_batch, &s, e))
        return false;
    if (s.collisions > 0 && !copy->overwrite) {
        if (s.collisions == 1)
            error_set_(e, ERROR_REFUSED, 0, "%s has the key '%s' with another value",
                       copy->kind->target, s.first);
        else
            error_set_(e, ERROR_REFUSED, 0,
                       "%s has %" PRIu64 " of the keys with another value, '%s' first",
                       copy->kind->target, s.collisions, s.first);
        return error_hint(e, "--overwrite takes %s values; undo is no longer possible then",
                          copy->kind->values);
    }
    copy->start_revision = s.revision > 0 ? s.revision : 1;
    return plan_mark(copy->plan, COPY_MARK_START,
                     arena_printf(&tmp, "%" PRId64, copy->start_revision), e);
}

/* --- the copying --- */

struct running {
    struct key_copy *copy;
    uint64_t done;
    uint64_t total;
};

static bool
run_batch(void *context, const struct key_batch *batch, struct error *e)
{
    struct running *r = context;

    if (plan_interrupted(r->copy->plan))
        return error_set(e, ERROR_CANCELLED, "interrupted");
    if ((r->copy->resumed && !key_copy_adopt(r->copy, batch, e)) ||
        !key_copy_write(r->copy, batch, e))
        return false;
    r->done += batch->count;
    plan_progress(r->copy->plan, r->done, r->total);
    return true;
}

bool
key_copy_run(struct key_copy *copy, uint64_t total, struct error *e)
{
    struct running r = {.copy = copy, .total = total};

    return copy->kind->each(copy, run_batch, &r, e) &&
           (copy->unsaved == 0 || key_copy_save(copy, e));
}
