/* 'status --all': a line for each cluster that --cluster knows. */
#ifndef QUORATE_CLI_STATUS_ALL_H
#define QUORATE_CLI_STATUS_ALL_H

#include "cli/app.h"
#include "cli/report.h"
#include "cluster/rules.h"

/* Asks all clusters side by side, and sets the exit code to the weightiest verdict. A cluster that does not answer is
 * critical, and no error. */
MUST_CHECK bool status_all_report(struct app *app, struct report *report, struct judge_days days,
                                  struct error *e);

#endif
