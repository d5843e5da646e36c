/* 'status': one screen that says how the cluster is, and in one line whether that is well. */

#include "cli/judge_days.h"
#include "cli/live/live.h"
#include "cli/live/live_state.h"
#include "cli/print/print.h"
#include "cli/status_all.h"
#include "cli/status_members.h"
#include "cluster/view.h"
#include "etcd/client.h"

/* How long a member is waited for in a view that goes on anyway. */
enum { LOOK_TIMEOUT_MS = 2000 };

static const struct option_def status_options[] = {
    {"all", OPTION_BOOL,
     .help = "A line for each cluster of quorate.yaml, and each lab, all asked at the same time"},
    {"watch", OPTION_BOOL,
     .help = "Look again and again, on a full screen; with -w json a line for each look"},
    {"interval", OPTION_DURATION, .arg = "DURATION", .fallback = "1s",
     .help = "With --watch: from one look to the next; 200ms to 1h"},
    JUDGE_DAYS_OPTIONS,
    OPTIONS_END,
};

static bool
all_is_meant(const struct app *app, struct error *e)
{
    static const char *const others[] = {"cluster", "endpoints"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (option_source(&app->options, others[i]) == OPTION_FROM_FLAG)
            return error_set(e, ERROR_USAGE, "--all and --%s exclude each other", others[i]);
    }
    return true;
}

static bool
status_report(struct app *app, struct report *report, struct error *e)
{
    const struct etcd_options *options;
    struct cluster_view view;
    struct judgement judgement;
    struct judge_days days;

    if (!app_judge_days(app, &days, e))
        return false;
    if (option_bool(&app->options, "all"))
        return all_is_meant(app, e) && status_all_report(app, report, days, e);
    if (!app_etcd_options(app, &options, e) || !cluster_view_fetch(app->mem, options, &view, e))
        return false;
    rule_judge(app->mem, &view, days, &judgement);
    status_members_report(report, app->mem, &view, &judgement, days);
    app->exit_code = (int)judgement.verdict;
    return true;
}

static bool
watch_is_meant(const struct app *app, struct error *e)
{
    int64_t interval_ms = option_ms(&app->options, "interval");

    if (!option_bool(&app->options, "watch"))
        return !option_given(&app->options, "interval") ||
               error_set(e, ERROR_USAGE, "--interval says how often --watch looks");
    if (option_bool(&app->options, "all"))
        return error_set(e, ERROR_USAGE, "--watch and --all exclude each other");
    if (interval_ms < LIVE_INTERVAL_LEAST_MS || interval_ms > LIVE_INTERVAL_MOST_MS)
        return error_set(e, ERROR_USAGE, "--interval: 200ms to 1h are possible");
    if (app->style.output != OUTPUT_SIMPLE && app->style.output != OUTPUT_JSON)
        return error_set(e, ERROR_USAGE,
                         "--watch shows a screen or, with -w json, a line for each look");
    return true;
}

static int64_t
timeout_at_most(const struct app *app, const char *option, int64_t most_ms)
{
    int64_t ms = option_ms(&app->options, option);

    return option_given(&app->options, option) || ms < most_ms ? ms : most_ms;
}

static bool
status_watch(struct app *app, struct error *e)
{
    const struct etcd_options *options;
    struct etcd_options quick;
    struct live_options live = {.interval_ms = option_ms(&app->options, "interval")};

    if (!app_judge_days(app, &live.days, e) || !app_etcd_options(app, &options, e))
        return false;
    quick = *options;
    quick.command_timeout_ms = timeout_at_most(app, "command-timeout", LOOK_TIMEOUT_MS);
    quick.dial_timeout_ms = timeout_at_most(app, "dial-timeout", LOOK_TIMEOUT_MS);
    live.etcd = &quick;
    live.target = app_cluster_text(app, options);
    return app->style.output == OUTPUT_JSON ? live_lines_run(app, &live, e)
                                            : live_screen_run(app, &live, e);
}

static bool
status_run(struct app *app, struct error *e)
{
    struct report report = {.mem = app->mem};

    if (!print_no_protobuf(&app->style, e) || !watch_is_meant(app, e))
        return false;
    if (option_bool(&app->options, "watch"))
        return status_watch(app, e);
    if (!status_report(app, &report, e))
        return false;
    report_render(&report, &app->style, &app->out);
    return true;
}

const struct command command_status = {
    .name = "status",
    .summary = "Show all members of a cluster and say whether it is well",
    .family = FAMILY_STATUS,
    .options = status_options,
    .needs = NEEDS_ENDPOINTS,
    .run = status_run,
    .example = "quorate status --endpoints 127.0.0.1:2379\n"
               "quorate status --all\n"
               "quorate status --watch --cluster lab:demo\n"
               "quorate status --watch -w json --interval 500ms | head -n 3\n"
               "quorate status --cluster lab:demo -w json\n"
               "quorate status --cluster lab:demo --cert-warning 60 --cert-critical 14",
    .description =
        "Asks one endpoint for the member list and every member for its state, all at the same "
        "time; members that no endpoint was given for are asked at their own client URLs.\n\n"
        "The exit code is 0 when the cluster is well, 1 for a warning (a member is down, lags, "
        "versions differ, a certificate ends soon), 2 when it is critical (quorum lost, an alarm, "
        "a "
        "certificate that is about to end). Certificates are those that members present to "
        "clients; 'quorate tls inspect' looks at peers' and at files as well.\n\n"
        "With --all a cluster that does not answer is critical, and the exit code is that of the "
        "cluster that is worst.\n\n"
        "With --watch the screen shows the members, rates and sparklines until 'q'; '?' lists its "
        "keys, Enter shows all of a member. A member that is silent for 2 s "
        "(--command-timeout, when it is given) is shown as such and delays no other.",
};
