/* Members' own figures, as the rules want them: over a time that is long enough to say something. */
#include "base/time.h"
#include "cluster/doctor/looking.h"

const char *
span_text(struct doctor *d, struct span span)
{
    const char *long_ago = duration_human(d->mem, (int64_t)(span.seconds * 1000));

    if (span.is_window)
        return arena_printf(d->mem, "in the last %s", long_ago);
    return span.seconds > 0 ? arena_printf(d->mem, "since its start %s ago", long_ago)
                            : "since its start";
}

bool
metrics_figure(const struct member_picture *member, const char *name, double *ret_value)
{
    return member->metrics.state == FACT_KNOWN &&
           metrics_sum(&member->metrics.now, name, ret_value);
}

double
metrics_uptime_s(const struct doctor *d, const struct member_picture *member)
{
    double started_s;
    double now_s = (double)d->picture->view->taken_s;

    if (member->metrics.has_clock)
        now_s += (double)member->metrics.clock_ms / 1000;
    if (!metrics_figure(member, "process_start_time_seconds", &started_s) || started_s > now_s)
        return 0;
    return now_s - started_s;
}

bool
metrics_growth(const struct member_picture *member, const char *name, double *ret_growth)
{
    double now, before;

    if (!member->metrics.has_before || !metrics_figure(member, name, &now) ||
        !metrics_sum(&member->metrics.before, name, &before))
        return false;
    *ret_growth = now > before ? now - before : 0; /* less: it was started anew */
    return true;
}

static bool
durations_of_window(struct doctor *d, const struct member_picture *member, const char *name,
                    const char *label, struct bytes value, const struct histogram *now,
                    struct histogram *ret_histogram)
{
    struct histogram before;

    return member->metrics.has_before &&
           metrics_histogram(d->mem, &member->metrics.before, name, label, value, &before) &&
           histogram_since(d->mem, now, &before, ret_histogram);
}

bool
metrics_durations(struct doctor *d, const struct member_picture *member, const char *name,
                  const char *label, struct bytes value, double least,
                  struct histogram *ret_histogram, struct span *ret_span)
{
    struct histogram now, window;

    if (member->metrics.state != FACT_KNOWN ||
        !metrics_histogram(d->mem, &member->metrics.now, name, label, value, &now))
        return false;
    if (durations_of_window(d, member, name, label, value, &now, &window) &&
        window.count >= least) {
        *ret_histogram = window;
        *ret_span = (struct span){member->metrics.window_s, true};
        return true;
    }
    *ret_histogram = now;
    *ret_span = (struct span){metrics_uptime_s(d, member), false};
    return now.count >= least;
}
