#include "base/secret.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"

enum { SECRET_FILE_MAX_BYTES = 64 * 1024 };

void
secret_release(struct secret *s)
{
    struct buf held = {(uint8_t *)s->text, s->size, s->size};

    if (s->text != NULL)
        explicit_bzero(s->text, s->size);
    buf_release(&held);
    *s = (struct secret)SECRET_INIT;
}

void
secret_set(struct secret *s, struct bytes content)
{
    struct buf fresh = BUF_INIT;

    memcpy(buf_reserve(&fresh, content.size + 1), content.data, content.size);
    fresh.data[content.size] = '\0';
    secret_release(s);
    s->text = (char *)fresh.data;
    s->size = content.size;
}

bool
secret_load(struct secret *s, const char *path, struct error *e)
{
    AUTO_FD fd = -1;
    char content[SECRET_FILE_MAX_BYTES];
    uint64_t size;
    bool read;

    if (!file_open(path, O_RDONLY, 0, &fd, e) || !file_size(fd, path, &size, e))
        return false;
    if (size == 0 || size > sizeof(content))
        return error_set(e, ERROR_LIMIT, "'%s': %llu bytes, a password file has 1 to %zu", path,
                         (unsigned long long)size, sizeof(content));
    read = fd_pread_all(fd, path, content, (size_t)size, 0, e);
    if (read) {
        const char *newline = memchr(content, '\n', (size_t)size);

        secret_set(s,
                   bytes_of(content, newline != NULL ? (size_t)(newline - content) : (size_t)size));
    }
    explicit_bzero(content, sizeof(content));
    return read;
}
