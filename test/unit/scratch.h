/* A directory of a test's own, which goes with the arena; files of the goldens. */
#ifndef QUORATE_TEST_SCRATCH_H
#define QUORATE_TEST_SCRATCH_H

#include <stdlib.h>

#include "base/arena.h"
#include "base/io.h"

static inline void
scratch_remove(void *path)
{
    struct error ignored = ERROR_INIT;

    (void)!tree_remove(path, &ignored);
}

static inline const char *
scratch_dir(struct arena *mem)
{
    const char *base = getenv("TMPDIR");
    char *path = arena_printf(mem, "%s/quorate-test-XXXXXX", base != NULL ? base : "/tmp");

    ASSERT(mkdtemp(path) != NULL);
    arena_on_release(mem, scratch_remove, path);
    return path;
}

/* A file of it, which may be run. */
static inline void
scratch_put(struct arena *mem, const char *dir, const char *name, const char *text)
{
    struct error e = ERROR_INIT;

    ASSERT(file_replace(path_join(mem, dir, name), bytes_of_text(text), 0755, &e));
}

static inline const char *
scratch_text(struct arena *mem, const char *dir, const char *name)
{
    struct error e = ERROR_INIT;
    struct bytes content;

    ASSERT(file_read_all(mem, path_join(mem, dir, name), 1 << 20, &content, &e));
    return arena_text_of_bytes(mem, content);
}

static inline const char *
golden_path(struct arena *mem, const char *name)
{
    const char *golden = getenv("QUORATE_GOLDEN");

    ASSERT(golden != NULL);
    return path_join(mem, golden, name);
}

static inline struct bytes
golden_load(struct arena *mem, const char *name)
{
    struct error e = ERROR_INIT;
    struct bytes content;

    ASSERT(file_read_all(mem, golden_path(mem, name), 64u << 20, &content, &e));
    return content;
}

#endif
