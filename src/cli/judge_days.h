/* How soon a certificate's end is a warning, and critical: options of those who judge a whole cluster. */
#ifndef QUORATE_CLI_JUDGE_DAYS_H
#define QUORATE_CLI_JUDGE_DAYS_H

#include "cli/app.h"
#include "cluster/rules.h"

/* Two rows of a table of options. */
#define JUDGE_DAYS_OPTIONS                                                                         \
    {"cert-warning", OPTION_U64, .arg = "N", .fallback = "30",                                     \
     .help = "A member's certificate that ends within N days is a warning"},                       \
    {                                                                                              \
        "cert-critical", OPTION_U64, .arg = "N", .fallback = "7",                                  \
                                     .help = "One that ends within N days is critical"             \
    }

/* e: ERROR_USAGE: more than a hundred years. */
MUST_CHECK bool app_judge_days(const struct app *app, struct judge_days *ret_days, struct error *e);

#endif
