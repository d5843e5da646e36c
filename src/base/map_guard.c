/*
 * The handler looks the address up in a table that is only ever changed by atomic stores: 'start'
 * last when a guard is added, first when it is removed.
 */
#include "base/map_guard.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

struct guard {
    atomic_bool taken;
    atomic_bool broken;
    _Atomic uintptr_t start; /* 0: none yet */
    _Atomic uintptr_t end;
};

static struct guard guards[MAP_GUARDS_MOST];
static uintptr_t page_size;

static struct guard *
guard_of(uintptr_t address)
{
    for (size_t i = 0; i < MAP_GUARDS_MOST; i++) {
        uintptr_t start = atomic_load(&guards[i].start);

        if (start != 0 && address >= start && address < atomic_load(&guards[i].end))
            return &guards[i];
    }
    return NULL;
}

/* A fresh page of zeros in the place of the one that cannot be read. */
static bool
page_replace(uintptr_t address)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): an address is what the kernel told */
    void *page = (void *)(address & ~(page_size - 1));

    return mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page;
}

/* Calls only what a signal handler may: mmap(2) is a bare system call on Linux. */
static void
sigbus_came(int number, siginfo_t *info, void *context UNUSED)
{
    /* A positive code is the kernel's own: a process that sends the signal means the process. */
    struct guard *guard = info->si_code > 0 ? guard_of((uintptr_t)info->si_addr) : NULL;

    if (guard != NULL && page_replace((uintptr_t)info->si_addr)) {
        atomic_store(&guard->broken, true);
        return;
    }
    signal(number, SIG_DFL);
    raise(number);
}

/* With each guard: whoever else in the process wanted the signal has it no longer. */
static void
handler_install(void)
{
    struct sigaction action = {.sa_sigaction = sigbus_came, .sa_flags = SA_SIGINFO};

    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

int
map_guard_add(const void *data, size_t size)
{
    handler_install();
    for (int i = 0; i < MAP_GUARDS_MOST; i++) {
        if (atomic_exchange(&guards[i].taken, true))
            continue;
        atomic_store(&guards[i].broken, false);
        atomic_store(&guards[i].end, (uintptr_t)data + size);
        atomic_store(&guards[i].start, (uintptr_t)data);
        return i;
    }
    return MAP_GUARD_NONE;
}

void
map_guard_remove(int guard)
{
    if (guard == MAP_GUARD_NONE)
        return;
    atomic_store(&guards[guard].start, 0);
    atomic_store(&guards[guard].taken, false);
}

bool
map_guard_is_broken(int guard)
{
    return guard != MAP_GUARD_NONE && atomic_load(&guards[guard].broken);
}
