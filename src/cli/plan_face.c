/* Plans on the terminal. */

#include "cli/plan_face.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "cli/text_table.h"
#include "ops/cluster_lock.h"

static volatile sig_atomic_t interrupted;

static void
on_signal(UNUSED int signal_number)
{
    interrupted = 1;
}

static void
show_plan(const struct app *app, struct buf *out, const struct plan *plan)
{
    AUTO_ARENA tmp = ARENA_INIT;
    bool utf8 = app->style.terminal.utf8;

    buf_printf(out, "Plan: %s\n", text_visible(&tmp, plan->title, utf8));
    for (size_t i = 0; i < plan->steps.count; i++) {
        const struct plan_step *step = &plan->steps.items[i];
        const char *intent = plan_intent(&tmp, plan, step);

        buf_printf(out, "%4zu. %s\n", i + 1, text_visible(&tmp, intent, utf8));
        if (step->step->undo == NULL)
            buf_printf(out, "      no way back from here: %s\n", step->step->undo_note);
    }
}

static void
plan_json(struct json_writer *w, const struct plan *plan)
{
    AUTO_ARENA tmp = ARENA_INIT;

    json_key_text(w, "kind", plan->kind);
    json_key_text(w, "title", plan->title);
    json_key_text(w, "cluster", plan->cluster);
    json_key(w, "steps");
    json_array_begin(w);
    for (size_t i = 0; i < plan->steps.count; i++) {
        const struct plan_step *step = &plan->steps.items[i];

        json_object_begin(w);
        json_key_text(w, "label", step->label);
        json_key_text(w, "intent", plan_intent(&tmp, plan, step));
        if (step->step->undo == NULL)
            json_key_text(w, "noWayBack", step->step->undo_note);
        json_object_end(w);
    }
    json_array_end(w);
}

static void
append_json(struct buf *out, const struct plan *plan, const char *id, const char *state)
{
    struct json_writer w;

    json_writer_init(&w, out, 0);
    json_object_begin(&w);
    json_key(&w, "plan");
    json_object_begin(&w);
    if (id != NULL)
        json_key_text(&w, "id", id);
    json_key_text(&w, "state", state);
    plan_json(&w, plan);
    json_object_end(&w);
    json_object_end(&w);
    buf_append_byte(out, '\n');
}

/* "[2/7] stop m1: " and the text on a line of its own. */
static void
say_marked(struct plan_face *face, const struct plan_news *news, enum mark mark, const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *color = face->color ? mark_color(mark) : NULL;

    if (face->line.shown)
        progress_say(&face->line, "");
    app_say(face->app, "[%zu/%zu] %s: %s%s%s", news->step + 1, news->step_count, news->label,
            color != NULL ? color : "", text_visible(&tmp, text, true),
            color != NULL ? TEXT_COLOR_END : "");
}

static void
say_step(struct plan_face *face, const struct plan_news *news, const char *text)
{
    say_marked(face, news, MARK_NONE, text);
}

static void
show_progress(struct plan_face *face, const struct plan_news *news)
{
    if (face->label == NULL || strcmp(face->label, news->label) != 0) {
        face->label = arena_text(face->app->mem, news->label);
        progress_end(&face->line);
        progress_start(&face->line, face->app, face->label);
        face->line.unit = news->unit;
    }
    progress_update(&face->line, news->done, news->total);
}

static void
observe(void *context, const struct plan_news *news)
{
    struct plan_face *face = context;
    const char *text = news->text != NULL ? news->text : "";

    switch (news->event) {
    case PLAN_STARTED:
        face->id = arena_text(face->app->mem, news->id);
        app_say(face->app, "Plan %s", news->id);
        break;
    case PLAN_NO_RETURN:
        say_marked(face, news, MARK_WARN,
                   arena_printf(face->app->mem, "no way back from here: %s", text));
        break;
    case PLAN_STEP_BEGUN:
    case PLAN_STEP_NOTE:
        say_step(face, news, text);
        break;
    case PLAN_STEP_DONE:
        say_marked(face, news, MARK_GOOD, "done");
        break;
    case PLAN_STEP_SKIPPED:
        say_marked(face, news, MARK_DIM, "was done already");
        break;
    case PLAN_STEP_UNKNOWN:
        say_step(face, news, arena_printf(face->app->mem, "no answer (%s), looking again", text));
        break;
    case PLAN_STEP_FAILED:
        say_marked(face, news, MARK_BAD, arena_printf(face->app->mem, "failed: %s", text));
        break;
    case PLAN_UNDO_BEGUN:
        app_say(face->app, "Undoing what was begun: %s", text);
        break;
    case PLAN_STEP_UNDOING:
        say_step(face, news, "undoing");
        break;
    case PLAN_STEP_UNDONE:
        say_marked(face, news, MARK_WARN, "undone");
        break;
    case PLAN_STEP_PROGRESS:
        show_progress(face, news);
        break;
    case PLAN_JOURNAL_TORN:
        app_warn(face->app, "the journal's last record was cut by a crash and does not count");
        break;
    case PLAN_HOLD_WARNING:
        app_warn(face->app, "%s", text);
        break;
    case PLAN_ENDED:
        app_say(face->app, "Plan %s is %s", news->id, text);
        break;
    }
}

bool
plan_face_env(struct app *app, struct plan_face *face, struct plan_env *ret_env, struct error *e)
{
    struct sigaction action = {.sa_handler = on_signal};
    const struct etcd_options *etcd;

    *face = (struct plan_face){
        .app = app,
        .color =
            terminal_color(STDERR_FILENO, (enum color_when)option_choice(&app->options, "color")),
    };
    progress_start(&face->line, app, "");
    *ret_env = (struct plan_env){
        .observe = observe,
        .observe_context = face,
        .interrupted = &interrupted,
        .hold = &face->hold,
    };
    if (!app_state_dir(app, &ret_env->state_dir, e) || !app_etcd_options(app, &etcd, e))
        return false;
    cluster_lock_init(app->mem, ret_env->state_dir, app->inventory, etcd,
                      option_bool(&app->options, "take-over"), &face->hold);
    interrupted = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return true;
}

void
plan_face_end(struct plan_face *face)
{
    progress_end(&face->line);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

bool
plan_face_run(struct app *app, struct plan *plan, struct error *e)
{
    bool json = app->style.output == OUTPUT_JSON;
    AUTO_BUF text = BUF_INIT;
    struct plan_face face;
    struct plan_env env;
    const char *id = NULL;
    bool ok;

    if (option_bool(&app->options, "dry-run")) {
        if (json)
            append_json(&app->out, plan, NULL, "planned");
        else
            show_plan(app, &app->out, plan);
        return true;
    }
    if (!json) {
        show_plan(app, &text, plan);
        app_say(app, "%.*s", (int)text.size - 1, buf_text(&text));
    }
    if (plan->steps.count == 0) {
        if (json)
            append_json(&app->out, plan, NULL, "done");
        return true;
    }
    if (!app_confirm(app, "Carry out this plan?", e) || !plan_face_env(app, &face, &env, e))
        return false;
    ok = plan_run(plan, &env, &id, e);
    plan_face_end(&face);
    if (ok && json)
        append_json(&app->out, plan, id, "done");
    return ok;
}
