/*
 * The db snapshot that a restore reads, once, front to back (restore_fill.h): never through a mapping,
 * because somebody might shorten the file meanwhile.
 */
#ifndef QUORATE_OPS_RESTORE_SOURCE_H
#define QUORATE_OPS_RESTORE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file_stamp.h"
#include "base/hash.h"

struct restore_source {
    const char *path;
    int fd;
    struct file_stamp stamp; /* as it was opened */
    uint64_t content_bytes;  /* without trailer */
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

/* Whether it is still what was opened. e: ERROR_CONFLICT. */
MUST_CHECK bool restore_source_unchanged(const struct restore_source *source, struct error *e);

/*
 * Compares a digest of the content with the trailer's.
 *
 * e          ERROR_CORRUPT: it is another, and that was not to be passed over; the hint says what is
 *            wrong with the content, if that can be told.
 */
MUST_CHECK bool restore_source_check_digest(struct restore_source *source,
                                            const uint8_t digest[SHA256_SIZE], struct error *e);

/* Examines the whole file: ERROR_CORRUPT, ERROR_FORMAT with what is wrong, but for a missing
 * trailer. */
MUST_CHECK bool restore_source_check_content(const struct restore_source *source, struct error *e);

#endif
