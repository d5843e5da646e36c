/* SIGKILL before and after each journal record, and inside steps; then resume, then undo. */
#include "plan/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "toy.h"

enum { CHILD_OK = 0, CHILD_FAILED = 1, RECORDS_MOST = 60 };

enum act { ACT_RUN, ACT_RESUME, ACT_UNDO };

struct deed {
    enum act act;
    const char *cross;      /* input of ACT_RUN */
    const char *failpoints; /* NULL for none */
    const char *inject;     /* where a step fails; NULL for nowhere */
    bool kill;              /* it kills instead */
};

/* The only plan's id, or NULL. */
static const char *
plan_id(struct arena *mem, const struct toy_place *place, enum plan_state *ret_state)
{
    struct plan_list_entry *entries;
    struct error e = ERROR_INIT;
    size_t count;

    if (!plan_list(mem, place->state, "toy/1", &entries, &count, &e))
        fail_msg("%s", e.text);
    assert_true(count <= 1);
    if (count == 0)
        return NULL;
    if (entries[0].info == NULL)
        fail_msg("%s", entries[0].error);
    *ret_state = entries[0].info->state;
    return entries[0].id;
}

static bool
deed_do(const struct toy_place *place, const struct deed *deed, const char *id)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct plan_env env = {.state_dir = place->state};
    struct error e = ERROR_INIT;
    enum plan_state state;

    toy_inject.where = deed->inject;
    toy_inject.code = ERROR_IO;
    toy_inject.kill = deed->kill;
    if (deed->act == ACT_RUN)
        return plan_run(toy_plan(&tmp, place, deed->cross), &env, &id, &e);
    if (deed->act == ACT_RESUME)
        return plan_resume(toy_plan_again(&tmp, place, id), &env, id, &state, &e);
    return plan_undo(toy_plan_again(&tmp, place, id), &env, id, &e);
}

/* In a process of its own: failpoints are read once in a process. Returns waitpid's status. */
static int
child_do(const struct toy_place *place, const struct deed *deed, const char *id)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (deed->failpoints != NULL)
            setenv("QUORATE_FAILPOINTS", deed->failpoints, 1);
        _exit(deed_do(place, deed, id) ? CHILD_OK : CHILD_FAILED);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static bool
was_killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

struct scene {
    const char *cross;   /* NULL: no point of no return */
    const char *inject;  /* a step that always fails, or NULL */
    const char *resumed; /* the world after resume */
};

static bool
crossing_began(const struct toy_place *place, const char *id)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct plan_info *info;
    struct error e = ERROR_INIT;

    assert_true(plan_info_load(&tmp, place->state, id, &info, &e));
    for (size_t i = 0; i < info->steps.count; i++) {
        if (info->steps.items[i].undo_note != NULL && info->steps.items[i].began)
            return true;
    }
    return false;
}

/* What follows the kill: 'act', which must come to its end, and the world it must leave. */
static void
recover_and_compare(const struct toy_place *place, const struct scene *scene, enum act act,
                    const char *where)
{
    AUTO_ARENA tmp = ARENA_INIT;
    enum plan_state state;
    const char *id = plan_id(&tmp, place, &state);
    struct deed deed = {.act = act, .inject = scene->inject};
    const char *world;
    int status;

    if (id == NULL) {
        assert_string_equal(toy_world_text(&tmp, place), TOY_START);
        return;
    }
    status = child_do(place, &deed, id);
    assert_true(WIFEXITED(status));
    world = toy_world_text(&tmp, place);
    plan_id(&tmp, place, &state);
    if (act == ACT_RESUME && strcmp(world, scene->resumed) != 0)
        fail_msg("%s, resumed: %s", where, world);
    /* A point of no return counts as passed once it was begun. */
    if (act == ACT_UNDO && crossing_began(place, id))
        assert_int_equal(WEXITSTATUS(status), CHILD_FAILED);
    else if (act == ACT_UNDO && strcmp(world, TOY_START) != 0)
        fail_msg("%s, undone: %s", where, world);
    else if (act == ACT_UNDO)
        assert_int_equal(state, PLAN_STATE_UNDONE);
}

/* Kills at each record of 'first'; returns how many there were. */
static int
sweep(const struct scene *scene, const char *point, enum act act)
{
    for (int n = 1; n < RECORDS_MOST; n++) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct toy_place place = toy_place_make(&tmp);
        struct deed run = {.act = ACT_RUN, .cross = scene->cross, .inject = scene->inject};
        int status;

        run.failpoints = arena_printf(&tmp, "%s=kill@%d", point, n);
        status = child_do(&place, &run, NULL);
        if (was_killed(status))
            recover_and_compare(&place, scene, act, run.failpoints);
        toy_place_remove(&place);
        if (!was_killed(status)) {
            assert_int_equal(WEXITSTATUS(status), scene->inject == NULL ? CHILD_OK : CHILD_FAILED);
            return n - 1;
        }
    }
    fail_msg("more than %d records", RECORDS_MOST);
    return 0;
}

static const struct scene plain = {NULL, NULL, TOY_END};
static const struct scene crossing = {"x", NULL, TOY_END_CROSS};
static const struct scene failing = {NULL, "verify b", TOY_START};

static void
skip_without_failpoints(void)
{
#ifndef QUORATE_FAILPOINTS
    print_message("skipped: built without -Dfailpoints=true\n");
    skip();
#endif
}

static void
test_kill_at_each_record_then_resume(void **state)
{
    (void)state;
    skip_without_failpoints();
    /* plan, skipped, 3 x (begin, done), mark, end */
    assert_int_equal(sweep(&plain, "journal_write", ACT_RESUME), 10);
    assert_int_equal(sweep(&plain, "journal_append", ACT_RESUME), 10);
    assert_int_equal(sweep(&crossing, "journal_write", ACT_RESUME), 12);
    assert_int_equal(sweep(&crossing, "journal_append", ACT_RESUME), 12);
}

static void
test_kill_at_each_record_then_undo(void **state)
{
    (void)state;
    skip_without_failpoints();
    sweep(&plain, "journal_write", ACT_UNDO);
    sweep(&plain, "journal_append", ACT_UNDO);
    sweep(&crossing, "journal_write", ACT_UNDO);
    sweep(&crossing, "journal_append", ACT_UNDO);
}

static void
test_kill_at_each_record_of_a_failing_plan(void **state)
{
    (void)state;
    skip_without_failpoints();
    /* as above without b's done; stopped, undo, 3 x (undoing, undone) */
    assert_int_equal(sweep(&failing, "journal_write", ACT_RESUME), 17);
    sweep(&failing, "journal_append", ACT_RESUME);
    sweep(&failing, "journal_write", ACT_UNDO);
    sweep(&failing, "journal_append", ACT_UNDO);
}

static bool
is_undoing(const struct toy_place *place, const char *id)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct plan_info *info;
    struct error e = ERROR_INIT;

    assert_true(plan_info_load(&tmp, place->state, id, &info, &e));
    return info->undoing;
}

/* Killed at record 'first' of the run, then at record 'second' of 'act'; then resumed. */
static bool
kill_twice(int first, enum act act, int second)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct toy_place place = toy_place_make(&tmp);
    struct deed run = {.act = ACT_RUN};
    struct deed again = {.act = act};
    enum plan_state ended;
    const char *id;
    bool killed;

    run.failpoints = arena_printf(&tmp, "journal_append=kill@%d", first);
    again.failpoints = arena_printf(&tmp, "journal_append=kill@%d", second);
    assert_true(was_killed(child_do(&place, &run, NULL)));
    id = plan_id(&tmp, &place, &ended);
    killed = was_killed(child_do(&place, &again, id));
    /* An undoing goes on as an undoing. */
    recover_and_compare(&place, is_undoing(&place, id) ? &failing : &plain, ACT_RESUME,
                        again.failpoints);
    toy_place_remove(&place);
    return killed;
}

static void
test_kill_again_while_resuming_and_undoing(void **state)
{
    (void)state;
    skip_without_failpoints();
    for (int first = 1; first <= 10; first += 3) {
        for (int second = 1; kill_twice(first, ACT_RESUME, second); second++)
            assert_true(second < RECORDS_MOST);
        for (int second = 1; kill_twice(first, ACT_UNDO, second); second++)
            assert_true(second < RECORDS_MOST);
    }
}

static void
test_kill_inside_steps(void **state)
{
    static const char *const places[] = {"check a",  "run a", "verify a", "check text",
                                         "run text", "run b", "verify b"};

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        for (int undo = 0; undo < 2; undo++) {
            AUTO_ARENA tmp = ARENA_INIT;
            struct toy_place place = toy_place_make(&tmp);
            struct deed run = {.act = ACT_RUN, .inject = places[i], .kill = true};

            assert_true(was_killed(child_do(&place, &run, NULL)));
            recover_and_compare(&place, &plain, undo ? ACT_UNDO : ACT_RESUME, places[i]);
            toy_place_remove(&place);
        }
    }
}

/* A record that cannot be written stops the plan where it is; nothing happens without a journal. */
static void
test_journal_that_cannot_be_written(void **state)
{
    static const char *const points[] = {"journal_write", "journal_append"};

    (void)state;
    skip_without_failpoints();
    for (int n = 2; n <= 10; n++) {
        for (int k = 0; k < 2; k++) {
            AUTO_ARENA tmp = ARENA_INIT;
            struct toy_place place = toy_place_make(&tmp);
            struct deed run = {.act = ACT_RUN};

            run.failpoints = arena_printf(&tmp, "%s=fail@%d", points[k], n);
            assert_int_equal(WEXITSTATUS(child_do(&place, &run, NULL)), CHILD_FAILED);
            recover_and_compare(&place, &plain, n % 2 == 0 ? ACT_RESUME : ACT_UNDO, run.failpoints);
            toy_place_remove(&place);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_at_each_record_then_resume),
        cmocka_unit_test(test_kill_at_each_record_then_undo),
        cmocka_unit_test(test_kill_at_each_record_of_a_failing_plan),
        cmocka_unit_test(test_kill_again_while_resuming_and_undoing),
        cmocka_unit_test(test_kill_inside_steps),
        cmocka_unit_test(test_journal_that_cannot_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
