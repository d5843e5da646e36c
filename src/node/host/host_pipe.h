/* What flows into a command on a host, and out of it: from memory or a file, into memory or a file. */
#ifndef QUORATE_NODE_HOST_PIPE_H
#define QUORATE_NODE_HOST_PIPE_H

#include "base/buf.h"
#include "node/host/host.h"

struct host_pipe {
    const struct host_command *command;
    struct bytes input;
    uint64_t in_bytes;
    bool seal_sent;
    uint64_t out_bytes;
    struct buf out;
    struct buf err;
    bool cut;
    int64_t asked_ms;
    int64_t told_ms;
};

#define AUTO_HOST_PIPE __attribute__((cleanup(host_pipe_release))) struct host_pipe

void host_pipe_init(struct host_pipe *pipe, const struct host_command *command);
void host_pipe_release(struct host_pipe *pipe);

/* As struct spawn_flow's input and output, whose context is the pipe. */
bool host_pipe_input(void *context, void *ret_data, size_t most, size_t *ret_size, bool *ret_wait,
                     struct error *e);
bool host_pipe_output(void *context, bool is_error, struct bytes part, struct error *e);

/* The output and error as they are now, with 'exit_code', as a result in 'mem'. */
void host_pipe_result(struct arena *mem, const struct host_pipe *pipe, int exit_code,
                      struct host_result *ret_result);

#endif
