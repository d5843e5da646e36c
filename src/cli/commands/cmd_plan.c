/* 'plan list', 'show', 'resume', 'undo': what was done to clusters, and what was left half-way. */

#include <string.h>

#include "cli/app.h"
#include "cli/plan_context.h"
#include "cli/plan_face.h"
#include "cli/report.h"
#include "plan/plan_info.h"

static const struct option_def list_options[] = {
    {"unfinished", OPTION_BOOL, .help = "Only plans that are to be resumed or undone"},
    OPTIONS_END,
};

static const struct option_def go_on_options[] = {OPTION_TAKE_OVER, OPTIONS_END};

static enum mark
state_mark(enum plan_state state)
{
    switch (state) {
    case PLAN_STATE_DONE:
        return MARK_GOOD;
    case PLAN_STATE_UNFINISHED:
    case PLAN_STATE_FAILED:
        return MARK_BAD;
    case PLAN_STATE_RUNNING:
    case PLAN_STATE_UNDONE:
        break;
    }
    return MARK_WARN;
}

static void
list_row(struct report *r, const struct plan_list_entry *entry)
{
    const struct plan_info *info = entry->info;

    report_row(r);
    report_text(r, entry->id);
    if (info == NULL) {
        report_text(r, "unreadable");
        report_mark(r, MARK_BAD);
        for (int i = 0; i < 3; i++)
            report_unknown(r, entry->error);
        return;
    }
    report_text(r, plan_state_word(info->state));
    report_mark(r, state_mark(info->state));
    report_text(r, info->cluster);
    report_time(r, info->created_ms);
    report_text(r, info->title);
}

/* Plans are known by the cluster's name, also when the cluster itself is gone; NULL for all. */
static const char *
cluster_wanted(const struct app *app)
{
    const char *name = option_text(&app->options, "cluster");

    return name[0] != '\0' ? name : NULL;
}

static bool
plan_list_report(struct app *app, struct report *report, struct error *e)
{
    bool unfinished = option_bool(&app->options, "unfinished");
    const char *state_dir;
    struct plan_list_entry *entries;
    size_t count;

    if (!app_state_dir(app, &state_dir, e) ||
        !plan_list(app->mem, state_dir, cluster_wanted(app), &entries, &count, e))
        return false;
    report_init(report, app->mem, "plans");
    report_column(report, COLUMN_TEXT, "PLAN", "id");
    report_column(report, COLUMN_TEXT, "STATE", "state");
    report_column(report, COLUMN_TEXT, "CLUSTER", "cluster");
    report_column(report, COLUMN_TIME, "MADE", "createdAt");
    report_column(report, COLUMN_TEXT, "WHAT", "title");
    for (size_t i = 0; i < count; i++) {
        if (!unfinished || entries[i].info == NULL ||
            entries[i].info->state == PLAN_STATE_UNFINISHED)
            list_row(report, &entries[i]);
    }
    return true;
}

static void
steps_section(struct report *report, const struct plan_info *info)
{
    struct report *r = report_section(report, "steps");

    report_column(r, COLUMN_TEXT, "STEP", "label");
    report_column(r, COLUMN_TEXT, "STATE", "state");
    report_column(r, COLUMN_TEXT, "WHAT", "intent");
    for (size_t i = 0; i < info->steps.count; i++) {
        const struct step_info *step = &info->steps.items[i];

        report_row(r);
        report_text(r, step->label);
        report_text(r, step_state_word(step->state));
        report_text(r, step->intent);
    }
}

/* The id that the operand means; 'latest' is the newest plan, of --cluster if that is given. */
static bool
id_wanted(struct app *app, const char *state_dir, const char **ret_id, struct error *e)
{
    struct plan_list_entry *entries;
    size_t count;

    *ret_id = app_operand(app, 0);
    if (strcmp(*ret_id, "latest") != 0)
        return true;
    if (!plan_list(app->mem, state_dir, cluster_wanted(app), &entries, &count, e))
        return false;
    if (count == 0)
        return error_set(e, ERROR_NOT_FOUND, "no plan yet in '%s'", state_dir);
    *ret_id = entries[count - 1].id;
    return true;
}

static bool
info_load(struct app *app, struct plan_info **ret_info, struct error *e)
{
    const char *state_dir;
    const char *id;

    return app_state_dir(app, &state_dir, e) && id_wanted(app, state_dir, &id, e) &&
           plan_info_load(app->mem, state_dir, id, ret_info, e);
}

static bool
plan_show_report(struct app *app, struct report *report, struct error *e)
{
    struct plan_info *info;

    if (!info_load(app, &info, e))
        return false;
    report_record_init(report, app->mem, "plan");
    report_field_text(report, "Plan", "id", info->id);
    report_field_text(report, "What", "title", info->title);
    report_field_text(report, "Cluster", "cluster", info->cluster);
    report_field_time(report, "Made", "createdAt", info->created_ms);
    report_field_time(report, "Last record", "changedAt", info->changed_ms);
    report_field_text(report, "State", "state", plan_state_word(info->state));
    report_mark(report, state_mark(info->state));
    if (info->failure != NULL)
        report_field_text(report, "Stopped by", "failure", info->failure);
    if (info->state == PLAN_STATE_UNFINISHED)
        report_note(report,
                    "go on with 'quorate plan resume %s', or back with 'quorate plan undo %s'",
                    info->id, info->id);
    steps_section(report, info);
    return true;
}

typedef bool plan_continue(struct plan *plan, const struct plan_env *env, const char *id,
                           struct error *e);

/* Makes the plan again from its journal, asks, and hands it to the engine. */
static bool
plan_go_on(struct app *app, plan_continue *go_on, const char *question, struct error *e)
{
    struct plan_face face;
    struct plan_info *info;
    struct plan_context *context;
    const struct plan_kind *kind;
    struct plan_env env;
    struct plan *plan;
    bool done;

    if (!info_load(app, &info, e) || !plan_kind_find(info->kind, &kind, e) ||
        !plan_context_of_journal(app, info->inputs, &context, e) ||
        !plan_new(app->mem, kind, info->inputs, context, &plan, e))
        return false;
    app_say(app, "Plan %s: %s (%s)", info->id, info->title, plan_state_word(info->state));
    if (!app_confirm(app, question, e) || !plan_face_env(app, &face, &env, e))
        return false;
    done = go_on(plan, &env, info->id, e);
    plan_face_end(&face);
    return done;
}

static bool
go_forward(struct plan *plan, const struct plan_env *env, const char *id, struct error *e)
{
    enum plan_state state; /* the face has told it when the plan ended */

    return plan_resume(plan, env, id, &state, e);
}

static bool
plan_resume_run(struct app *app, struct error *e)
{
    return plan_go_on(app, go_forward, "Go on with this plan?", e);
}

static bool
plan_undo_run(struct app *app, struct error *e)
{
    return plan_go_on(app, plan_undo, "Undo what this plan did?", e);
}

#define PLAN_MEANS                                                                                 \
    "PLAN is an id, its unique beginning, or 'latest': the newest plan, of --cluster if given"

const struct command command_plan_list = {
    .name = "plan list",
    .summary = "List what was done to clusters, and what was left half-way",
    .family = FAMILY_LAB,
    .options = list_options,
    .report = plan_list_report,
    .example = "quorate plan list --unfinished",
    .description = "The oldest first; with --cluster only those of that cluster.",
};

const struct command command_plan_show = {
    .name = "plan show",
    .operands = "PLAN",
    .summary = "Show a plan's steps and how far each of them is",
    .family = FAMILY_LAB,
    .report = plan_show_report,
    .example = "quorate plan show latest",
    .description = PLAN_MEANS ".",
};

const struct command command_plan_resume = {
    .name = "plan resume",
    .operands = "PLAN",
    .summary = "Go on with a plan that was cut",
    .family = FAMILY_LAB,
    .options = go_on_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = plan_resume_run,
    .example = "quorate plan resume latest --yes",
    .description = PLAN_MEANS
    ". Starts over at the checks: what is done is skipped, whatever the process that was cut "
    "had in mind. A plan that was being undone goes on with that.",
};

const struct command command_plan_undo = {
    .name = "plan undo",
    .operands = "PLAN",
    .summary = "Take a plan back, in reverse, as far as it began",
    .family = FAMILY_LAB,
    .options = go_on_options,
    .effect = EFFECT_CHANGES_CLUSTER,
    .run = plan_undo_run,
    .example = "quorate plan undo latest --yes",
    .description = PLAN_MEANS
    ". Undoes the steps that this plan began and no others. Refused when a step says that it "
    "is too late, as after a recovery whose new cluster took writes.",
};
