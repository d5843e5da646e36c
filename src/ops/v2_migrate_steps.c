/* The steps of 'v2 migrate': survey, copy, prove. */
#include <inttypes.h>

#include "ops/v2_migrate_state.h"

/* The writers of v2 may go on while we copy; more rounds than these, and they do not mean to stop. */
enum { ROUNDS = 10 };

/* --- survey --- */

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

const struct step v2_migrate_step_survey = {
    .name = "survey",
    .intent = "look for each of the %{keys} keys in v3: %{collisions} are there with another value",
    .check = survey_check,
    .run = survey_run,
    .undo = step_nothing_to_undo,
};

/* --- copy --- */

static bool
copy_check(void *op, enum progress *ret_progress, struct error *e)
{
    return key_copy_check(op, COPY_MARK_COPIED, ret_progress, e);
}

/* Round after round, until v2 did not change during one. */
static bool
copy_run(void *op, struct error *e)
{
    struct v2_migrate *m = op;
    uint64_t before = 0;

    for (int round = 0; round < ROUNDS; round++) {
        if (!key_copy_run(&m->copy, 0, e))
            return false;
        if (round > 0 && m->index == before)
            return plan_mark(m->copy.plan, COPY_MARK_COPIED, "yes", e);
        if (round > 0)
            plan_note(m->copy.plan, "v2 was changed meanwhile (index %" PRIu64 "): once more",
                      m->index);
        before = m->index;
    }
    error_set_(e, ERROR_CONFLICT, 0, "v2 was changed during each of %d rounds", ROUNDS);
    return error_hint(e, "stop what writes to v2 and run it again");
}

const struct step v2_migrate_step_copy = {
    .name = "copy",
    .intent = "copy %{keys} keys, %{withTtl} of them with a lease for their TTL",
    .check = copy_check,
    .run = copy_run,
    .unit = "keys",
    .undo_guard = key_copy_undo_guard,
    .undo = key_copy_undo,
};

/* --- prove --- */

static bool
prove_verify(void *op, struct error *e)
{
    return v2_migrate_prove(op, e);
}

const struct step v2_migrate_step_prove = {
    .name = "prove",
    .intent = "read every key back from v3: its value, its lease, and how many there are",
    .check = key_copy_prove_check,
    .run = key_copy_prove_run,
    .verify = prove_verify,
    .undo = step_nothing_to_undo,
};
