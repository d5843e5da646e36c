/*
 * The live view, put together: looks are begun when they are due, keys are answered meanwhile, and after whatever
 * happened the screen is laid out anew; ncurses finds out what of it has changed.
 */
#include "cli/live/live.h"

#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/live/live_layout.h"
#include "cli/live/live_looker.h"
#include "cli/live/live_screen.h"
#include "cli/live/live_signals.h"

/* How long nothing is done at most: a change of size may come between two looks at it. And from when on a look is called
 * a long one. */
enum { TURN_MOST_MS = 1000, LONG_LOOK_MS = 500 };

struct live {
    const struct live_options *options;
    bool utf8;
    struct live_looker looker;
    struct live_signals signals;
    struct live_state state;
    struct history history;
    struct live_look *good; /* the last one that had an answer and the members; NULL: none yet */
    struct live_look *now;  /* what is shown; may be 'good' */
    int64_t due_ms;         /* of time_monotonic_ms: when the next look is to begin */
    struct arena page_mem;  /* what is on the screen */
    struct live_shown shown;
};

static void
picture_make(const struct live *live, struct live_picture *ret_picture)
{
    const struct live_look *now = live->now;
    int64_t waiting_ms =
        live->looker.look != NULL ? time_monotonic_ms() - live->looker.began_ms : 0;

    *ret_picture = (struct live_picture){
        .target = live->options->target,
        .history = &live->history,
        .state = &live->state,
        .days = live->options->days,
        .waiting_ms = waiting_ms >= LONG_LOOK_MS ? waiting_ms : 0,
        .utf8 = live->utf8,
    };
    if (now == NULL)
        return;
    ret_picture->looked_ms = now->ended_wall_ms;
    ret_picture->silence = now->ok ? NULL : now->error.text;
    if (now->ok || live->good != NULL) {
        ret_picture->view = &now->view;
        ret_picture->judgement = &now->judgement;
    }
}

static void
show(struct live *live)
{
    struct live_picture picture;
    struct page_lines page;

    arena_release(&live->page_mem);
    page = (struct page_lines){.mem = &live->page_mem};
    picture_make(live, &picture);
    live_screen_size(&picture.width, &picture.height);
    live_layout(&picture, &page, &live->shown);
    live_screen_draw(&page);
}

static bool
is_listed(const struct live_look *look)
{
    return look->view.unlisted_because.code == ERROR_NONE;
}

static void
look_take(struct live *live)
{
    struct live_look *look = live_looker_take(&live->looker);

    history_add(&live->history, look->ok ? &look->view : NULL, look->ended_us);
    history_pace_add(&live->history, &live->looker.readings);
    if (live->now != live->good)
        live_look_free(live->now);
    live->now = look;
    if (look->ok && live->good != NULL && is_listed(live->good) && !is_listed(look))
        return; /* it knows no names, and not all members */
    if (look->ok) {
        live_look_free(live->good);
        live->good = look;
    } else if (live->good != NULL) {
        live->now = live_look_of_silence(live->good, look, live->options->days);
        live_look_free(look);
    }
}

/* Looks keep their rhythm; one that took longer than it is followed by the next one at once. */
static void
look_begin_when_due(struct live *live)
{
    int64_t now_ms = time_monotonic_ms();

    if (live->looker.look != NULL ||
        (!live->state.look_now && (live->state.paused || now_ms < live->due_ms)))
        return;
    live->state.look_now = false;
    live->due_ms = live->due_ms + live->state.interval_ms > now_ms
                       ? live->due_ms + live->state.interval_ms
                       : now_ms + live->state.interval_ms;
    live_looker_start(&live->looker);
}

static int
turn_ms(const struct live *live)
{
    int64_t left_ms = live->due_ms - time_monotonic_ms();

    if (live->looker.look != NULL)
        return LONG_LOOK_MS;
    if (live->state.paused || left_ms > TURN_MOST_MS)
        return TURN_MOST_MS;
    return left_ms > 0 ? (int)left_ms : 0;
}

static void
keys_take(struct live *live)
{
    int64_t interval_ms = live->state.interval_ms;
    int key;

    while (!live->state.quit && live_screen_key(&key)) {
        live_state_key(&live->state, key, &live->shown);
        show(live); /* the next key may depend on what this one has changed */
    }
    if (live->state.interval_ms != interval_ms)
        live->due_ms = time_monotonic_ms() + live->state.interval_ms;
}

static void
turn(struct live *live)
{
    struct pollfd fds[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = live->looker.done_fd, .events = POLLIN},
        {.fd = live->signals.fd, .events = POLLIN},
    };

    look_begin_when_due(live);
    /* Interrupted by a change of size, or by having been stopped: nothing is ready, all is shown anew. */
    if (poll(fds, sizeof(fds) / sizeof(fds[0]), turn_ms(live)) < 0)
        fds[0].revents = fds[1].revents = fds[2].revents = 0;
    if ((fds[0].revents & (POLLHUP | POLLERR)) != 0 || live_signals_check(&live->signals)) {
        live->state.quit = true;
        return;
    }
    if (fds[1].revents != 0)
        look_take(live);
    keys_take(live);
    show(live);
}

/* A look that waits for a silent member is not waited for: the process ends, and its connections with it. */
static void
end(struct live *live, struct app *app)
{
    struct error ignored = ERROR_INIT;

    live_signals_end(&live->signals);
    if (live->looker.look != NULL) {
        (void)!app_flush(app, &ignored);
        _exit(app->exit_code);
    }
    live_looker_close(&live->looker);
    if (live->now != live->good)
        live_look_free(live->now);
    live_look_free(live->good);
    arena_release(&live->page_mem);
}

static bool
terminals_check(struct error *e)
{
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        return true;
    return error_set(e, ERROR_USAGE, "--watch shows a screen, and standard %s is no terminal",
                     isatty(STDOUT_FILENO) ? "input" : "output") ||
           error_hint(e, "--watch -w json prints a line for each look");
}

bool
live_screen_run(struct app *app, const struct live_options *options, struct error *e)
{
    struct live live = {.options = options,
                        .utf8 = app->style.terminal.utf8,
                        .page_mem = ARENA_INIT,
                        .due_ms = time_monotonic_ms()};

    if (!terminals_check(e) || !live_looker_open(&live.looker, options->etcd, options->days, e))
        return false;
    if (isatty(STDERR_FILENO))
        log_enable(false); /* --debug would write across the screen */
    live_state_init(&live.state, options->interval_ms);
    history_init(&live.history, app->mem);
    if (!live_signals_begin(&live.signals, e) || !live_screen_open(app->style.terminal.color, e)) {
        live_signals_end(&live.signals);
        live_looker_close(&live.looker);
        return false;
    }
    show(&live);
    while (!live.state.quit)
        turn(&live);
    live_screen_close();
    end(&live, app);
    return true;
}
