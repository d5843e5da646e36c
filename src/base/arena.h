/*
 * Arenas: memory that is given back all at once.
 *
 * Results go into the caller's arena ('mem'), everything else into a local one:
 *
 *     AUTO_ARENA tmp = ARENA_INIT;
 *
 * Running out of memory ends the process (the journal makes that safe), so no function here fails;
 * bound every size that comes from a file or a peer before it reaches one.
 */
#ifndef QUORATE_BASE_ARENA_H
#define QUORATE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

struct arena_chunk;
struct arena_cleanup;

struct arena {
    struct arena_chunk *chunks;
    struct arena_cleanup *cleanups;
};

#define ARENA_INIT                                                                                 \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }
#define AUTO_ARENA __attribute__((cleanup(arena_release))) struct arena

/* Gives back all memory, after running the cleanups, the latest first. */
void arena_release(struct arena *a);

/* 'size' bytes, aligned for any type; not cleared. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));
/* As arena_alloc, cleared. */
void *arena_zero(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));

/* As arena_alloc, at a multiple of 'alignment', a power of two: for direct I/O. */
void *arena_alloc_aligned(struct arena *a, size_t size, size_t alignment)
    __attribute__((malloc, returns_nonnull));

char *arena_text(struct arena *a, const char *text);            /* copy with its NUL */
char *arena_text_of_bytes(struct arena *a, struct bytes bytes); /* copy, NUL added */
struct bytes arena_copy(struct arena *a, struct bytes bytes);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* Calls run(subject) when the arena is released. */
void arena_on_release(struct arena *a, void (*run)(void *subject), void *subject);

/*
 * Growing arrays:
 *
 *     ARRAY(struct member) members = ARRAY_INIT;
 *     struct member *m = ARRAY_PUSH(mem, &members);   // a new, cleared last item
 *
 * Items move when the array grows: keep indexes, not pointers, while pushing.
 */
#define ARRAY(type)                                                                                \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }
#define ARRAY_INIT                                                                                 \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }
#define ARRAY_PUSH(a, array)                                                                       \
    ((array)->items = arena_array_grow((a), (array)->items, (array)->count, &(array)->capacity,    \
                                       sizeof(__typeof__(*(array)->items))),                       \
     &(array)->items[(array)->count++])

void *arena_array_grow(struct arena *a, void *items, size_t count, size_t *capacity,
                       size_t item_size);

#endif
