/*
 * The db snapshot that a restore reads, once, front to back: never through a mapping, because
 * somebody might shorten the file meanwhile.
 */
#ifndef QUORATE_OPS_RESTORE_SOURCE_H
#define QUORATE_OPS_RESTORE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "ops/restore_site.h"

struct restore_source {
    const char *path;
    int fd;
    uint64_t content_bytes; /* without trailer */
    bool has_trailer;
    bool skip_hash_check; /* another digest is no error, but noted in */
    bool hash_differs;
    uint8_t trailer[SHA256_SIZE];
};

#define RESTORE_SOURCE_INIT                                                                        \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define AUTO_RESTORE_SOURCE __attribute__((cleanup(restore_source_close))) struct restore_source

/*
 * Opens the snapshot and reads its trailer.
 *
 * skip_hash_check  a file without trailer is accepted, and one whose digest is another.
 * e                ERROR_REFUSED: there is no trailer. ERROR_CORRUPT: no size that a
 *                  snapshot can have. ERROR_NOT_FOUND and others of opening.
 */
MUST_CHECK bool restore_source_open(const char *path, bool skip_hash_check,
                                    struct restore_source *ret_source, struct error *e);
void restore_source_close(struct restore_source *source);

/*
 * Copies the content to every site's db file, and compares the digest with the trailer.
 *
 * e          ERROR_CORRUPT: another digest. ERROR_FORMAT: the file became shorter. ERROR_NO_SPACE,
 *            ERROR_IO.
 */
MUST_CHECK bool restore_source_copy(struct restore_source *source, const struct restore_site *sites,
                                    size_t count, restore_progress *progress,
                                    void *progress_context, struct error *e);

#endif
