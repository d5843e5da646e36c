#include "plan/engine.h"

#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "plan/lock.h"
#include "plan/run_state.h"

enum { ASK_AGAIN_MS = 200 };

static const struct plan_step *
step_at(const struct engine *en, size_t i)
{
    return &en->plan->steps.items[i];
}

static struct plan_step *
step_enter(struct engine *en, size_t i)
{
    struct plan_step *step = &en->plan->steps.items[i];
    int64_t limit_ms = (int64_t)step->step->timeout_s * 1000;

    en->step = (ssize_t)i;
    en->unknown = false;
    en->deadline_ms = limit_ms > 0 ? time_monotonic_ms() + limit_ms : INT64_MAX;
    return step;
}

static bool
step_check(struct plan_step *step, enum progress *ret_progress, struct error *e)
{
    step->checked = true;
    return step->step->check(step->op, ret_progress, e);
}

static bool
step_verify(struct plan_step *step, struct error *e)
{
    enum progress progress;

    if (step->step->verify != NULL)
        return step->step->verify(step->op, e);
    if (!step_check(step, &progress, e))
        return false;
    if (progress != PROGRESS_DONE)
        return error_set(e, ERROR_VERIFY, "it ran, but what it should have done is not there");
    return true;
}

/* The call may have been done all the same: its answer was lost, or was too late. */
static bool
outcome_is_unknown(const struct error *e)
{
    return e->code == ERROR_TIMEOUT || e->code == ERROR_CONNECTION || e->code == ERROR_UNAVAILABLE;
}

/* True when check finds the step done; otherwise 'e' stays run's error. */
static bool
unknown_settle(struct engine *en, struct plan_step *step, const struct error *e)
{
    engine_tell(en, PLAN_STEP_UNKNOWN, en->step, e->text);
    for (;;) {
        struct error asked = ERROR_INIT;
        enum progress progress;

        en->unknown = !step_check(step, &progress, &asked);
        if (!en->unknown && progress == PROGRESS_DONE)
            return true;
        if (en->deadline_ms == INT64_MAX || time_monotonic_ms() >= en->deadline_ms ||
            plan_interrupted(en->plan))
            return false;
        time_sleep_ms(ASK_AGAIN_MS);
    }
}

static bool
step_execute(struct engine *en, struct plan_step *step, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (step->step->guard != NULL && !step->step->guard(step->op, e))
        return false;
    if (step->step->undo == NULL)
        engine_tell(en, PLAN_NO_RETURN, en->step, step->step->undo_note);
    if (!engine_record(en, "begin", en->step, NULL, e))
        return false;
    engine_tell(en, PLAN_STEP_BEGUN, en->step, plan_intent(&tmp, en->plan, step));
    if (!step->step->run(step->op, e)) {
        if (!outcome_is_unknown(e) || !unknown_settle(en, step, e))
            return false;
        error_clear(e);
    }
    return step_verify(step, e);
}

static bool
step_finish(struct engine *en, struct error *e)
{
    if (!engine_record(en, "done", en->step, NULL, e))
        return false;
    engine_tell(en, PLAN_STEP_DONE, en->step, NULL);
    return true;
}

static bool
step_forward(struct engine *en, size_t i, struct error *e)
{
    struct plan_step *step = step_enter(en, i);
    enum step_state was = en->info->steps.items[i].state;
    enum progress progress;

    if (!step_check(step, &progress, e))
        return false;
    if (progress == PROGRESS_TODO)
        return step_execute(en, step, e) && step_finish(en, e);
    /* Ours, cut before it was proven. */
    if (was == STEP_STATE_BEGUN)
        return (step->step->verify == NULL || step_verify(step, e)) && step_finish(en, e);
    if (was == STEP_STATE_WAITING && !engine_record(en, "skipped", en->step, NULL, e))
        return false;
    engine_tell(en, PLAN_STEP_SKIPPED, en->step, NULL);
    return true;
}

/* A step that was begun and cannot be undone, or NULL. */
static const struct plan_step *
no_return_passed(const struct engine *en)
{
    for (size_t i = 0; i < en->info->steps.count; i++) {
        if (en->info->steps.items[i].began && step_at(en, i)->step->undo == NULL)
            return step_at(en, i);
    }
    return NULL;
}

static bool
anything_began(const struct engine *en)
{
    for (size_t i = 0; i < en->info->steps.count; i++) {
        if (en->info->steps.items[i].began)
            return true;
    }
    return false;
}

static bool
plan_end(struct engine *en, enum plan_state state, struct error *e)
{
    const struct record_field fields[] = {{"state", plan_state_word(state)}, {NULL, NULL}};

    en->step = STEP_NONE;
    if (!engine_record(en, "end", STEP_NONE, fields, e))
        return false;
    engine_tell(en, PLAN_ENDED, STEP_NONE, plan_state_word(state));
    return true;
}

/* Leaves the plan to 'plan resume' and 'plan undo'; always false. */
static bool
plan_leave(struct engine *en, enum error_code code, struct error *e)
{
    const char *id = en->info->id;

    e->code = code;
    error_wrap_(e, "plan '%s' is unfinished", id);
    if (en->info->undoing || no_return_passed(en) != NULL || !anything_began(en))
        error_hint_(e, "quorate plan resume %s", id);
    else
        error_hint_(e, "quorate plan resume %s, or quorate plan undo %s", id, id);
    engine_tell(en, PLAN_ENDED, STEP_NONE, plan_state_word(PLAN_STATE_UNFINISHED));
    return false;
}

static enum error_code
leave_code(const struct error *e)
{
    return e->code == ERROR_CANCELLED ? ERROR_CANCELLED : ERROR_UNFINISHED;
}

/* Writes down why it stops; a journal that cannot be written to says less, and that is all. */
static void
stop_record(struct engine *en, const struct error *why)
{
    const struct record_field fields[] = {
        {"code", error_code_word(why->code)}, {"error", why->text}, {NULL, NULL}};
    struct error ignored = ERROR_INIT;

    if (!en->journal.broken && !engine_record(en, "stopped", en->step, fields, &ignored))
        en->journal.broken = true;
}

static bool
plan_interrupt(struct engine *en, struct error *e)
{
    error_set_(e, ERROR_CANCELLED, 0, "interrupted");
    stop_record(en, e);
    return false;
}

static bool
undo_guards_ask(struct engine *en, struct error *e)
{
    for (size_t i = en->info->steps.count; i-- > 0;) {
        struct plan_step *step = &en->plan->steps.items[i];
        struct error ignored = ERROR_INIT;
        enum progress progress;

        if (!en->info->steps.items[i].began)
            continue;
        step_enter(en, i);
        /* So that the step knows what is there; its undo has to cope when it could not find out. */
        if (!step->checked && !step_check(step, &progress, &ignored))
            engine_tell(en, PLAN_STEP_NOTE, (ssize_t)i, ignored.text);
        if (step->step->undo_guard != NULL && !step->step->undo_guard(step->op, e))
            return error_wrap(e, "step '%s' cannot be undone", step->label);
    }
    return true;
}

static bool
step_undo(struct engine *en, size_t i, struct error *e)
{
    struct plan_step *step = step_enter(en, i);

    if (!engine_record(en, "undoing", en->step, NULL, e))
        return false;
    engine_tell(en, PLAN_STEP_UNDOING, en->step, NULL);
    if (!step->step->undo(step->op, e))
        return false;
    if (!engine_record(en, "undone", en->step, NULL, e))
        return false;
    engine_tell(en, PLAN_STEP_UNDONE, en->step, NULL);
    return true;
}

/* --- the cluster's own lock --- */

/* From the first step that stops the cluster on, nothing is written to it: the next one's data would
 * have it. */
static bool
cluster_was_stopped(const struct engine *en)
{
    for (size_t i = en->plan->stops_at; en->info != NULL && i < en->info->steps.count; i++) {
        if (en->info->steps.items[i].began)
            return true;
    }
    return false;
}

static bool
hold_take(struct engine *en, const char *id, const char **ret_warning, struct error *e)
{
    const struct plan_hold *hold = en->env->hold;
    bool look = cluster_was_stopped(en);

    *ret_warning = NULL;
    if (hold == NULL)
        return true;
    if (!hold->take(hold->context, en->plan, id, look, ret_warning, e))
        return false;
    en->holds = !look;
    return true;
}

static bool
hold_confirm(struct engine *en, struct error *e)
{
    return !en->holds || en->env->hold->confirm(en->env->hold->context, e) ||
           error_wrap(e,
                      "nothing more is done, since the lock of cluster '%s' is not ours any more",
                      en->plan->cluster);
}

/* Before step 'i' is looked at. */
static bool
hold_for_step(struct engine *en, size_t i, struct error *e)
{
    if (en->holds && i >= en->plan->stops_at) {
        en->env->hold->leave(en->env->hold->context);
        en->holds = false;
    }
    return hold_confirm(en, e);
}

/* Undoes all that was begun. */
static bool
undo_all(struct engine *en, const char *why, struct error *e)
{
    const struct record_field fields[] = {{"why", why}, {NULL, NULL}};

    if (!en->info->undoing && !engine_record(en, "undo", STEP_NONE, fields, e))
        return false;
    engine_tell(en, PLAN_UNDO_BEGUN, STEP_NONE, why);
    for (size_t i = en->info->steps.count; i-- > 0;) {
        if (!en->info->steps.items[i].began)
            continue;
        if (plan_interrupted(en->plan))
            return plan_interrupt(en, e);
        if (!hold_confirm(en, e)) {
            en->step = STEP_NONE;
            stop_record(en, e);
            return false;
        }
        if (!step_undo(en, i, e)) {
            error_wrap_(e, "undoing step '%s'", step_at(en, i)->label);
            stop_record(en, e);
            return false;
        }
    }
    return plan_end(en, PLAN_STATE_UNDONE, e);
}

/* After step 'en->step' failed with 'e'; always false. */
static bool
step_failed(struct engine *en, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error why;
    struct error problem = ERROR_INIT;

    if (plan_interrupted(en->plan) && e->code == ERROR_CANCELLED)
        return plan_interrupt(en, e) || plan_leave(en, ERROR_CANCELLED, e);
    engine_tell(en, PLAN_STEP_FAILED, en->step, e->text);
    error_wrap_(e, "step '%s'", step_at(en, (size_t)en->step)->label);
    stop_record(en, e);
    why = *e;
    if (!anything_began(en) && !en->journal.broken)
        return plan_end(en, PLAN_STATE_FAILED, &problem) ? false
                                                         : plan_leave(en, ERROR_UNFINISHED, e);
    if (en->journal.broken || en->unknown || no_return_passed(en) != NULL)
        return plan_leave(en, ERROR_UNFINISHED, e);
    if (undo_guards_ask(en, &problem) && undo_all(en, arena_text(&tmp, why.text), &problem))
        return false;
    error_set_(e, problem.code, problem.sys_errno, "%s; %s", why.text, problem.text);
    return plan_leave(en, leave_code(e), e);
}

static bool
steps_forward(struct engine *en, struct error *e)
{
    for (size_t i = 0; i < en->plan->steps.count; i++) {
        if (plan_interrupted(en->plan))
            return plan_interrupt(en, e) || plan_leave(en, ERROR_CANCELLED, e);
        if (!hold_for_step(en, i, e)) {
            en->step = STEP_NONE;
            stop_record(en, e);
            return plan_leave(en, leave_code(e), e);
        }
        if (!step_forward(en, i, e))
            return step_failed(en, e);
    }
    return plan_end(en, PLAN_STATE_DONE, e) || plan_leave(en, ERROR_UNFINISHED, e);
}

static void
engine_started(const struct engine *en, const char *warning)
{
    engine_tell(en, PLAN_STARTED, STEP_NONE, en->plan->title);
    if (warning != NULL)
        engine_tell(en, PLAN_HOLD_WARNING, STEP_NONE, warning);
}

static const char *
id_new(struct plan *plan)
{
    uint8_t random[2];
    char hex[2 * sizeof(random) + 1];

    random_bytes(random, sizeof(random));
    hex_encode(random, sizeof(random), hex);
    return arena_printf(plan->mem, "%s-%s-%s", time_compact(plan->mem, time_wall_ms()), plan->kind,
                        hex);
}

bool
plan_run(struct plan *plan, const struct plan_env *env, const char **ret_id, struct error *e)
{
    AUTO_ENGINE en;
    const char *id = id_new(plan);
    const char *path = plan_journal_path(plan->mem, env->state_dir, id);
    const char *warning;

    engine_init(&en, plan, env);
    *ret_id = NULL;
    if (!lock_take(env->state_dir, plan->cluster, id, &en.lock, e) ||
        !hold_take(&en, id, &warning, e) || !journal_create(plan->mem, path, &en.journal, e) ||
        !engine_record_plan(&en, id, e))
        return false;
    *ret_id = id;
    engine_started(&en, warning);
    return steps_forward(&en, e);
}

static bool
steps_match(const struct plan *plan, const struct plan_info *info, struct error *e)
{
    bool match = plan->steps.count == info->steps.count && strcmp(plan->kind, info->kind) == 0 &&
                 strcmp(plan->cluster, info->cluster) == 0;

    for (size_t i = 0; match && i < info->steps.count; i++)
        match = strcmp(plan->steps.items[i].label, info->steps.items[i].label) == 0;
    if (match)
        return true;
    error_set_(e, ERROR_CONFLICT, 0,
               "plan '%s' was made by quorate %s, and this is %s: its steps differ", info->id,
               info->version, QUORATE_VERSION);
    return error_hint(e, "use quorate %s for it", info->version);
}

static bool
changed_the_cluster(const struct plan_info *info)
{
    if (info == NULL || info->state == PLAN_STATE_UNDONE || info->state == PLAN_STATE_FAILED)
        return false;
    for (size_t i = 0; i < info->steps.count; i++) {
        if (info->steps.items[i].began)
            return true;
    }
    return false;
}

/* What a plan remembers is no longer so when a later one has changed the same cluster. */
static bool
overtaken_check(const struct engine *en, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct plan_list_entry *entries;
    size_t count;
    size_t own = 0;

    if (!plan_list(&tmp, en->env->state_dir, en->plan->cluster, &entries, &count, e))
        return false;
    while (own < count && strcmp(entries[own].id, en->info->id) != 0)
        own++;
    for (size_t i = own + 1; i < count; i++) {
        /* Keys that were imported since are known by the same name, and in nobody's way. */
        if (!changed_the_cluster(entries[i].info) ||
            strcmp(entries[i].info->cluster, en->plan->cluster) != 0)
            continue;
        error_set_(e, ERROR_CONFLICT, 0,
                   "plan '%s' was overtaken: the later plan '%s' has changed cluster '%s'",
                   en->info->id, entries[i].id, en->plan->cluster);
        return error_hint(e, "to go back behind both: quorate plan undo %s first", entries[i].id);
    }
    return true;
}

/* The lock, then the journal as it is under the lock. */
static bool
plan_reopen(struct engine *en, const char *id, struct error *e)
{
    struct plan *plan = en->plan;
    const char *path = plan_journal_path(plan->mem, en->env->state_dir, id);
    struct journal_content content;

    if (!lock_take(en->env->state_dir, plan->cluster, id, &en->lock, e) ||
        !journal_open(plan->mem, path, &en->journal, &content, e))
        return false;
    if (!plan_info_decode(plan->mem, &content, &en->info, e))
        return error_wrap(e, "'%s'", path);
    if (content.torn)
        engine_tell(en, PLAN_JOURNAL_TORN, STEP_NONE, NULL);
    return steps_match(plan, en->info, e) && overtaken_check(en, e);
}

bool
plan_resume(struct plan *plan, const struct plan_env *env, const char *id,
            enum plan_state *ret_state, struct error *e)
{
    AUTO_ENGINE en;
    const struct record_field fields[] = {{"quorate", QUORATE_VERSION}, {NULL, NULL}};
    const char *warning;

    engine_init(&en, plan, env);
    if (!plan_reopen(&en, id, e))
        return false;
    if (en.info->state != PLAN_STATE_UNFINISHED)
        return error_set(e, ERROR_REFUSED, "plan '%s' is %s: nothing to resume", id,
                         plan_state_word(en.info->state));
    if (!hold_take(&en, id, &warning, e) || !engine_record(&en, "resume", STEP_NONE, fields, e))
        return false;
    engine_started(&en, warning);
    if (en.info->undoing) {
        if (!undo_guards_ask(&en, e) || !undo_all(&en, "resumed", e))
            return plan_leave(&en, leave_code(e), e);
    } else if (!steps_forward(&en, e)) {
        return false;
    }
    *ret_state = en.info->state;
    return true;
}

bool
plan_undo(struct plan *plan, const struct plan_env *env, const char *id, struct error *e)
{
    AUTO_ENGINE en;
    const struct plan_step *passed;
    const char *warning;

    engine_init(&en, plan, env);
    if (!plan_reopen(&en, id, e))
        return false;
    if (en.info->state == PLAN_STATE_UNDONE || en.info->state == PLAN_STATE_FAILED)
        return error_set(e, ERROR_REFUSED, "plan '%s' is %s: nothing to undo", id,
                         plan_state_word(en.info->state));
    passed = no_return_passed(&en);
    if (passed != NULL) {
        error_set_(e, ERROR_REFUSED, 0, "plan '%s' cannot be undone: it passed step '%s': %s", id,
                   passed->label, passed->step->undo_note);
        if (en.info->state == PLAN_STATE_UNFINISHED)
            error_hint_(e, "quorate plan resume %s", id);
        return false;
    }
    if (!hold_take(&en, id, &warning, e))
        return false;
    if (!undo_guards_ask(&en, e))
        return error_wrap(e, "plan '%s'", id);
    engine_started(&en, warning);
    return undo_all(&en, "asked for", e) || plan_leave(&en, leave_code(e), e);
}
