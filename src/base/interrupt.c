#include "base/interrupt.h"

#include <signal.h>
#include <stdlib.h>

static const int numbers[] = {SIGINT, SIGTERM};

enum { COUNT = sizeof(numbers) / sizeof(numbers[0]) };

static struct sigaction before[COUNT];
static bool begun;
static volatile sig_atomic_t caught;

static void
note(int number)
{
    caught = number;
}

void
interrupt_begin(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | (int)SA_RESETHAND};

    ASSERT(!begun);
    begun = true;
    caught = 0;
    for (int i = 0; i < COUNT; i++) {
        sigaction(numbers[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

void
interrupt_end(void)
{
    for (int i = 0; begun && i < COUNT; i++)
        sigaction(numbers[i], &before[i], NULL);
    begun = false;
}

bool
interrupt_check(struct error *e)
{
    return caught == 0 || error_set(e, ERROR_CANCELLED, "interrupted");
}

void
interrupt_die(void)
{
    if (caught == 0)
        return;
    signal(caught, SIG_DFL);
    raise(caught);
}
