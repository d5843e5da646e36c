#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Small first chunk: most arenas hold a few texts. Chunks double up to the largest. */
enum { CHUNK_FIRST = 1 << 10, CHUNK_LARGEST = 1 << 18, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct arena_cleanup {
    struct arena_cleanup *next;
    void (*run)(void *subject);
    void *subject;
};

static struct arena_chunk *
chunk_new(size_t size)
{
    struct arena_chunk *chunk;

    ASSERT(size <= SIZE_MAX - sizeof(*chunk));
    chunk = malloc(sizeof(*chunk) + size);
    if (chunk == NULL) {
        fprintf(stderr, "quorate: out of memory (%zu bytes)\n", size);
        abort();
    }
    chunk->size = size;
    chunk->used = 0;
    return chunk;
}

void
arena_release(struct arena *a)
{
    while (a->cleanups != NULL) {
        struct arena_cleanup *cleanup = a->cleanups;

        a->cleanups = cleanup->next;
        cleanup->run(cleanup->subject);
    }
    while (a->chunks != NULL) {
        struct arena_chunk *chunk = a->chunks;

        a->chunks = chunk->next;
        free(chunk);
    }
}

void *
arena_alloc(struct arena *a, size_t size)
{
    struct arena_chunk *chunk = a->chunks;
    size_t aligned;
    void *result;

    ASSERT(size <= SIZE_MAX - ALIGNMENT);
    aligned = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (chunk == NULL || chunk->size - chunk->used < aligned) {
        size_t chunk_size = chunk == NULL ? CHUNK_FIRST : chunk->size * 2;
        struct arena_chunk *fresh;

        if (chunk_size > CHUNK_LARGEST)
            chunk_size = CHUNK_LARGEST;
        if (aligned > chunk_size / 4 && chunk != NULL) {
            /* A large piece gets its own chunk behind the current one, which stays in use. */
            fresh = chunk_new(aligned);
            fresh->used = aligned;
            fresh->next = chunk->next;
            chunk->next = fresh;
            return fresh->data;
        }
        fresh = chunk_new(aligned > chunk_size ? aligned : chunk_size);
        fresh->next = chunk;
        a->chunks = chunk = fresh;
    }
    result = chunk->data + chunk->used;
    chunk->used += aligned;
    return result;
}

void *
arena_alloc_aligned(struct arena *a, size_t size, size_t alignment)
{
    uint8_t *data = arena_alloc(a, size + alignment - 1);

    return data + (alignment - (uintptr_t)data % alignment) % alignment;
}

void *
arena_zero(struct arena *a, size_t size)
{
    return memset(arena_alloc(a, size), 0, size);
}

char *
arena_text(struct arena *a, const char *text)
{
    return arena_text_of_bytes(a, bytes_of_text(text));
}

char *
arena_text_of_bytes(struct arena *a, struct bytes bytes)
{
    char *copy = arena_alloc(a, bytes.size + 1);

    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = '\0';
    return copy;
}

struct bytes
arena_copy(struct arena *a, struct bytes bytes)
{
    if (bytes.size == 0)
        return BYTES_NONE;
    return bytes_of(memcpy(arena_alloc(a, bytes.size), bytes.data, bytes.size), bytes.size);
}

char *
arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list measured;
    char *text;
    int size;

    va_copy(measured, args);
    size = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    ASSERT(size >= 0);
    text = arena_alloc(a, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, args);
    return text;
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

void
arena_on_release(struct arena *a, void (*run)(void *subject), void *subject)
{
    struct arena_cleanup *cleanup = arena_alloc(a, sizeof(*cleanup));

    cleanup->run = run;
    cleanup->subject = subject;
    cleanup->next = a->cleanups;
    a->cleanups = cleanup;
}

void *
arena_array_grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t item_size)
{
    if (count == *capacity) {
        size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
        void *grown;

        ASSERT(wanted <= SIZE_MAX / item_size);
        grown = arena_alloc(a, wanted * item_size);
        if (count > 0)
            memcpy(grown, items, count * item_size);
        items = grown;
        *capacity = wanted;
    }
    memset((unsigned char *)items + count * item_size, 0, item_size);
    return items;
}
