/*
 * A step: the smallest piece of a procedure that can be found done, run, proven and undone.
 *
 * The functions get 'op', the state of the procedure they belong to. A process may be killed between
 * any two of them and another process may go on, so what a step needs to know it finds out from
 * the outside world in 'check', or from a mark in the journal (plan/plan.h), never from memory that
 * an earlier step filled.
 */
#ifndef QUORATE_PLAN_STEP_H
#define QUORATE_PLAN_STEP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

enum progress { PROGRESS_TODO, PROGRESS_DONE };

struct step {
    const char *name; /* "add-learner": stable, since journals carry it */
    /* What it will do, for people. %{field} stands for 'field's answer, else for the plan's input of
     * that name; what neither knows stays as it is. */
    const char *intent;
    const char *(*field)(const void *op, struct arena *mem, const char *name); /* may be NULL */

    /* Looks whether it is done already. Changes nothing. Always called first in each process. */
    bool (*check)(void *op, enum progress *ret_progress, struct error *e);
    /* Says whether it may be run now. Changes nothing. NULL: always. */
    bool (*guard)(void *op, struct error *e);
    /* Does it. Must cope with what an earlier run of it left half-way. */
    bool (*run)(void *op, struct error *e);
    /* Reads the world again and proves it. NULL: 'check' must now say PROGRESS_DONE. */
    bool (*verify)(void *op, struct error *e);

    /* Says whether undo is still allowed; asked of every step before the first is undone. Changes
     * nothing. NULL: always. */
    bool (*undo_guard)(void *op, struct error *e);
    /*
     * Puts back what was there before run. Called only for steps that the journal began; run may
     * have been cut anywhere or not have started, and an earlier undo may have done it all: then
     * true. 'check' was called before it in this process, but need not have succeeded.
     * NULL: a point of no return. It is announced with 'undo_note' before it is passed, counts as
     * passed from its "begin" on (nobody knows how far a run that was cut has come), and behind it
     * a failure leaves the plan unfinished and nothing is undone.
     */
    bool (*undo)(void *op, struct error *e);
    const char *undo_note; /* why there is no way back; required when 'undo' is NULL */

    /* How long the step may take (plan_deadline_ms), and how long 'check' is asked again after a
     * run of which nobody knows whether it was done (ERROR_TIMEOUT, ERROR_CONNECTION,
     * ERROR_UNAVAILABLE). 0: no limit, and check is asked once. */
    unsigned timeout_s;
    const char *unit; /* of plan_progress: "keys", "entries"; NULL: bytes */
};

/* The undo of a step that changes nothing, or leaves nothing that has to go. */
MUST_CHECK bool step_nothing_to_undo(void *op, struct error *e);

#endif
