#include "cli/line_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 65536 };
/* etcd takes 1.5 MiB unless told otherwise, and escapes may make four bytes of one. */
#define LINE_MAX_BYTES ((size_t)64 << 20)

void
line_input_release(struct line_input *in)
{
    buf_release(&in->read);
}

bool
line_input_fill(struct line_input *in, bool *ret_ended, struct error *e)
{
    ssize_t got;

    if (in->read.size - in->at > LINE_MAX_BYTES)
        return error_set(e, ERROR_INPUT, "line %zu: longer than 64 MiB", in->line + 1);
    buf_consume(&in->read, in->at);
    in->at = 0;
    do
        got = read(in->fd, buf_reserve(&in->read, READ_BYTES), READ_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_errno(e, errno, "standard input");
    in->read.size += (size_t)got;
    *ret_ended = got == 0;
    return true;
}

/* Go's strings.TrimSpace, as far as ASCII goes. */
static struct bytes
trim(struct bytes line)
{
    static const char blanks[] = {' ', '\t', '\r', '\n', '\v', '\f'};

    while (line.size > 0 && memchr(blanks, line.data[line.size - 1], sizeof(blanks)) != NULL)
        line.size--;
    while (line.size > 0 && memchr(blanks, line.data[0], sizeof(blanks)) != NULL)
        line = bytes_of(line.data + 1, line.size - 1);
    return line;
}

bool
line_input_take(struct line_input *in, struct bytes *ret_line)
{
    struct bytes rest = bytes_of(in->read.data + in->at, in->read.size - in->at);
    const uint8_t *end =
        in->seen < rest.size ? memchr(rest.data + in->seen, '\n', rest.size - in->seen) : NULL;

    in->seen = rest.size;
    if (end == NULL)
        return false;
    in->line++;
    in->seen = 0;
    in->at += (size_t)(end - rest.data) + 1;
    *ret_line = trim(bytes_of(rest.data, (size_t)(end - rest.data)));
    return true;
}

bool
line_input_next(struct line_input *in, struct bytes *ret_line, bool *ret_ended, struct error *e)
{
    *ret_ended = false;
    while (!line_input_take(in, ret_line)) {
        if (!line_input_fill(in, ret_ended, e))
            return false;
        if (*ret_ended) {
            in->line++;
            return true;
        }
    }
    return true;
}
