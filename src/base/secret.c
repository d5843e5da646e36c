#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <openssl/crypto.h>

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

    buf_reserve(&fresh, content.size + 1);
    buf_append_bytes(&fresh, content);
    fresh.data[content.size] = '\0';
    secret_release(s);
    s->text = (char *)fresh.data;
    s->size = content.size;
}

/* Until the end or until 'most' bytes are there: a pipe (<(pass show etcd)) comes in pieces. */
static bool
read_up_to(const char *path, char *content, size_t most, size_t *ret_size, struct error *e)
{
    AUTO_FD fd = -1;
    size_t used = 0;

    if (!file_open(path, O_RDONLY, 0, &fd, e))
        return false;
    while (used < most) {
        ssize_t got = read(fd, content + used, most - used);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(e, errno, "'%s'", path);
        if (got == 0)
            break;
        used += (size_t)got;
    }
    *ret_size = used;
    return true;
}

static bool
first_line_set(struct secret *s, const char *path, struct bytes content, struct error *e)
{
    const uint8_t *newline = content.size > 0 ? memchr(content.data, '\n', content.size) : NULL;
    size_t length = newline != NULL ? (size_t)(newline - content.data) : content.size;

    if (content.size > SECRET_FILE_MAX_BYTES)
        return error_set(e, ERROR_LIMIT, "'%s': more than %d bytes are no password", path,
                         SECRET_FILE_MAX_BYTES);
    if (length == 0)
        return error_set(e, ERROR_FORMAT,
                         "'%s': the first line is to hold the password, "
                         "but is empty",
                         path);
    if (memchr(content.data, '\0', length) != NULL)
        return error_set(e, ERROR_FORMAT, "'%s': there is a NUL in the password", path);
    secret_set(s, bytes_of(content.data, length));
    return true;
}

bool
secret_load_whole(struct secret *s, const char *path, struct error *e)
{
    char content[SECRET_FILE_MAX_BYTES + 1];
    size_t size;
    bool loaded = read_up_to(path, content, sizeof(content), &size, e);
    if (loaded && size > SECRET_FILE_MAX_BYTES)
        loaded =
            error_set(e, ERROR_LIMIT, "'%s' is larger than %d bytes", path, SECRET_FILE_MAX_BYTES);
    if (loaded)
        secret_set(s, bytes_of(content, size));
    explicit_bzero(content, sizeof(content));
    return loaded;
}

void
secrets_guard(void)
{
    prctl(PR_SET_DUMPABLE, 0);
}

/* --- OpenSSL's memory --- */

static void *
library_alloc(size_t size, const char *file UNUSED, int line UNUSED)
{
    return malloc(size); /* check-banned: allow, it is the library's */
}

static void
library_free(void *data, const char *file UNUSED, int line UNUSED)
{
    if (data == NULL)
        return;
    explicit_bzero(data, malloc_usable_size(data));
    free(data); /* check-banned: allow, it is the library's */
}

/* What realloc moves, it leaves behind. */
static void *
library_resize(void *data, size_t size, const char *file, int line)
{
    size_t there = malloc_usable_size(data);
    void *fresh;

    if (data != NULL && size != 0 && size <= there)
        return data;
    fresh = size != 0 ? library_alloc(size, file, line) : NULL;
    if (fresh != NULL && data != NULL)
        memcpy(fresh, data, there < size ? there : size);
    if (fresh != NULL || size == 0)
        library_free(data, file, line);
    return fresh;
}

void
secrets_wipe_library(void)
{
    /* Refused once the library has memory; then what was there stays as it is, and nothing else changes. */
    (void)CRYPTO_set_mem_functions(library_alloc, library_resize, library_free);
}

bool
secret_load(struct secret *s, const char *path, struct error *e)
{
    char content[SECRET_FILE_MAX_BYTES + 1];
    size_t size;
    bool loaded = read_up_to(path, content, sizeof(content), &size, e) &&
                  first_line_set(s, path, bytes_of(content, size), e);
    explicit_bzero(content, sizeof(content));
    return loaded;
}
