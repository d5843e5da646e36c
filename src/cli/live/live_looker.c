#include "cli/live/live_looker.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/io.h"
#include "base/time.h"

static struct live_look *
look_new(void)
{
    struct arena mem = ARENA_INIT;
    struct live_look *look = arena_zero(&mem, sizeof(*look));

    look->mem = mem; /* it lies in its own arena */
    return look;
}

void
live_look_free(struct live_look *look)
{
    struct arena mem;

    if (look == NULL)
        return;
    mem = look->mem;
    arena_release(&mem);
}

static void
look_run(void *context)
{
    struct live_looker *l = context;
    struct live_look *look = l->look;
    uint64_t one = 1;

    look->ok = cluster_view_fetch_again(&look->mem, &l->connections, &look->view, &look->error);
    if (look->ok)
        rule_judge(&look->mem, &look->view, l->days, &look->judgement);
    look->ended_us = time_monotonic_us();
    look->ended_wall_ms = time_wall_ms();
    if (look->ok)
        disk_readings_renew(&l->readings, l->connections.options, &look->view);
    while (write(l->done_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

bool
live_looker_open(struct live_looker *l, const struct etcd_options *options, struct judge_days days,
                 struct error *e)
{
    *l = (struct live_looker){.days = days, .done_fd = -1};
    if (!view_connections_open(&l->connections, options, e))
        return false;
    l->done_fd = eventfd(0, EFD_CLOEXEC);
    return l->done_fd >= 0 || error_set_errno(e, errno, "eventfd");
}

void
live_looker_close(struct live_looker *l)
{
    if (l->look != NULL)
        live_look_free(live_looker_take(l));
    disk_readings_release(&l->readings);
    view_connections_close(&l->connections);
    fd_close(&l->done_fd);
}

void
live_looker_start(struct live_looker *l)
{
    ASSERT(l->look == NULL);
    l->look = look_new();
    l->began_ms = time_monotonic_ms();
    if (!thread_start(&l->thread, look_run, l))
        look_run(l);
}

struct live_look *
live_looker_take(struct live_looker *l)
{
    struct live_look *look = l->look;
    uint64_t count;

    thread_join(&l->thread);
    while (read(l->done_fd, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
    l->look = NULL;
    return look;
}

struct live_look *
live_look_of_silence(const struct live_look *before, const struct live_look *now,
                     struct judge_days days)
{
    struct live_look *look = look_new();
    struct cluster_view *view = &look->view;
    const struct cluster_view *known = &before->view;

    look->error = now->error;
    look->ended_us = now->ended_us;
    look->ended_wall_ms = now->ended_wall_ms;
    *view = (struct cluster_view){.taken_s = now->ended_wall_ms / 1000,
                                  .cluster_id = known->cluster_id,
                                  .unlisted_because = known->unlisted_because,
                                  .member_count = known->member_count};
    view->members = arena_zero(&look->mem, known->member_count * sizeof(*view->members));
    for (size_t i = 0; i < known->member_count; i++)
        view->members[i] = (struct member_view){.member = known->members[i].member,
                                                .endpoint = known->members[i].endpoint,
                                                .given = known->members[i].given,
                                                .asked = true,
                                                .unknown_because = now->error};
    rule_judge(&look->mem, view, days, &look->judgement);
    return look;
}
