#include "ops/restore_source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "format/db_snapshot.h"

bool
restore_source_check_content(const struct restore_source *source, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct db_snapshot_options options = {.allow_no_trailer = true};
    struct db_snapshot_report report;

    return db_snapshot_verify(&tmp, source->path, &options, &report, e) &&
           db_snapshot_require_good(&report, e);
}

static bool
trailer_check(const struct restore_source *source, bool skip_hash_check, uint64_t file_bytes,
              struct error *e)
{
    if (!source->has_trailer && (file_bytes == 0 || file_bytes % DB_SNAPSHOT_ALIGNMENT != 0)) {
        if (!restore_source_check_content(source, e))
            return false;
        (void)error_set(e, ERROR_CORRUPT,
                        "snapshot '%s': %" PRIu64 " bytes is no size of a snapshot", source->path,
                        file_bytes);
        return error_hint(e, "copy it again from where it was saved, or use another one");
    }
    if (!source->has_trailer && !skip_hash_check) {
        /* A cut file has no trailer either, and nobody should be told to restore that. */
        if (!restore_source_check_content(source, e))
            return false;
        (void)error_set(e, ERROR_REFUSED,
                        "snapshot '%s': snapshot missing hash but --skip-hash-check=false",
                        source->path);
        return error_hint(e,
                          "only a copy of member/snap/db has no hash; --skip-hash-check restores "
                          "it, without the last writes that were in the WAL only");
    }
    return true;
}

bool
restore_source_open(const char *path, bool skip_hash_check, struct restore_source *ret_source,
                    struct error *e)
{
    AUTO_RESTORE_SOURCE source = RESTORE_SOURCE_INIT;
    uint64_t file_bytes;

    source.path = path;
    source.skip_hash_check = skip_hash_check;
    if (!file_open(path, O_RDONLY, 0, &source.fd, e) ||
        !file_size(source.fd, path, &file_bytes, e) ||
        !file_stamp_take(source.fd, path, &source.stamp, e))
        return false;
    source.has_trailer = db_snapshot_has_trailer(file_bytes);
    if (!trailer_check(&source, skip_hash_check, file_bytes, e))
        return false;
    source.content_bytes = file_bytes;
    if (source.has_trailer) {
        source.content_bytes -= SHA256_SIZE;
        if (!fd_pread_all(source.fd, path, source.trailer, SHA256_SIZE, source.content_bytes, e))
            return false;
    }
    *ret_source = source;
    source.fd = -1;
    return true;
}

bool
restore_source_unchanged(const struct restore_source *source, struct error *e)
{
    return file_stamp_check(&source->stamp, source->fd, source->path, e);
}

void
restore_source_close(struct restore_source *source)
{
    fd_close(&source->fd);
}

bool
restore_source_check_digest(struct restore_source *source, const uint8_t digest[SHA256_SIZE],
                            struct error *e)
{
    char expected[2 * SHA256_SIZE + 1];
    char got[2 * SHA256_SIZE + 1];
    struct error found = ERROR_INIT;

    if (!source->has_trailer || memcmp(digest, source->trailer, SHA256_SIZE) == 0)
        return true;
    source->hash_differs = true;
    if (source->skip_hash_check)
        return true;
    hex_encode(source->trailer, SHA256_SIZE, expected);
    hex_encode(digest, SHA256_SIZE, got);
    (void)error_set(e, ERROR_CORRUPT, "snapshot '%s': expected sha256 %s, got %s", source->path,
                    expected, got);
    if (restore_source_check_content(source, &found))
        return error_hint(e, "the file was damaged after it was saved: restore from another copy");
    return error_hint(e, "%s: %s", found.text, error_hint_text(&found));
}
