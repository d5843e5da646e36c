/*
 * Mapped files that somebody may shorten, or whose disk may fail, while they are read: the kernel
 * answers an access to what is gone with SIGBUS, which ends a process that does not expect it.
 *
 * Here such a page becomes one of zeros, and the guard remembers that it broke. Readers judge all
 * bytes anyway; whoever asks at the end knows that the bytes were not the file's.
 */
#ifndef QUORATE_BASE_MAP_GUARD_H
#define QUORATE_BASE_MAP_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Mappings guarded at a time; those beyond it are not, and SIGBUS ends the process as usual. */
enum { MAP_GUARDS_MOST = 64, MAP_GUARD_NONE = -1 };

/* Guards a mapping from now on; the number is for the two below. Any thread. */
int map_guard_add(const void *data, size_t size);
/* Before the mapping goes away. MAP_GUARD_NONE is accepted. */
void map_guard_remove(int guard);

/* Whether a page of it could not be read since it was added. */
bool map_guard_is_broken(int guard);

#endif
