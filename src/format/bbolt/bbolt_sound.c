#include "format/bbolt/bbolt_sound.h"

#include "format/bbolt/bbolt_check.h"

static void
sound_run(void *context)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bbolt_sound *s = context;
    const struct bbolt_check_options options = {.most_findings = 1, .stop = &s->stop};
    struct bbolt_check_report report;

    bbolt_check_visit(&tmp, s->db, &options, &report);
    s->reachable = report.reachable;
    s->ok = report.found == 0 || bbolt_check_error(s->db, &report, &s->error);
}

void
bbolt_sound_begin(struct bbolt_sound *s)
{
    atomic_store(&s->stop, false);
    if (!thread_start(&s->thread, sound_run, s))
        sound_run(s);
}

bool
bbolt_sound_end(struct bbolt_sound *s, uint64_t *ret_reachable, struct error *e)
{
    thread_join(&s->thread);
    if (s->ok)
        *ret_reachable = s->reachable;
    else
        *e = s->error;
    return s->ok;
}

void
bbolt_sound_stop(struct bbolt_sound *s)
{
    atomic_store(&s->stop, true);
    thread_join(&s->thread);
}
