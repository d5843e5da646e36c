/* The steps of 'keys import': survey, write, prove. */
#include <inttypes.h>

#include "ops/key_import_state.h"

static bool
survey_check(void *op, enum progress *ret_progress, struct error *e)
{
    return key_copy_check(op, COPY_MARK_START, ret_progress, e);
}

static bool
survey_run(void *op, struct error *e)
{
    return key_copy_survey(op, e);
}

const struct step key_import_step_survey = {
    .name = "survey",
    .intent = "check the file, and look for each of its %{keys} keys: %{there} are there already, "
              "%{collisions} with another value",
    .check = survey_check,
    .run = survey_run,
    .undo = step_nothing_to_undo,
};

static bool
write_check(void *op, enum progress *ret_progress, struct error *e)
{
    return key_copy_check(op, COPY_MARK_COPIED, ret_progress, e);
}

static bool
write_run(void *op, struct error *e)
{
    struct key_import *m = op;

    return key_copy_run(&m->copy, m->keys, e) &&
           plan_mark(m->copy.plan, COPY_MARK_COPIED, "yes", e);
}

const struct step key_import_step_write = {
    .name = "write",
    .intent = "write what is not there; of the keys %{keysWithLease} have a lease, %{skipped} more "
              "are left out for theirs",
    .check = write_check,
    .run = write_run,
    .unit = "keys",
    .undo_guard = key_copy_undo_guard,
    .undo = key_copy_undo,
};

struct proof {
    struct key_import *m;
    uint64_t keys;
    uint64_t ours; /* of them, written by the plan */
    uint64_t gone; /* their lease has ended since */
};

static bool
prove_batch(void *context, const struct key_batch *batch, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct proof *p = context;
    const struct etcd_key_value **found;
    int64_t revision;

    if (!key_batch_read(&tmp, p->m->copy.client, batch, &found, &revision, e))
        return error_wrap(e, "reading from the cluster");
    for (size_t i = 0; i < batch->count; i++) {
        if (found[i] == NULL && batch->pairs[i].ttl_s > 0) {
            p->gone++;
            continue;
        }
        if (found[i] == NULL || !key_pair_is(&batch->pairs[i], found[i]))
            return error_set(e, ERROR_VERIFY, "key '%s' is not %s the cluster",
                             arena_text_of_bytes(&tmp, batch->pairs[i].key),
                             found[i] == NULL ? "in" : "the same in");
        p->keys++;
        p->ours += copy_revisions_has(&p->m->copy.revisions, found[i]->mod_revision);
    }
    return true;
}

static bool
prove_verify(void *op, struct error *e)
{
    struct proof p = {.m = op};

    if (!key_import_each(op, prove_batch, &p, e))
        return false;
    plan_note(p.m->copy.plan,
              "%" PRIu64 " keys, equal in the file and the cluster; %" PRIu64
              " of them written now",
              p.keys, p.ours);
    if (p.gone > 0)
        plan_note(p.m->copy.plan, "%" PRIu64 " keys have ended with their lease", p.gone);
    return true;
}

const struct step key_import_step_prove = {
    .name = "prove",
    .intent = "read every key back: its value and its lease",
    .check = key_copy_prove_check,
    .run = key_copy_prove_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
};
