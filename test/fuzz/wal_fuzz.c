/* Any bytes as a segment: read record by record, and summed up. */

#include <stdio.h>
#include <sys/mman.h>

#include "base/io.h"
#include "format/wal/wal_summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
see(void *context, const struct raft_entry *entry, struct error *e)
{
    struct raft_conf_change change;
    uint64_t *sum = context;

    for (size_t i = 0; i < entry->data.size; i++)
        *sum += entry->data.data[i];
    if (entry->type == RAFT_ENTRY_CONF_CHANGE && !raft_conf_change_decode(entry->data, &change, e))
        error_clear(e);
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_FD fd = memfd_create("segment", MFD_CLOEXEC);
    struct error e = ERROR_INIT;
    struct wal_summary summary;
    uint64_t sum = 0;

    ASSERT(fd >= 0);
    ASSERT(fd_write_all(fd, "segment", data, size, &e));
    if (wal_read_file(&tmp, arena_printf(&tmp, "/proc/self/fd/%d", fd), see, &sum, &summary, &e) &&
        !wal_damage_check(&summary.damage, &e))
        ASSERT(e.code == ERROR_CORRUPT);
    return 0;
}
