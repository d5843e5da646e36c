/* 'status --watch -w json': an object for each look, as 'status -w json' prints it, and the rate of writes. */
#include <math.h>

#include "base/time.h"
#include "cli/error_report.h"
#include "cli/live/live.h"
#include "cli/status_members.h"
#include "cluster/history.h"
#include "cluster/view.h"

static void
look_section(struct report *members, int64_t wall_ms, double writes_per_s)
{
    struct report *look = report_record_section(members, "look");

    report_field_time(look, "At", "at", wall_ms);
    report_column(look, COLUMN_I64, "Writes per second", "writesPerSecond");
    if (isnan(writes_per_s))
        report_unknown(look, NULL);
    else
        report_i64(look, (int64_t)(writes_per_s + 0.5));
}

/* An answer as an object, or the reason why there is none. */
static void
look_print(struct app *app, const struct live_options *options,
           struct view_connections *connections, struct history *history)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct report report = {0};
    struct cluster_view view;
    struct judgement judgement;

    if (!cluster_view_fetch_again(&mem, connections, &view, &e)) {
        history_add(history, NULL, time_monotonic_us());
        error_report(&e, true, false, &app->out);
        return;
    }
    history_add(history, &view, time_monotonic_us());
    rule_judge(&mem, &view, options->days, &judgement);
    status_members_report(&report, &mem, &view, &judgement, options->days);
    look_section(&report, time_wall_ms(), series_at(&history->writes_per_s, 0));
    report_render(&report, &app->style, &app->out);
}

bool
live_lines_run(struct app *app, const struct live_options *options, struct error *e)
{
    AUTO_VIEW_CONNECTIONS connections = {0};
    struct history history;

    history_init(&history, app->mem);
    if (!view_connections_open(&connections, options->etcd, e))
        return false;
    for (int64_t due_ms = time_monotonic_ms();; due_ms += options->interval_ms) {
        int64_t now_ms = time_monotonic_ms();

        time_sleep_ms(due_ms - now_ms);
        if (due_ms < now_ms)
            due_ms = now_ms;
        look_print(app, options, &connections, &history);
        if (!app_flush(app, e))
            return false;
    }
}
