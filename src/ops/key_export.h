/* 'keys export': the keys of a source at one revision, as the lines of format/key_export.h. */
#ifndef QUORATE_OPS_KEY_EXPORT_H
#define QUORATE_OPS_KEY_EXPORT_H

#include "base/observer.h"
#include "format/key_export.h"
#include "keys/source.h"

/* Some of the lines; the bytes are valid until it returns. */
typedef bool key_export_write(void *context, struct bytes lines, struct error *e);

struct key_export_request {
    struct bytes prefix;           /* none: all keys */
    const struct key_range *range; /* no prefix, but this; NULL: by the prefix */
    int64_t revision;              /* 0: the source's */
    key_export_write *write;
    void *context;
};

struct key_export_result {
    int64_t revision;
    struct key_export_end end;
    uint64_t file_bytes;
    const char *lease_problem; /* in 'mem'; NULL: the leases' times are known */
};

/*
 * Reads the keys and hands out their lines, some 256 KiB at a time; memory is bounded by the largest
 * value and by the number of leases.
 *
 * e  as key_source_live; what write says.
 */
MUST_CHECK bool key_export(struct arena *mem, struct key_source *source,
                           const struct key_export_request *request,
                           struct key_export_result *ret_result, struct error *e);

#endif
