#include "plan/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "plan/lock.h"
#include "toy.h"

struct fixture {
    struct arena mem;
    struct toy_place place;
    struct plan_env env;
    struct buf seen; /* what the observer was told */
    const char *id;
    struct error e;
};

static volatile sig_atomic_t interrupted;
static const char *interrupt_at; /* news after which the operator presses ^C */

static void
observe(void *context, const struct plan_news *news)
{
    static const char *const words[] = {
        [PLAN_STARTED] = "started",      [PLAN_NO_RETURN] = "no-return",
        [PLAN_STEP_BEGUN] = "begun",     [PLAN_STEP_DONE] = "done",
        [PLAN_STEP_SKIPPED] = "skipped", [PLAN_STEP_UNKNOWN] = "unknown",
        [PLAN_STEP_FAILED] = "failed",   [PLAN_UNDO_BEGUN] = "undo",
        [PLAN_STEP_UNDOING] = "undoing", [PLAN_STEP_UNDONE] = "undone",
        [PLAN_STEP_NOTE] = "note",       [PLAN_STEP_PROGRESS] = "progress",
        [PLAN_JOURNAL_TORN] = "torn",    [PLAN_HOLD_WARNING] = "warning",
        [PLAN_ENDED] = "ended",
    };
    struct fixture *f = context;
    size_t from = f->seen.size;

    buf_append_text(&f->seen, words[news->event]);
    if (news->label != NULL)
        buf_printf(&f->seen, " %s", news->label);
    if (news->event == PLAN_STEP_PROGRESS)
        buf_printf(&f->seen, " %d/%d", (int)news->done, (int)news->total);
    if (news->event == PLAN_NO_RETURN || news->event == PLAN_STEP_NOTE ||
        news->event == PLAN_ENDED || news->event == PLAN_STEP_UNKNOWN)
        buf_printf(&f->seen, " (%s)", news->text);
    buf_append_text(&f->seen, "\n");
    if (interrupt_at != NULL && strstr(buf_text(&f->seen) + from, interrupt_at) != NULL)
        interrupted = 1;
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->place = toy_place_make(&f->mem);
    f->env = (struct plan_env){f->place.state, observe, f, &interrupted, NULL};
    memset(&toy_inject, 0, sizeof(toy_inject));
    interrupted = 0;
    interrupt_at = NULL;
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    toy_place_remove(&f->place);
    buf_release(&f->seen);
    arena_release(&f->mem);
    free(f);
    return 0;
}

static bool
run(struct fixture *f, const char *cross)
{
    return plan_run(toy_plan(&f->mem, &f->place, cross), &f->env, &f->id, &f->e);
}

/* In a plan made anew, as by another process. */
static bool
resume(struct fixture *f, enum plan_state *ret_state)
{
    buf_clear(&f->seen);
    memset(&toy_inject, 0, sizeof(toy_inject));
    interrupted = 0;
    interrupt_at = NULL;
    error_clear(&f->e);
    return plan_resume(toy_plan_again(&f->mem, &f->place, f->id), &f->env, f->id, ret_state, &f->e);
}

static bool
undo(struct fixture *f)
{
    buf_clear(&f->seen);
    error_clear(&f->e);
    return plan_undo(toy_plan_again(&f->mem, &f->place, f->id), &f->env, f->id, &f->e);
}

static void
assert_world(struct fixture *f, const char *expected)
{
    assert_string_equal(toy_world_text(&f->mem, &f->place), expected);
}

static struct plan_info *
info(struct fixture *f)
{
    struct plan_info *result;

    if (!plan_info_load(&f->mem, f->place.state, f->id, &result, &f->e))
        fail_msg("%s", f->e.text);
    return result;
}

static void
assert_state(struct fixture *f, enum plan_state state)
{
    assert_string_equal(plan_state_word(info(f)->state), plan_state_word(state));
}

/* The plan's id as "ID", so that texts can be compared. */
static const char *
without_id(struct fixture *f, const char *text)
{
    AUTO_BUF out = BUF_INIT;
    const char *found;

    while (f->id != NULL && (found = strstr(text, f->id)) != NULL) {
        buf_append(&out, text, (size_t)(found - text));
        buf_append_text(&out, "ID");
        text = found + strlen(f->id);
    }
    buf_append_text(&out, text);
    return arena_text(&f->mem, buf_text(&out));
}

static void
assert_error(struct fixture *f, enum error_code code, const char *text, const char *hint)
{
    assert_string_equal(without_id(f, f->e.text), text);
    assert_int_equal(f->e.code, code);
    assert_string_equal(without_id(f, f->e.hint), hint);
}

static void
test_runs_all_and_tells(void **state)
{
    struct fixture *f = *state;
    struct plan_info *is;

    assert_true(run(f, NULL));
    assert_world(f, TOY_END);
    assert_string_equal(buf_text(&f->seen), "started\n"
                                            "skipped make there\n"
                                            "begun make a\n"
                                            "done make a\n"
                                            "begun change text\n"
                                            "note change text (old content is 3 bytes)\n"
                                            "progress change text 1/2\n"
                                            "done change text\n"
                                            "begun make b\n"
                                            "done make b\n"
                                            "ended (done)\n");
    is = info(f);
    assert_int_equal(is->state, PLAN_STATE_DONE);
    assert_string_equal(is->id, f->id);
    assert_string_equal(is->kind, "toy");
    assert_string_equal(is->cluster, "toy/1");
    assert_string_equal(is->title, "play");
    assert_string_equal(is->version, QUORATE_VERSION);
    assert_int_equal(is->steps.count, 4);
    assert_int_equal(is->steps.items[0].state, STEP_STATE_SKIPPED);
    assert_false(is->steps.items[0].began);
    assert_string_equal(is->steps.items[1].intent,
                        arena_printf(&f->mem, "make a in %s", f->place.world));
    assert_string_equal(is->steps.items[2].intent, "change text, %{unknown}");
    assert_int_equal(is->marks.count, 1);
    assert_string_equal(is->marks.items[0].value, "old");
}

static void
test_undo_of_a_finished_plan_leaves_what_was_there(void **state)
{
    struct fixture *f = *state;

    assert_true(run(f, NULL));
    assert_true(undo(f));
    assert_world(f, TOY_START);
    assert_state(f, PLAN_STATE_UNDONE);
    assert_string_equal(buf_text(&f->seen), "started\n"
                                            "undo\n"
                                            "undoing make b\n"
                                            "undone make b\n"
                                            "undoing change text\n"
                                            "undone change text\n"
                                            "undoing make a\n"
                                            "undone make a\n"
                                            "ended (undone)\n");
    assert_false(undo(f));
    assert_error(f, ERROR_REFUSED, "plan 'ID' is undone: nothing to undo", "");
}

static void
test_failure_undoes_what_was_begun(void **state)
{
    static const char *const functions[] = {"check", "guard", "run", "verify"};
    struct fixture *f = *state;

    for (size_t i = 0; i < 4; i++) {
        toy_inject.where = arena_printf(&f->mem, "%s b", functions[i]);
        toy_inject.code = ERROR_IO;
        assert_false(run(f, NULL));
        assert_error(f, ERROR_IO, "step 'make b': injected", "");
        assert_world(f, TOY_START);
        assert_state(f, PLAN_STATE_UNDONE);
        assert_string_equal(info(f)->failure, "step 'make b': injected");
    }
}

static void
test_failure_before_anything_began_is_failed(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    toy_inject.where = "guard a";
    toy_inject.code = ERROR_REFUSED;
    assert_false(run(f, NULL));
    assert_error(f, ERROR_REFUSED, "step 'make a': injected", "");
    assert_state(f, PLAN_STATE_FAILED);
    assert_false(resume(f, &ended));
    assert_error(f, ERROR_REFUSED, "plan 'ID' is failed: nothing to resume", "");
    assert_false(undo(f));
    assert_error(f, ERROR_REFUSED, "plan 'ID' is failed: nothing to undo", "");
}

static void
test_timed_out_call_is_asked_for(void **state)
{
    struct fixture *f = *state;

    toy_inject.where = "run a";
    toy_inject.code = ERROR_TIMEOUT;
    toy_inject.after = true;
    assert_true(run(f, NULL));
    assert_world(f, TOY_END);
    assert_non_null(strstr(buf_text(&f->seen), "begun make a\nunknown make a (injected)\ndone"));
}

static void
test_timed_out_call_that_did_nothing_fails(void **state)
{
    struct fixture *f = *state;

    toy_inject.where = "run a";
    toy_inject.code = ERROR_CONNECTION;
    assert_false(run(f, NULL));
    assert_error(f, ERROR_CONNECTION, "step 'make a': injected", "");
    assert_world(f, TOY_START);
    assert_state(f, PLAN_STATE_UNDONE);
}

/* 'change' has no time limit: check is asked once; and when it cannot tell, nothing is undone. */
static bool
unknown_check(void *op, enum progress *ret_progress, struct error *e)
{
    int *calls = op;

    *ret_progress = PROGRESS_TODO;
    return ++*calls == 1 || error_set(e, ERROR_UNAVAILABLE, "nobody answers");
}

static bool
unknown_run(void *op, struct error *e)
{
    (void)op;
    return error_set(e, ERROR_TIMEOUT, "no answer");
}

static bool
unknown_undo(void *op, struct error *e)
{
    (void)op;
    (void)e;
    fail_msg("undone though nobody knows");
    return false;
}

static bool
unknown_build(struct plan *plan, const struct json *inputs, void *context, struct error *e)
{
    static const struct step step = {.name = "ask",
                                     .intent = "ask",
                                     .check = unknown_check,
                                     .run = unknown_run,
                                     .undo = unknown_undo};

    (void)inputs;
    (void)e;
    plan->title = "ask";
    plan->cluster = "c";
    plan_add_step(plan, &step, NULL, context);
    return true;
}

static void
test_unknown_outcome_leaves_it_unfinished(void **state)
{
    static const struct plan_kind kind = {"ask", unknown_build};
    struct fixture *f = *state;
    struct plan *plan;
    int calls = 0;

    assert_true(plan_new(&f->mem, &kind, BYTES_LITERAL("{}"), &calls, &plan, &f->e));
    assert_false(plan_run(plan, &f->env, &f->id, &f->e));
    assert_error(f, ERROR_UNFINISHED, "plan 'ID' is unfinished: step 'ask': no answer",
                 "quorate plan resume ID, or quorate plan undo ID");
    assert_state(f, PLAN_STATE_UNFINISHED);
    assert_int_equal(calls, 2);
}

static void
test_no_undo_behind_a_point_of_no_return(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    toy_inject.where = "run b";
    toy_inject.code = ERROR_IO;
    assert_false(run(f, "x"));
    assert_error(f, ERROR_UNFINISHED, "plan 'ID' is unfinished: step 'make b': injected",
                 "quorate plan resume ID");
    assert_world(f, "a=made text=new there=old x=made ");
    assert_non_null(
        strstr(buf_text(&f->seen), "no-return cross x (what was made stays)\nbegun cross x\n"));
    assert_state(f, PLAN_STATE_UNFINISHED);
    assert_string_equal(info(f)->steps.items[3].undo_note, "what was made stays");
    assert_false(undo(f));
    assert_error(f, ERROR_REFUSED,
                 "plan 'ID' cannot be undone: it passed step 'cross x': what was made stays",
                 "quorate plan resume ID");
    assert_true(resume(f, &ended));
    assert_int_equal(ended, PLAN_STATE_DONE);
    assert_world(f, TOY_END_CROSS);
    assert_string_equal(buf_text(&f->seen), "started\n"
                                            "skipped make there\n"
                                            "skipped make a\n"
                                            "skipped change text\n"
                                            "skipped cross x\n"
                                            "begun make b\n"
                                            "done make b\n"
                                            "ended (done)\n");
    assert_false(undo(f));
    assert_error(f, ERROR_REFUSED,
                 "plan 'ID' cannot be undone: it passed step 'cross x': what was made stays", "");
}

static void
test_failure_before_the_point_of_no_return_is_undone(void **state)
{
    struct fixture *f = *state;

    toy_inject.where = "check x";
    toy_inject.code = ERROR_IO;
    assert_false(run(f, "x"));
    assert_error(f, ERROR_IO, "step 'cross x': injected", "");
    assert_world(f, TOY_START);
}

static void
test_failed_undo_is_unfinished_and_goes_on(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    assert_true(run(f, NULL));
    toy_inject.where = "undo text";
    toy_inject.code = ERROR_NO_SPACE;
    assert_false(undo(f));
    assert_error(f, ERROR_UNFINISHED,
                 "plan 'ID' is unfinished: undoing step 'change text': injected",
                 "quorate plan resume ID");
    assert_world(f, "a=made text=new there=old ");
    assert_true(info(f)->undoing);
    assert_int_equal(info(f)->steps.items[3].state, STEP_STATE_UNDONE);
    assert_false(info(f)->steps.items[3].began);
    assert_true(info(f)->steps.items[2].began);
    assert_true(resume(f, &ended));
    assert_int_equal(ended, PLAN_STATE_UNDONE);
    /* What was undone is not undone again. */
    assert_null(strstr(buf_text(&f->seen), "make b"));
    assert_world(f, TOY_START);
}

/* Another process: the step looks first, and is undone whether it could see or not. */
static void
test_undo_lets_the_step_look_first(void **state)
{
    struct fixture *f = *state;

    assert_true(run(f, NULL));
    toy_inject.where = "check a";
    toy_inject.code = ERROR_IO;
    assert_true(undo(f));
    assert_non_null(strstr(buf_text(&f->seen), "note make a (injected)"));
    assert_world(f, TOY_START);
}

static void
test_failed_undo_after_a_failure_says_both(void **state)
{
    struct fixture *f = *state;

    toy_inject.where = "run b";
    toy_inject.also = "undo text";
    toy_inject.code = ERROR_IO;
    assert_false(run(f, NULL));
    assert_error(f, ERROR_UNFINISHED,
                 "plan 'ID' is unfinished: step 'make b': injected; undoing step 'change text': "
                 "injected",
                 "quorate plan resume ID");
    assert_world(f, "a=made text=new there=old ");
}

static void
test_refused_undo_after_a_failure_says_both(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    toy_inject.where = "run b";
    toy_inject.also = "undo-guard a";
    toy_inject.code = ERROR_IO;
    assert_false(run(f, NULL));
    assert_error(f, ERROR_UNFINISHED,
                 "plan 'ID' is unfinished: step 'make b': injected; step 'make a' cannot be "
                 "undone: injected",
                 "quorate plan resume ID, or quorate plan undo ID");
    assert_true(resume(f, &ended));
    assert_int_equal(ended, PLAN_STATE_DONE);
}

static void
test_undo_guard_refuses_before_anything_is_undone(void **state)
{
    struct fixture *f = *state;

    assert_true(run(f, NULL));
    toy_inject.where = "undo-guard a";
    toy_inject.code = ERROR_REFUSED;
    assert_false(undo(f));
    assert_error(f, ERROR_REFUSED, "plan 'ID': step 'make a' cannot be undone: injected", "");
    assert_world(f, TOY_END);
    assert_state(f, PLAN_STATE_DONE);
}

static void
test_interrupted_between_steps(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    interrupt_at = "begun make a";
    assert_false(run(f, NULL));
    assert_error(f, ERROR_CANCELLED, "plan 'ID' is unfinished: interrupted",
                 "quorate plan resume ID, or quorate plan undo ID");
    assert_world(f, "a=made text=old there=old ");
    assert_state(f, PLAN_STATE_UNFINISHED);
    assert_true(resume(f, &ended));
    assert_world(f, TOY_END);
}

static void
test_interrupted_undo(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    assert_true(run(f, NULL));
    interrupt_at = "undoing make b";
    assert_false(undo(f));
    assert_error(f, ERROR_CANCELLED, "plan 'ID' is unfinished: interrupted",
                 "quorate plan resume ID");
    assert_world(f, "a=made text=new there=old ");
    assert_true(resume(f, &ended));
    assert_world(f, TOY_START);
}

static void
test_one_plan_at_a_time(void **state)
{
    struct fixture *f = *state;
    AUTO_FD lock = -1;
    enum plan_state ended;

    interrupt_at = "begun make a";
    assert_false(run(f, NULL));
    assert_true(lock_take(f->place.state, "toy/1", f->id, &lock, &f->e));
    assert_state(f, PLAN_STATE_RUNNING);
    assert_int_equal(info(f)->pid, getpid());
    toy_inject.calls = 0;
    assert_false(resume(f, &ended));
    assert_error(
        f, ERROR_LOCKED,
        arena_printf(&f->mem, "cluster 'toy/1' is locked by plan 'ID' (process %d)", (int)getpid()),
        "wait until it ends; 'quorate plan show ID' says what it does");
    assert_int_equal(toy_inject.calls, 0);
    const char *id = f->id;
    assert_false(run(f, NULL));
    assert_null(f->id);
    assert_int_equal(f->e.code, ERROR_LOCKED);
    fd_close(&lock);
    f->id = id;
    assert_state(f, PLAN_STATE_UNFINISHED);
    assert_true(resume(f, &ended));
}

/* A cluster's lock that does as it is told, and writes down what it is asked. */
static struct {
    struct buf asked;
    const char *warning;
    bool refuses;
    int confirms; /* so many, then it is lost; -1: for ever */
} hold_toy;

static bool
hold_toy_take(void *context, struct plan *plan, const char *id, bool look, const char **ret_warning,
              struct error *e)
{
    (void)context;
    assert_non_null(id);
    assert_string_equal(plan->cluster, "toy/1");
    buf_append_text(&hold_toy.asked, look ? "look " : "take ");
    *ret_warning = hold_toy.warning;
    return !hold_toy.refuses || error_set(e, ERROR_LOCKED, "somebody else's");
}

static bool
hold_toy_confirm(void *context, struct error *e)
{
    (void)context;
    buf_append_text(&hold_toy.asked, "confirm ");
    return hold_toy.confirms < 0 || hold_toy.confirms-- > 0 ||
           error_set(e, ERROR_LOCKED, "it is another's");
}

static void
hold_toy_leave(void *context)
{
    (void)context;
    buf_append_text(&hold_toy.asked, "leave ");
}

static void
hold_toy_release(void *context, bool undone)
{
    (void)context;
    buf_append_text(&hold_toy.asked, undone ? "release-undone" : "release");
}

static const struct plan_hold hold_toy_table = {.take = hold_toy_take,
                                                .confirm = hold_toy_confirm,
                                                .leave = hold_toy_leave,
                                                .release = hold_toy_release};

static void
hold_toy_set(struct fixture *f)
{
    buf_clear(&hold_toy.asked);
    hold_toy.warning = NULL;
    hold_toy.refuses = false;
    hold_toy.confirms = -1;
    f->env.hold = &hold_toy_table;
}

static void
assert_asked(const char *expected)
{
    assert_string_equal(buf_text(&hold_toy.asked), expected);
    buf_clear(&hold_toy.asked);
}

static void
test_the_clusters_lock_is_confirmed_before_each_step(void **state)
{
    struct fixture *f = *state;

    hold_toy_set(f);
    hold_toy.warning = "taken from another";
    assert_true(run(f, NULL));
    assert_asked("take confirm confirm confirm confirm release");
    assert_non_null(strstr(buf_text(&f->seen), "started\nwarning\n"));
    assert_true(undo(f));
    assert_asked("take confirm confirm confirm release-undone");
    buf_release(&hold_toy.asked);
}

static void
test_the_clusters_lock_of_another_leaves_no_plan(void **state)
{
    struct fixture *f = *state;

    hold_toy_set(f);
    hold_toy.refuses = true;
    toy_inject.calls = 0;
    assert_false(run(f, NULL));
    assert_error(f, ERROR_LOCKED, "somebody else's", "");
    assert_null(f->id);
    assert_int_equal(toy_inject.calls, 0);
    assert_asked("take release");
    buf_release(&hold_toy.asked);
}

static void
test_a_lost_lock_stops_the_plan_and_undoes_nothing(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    hold_toy_set(f);
    hold_toy.confirms = 2;
    assert_false(run(f, NULL));
    assert_error(
        f, ERROR_UNFINISHED,
        "plan 'ID' is unfinished: nothing more is done, since the lock of cluster 'toy/1' is "
        "not ours any more: it is another's",
        "quorate plan resume ID, or quorate plan undo ID");
    assert_world(f, "a=made text=old there=old ");
    assert_state(f, PLAN_STATE_UNFINISHED);
    assert_asked("take confirm confirm confirm release");
    /* The same on the way back. */
    hold_toy.confirms = 0;
    assert_false(undo(f));
    assert_world(f, "a=made text=old there=old ");
    assert_int_equal(f->e.code, ERROR_UNFINISHED);
    hold_toy_set(f);
    assert_true(resume(f, &ended));
    assert_world(f, TOY_START);
    buf_release(&hold_toy.asked);
}

static void
test_a_cluster_that_is_stopped_is_not_asked(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = toy_plan(&f->mem, &f->place, NULL);

    hold_toy_set(f);
    plan->stops_at = 1;
    assert_true(plan_run(plan, &f->env, &f->id, &f->e));
    assert_asked("take confirm leave release");
    plan = toy_plan_again(&f->mem, &f->place, f->id);
    plan->stops_at = 1;
    assert_true(plan_undo(plan, &f->env, f->id, &f->e));
    assert_asked("look release-undone");
    buf_release(&hold_toy.asked);
}

static void
test_other_steps_are_refused(void **state)
{
    struct fixture *f = *state;
    enum plan_state ended;

    assert_true(run(f, NULL));
    assert_false(plan_resume(toy_plan(&f->mem, &f->place, "x"), &f->env, f->id, &ended, &f->e));
    assert_error(f, ERROR_CONFLICT,
                 "plan 'ID' was made by quorate " QUORATE_VERSION ", and this is " QUORATE_VERSION
                 ": its steps differ",
                 "use quorate " QUORATE_VERSION " for it");
}

static void
test_check_may_ask_what_is_recorded(void **state)
{
    struct fixture *f = *state;
    struct plan *plan = toy_plan(&f->mem, &f->place, NULL);

    assert_false(plan_step_recorded(plan, "make a"));
    assert_null(plan_mark_get(plan, "old"));
    assert_int_equal(plan_deadline_ms(plan), INT64_MAX);
    assert_false(plan_interrupted(plan));
    plan_note(plan, "to nobody");
    plan_progress(plan, 1, 2);
    assert_int_equal(f->seen.size, 0);
}

static void
test_inputs_are_an_object_on_one_line(void **state)
{
    struct fixture *f = *state;
    struct plan *plan;

    assert_false(plan_new(&f->mem, &toy_kind, BYTES_LITERAL("[1]"), NULL, &plan, &f->e));
    assert_error(f, ERROR_FORMAT, "inputs of 'toy' are no JSON object on one line", "");
    assert_false(plan_new(&f->mem, &toy_kind, BYTES_LITERAL("{\n}"), NULL, &plan, &f->e));
    assert_error(f, ERROR_FORMAT, "inputs of 'toy' are no JSON object on one line", "");
    assert_false(plan_new(&f->mem, &toy_kind, BYTES_LITERAL("{"), NULL, &plan, &f->e));
    assert_int_equal(f->e.code, ERROR_FORMAT);
    assert_false(plan_new(&f->mem, &toy_kind, BYTES_LITERAL("{}"), NULL, &plan, &f->e));
    assert_error(f, ERROR_FORMAT, "'world' is missing", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_runs_all_and_tells),
        TEST(test_undo_of_a_finished_plan_leaves_what_was_there),
        TEST(test_failure_undoes_what_was_begun),
        TEST(test_failure_before_anything_began_is_failed),
        TEST(test_timed_out_call_is_asked_for),
        TEST(test_timed_out_call_that_did_nothing_fails),
        TEST(test_unknown_outcome_leaves_it_unfinished),
        TEST(test_no_undo_behind_a_point_of_no_return),
        TEST(test_failure_before_the_point_of_no_return_is_undone),
        TEST(test_failed_undo_is_unfinished_and_goes_on),
        TEST(test_undo_lets_the_step_look_first),
        TEST(test_failed_undo_after_a_failure_says_both),
        TEST(test_refused_undo_after_a_failure_says_both),
        TEST(test_undo_guard_refuses_before_anything_is_undone),
        TEST(test_interrupted_between_steps),
        TEST(test_interrupted_undo),
        TEST(test_one_plan_at_a_time),
        TEST(test_the_clusters_lock_is_confirmed_before_each_step),
        TEST(test_the_clusters_lock_of_another_leaves_no_plan),
        TEST(test_a_lost_lock_stops_the_plan_and_undoes_nothing),
        TEST(test_a_cluster_that_is_stopped_is_not_asked),
        TEST(test_other_steps_are_refused),
        TEST(test_check_may_ask_what_is_recorded),
        TEST(test_inputs_are_an_object_on_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
