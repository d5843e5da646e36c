#include "format/bbolt/bbolt_out.h"

#include "base/io.h"

enum { OUT_BUFFER_SIZE = 1 << 20 };

void
bbolt_out_init(struct bbolt_out *out, int fd, const char *path, uint32_t page_size, uint64_t first,
               size_t memory_most)
{
    *out = (struct bbolt_out){.fd = fd,
                              .path = path,
                              .page_size = page_size,
                              .first = first,
                              .next = first,
                              .memory_most = memory_most};
}

void
bbolt_out_release(struct bbolt_out *out)
{
    buf_release(&out->pages);
}

static bool
out_write(struct bbolt_out *out, const void *data, size_t size, struct error *e)
{
    uint64_t offset = out->first * out->page_size + out->written;

    if (!fd_pwrite_all(out->fd, out->path, data, size, offset, e))
        return false;
    file_write_back(out->fd, offset, size);
    out->written += size;
    return true;
}

bool
bbolt_out_flush(struct bbolt_out *out, struct error *e)
{
    if (out->fd < 0 || out->pages.size == 0)
        return true;
    if (!out_write(out, out->pages.data, out->pages.size, e))
        return false;
    buf_clear(&out->pages);
    return true;
}

/* Large values go to the file without passing through the buffer. */
bool
bbolt_out_append(struct bbolt_out *out, const void *data, size_t size, struct error *e)
{
    if (out->fd < 0) {
        if (size > out->memory_most - out->pages.size)
            return error_set(e, ERROR_LIMIT, "'%s': the changes need more than %zu bytes",
                             out->path, out->memory_most);
    } else if (out->pages.size + size > OUT_BUFFER_SIZE) {
        if (!bbolt_out_flush(out, e))
            return false;
        if (size > OUT_BUFFER_SIZE)
            return out_write(out, data, size, e);
    }
    buf_append(&out->pages, data, size);
    return true;
}
