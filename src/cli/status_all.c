#include "cli/status_all.h"

#include <string.h>

#include "base/parallel.h"
#include "cli/inventories.h"
#include "cli/report_judgement.h"
#include "cluster/connect.h"
#include "cluster/view.h"

/* What one cluster said, in an arena of its own. */
struct cluster_answer {
    struct arena mem;
    const struct inventory *inventory;
    struct cluster_view view;
    struct judgement judgement;
};

struct asking {
    struct app *app;
    struct judge_days days;
    struct cluster_answer *answers;
    size_t count;
    struct error *errors;
};

static bool
cluster_ask(void *context, size_t i, struct error *e)
{
    struct asking *asking = context;
    struct cluster_answer *answer = &asking->answers[i];
    struct etcd_options options;

    inventory_etcd_options(answer->inventory, &options);
    options.dial_timeout_ms = option_ms(&asking->app->options, "dial-timeout");
    options.command_timeout_ms = option_ms(&asking->app->options, "command-timeout");
    if (!cluster_view_fetch(&answer->mem, &options, &answer->view, e))
        return false;
    rule_judge(&answer->mem, &answer->view, asking->days, &answer->judgement);
    return true;
}

static void
answers_release(void *subject)
{
    struct asking *asking = subject;

    for (size_t i = 0; i < asking->count; i++)
        arena_release(&asking->answers[i].mem);
}

static struct asking *
asking_make(struct app *app, const struct inventories *all, struct judge_days days)
{
    struct asking *asking = arena_zero(app->mem, sizeof(*asking));

    *asking = (struct asking){
        .app = app,
        .days = days,
        .answers = arena_zero(app->mem, (all->items.count + 1) * sizeof(*asking->answers)),
        .count = all->items.count,
        .errors = arena_zero(app->mem, (all->items.count + 1) * sizeof(*asking->errors)),
    };
    for (size_t i = 0; i < asking->count; i++)
        asking->answers[i].inventory = all->items.items[i];
    arena_on_release(app->mem, answers_release, asking);
    return asking;
}

/* --- the table --- */

static void
columns_add(struct report *r)
{
    report_column(r, COLUMN_TEXT, "CLUSTER", "name");
    report_column(r, COLUMN_TEXT, "VERDICT", "verdict");
    report_column(r, COLUMN_TEXT, "VOTERS", "voters");
    report_column(r, COLUMN_TEXT, "LEADER", "leader");
    report_column(r, COLUMN_TEXT, "VERSION", "version");
    report_column(r, COLUMN_SIZE, "DB SIZE", "dbSizeBytes");
    report_column(r, COLUMN_TEXT, "BECAUSE", "summary");
}

/* "3.5.30", or "3.5.16 to 3.6.1" while they differ, in the members' order. */
static const char *
versions_text(struct arena *mem, const struct cluster_view *view)
{
    const char *first = NULL;

    for (size_t i = 0; i < view->member_count; i++) {
        const struct member_view *m = &view->members[i];

        if (!m->known)
            continue;
        if (first == NULL)
            first = m->status.version;
        else if (strcmp(first, m->status.version) != 0)
            return arena_printf(mem, "%s, %s", first, m->status.version);
    }
    return first != NULL ? first : "";
}

/* The weightiest remark, which is why; of a cluster that is well, how it is. */
static const char *
reason_text(const struct judgement *j)
{
    for (size_t i = 0; i < j->remarks.count; i++) {
        if (j->remarks.items[i].weight == j->verdict && j->verdict != VERDICT_WELL)
            return j->remarks.items[i].text;
    }
    return j->summary;
}

static void
verdict_cell(struct report *r, enum verdict verdict)
{
    report_text(r, verdict_word(verdict));
    report_mark(r, verdict_mark(verdict));
}

static void
answer_row(struct report *r, struct cluster_answer *answer)
{
    const struct cluster_view *view = &answer->view;

    verdict_cell(r, answer->judgement.verdict);
    report_textf(r, "%zu/%zu", view_voters_serving(view), view_voter_count(view));
    report_text(r, view->leader_id != 0 ? view_member_label(r->mem, view, view->leader_id) : "");
    report_text(r, versions_text(r->mem, view));
    report_size(r, view_db_bytes_most(view));
    report_text(r, reason_text(&answer->judgement));
}

static void
silence_row(struct report *r, const char *reason)
{
    verdict_cell(r, VERDICT_CRITICAL);
    for (int i = 0; i < 4; i++)
        report_unknown(r, reason);
    report_text(r, reason);
}

bool
status_all_report(struct app *app, struct report *report, struct judge_days days, struct error *e)
{
    struct inventories all;
    struct asking *asking;
    enum verdict worst = VERDICT_WELL;

    if (!app_inventories(app, &all, e))
        return false;
    if (all.items.count == 0)
        return error_set(e, ERROR_NOT_FOUND, "no clusters are known") ||
               error_hint(e, "quorate cluster discover, or quorate lab up");
    asking = asking_make(app, &all, days);
    (void)!parallel_each(asking->count, PARALLEL_MOST, cluster_ask, asking, asking->errors);
    report_init(report, app->mem, "clusters");
    columns_add(report);
    for (size_t i = 0; i < asking->count; i++) {
        bool answered = asking->errors[i].code == ERROR_NONE;
        enum verdict verdict = answered ? asking->answers[i].judgement.verdict : VERDICT_CRITICAL;

        report_row(report);
        report_text(report, asking->answers[i].inventory->name);
        if (answered)
            answer_row(report, &asking->answers[i]);
        else
            silence_row(report, asking->errors[i].text);
        if (verdict > worst)
            worst = verdict;
    }
    for (size_t i = 0; i < all.problems.count; i++)
        report_note(report, "%s", all.problems.items[i]);
    app->exit_code = (int)worst;
    return true;
}
