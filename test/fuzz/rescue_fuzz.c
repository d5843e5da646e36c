/*
 * Any bytes as a damaged database: what is rescued is in order, each row once, and what is written of
 * it passes the examination of a backup. Also with meta pages that say nothing, so that the root has
 * to be looked for.
 */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/backend/backend_rescue.h"
#include "format/db_snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { META_BYTES = 8192 };

static void
rows_check(const struct backend_rescue *r)
{
    const struct rescue_row *rows = (const struct rescue_row *)(const void *)r->rows.data;
    size_t count = r->rows.size / sizeof(*rows);

    for (size_t i = 1; i < count; i++) {
        ASSERT(rows[i - 1].bucket <= rows[i].bucket);
        ASSERT(rows[i - 1].bucket < rows[i].bucket ||
               bytes_compare(rescue_row_key(&rows[i - 1]), rescue_row_key(&rows[i])) < 0);
    }
}

static void
written_check(struct arena *tmp, const struct backend_rescue *r)
{
    const struct db_snapshot_options options = {.allow_no_trailer = true};
    int fd = memfd_create("rescued", MFD_CLOEXEC);
    const char *path = arena_printf(tmp, "/proc/self/fd/%d", fd);
    struct db_snapshot_report report;
    struct error e = ERROR_INIT;
    uint64_t size;

    ASSERT(fd >= 0);
    ASSERT(backend_rescue_write(r, fd, path, &size, &e) && ftruncate(fd, (off_t)size) == 0);
    ASSERT(db_snapshot_verify(tmp, path, &options, &report, &e));
    if (!db_snapshot_require_good(&report, &e)) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    close(fd);
}

static void
file_try(struct bytes file)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BACKEND_RESCUE r = BACKEND_RESCUE_INIT;
    struct error e = ERROR_INIT;

    if (!backend_rescue_read(&tmp, file, "fuzz", &r, &e))
        return;
    rows_check(&r);
    written_check(&tmp, &r);
    (void)backend_rescue_is_complete(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *blank;

    file_try(bytes_of(data, size));
    if (size <= META_BYTES)
        return 0;
    blank = memcpy(arena_alloc(&tmp, size), data, size);
    memset(blank, 0, META_BYTES);
    file_try(bytes_of(blank, size));
    return 0;
}
