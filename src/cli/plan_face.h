/*
 * How a plan meets its operator: shown as a numbered list of intents, confirmed, run with a line for
 * each step, and its end told. Also for 'plan resume' and 'plan undo'.
 */
#ifndef QUORATE_CLI_PLAN_FACE_H
#define QUORATE_CLI_PLAN_FACE_H

#include <stdbool.h>

#include "base/error.h"
#include "cli/app.h"
#include "cli/progress.h"
#include "plan/engine.h"
#include "plan/plan.h"

struct plan_face {
    struct app *app;
    bool color; /* on stderr */
    struct progress_line line;
    const char *label; /* of the step whose progress is shown; in app->mem */
    const char *id;    /* in app->mem; NULL until the journal is open */
    struct plan_hold hold;
};

/*
 * Shows the plan; with --dry-run that is all. Otherwise asks (--yes: not), runs it, tells its end.
 * With -w json the plan and its end are one object on stdout.
 *
 * e  as plan_run; ERROR_CANCELLED, ERROR_REFUSED: not confirmed.
 */
MUST_CHECK bool plan_face_run(struct app *app, struct plan *plan, struct error *e);

/*
 * The engine's surroundings for a caller that runs, resumes or undoes by itself: events become lines
 * on stderr, and Ctrl-C stops the plan between two steps. 'face' must live as long as the plan runs.
 */
MUST_CHECK bool plan_face_env(struct app *app, struct plan_face *face, struct plan_env *ret_env,
                              struct error *e);
/* Takes the progress line away and gives Ctrl-C back. */
void plan_face_end(struct plan_face *face);

#endif
