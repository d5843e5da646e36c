#include "plan/run_state.h"

#include <stdarg.h>
#include <string.h>

#include "base/io.h"

void
engine_init(struct engine *en, struct plan *plan, const struct plan_env *env)
{
    ASSERT(plan->engine == NULL);
    *en = (struct engine){
        .plan = plan, .env = env, .lock = -1, .journal = JOURNAL_INIT, .step = STEP_NONE};
    plan->engine = en;
}

void
engine_release(struct engine *en)
{
    en->plan->engine = NULL;
    if (en->env->hold != NULL)
        en->env->hold->release(en->env->hold->context,
                               en->info != NULL && en->info->state == PLAN_STATE_UNDONE);
    journal_close(&en->journal);
    fd_close(&en->lock);
}

static struct plan_news
news_of(const struct engine *en, enum plan_event event, ssize_t step)
{
    return (struct plan_news){
        .event = event,
        .id = en->info != NULL ? en->info->id : NULL,
        .step = step == STEP_NONE ? 0 : (size_t)step,
        .step_count = en->plan->steps.count,
        .label = step == STEP_NONE ? NULL : en->plan->steps.items[step].label,
    };
}

void
engine_tell(const struct engine *en, enum plan_event event, ssize_t step, const char *text)
{
    struct plan_news news = news_of(en, event, step);

    news.text = text;
    if (en->env->observe != NULL)
        en->env->observe(en->env->observe_context, &news);
}

/* The state comes from what was written, by the same way as when it is read. */
static bool
state_follow(struct engine *en, const struct buf *line, struct error *e)
{
    struct arena *mem = en->plan->mem;
    const struct json *record;
    struct journal_content first = {0};

    if (!json_parse(mem, buf_bytes(line), &record, e))
        return false;
    if (en->info != NULL)
        return plan_info_apply(mem, en->info, record, e);
    *ARRAY_PUSH(mem, &first.records) = record;
    return plan_info_decode(mem, &first, &en->info, e);
}

bool
engine_record(struct engine *en, const char *type, ssize_t step, const struct record_field *fields,
              struct error *e)
{
    AUTO_BUF line = BUF_INIT;
    struct json_writer w;

    journal_record_begin(&en->journal, &w, &line, type);
    if (step != STEP_NONE) {
        json_key_u64(&w, "step", (uint64_t)step);
        json_key_text(&w, "label", en->plan->steps.items[step].label);
    }
    for (; fields != NULL && fields->key != NULL; fields++)
        json_key_text(&w, fields->key, fields->value);
    return journal_append(&en->journal, &w, e) && state_follow(en, &line, e);
}

static void
steps_encode(struct json_writer *w, const struct plan *plan)
{
    AUTO_ARENA tmp = ARENA_INIT;

    json_key(w, "steps");
    json_array_begin(w);
    for (size_t i = 0; i < plan->steps.count; i++) {
        const struct plan_step *step = &plan->steps.items[i];

        json_object_begin(w);
        json_key_text(w, "label", step->label);
        json_key_text(w, "intent", plan_intent(&tmp, plan, step));
        if (step->step->undo == NULL)
            json_key_text(w, "undo_note", step->step->undo_note);
        json_object_end(w);
    }
    json_array_end(w);
}

bool
engine_record_plan(struct engine *en, const char *id, struct error *e)
{
    AUTO_BUF line = BUF_INIT;
    struct json_writer w;

    journal_record_begin(&en->journal, &w, &line, "plan");
    json_key_u64(&w, "format", JOURNAL_FORMAT);
    json_key_text(&w, "id", id);
    json_key_text(&w, "kind", en->plan->kind);
    json_key_text(&w, "cluster", en->plan->cluster);
    json_key_text(&w, "title", en->plan->title);
    json_key_text(&w, "quorate", QUORATE_VERSION);
    json_key(&w, "inputs");
    json_raw(&w, en->plan->inputs);
    steps_encode(&w, en->plan);
    return journal_append(&en->journal, &w, e) && state_follow(en, &line, e);
}

void
plan_note(struct plan *plan, const char *format, ...)
{
    AUTO_ARENA tmp = ARENA_INIT;
    va_list args;

    if (plan->engine == NULL)
        return;
    va_start(args, format);
    engine_tell(plan->engine, PLAN_STEP_NOTE, plan->engine->step,
                arena_vprintf(&tmp, format, args));
    va_end(args);
}

void
plan_progress(struct plan *plan, uint64_t done, uint64_t total)
{
    const struct engine *en = plan->engine;
    struct plan_news news;

    if (en == NULL || en->env->observe == NULL)
        return;
    news = news_of(en, PLAN_STEP_PROGRESS, en->step);
    news.done = done;
    news.total = total;
    news.unit = plan->steps.items[en->step].step->unit;
    en->env->observe(en->env->observe_context, &news);
}

bool
plan_interrupted(const struct plan *plan)
{
    return plan->engine != NULL && plan->engine->env->interrupted != NULL &&
           *plan->engine->env->interrupted != 0;
}

int64_t
plan_deadline_ms(const struct plan *plan)
{
    return plan->engine != NULL ? plan->engine->deadline_ms : INT64_MAX;
}

bool
plan_mark(struct plan *plan, const char *key, const char *value, struct error *e)
{
    const struct record_field fields[] = {{"key", key}, {"value", value}, {NULL, NULL}};

    ASSERT(plan->engine != NULL);
    return engine_record(plan->engine, "mark", plan->engine->step, fields, e);
}

const char *
plan_mark_get(const struct plan *plan, const char *key)
{
    const struct plan_info *info = plan->engine != NULL ? plan->engine->info : NULL;

    for (size_t i = 0; info != NULL && i < info->marks.count; i++) {
        if (strcmp(info->marks.items[i].key, key) == 0)
            return info->marks.items[i].value;
    }
    return NULL;
}

bool
plan_step_recorded(const struct plan *plan, const char *label)
{
    const struct plan_info *info = plan->engine != NULL ? plan->engine->info : NULL;

    for (size_t i = 0; info != NULL && i < info->steps.count; i++) {
        const struct step_info *step = &info->steps.items[i];

        if (strcmp(step->label, label) == 0)
            return step->state == STEP_STATE_DONE || step->state == STEP_STATE_SKIPPED;
    }
    return false;
}
