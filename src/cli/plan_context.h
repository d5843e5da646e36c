/* What the builders of plans get from the command line (ops/plan_kinds.h). */
#ifndef QUORATE_CLI_PLAN_CONTEXT_H
#define QUORATE_CLI_PLAN_CONTEXT_H

#include "cli/app.h"
#include "ops/plan_kinds.h"

/* The state directory, and --user with its password. In app->mem. */
MUST_CHECK bool plan_context_of_app(struct app *app, struct plan_context **ret_context,
                                    struct error *e);

#endif
