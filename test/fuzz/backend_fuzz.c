/*
 * Any bytes as a db snapshot file, through everything that db_snapshot_verify looks at; and the same
 * with its checksums made right, because nothing that is mutated would get past them.
 */

#include <string.h>

#include "format/bbolt/bbolt_meta.h"
#include "format/db_snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Right sums over the meta pages, and right page numbers, as long as there is room for them. */
static void
metas_mend(uint8_t *data, size_t size)
{
    for (size_t id = 0; id < 2; id++) {
        size_t at = id * 4096;
        uint64_t sum;

        if (size < at + BBOLT_META_SIZE)
            return;
        sum = fnv1a64(data + at + 16, 56);
        for (unsigned i = 0; i < 8; i++)
            data[at + 72 + i] = (uint8_t)(sum >> 8 * i);
    }
}

static void
verify(struct bytes content)
{
    const struct db_snapshot_options options = {.allow_no_trailer = true};
    AUTO_ARENA tmp = ARENA_INIT;
    struct db_snapshot_report report;
    struct error e = ERROR_INIT;

    db_snapshot_verify_bytes(&tmp, "fuzz", content, &options, &report);
    ASSERT(db_snapshot_require_good(&report, &e) == (report.verdict != DB_SNAPSHOT_BAD));
    ASSERT(report.verdict != DB_SNAPSHOT_GOOD || (report.trailer_ok && report.has_summary));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    uint8_t *mended = arena_alloc(&tmp, size);

    verify(bytes_of(data, size));
    if (size == 0)
        return 0;
    memcpy(mended, data, size);
    metas_mend(mended, size);
    verify(bytes_of(mended, size));
    if (!db_snapshot_has_trailer(size))
        return 0;
    sha256_of(bytes_of(mended, size - SHA256_SIZE), mended + size - SHA256_SIZE);
    verify(bytes_of(mended, size));
    return 0;
}
