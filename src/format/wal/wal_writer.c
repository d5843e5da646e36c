/* A new segment is written as far as it is known: what a restore needs is a few hundred bytes. */
#include "format/wal/wal_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "format/proto.h"
#include "format/wal/wal_reader.h"

enum { SEGMENT_MODE = 0600, FRAME_ALIGNMENT = 8 };

void
wal_frame_encode(struct buf *out, struct buf *scratch, uint32_t type, struct bytes data,
                 uint32_t *crc)
{
    uint64_t padding;

    if (type != WAL_CRC)
        *crc = crc32c(*crc, data.data, data.size);
    buf_clear(scratch);
    proto_put_u64_always(scratch, 1, type);
    proto_put_u64_always(scratch, 2, *crc);
    /* Present but empty is not absent: etcd leaves the field out only where there is no data. */
    if (data.data != NULL)
        proto_put_bytes_always(scratch, 3, data);
    padding = (FRAME_ALIGNMENT - scratch->size % FRAME_ALIGNMENT) % FRAME_ALIGNMENT;
    /* The top byte says that there is padding, and how much. */
    buf_append_u64le(out, scratch->size | (padding == 0 ? 0 : (0x80 | padding) << 56));
    buf_append_bytes(out, buf_bytes(scratch));
    buf_append_zeros(out, (size_t)padding);
}

/* Blocks are reserved so that the log does not meet a full disk later; not every file system can. */
static bool
segment_reserve(int fd, const char *path, struct error *e)
{
    if (fallocate(fd, 0, 0, WAL_SEGMENT_SIZE_BYTES) == 0)
        return true;
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINTR)
        return error_set_errno(e, errno, "'%s': reserving %d bytes", path, WAL_SEGMENT_SIZE_BYTES);
    if (ftruncate(fd, WAL_SEGMENT_SIZE_BYTES) != 0)
        return error_set_errno(e, errno, "'%s': extending to %d bytes", path,
                               WAL_SEGMENT_SIZE_BYTES);
    return true;
}

bool
wal_writer_create(const char *path, uint32_t crc, struct wal_writer *ret_writer, struct error *e)
{
    struct wal_writer writer = {.path = path, .fd = -1, .crc = crc};

    if (!file_open(path, O_WRONLY | O_CREAT | O_EXCL, SEGMENT_MODE, &writer.fd, e))
        return false;
    if (!segment_reserve(writer.fd, path, e)) {
        fd_close(&writer.fd);
        unlink(path);
        return false;
    }
    wal_writer_append(&writer, WAL_CRC, BYTES_NONE);
    *ret_writer = writer;
    return true;
}

void
wal_writer_append(struct wal_writer *writer, uint32_t type, struct bytes data)
{
    wal_frame_encode(&writer->frames, &writer->record, type, data, &writer->crc);
}

bool
wal_writer_flush(struct wal_writer *writer, struct error *e)
{
    if (!fd_pwrite_all(writer->fd, writer->path, writer->frames.data, writer->frames.size,
                       writer->offset, e))
        return false;
    writer->offset += writer->frames.size;
    buf_clear(&writer->frames);
    return true;
}

bool
wal_writer_finish(struct wal_writer *writer, struct error *e)
{
    bool ok = wal_writer_flush(writer, e) && file_sync(writer->fd, writer->path, e);

    wal_writer_release(writer);
    return ok;
}

void
wal_writer_release(struct wal_writer *writer)
{
    fd_close(&writer->fd);
    buf_release(&writer->frames);
    buf_release(&writer->record);
}
