#include "node/host/host_pipe.h"

#include <errno.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/io.h"
#include "base/time.h"

enum { ERR_KEPT = 32 << 10, ZEROS = 64 << 10 };

void
host_pipe_init(struct host_pipe *pipe, const struct host_command *command)
{
    *pipe = (struct host_pipe){.command = command, .input = command->input};
}

void
host_pipe_release(struct host_pipe *pipe)
{
    buf_release(&pipe->out);
    buf_release(&pipe->err);
}

static void
zeros_hash(struct sha256 *digest, uint64_t count)
{
    static const uint8_t zeros[ZEROS];

    for (; count > ZEROS; count -= ZEROS)
        sha256_update(digest, zeros, ZEROS);
    sha256_update(digest, zeros, (size_t)count);
}

/* Fits in any part that spawn_run asks for. */
static size_t
seal(struct host_pipe *pipe, void *ret_data, size_t most)
{
    uint8_t digest[SHA256_SIZE];
    char text[2 * SHA256_SIZE + 2];

    ASSERT(most >= sizeof(text));
    zeros_hash(pipe->command->in->digest, pipe->command->in->zero_bytes);
    sha256_finish(pipe->command->in->digest, digest);
    hex_encode(digest, sizeof(digest), text);
    text[sizeof(text) - 2] = '\n';
    memcpy(ret_data, text, sizeof(text) - 1);
    pipe->seal_sent = true;
    return sizeof(text) - 1;
}

static bool
file_input(struct host_pipe *pipe, void *ret_data, size_t most, size_t *ret_size, struct error *e)
{
    const struct host_stream *in = pipe->command->in;
    uint64_t left = in->size_bytes - pipe->in_bytes;
    ssize_t got;

    *ret_size = left == 0 && in->sealed && !pipe->seal_sent ? seal(pipe, ret_data, most) : 0;
    if (left == 0)
        return true;
    do
        got = read(in->fd, ret_data, left < most ? (size_t)left : most);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_errno(e, errno, "'%s'", in->path);
    if (got == 0)
        return error_set(e, ERROR_FORMAT, "'%s' ended after %llu of %llu bytes", in->path,
                         (unsigned long long)pipe->in_bytes, (unsigned long long)in->size_bytes);
    if (in->digest != NULL)
        sha256_update(in->digest, ret_data, (size_t)got);
    /* What arrives is another byte than what was counted. */
    if (FAILPOINT(host_send))
        *(uint8_t *)ret_data ^= 1;
    pipe->in_bytes += (size_t)got;
    *ret_size = (size_t)got;
    observer_progress(in->observer, in->what, NULL, pipe->in_bytes, in->size_bytes);
    return true;
}

bool
host_pipe_input(void *context, void *ret_data, size_t most, size_t *ret_size, bool *ret_wait,
                struct error *e)
{
    struct host_pipe *pipe = context;

    *ret_wait = false;
    if (pipe->asked_ms == 0)
        pipe->asked_ms = time_wall_ms();
    if (pipe->command->in != NULL)
        return file_input(pipe, ret_data, most, ret_size, e);
    *ret_size = pipe->input.size < most ? pipe->input.size : most;
    if (*ret_size > 0)
        memcpy(ret_data, pipe->input.data, *ret_size);
    pipe->input.data += *ret_size;
    pipe->input.size -= *ret_size;
    return true;
}

static void
err_keep(struct host_pipe *pipe, struct bytes part)
{
    buf_append_bytes(&pipe->err, part);
    if (pipe->err.size > 2 * (size_t)ERR_KEPT)
        buf_consume(&pipe->err, pipe->err.size - ERR_KEPT);
}

static bool
file_output(struct host_pipe *pipe, struct bytes part, struct error *e)
{
    const struct host_stream *out = pipe->command->out;

    if (!fd_write_all(out->fd, out->path, part.data, part.size, e))
        return false;
    if (out->digest != NULL)
        sha256_update(out->digest, part.data, part.size);
    observer_progress(out->observer, out->what, NULL, pipe->out_bytes, out->size_bytes);
    return true;
}

bool
host_pipe_output(void *context, bool is_error, struct bytes part, struct error *e)
{
    struct host_pipe *pipe = context;
    size_t most = pipe->command->output_most > 0 ? pipe->command->output_most : HOST_OUTPUT_MOST;
    size_t room = most - pipe->out.size;

    if (part.size == 0)
        return true;
    if (is_error) {
        err_keep(pipe, part);
        return true;
    }
    if (pipe->told_ms == 0)
        pipe->told_ms = time_wall_ms();
    pipe->out_bytes += part.size;
    if (pipe->command->out != NULL)
        return file_output(pipe, part, e);
    pipe->cut = pipe->cut || part.size > room;
    buf_append(&pipe->out, part.data, part.size < room ? part.size : room);
    return true;
}

static struct bytes
text_of(struct arena *mem, const struct buf *text)
{
    return bytes_of(arena_text_of_bytes(mem, buf_bytes(text)), text->size);
}

void
host_pipe_result(struct arena *mem, const struct host_pipe *pipe, int exit_code,
                 struct host_result *ret_result)
{
    *ret_result = (struct host_result){.exit_code = exit_code,
                                       .out = text_of(mem, &pipe->out),
                                       .err = text_of(mem, &pipe->err),
                                       .cut = pipe->cut,
                                       .asked_ms = pipe->asked_ms,
                                       .told_ms = pipe->told_ms};
}
