#include "base/thread.h"

#include <sched.h>
#include <signal.h>

static void *
thread_main(void *subject)
{
    struct thread *t = subject;

    t->run(t->context);
    return NULL;
}

/* Signals belong to the program's own thread; but those that a thread's own access to memory raises
 * must not be blocked, or the kernel ends the process without asking anybody. */
static void
signals_of_threads(sigset_t *set)
{
    sigfillset(set);
    sigdelset(set, SIGBUS);
    sigdelset(set, SIGSEGV);
    sigdelset(set, SIGFPE);
    sigdelset(set, SIGILL);
}

bool
thread_start(struct thread *t, void (*run)(void *context), void *context)
{
    sigset_t blocked, before;

    *t = (struct thread){.run = run, .context = context};
    signals_of_threads(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    t->running = pthread_create(&t->id, NULL, thread_main, t) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t->running;
}

void
thread_join(struct thread *t)
{
    if (t->running)
        pthread_join(t->id, NULL);
    t->running = false;
}

unsigned
thread_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return CPU_COUNT(&set) > 0 ? (unsigned)CPU_COUNT(&set) : 1;
}
