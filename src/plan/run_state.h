/*
 * A plan while it runs: its journal, the state that the journal's records make, and who watches.
 * Between the engine (plan/engine.c) and what steps may ask for (plan/plan.h).
 */
#ifndef QUORATE_PLAN_RUN_STATE_H
#define QUORATE_PLAN_RUN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/engine.h"
#include "plan/journal.h"
#include "plan/plan_info.h"

enum { STEP_NONE = -1 };

struct engine {
    struct plan *plan;
    const struct plan_env *env;
    int lock;
    struct journal journal;
    struct plan_info *info; /* always what the journal says */
    ssize_t step;           /* that runs, or STEP_NONE */
    int64_t deadline_ms;
    bool holds;   /* env->hold was taken, and the cluster is not stopped */
    bool unknown; /* the step's run ended with nobody knowing how, and check could not tell */
};

void engine_init(struct engine *en, struct plan *plan, const struct plan_env *env);
/* Gives journal and locks back. */
void engine_release(struct engine *en);
#define AUTO_ENGINE __attribute__((cleanup(engine_release))) struct engine

/* Tells the face; 'step' may be STEP_NONE, 'text' NULL. */
void engine_tell(const struct engine *en, enum plan_event event, ssize_t step, const char *text);

/* Extra text of a record; ends in a pair without key. */
struct record_field {
    const char *key;
    const char *value;
};

/* Appends a record, durable when it returns, and brings the state up to date with it. */
MUST_CHECK bool engine_record(struct engine *en, const char *type, ssize_t step,
                              const struct record_field *fields, struct error *e);
/* The first record. */
MUST_CHECK bool engine_record_plan(struct engine *en, const char *id, struct error *e);

#endif
