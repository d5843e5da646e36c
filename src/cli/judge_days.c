#include "cli/judge_days.h"

enum { DAYS_MOST = 36500 };

bool
app_judge_days(const struct app *app, struct judge_days *ret_days, struct error *e)
{
    uint64_t warning = option_u64(&app->options, "cert-warning");
    uint64_t critical = option_u64(&app->options, "cert-critical");

    if (warning > DAYS_MOST || critical > DAYS_MOST)
        return error_set(e, ERROR_USAGE,
                         "--cert-warning, --cert-critical: 0 to %d days are possible", DAYS_MOST);
    *ret_days = (struct judge_days){.warning = (int64_t)warning, .critical = (int64_t)critical};
    return true;
}
