/* What etcdutl prints for snapshot status and hashkv. */
#ifndef QUORATE_CLI_PRINT_SNAPSHOT_H
#define QUORATE_CLI_PRINT_SNAPSHOT_H

#include <stdint.h>

#include "cli/print/print.h"
#include "format/backend/backend_hash.h"

struct snapshot_status {
    uint32_t hash;
    int64_t revision;
    uint64_t total_key; /* 3.4 and 3.5: rows of all buckets; 3.6 and later: live keys */
    uint64_t total_size_bytes;
    const char *version; /* storage version; "" before 3.6 */
};

void print_snapshot_status(struct buf *out, const struct output_style *style,
                           const struct snapshot_status *s);

/* Since 3.6. */
void print_hash_kv(struct buf *out, const struct output_style *style, const struct hash_kv *hash);

#endif
