#include "ops/mirror.h"

#include "base/time.h"
#include "ops/mirror_state.h"

static void
count_tell(void *context)
{
    struct mirror *m = context;
    const struct mirror_request *request = m->request;
    struct loop *loop = etcd_client_loop(request->source);

    if (!request->count(request->context, mirror_count(m), &m->why)) {
        mirror_stop(m);
        return;
    }
    loop_timer_set(loop, &m->tick, loop_now_ms(loop) + request->count_every_ms, count_tell, m);
}

struct mirror *
mirror_new(struct arena *mem, const struct mirror_request *request)
{
    struct mirror *m = arena_zero(mem, sizeof(*m));

    m->request = request;
    return m;
}

bool
mirror_run(struct mirror *m, struct error *e)
{
    const struct mirror_request *request = m->request;
    struct loop *loop = etcd_client_loop(request->source);
    bool followed;

    if (!mirror_check_loop(request, e))
        return false;
    loop_timer_set(loop, &m->tick, loop_now_ms(loop) + request->count_every_ms, count_tell, m);
    m->revision = request->from_revision > 1 ? request->from_revision - 1 : 0;
    followed = (m->revision > 0 || mirror_base(m, e)) && mirror_follow(m, e);
    loop_timer_stop(&m->tick);
    if (m->why.code != ERROR_NONE)
        *e = m->why;
    return followed;
}

void
mirror_stop(struct mirror *m)
{
    m->stop = true;
    m->awake = true;
    if (m->dest != NULL)
        etcd_pipeline_wake(&m->dest->pipeline);
}

int64_t
mirror_revision(const struct mirror *m)
{
    return m->revision;
}

uint64_t
mirror_count(const struct mirror *m)
{
    return m->done + (m->dest != NULL ? m->dest->done : 0);
}
