#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"

struct scene {
    struct loop loop;
    struct loop_timer timers[4];
    struct loop_watch watches[2];
    int fds[2];
    char order[16];
    unsigned count;
    bool done;
};

static int
scene_open(void **state)
{
    static struct scene scene;

    scene = (struct scene){.count = 0};
    loop_init(&scene.loop);
    for (int i = 0; i < 2; i++)
        scene.fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    *state = &scene;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 4; i++)
        loop_timer_stop(&s->timers[i]);
    for (int i = 0; i < 2; i++) {
        loop_watch_remove(&s->loop, &s->watches[i]);
        close(s->fds[i]);
    }
    loop_release(&s->loop);
    return 0;
}

static void
note(struct scene *s, char what)
{
    s->order[s->count++] = what;
}

static void
expired_a(void *context)
{
    note(context, 'a');
}

static void
expired_done(void *context)
{
    struct scene *s = context;

    note(s, 'z');
    s->done = true;
}

static void
test_timers_fire_once_and_in_their_turn(void **state)
{
    struct scene *s = *state;
    int64_t now_ms = time_monotonic_ms();

    loop_timer_set(&s->loop, &s->timers[0], now_ms + 20, expired_done, s);
    loop_timer_set(&s->loop, &s->timers[1], now_ms + 5, expired_a, s);
    loop_timer_set(&s->loop, &s->timers[2], now_ms + 1, expired_a, s);
    loop_timer_stop(&s->timers[2]);
    assert_true(loop_run(&s->loop, &s->done, LOOP_FOREVER));
    assert_string_equal(s->order, "az");
    assert_true(time_monotonic_ms() - now_ms >= 20);
}

static void
test_a_run_ends_at_its_deadline(void **state)
{
    struct scene *s = *state;
    int64_t now_ms = time_monotonic_ms();

    loop_watch_add(&s->loop, &s->watches[0], s->fds[0], LOOP_READ, NULL, s);
    assert_false(loop_run(&s->loop, &s->done, now_ms + 10));
    assert_true(time_monotonic_ms() - now_ms >= 10);
}

static void
test_a_run_ends_when_nothing_can_happen(void **state)
{
    struct scene *s = *state;

    loop_watch_add(&s->loop, &s->watches[0], s->fds[0], 0, NULL, s);
    assert_false(loop_run(&s->loop, &s->done, LOOP_FOREVER));
}

static void
ready_reads(void *context, unsigned events)
{
    struct scene *s = context;
    eventfd_t value;

    assert_int_equal(events, LOOP_READ);
    assert_int_equal(eventfd_read(s->fds[0], &value), 0);
    note(s, 'r');
}

static void
test_descriptors_come_before_timers(void **state)
{
    struct scene *s = *state;

    eventfd_write(s->fds[0], 1);
    loop_watch_add(&s->loop, &s->watches[0], s->fds[0], LOOP_READ, ready_reads, s);
    loop_timer_soon(&s->loop, &s->timers[0], expired_done, s);
    assert_true(loop_run(&s->loop, &s->done, LOOP_FOREVER));
    assert_string_equal(s->order, "rz");
}

/* Both are ready; whichever comes first removes the other, which must not be called any more. */
static void
ready_removes_both(void *context, unsigned events UNUSED)
{
    struct scene *s = context;

    note(s, 'x');
    loop_watch_remove(&s->loop, &s->watches[0]);
    loop_watch_remove(&s->loop, &s->watches[1]);
    s->done = true;
}

static void
test_a_watch_removed_in_mid_turn_is_not_called(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 2; i++) {
        eventfd_write(s->fds[i], 1);
        loop_watch_add(&s->loop, &s->watches[i], s->fds[i], LOOP_READ, ready_removes_both, s);
    }
    assert_true(loop_run(&s->loop, &s->done, LOOP_FOREVER));
    assert_string_equal(s->order, "x");
}

/* A timer that always re-arms itself must not keep descriptors from their turn. */
static void
expired_again(void *context)
{
    struct scene *s = context;

    loop_timer_soon(&s->loop, &s->timers[0], expired_again, s);
    if (s->timers[1].link == NULL && s->count == 0)
        eventfd_write(s->fds[0], 1);
}

static void
ready_ends(void *context, unsigned events)
{
    ready_reads(context, events);
    ((struct scene *)context)->done = true;
}

static void
test_timers_do_not_starve_descriptors(void **state)
{
    struct scene *s = *state;

    loop_watch_add(&s->loop, &s->watches[0], s->fds[0], LOOP_READ, ready_ends, s);
    loop_timer_soon(&s->loop, &s->timers[0], expired_again, s);
    assert_true(loop_run(&s->loop, &s->done, time_monotonic_ms() + 5000));
    assert_string_equal(s->order, "r");
}

static void
expired_stops_the_other(void *context)
{
    struct scene *s = context;

    note(s, 't');
    loop_timer_stop(&s->timers[0]);
    loop_timer_stop(&s->timers[1]);
}

static void
test_a_timer_stopped_in_mid_turn_does_not_fire(void **state)
{
    struct scene *s = *state;

    loop_timer_soon(&s->loop, &s->timers[0], expired_stops_the_other, s);
    loop_timer_soon(&s->loop, &s->timers[1], expired_stops_the_other, s);
    assert_false(loop_run(&s->loop, &s->done, LOOP_FOREVER));
    assert_string_equal(s->order, "t");
}

static void
hung_up(void *context, unsigned events)
{
    struct scene *s = context;

    assert_int_equal(events, LOOP_HANGUP);
    note(s, 'h');
    loop_watch_remove(&s->loop, &s->watches[0]);
}

static void
test_a_hang_up_is_told_where_nothing_is_read_or_written(void **state)
{
    struct scene *s = *state;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    loop_watch_add(&s->loop, &s->watches[0], ends[1], LOOP_HANGUP, hung_up, s);
    /* That there is room to write is nothing to tell. */
    assert_false(loop_run(&s->loop, &s->done, time_monotonic_ms() + 5));
    assert_string_equal(s->order, "");
    close(ends[0]);
    assert_false(loop_run(&s->loop, &s->done, LOOP_FOREVER));
    assert_string_equal(s->order, "h");
    close(ends[1]);
}

#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_timers_fire_once_and_in_their_turn),
        SCENE_TEST(test_a_run_ends_at_its_deadline),
        SCENE_TEST(test_a_run_ends_when_nothing_can_happen),
        SCENE_TEST(test_descriptors_come_before_timers),
        SCENE_TEST(test_a_watch_removed_in_mid_turn_is_not_called),
        SCENE_TEST(test_timers_do_not_starve_descriptors),
        SCENE_TEST(test_a_timer_stopped_in_mid_turn_does_not_fire),
        SCENE_TEST(test_a_hang_up_is_told_where_nothing_is_read_or_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
