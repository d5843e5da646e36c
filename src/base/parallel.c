#include "base/parallel.h"

#include <stdatomic.h>

#include "base/thread.h"

struct shared {
    size_t count;
    bool (*work)(void *context, size_t i, struct error *e);
    void *context;
    struct error *errors;
    atomic_size_t next;
    atomic_size_t failed;
};

/* Takes what nobody has taken yet, until there is nothing left. */
static void
take_all(void *context)
{
    struct shared *s = context;

    for (size_t i = atomic_fetch_add(&s->next, 1); i < s->count;
         i = atomic_fetch_add(&s->next, 1)) {
        error_clear(&s->errors[i]);
        if (!s->work(s->context, i, &s->errors[i]))
            atomic_fetch_add(&s->failed, 1);
    }
}

bool
parallel_each(size_t count, size_t at_once, bool (*work)(void *context, size_t i, struct error *e),
              void *context, struct error *errors)
{
    struct shared s = {.count = count, .work = work, .context = context, .errors = errors};
    struct thread threads[PARALLEL_MOST] = {0};
    size_t started = 0;

    /* This thread takes its part, and all of it when there are no others to be had. */
    while (started + 1 < count && started + 1 < at_once && started + 1 < PARALLEL_MOST &&
           thread_start(&threads[started], take_all, &s))
        started++;
    take_all(&s);
    for (size_t i = 0; i < started; i++)
        thread_join(&threads[i]);
    return atomic_load(&s.failed) == 0;
}
