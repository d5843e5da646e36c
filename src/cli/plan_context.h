/* What the builders of plans get from the command line (ops/plan_kinds.h). */
#ifndef QUORATE_CLI_PLAN_CONTEXT_H
#define QUORATE_CLI_PLAN_CONTEXT_H

#include "cli/app.h"
#include "ops/plan_kinds.h"

/* The state directory, --config, and --user with its password, or the cluster's own. In app->mem. */
MUST_CHECK bool plan_context_of_app(struct app *app, struct plan_context **ret_context,
                                    struct error *e);
/* The same for a plan that was made before: its cluster is the one that its inputs name. */
MUST_CHECK bool plan_context_of_journal(struct app *app, struct bytes inputs,
                                        struct plan_context **ret_context, struct error *e);

#endif
