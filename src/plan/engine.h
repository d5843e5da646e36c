/*
 * The step engine: runs a plan, writes down what it does before and after doing it, goes on after
 * a crash, and undoes what its journal began. Knows nothing of etcd, and prints nothing.
 *
 * Each step: check (done already: skip), guard, journal "begin", run, verify, journal "done". When
 * one of these fails, the steps that this journal began are undone in reverse, unless a point of no
 * return is among them. See conventions in CONTRIBUTING.md, "add a step".
 */
#ifndef QUORATE_PLAN_ENGINE_H
#define QUORATE_PLAN_ENGINE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/hold.h"
#include "plan/plan.h"
#include "plan/plan_info.h"

enum plan_event {
    PLAN_STARTED,       /* id; the journal is open */
    PLAN_NO_RETURN,     /* step, text: the undo_note; before the step begins */
    PLAN_STEP_BEGUN,    /* step, text: its intent */
    PLAN_STEP_DONE,     /* step */
    PLAN_STEP_SKIPPED,  /* step: was done already */
    PLAN_STEP_UNKNOWN,  /* step, text: run's error; check is asked whether it was done */
    PLAN_STEP_FAILED,   /* step, text: the error */
    PLAN_UNDO_BEGUN,    /* text: why */
    PLAN_STEP_UNDOING,  /* step */
    PLAN_STEP_UNDONE,   /* step */
    PLAN_STEP_NOTE,     /* step, text */
    PLAN_STEP_PROGRESS, /* step, done, total */
    PLAN_JOURNAL_TORN,  /* a last record cut by a crash was dropped */
    PLAN_HOLD_WARNING,  /* text: what the operator should know of the cluster's lock */
    PLAN_ENDED,         /* text: the state's word ("done", "undone", "failed", "unfinished") */
};

struct plan_news {
    enum plan_event event;
    const char *id; /* the plan's */
    size_t step;    /* number from 0 */
    size_t step_count;
    const char *label; /* the step's; NULL when the event is about none */
    const char *text;  /* NULL when the event has none */
    uint64_t done;
    uint64_t total;
    const char *unit; /* of 'done' and 'total'; NULL: bytes */
};

typedef void plan_observe(void *context, const struct plan_news *news);

struct plan_env {
    const char *state_dir;
    plan_observe *observe; /* may be NULL */
    void *observe_context;
    /* Set by the face's signal handler: the call in hand is finished, then the plan stops and can
     * be resumed. May be NULL. */
    const volatile sig_atomic_t *interrupted;
    /* The cluster's own lock, taken behind the host's and asked before each step; NULL: none. */
    const struct plan_hold *hold;
};

/*
 * Runs a plan from its first step, with a new journal, holding the cluster's lock.
 *
 * ret_id  the plan's id, in the plan's arena; set as soon as the journal exists, also when false is
 *         returned later; NULL before.
 * e       ERROR_LOCKED: another plan works on this cluster, from this host or another.
 *         The failed step's own error: all that was begun is undone (or nothing was begun).
 *         ERROR_CANCELLED: interrupted; ERROR_UNFINISHED: something begun is neither done nor
 *         undone, or the cluster's lock was lost, and nothing more is done without it. Both with a
 *         hint that names the command to go on with.
 */
MUST_CHECK bool plan_run(struct plan *plan, const struct plan_env *env, const char **ret_id,
                         struct error *e);

/*
 * Goes on with an unfinished plan: forward, or with its undoing when that had begun. 'plan' was made
 * by plan_new from the inputs of plan_info_load(id).
 *
 * ret_state  PLAN_STATE_DONE, or PLAN_STATE_UNDONE when it was undoing.
 * e  as plan_run; ERROR_REFUSED: it is finished; ERROR_CONFLICT: the steps are not those of the
 *    journal (another version of quorate wrote it).
 */
MUST_CHECK bool plan_resume(struct plan *plan, const struct plan_env *env, const char *id,
                            enum plan_state *ret_state, struct error *e);

/*
 * Undoes, in reverse, the steps that plan 'id' began, whether it is done or was left half-way.
 *
 * e  ERROR_REFUSED: it passed a point of no return, a step's undo_guard says no, or there is nothing
 *    to undo. ERROR_UNFINISHED: an undo failed; can be called again.
 */
MUST_CHECK bool plan_undo(struct plan *plan, const struct plan_env *env, const char *id,
                          struct error *e);

#endif
