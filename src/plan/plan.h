/*
 * A plan: a procedure on one cluster as a list of steps.
 *
 * A plan is made from its kind's name and its inputs (a JSON object without secrets) by the kind's
 * builder, and by nothing else: the journal keeps both, so another process can make the same plan
 * again and go on with it (plan/engine.h).
 */
#ifndef QUORATE_PLAN_PLAN_H
#define QUORATE_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "plan/step.h"

struct engine;

struct plan_step {
    const struct step *step;
    const char *label; /* the step's name, and " SUBJECT" when it has one: unique in the plan */
    void *op;
    bool checked; /* the engine's: check was called in this process */
};

struct plan {
    struct arena *mem; /* holds the plan and the ops of its steps */
    const char *kind;
    const char *title;   /* "recover cluster 'prod' from backup '...'"; the builder sets it */
    const char *cluster; /* what is locked; the builder sets it */
    struct bytes inputs; /* the JSON object's text, one line */
    const struct json *inputs_json;
    ARRAY(struct plan_step) steps;
    size_t stops_at;       /* the first step that stops the cluster; SIZE_MAX: none does */
    struct engine *engine; /* while it runs; NULL otherwise */
};

/*
 * Makes the steps of a plan from its inputs: sets title and cluster, calls plan_add_step for each
 * step. Must make the same labels from the same inputs, whatever the state of the cluster; so it
 * reads no cluster (what has to be read is read before, and goes into the inputs).
 *
 * context  what is not in the inputs: clients, credentials. From plan_new's caller, who must be
 *          able to give it again when the plan is resumed.
 */
typedef bool plan_build(struct plan *plan, const struct json *inputs, void *context,
                        struct error *e);

struct plan_kind {
    const char *name; /* "recover" */
    plan_build *build;
};

/*
 * A plan of 'kind' in 'mem'.
 *
 * inputs  a JSON object on one line (json_writer with indent 0); never secrets. Copied.
 * e       what build says; ERROR_FORMAT for inputs that are no JSON object on one line.
 */
MUST_CHECK bool plan_new(struct arena *mem, const struct plan_kind *kind, struct bytes inputs,
                         void *context, struct plan **ret_plan, struct error *e);

/* Adds a step behind the others; 'subject' ("m1") tells instances of one step apart, or NULL. */
void plan_add_step(struct plan *plan, const struct step *step, const char *subject, void *op);

/* The next step that is added stops the cluster: a lock that is kept in it (plan/hold.h) cannot be
 * asked for from there on, and the one that comes after must not be written to. */
void plan_stops_cluster(struct plan *plan);

/* The step's intent with its fields filled in. */
const char *plan_intent(struct arena *mem, const struct plan *plan, const struct plan_step *step);

/* For the functions of steps, while the plan runs; nothing happens at other times. */

/* Tells the face something worth a line ("waiting for m2 to catch up"); no secrets. */
void plan_note(struct plan *plan, const char *format, ...) PRINTF_LIKE(2, 3);
/* Tells the face how far a long step is; units are the step's. 'total' 0: not known. */
void plan_progress(struct plan *plan, uint64_t done, uint64_t total);
/* The operator wants to stop: leave what you do in a state that check understands, and return
 * error_set(e, ERROR_CANCELLED, ...). */
bool plan_interrupted(const struct plan *plan);
/* time_monotonic_ms at which the step that runs should give up; INT64_MAX without timeout_s. */
int64_t plan_deadline_ms(const struct plan *plan);

/*
 * Keeps 'value' under 'key' in the journal, durable when it returns; a later value replaces an
 * earlier one. For what cannot be found out again (where old data was moved to). No secrets.
 * Only while the plan runs.
 */
MUST_CHECK bool plan_mark(struct plan *plan, const char *key, const char *value, struct error *e);
/*
 * Whether this journal says that the step with this label is done (or was found done). For a check
 * whose evidence a later step takes away: "stop m1" is done, too, once "start m1" is.
 */
bool plan_step_recorded(const struct plan *plan, const char *label);
/* The mark's latest value, also from earlier processes; NULL when there is none. */
const char *plan_mark_get(const struct plan *plan, const char *key);

#endif
