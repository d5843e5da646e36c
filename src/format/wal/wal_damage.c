#include "format/wal/wal_damage.h"

#include <inttypes.h>

const char *
wal_damage_words(enum wal_damage_kind kind)
{
    switch (kind) {
    case WAL_INTACT:
        return "";
    case WAL_UNEXPECTED_EOF:
        return "unexpected EOF";
    case WAL_CRC_MISMATCH:
        return "walpb: crc mismatch";
    case WAL_MALFORMED:
        return "malformed record";
    case WAL_UNKNOWN_TYPE:
        return "unexpected block type";
    case WAL_TOO_LARGE:
        return "max entry size limit exceeded";
    case WAL_GAP:
        return "wal: slice bounds out of range";
    case WAL_METADATA_CONFLICT:
        return "wal: conflicting metadata found";
    }
    return "unknown damage";
}

bool
wal_damage_check(const struct wal_damage *damage, struct error *e)
{
    if (damage->kind == WAL_INTACT)
        return true;
    (void)error_set(e, ERROR_CORRUPT, "'%s': byte %" PRIu64 ": %s", damage->path, damage->offset,
                    wal_damage_words(damage->kind));
    if (damage->repairable)
        return error_hint(e, "a torn end is what a crash leaves: etcd cuts the log there when it "
                             "starts");
    return error_hint(e, "etcd will not start on this log: replace the member, or restore from a "
                         "backup");
}
