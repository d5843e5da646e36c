#include "etcd2/url.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"

static bool
is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.~", c) != NULL);
}

static void
escape(struct buf *out, uint8_t c)
{
    buf_printf(out, "%%%02X", c);
}

/* Takes the last element away; the root stays. */
static void
parent(struct buf *path)
{
    while (path->size > 0 && path->data[path->size - 1] != '/')
        path->size--;
    if (path->size > 0)
        path->size--;
}

/* path.Clean of a path that begins with '/': "/a/b", or "" for the root. */
static void
clean(struct buf *out, const char *path)
{
    while (*path != '\0') {
        size_t size = strcspn(path, "/");

        if (size == 2 && memcmp(path, "..", 2) == 0) {
            parent(out);
        } else if (size > 0 && !(size == 1 && path[0] == '.')) {
            buf_append_byte(out, '/');
            buf_append(out, path, size);
        }
        path += size;
        path += strspn(path, "/");
    }
}

void
url_path_append(struct buf *out, const char *prefix, const char *key)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_BUF path = BUF_INIT;
    size_t size = strlen(key);

    clean(&path, arena_printf(&tmp, "%s/%s", prefix, key));
    if (path.size == 0 || (size > 0 && key[size - 1] == '/'))
        buf_append_byte(&path, '/');
    for (size_t i = 0; i < path.size; i++) {
        uint8_t c = path.data[i];

        if (is_unreserved(c) || (c != '\0' && strchr("/$&+,:;=@", c) != NULL))
            buf_append_byte(out, c);
        else
            escape(out, c);
    }
}

void
url_form_append(struct buf *out, const char *name, struct bytes value)
{
    if (out->size > 0)
        buf_append_byte(out, '&');
    buf_append_text(out, name);
    buf_append_byte(out, '=');
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.data[i];

        if (c == ' ')
            buf_append_byte(out, '+');
        else if (is_unreserved(c))
            buf_append_byte(out, c);
        else
            escape(out, c);
    }
}

void
url_form_append_text(struct buf *out, const char *name, const char *value)
{
    url_form_append(out, name, bytes_of_text(value));
}

void
url_form_append_u64(struct buf *out, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    url_form_append_text(out, name, text);
}
