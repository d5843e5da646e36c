/* The steps of 'v2 migrate': survey, copy, prove. */
#include <inttypes.h>

#include "ops/v2_migrate_state.h"

/* The writers of v2 may go on while we copy; more rounds than these, and they do not mean to stop. */
enum { ROUNDS = 10 };

static bool
nothing_to_undo(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
mark_check(const struct v2_migrate *m, const char *mark, enum progress *ret_progress)
{
    *ret_progress = plan_mark_get(m->plan, mark) != NULL ? PROGRESS_DONE : PROGRESS_TODO;
    return true;
}

/* --- survey --- */

static bool
survey_check(void *op, enum progress *ret_progress, struct error *e)
{
    struct v2_migrate *m = op;

    return v2_migrate_begin(m, e) && mark_check(m, V2_MARK_START, ret_progress);
}

struct survey {
    struct v2_migrate *m;
    int64_t revision; /* of v3, at the first batch */
    uint64_t collisions;
    char first[128];
};

static bool
survey_batch(void *context, const struct v2_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct survey *s = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!v2_batch_read(&tmp, s->m->sides.v3, batch, &found, &revision, e))
        return false;
    if (s->revision == 0)
        s->revision = revision;
    for (size_t i = 0; i < batch->count; i++) {
        if (found[i] == NULL || v2_pair_is(&batch->pairs[i], found[i]))
            continue;
        if (s->collisions++ == 0)
            snprintf(s->first, sizeof(s->first), "%s",
                     arena_text_of_bytes(&tmp, batch->pairs[i].key));
    }
    return true;
}

static bool
each_batch(struct v2_migrate *m, v2_batch_take *take, void *context, uint64_t *ret_index,
           struct error *e)
{
    return v2_batches(&m->sides, m->root, m->hidden, m->hidden_count, m->keep_dirs, take, context,
                      ret_index, e);
}

static bool
survey_run(void *op, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct v2_migrate *m = op;
    struct survey s = {.m = m};
    uint64_t index;

    if (!each_batch(m, survey_batch, &s, &index, e))
        return false;
    if (s.collisions > 0 && !m->overwrite) {
        if (s.collisions == 1)
            error_set_(e, ERROR_REFUSED, 0, "v3 has the key '%s' with another value", s.first);
        else
            error_set_(e, ERROR_REFUSED, 0,
                       "v3 has %" PRIu64 " of the keys with another value, '%s' first",
                       s.collisions, s.first);
        return error_hint(e, "--overwrite takes v2's values; undo is no longer possible then");
    }
    m->start_revision = s.revision > 0 ? s.revision : 1;
    return plan_mark(m->plan, V2_MARK_START, arena_printf(&tmp, "%" PRId64, m->start_revision), e);
}

const struct step v2_migrate_step_survey = {
    .name = "survey",
    .intent = "look for each of the %{keys} keys in v3: %{collisions} are there with another value",
    .check = survey_check,
    .run = survey_run,
    .undo = nothing_to_undo,
};

/* --- copy --- */

static bool
copy_check(void *op, enum progress *ret_progress, struct error *e)
{
    struct v2_migrate *m = op;

    return v2_migrate_begin(m, e) && mark_check(m, V2_MARK_COPIED, ret_progress);
}

struct copy {
    struct v2_migrate *m;
    uint64_t done;
};

static bool
copy_batch(void *context, const struct v2_batch *batch, struct error *e)
{
    struct copy *c = context;

    if (plan_interrupted(c->m->plan))
        return error_set(e, ERROR_CANCELLED, "interrupted");
    if ((c->m->resumed && !v2_batch_adopt(c->m, batch, e)) || !v2_batch_write(c->m, batch, e))
        return false;
    c->done += batch->count;
    plan_progress(c->m->plan, c->done, 0);
    return true;
}

/* Round after round, until v2 did not change during one. */
static bool
copy_run(void *op, struct error *e)
{
    struct v2_migrate *m = op;
    uint64_t before = 0;

    for (int round = 0; round < ROUNDS; round++) {
        struct copy c = {.m = m};
        uint64_t index;

        if (!each_batch(m, copy_batch, &c, &index, e))
            return false;
        if (round > 0 && index == before)
            return plan_mark(m->plan, V2_MARK_COPIED, "yes", e);
        if (round > 0)
            plan_note(m->plan, "v2 was changed meanwhile (index %" PRIu64 "): once more", index);
        before = index;
    }
    error_set_(e, ERROR_CONFLICT, 0, "v2 was changed during each of %d rounds", ROUNDS);
    return error_hint(e, "stop what writes to v2 and run it again");
}

const struct step v2_migrate_step_copy = {
    .name = "copy",
    .intent = "copy %{keys} keys, %{withTtl} of them with a lease for their TTL",
    .check = copy_check,
    .run = copy_run,
    .undo_guard = v2_migrate_undo_guard,
    .undo = v2_migrate_undo,
};

/* --- prove --- */

static bool
prove_check(void *op, enum progress *ret_progress, struct error *e)
{
    *ret_progress = PROGRESS_TODO; /* evidence is gathered anew by each process */
    return v2_migrate_begin(op, e);
}

static bool
prove_run(void *op UNUSED, struct error *e UNUSED)
{
    return true;
}

static bool
prove_verify(void *op, struct error *e)
{
    return v2_migrate_prove(op, e);
}

const struct step v2_migrate_step_prove = {
    .name = "prove",
    .intent = "read every key back from v3: its value, its lease, and how many there are",
    .check = prove_check,
    .run = prove_run,
    .verify = prove_verify,
    .undo = nothing_to_undo,
};
