/* This host: the program is a child of this process. */
#include "base/spawn.h"
#include "node/host/host_pipe.h"
#include "node/host/host_way.h"

static const char *const *
with_environment(struct arena *mem, const char *const *argv)
{
    ARRAY(const char *) whole = ARRAY_INIT;

    *ARRAY_PUSH(mem, &whole) = "env";
    *ARRAY_PUSH(mem, &whole) = "LC_ALL=C";
    for (size_t i = 0; argv[i] != NULL; i++)
        *ARRAY_PUSH(mem, &whole) = argv[i];
    *ARRAY_PUSH(mem, &whole) = NULL;
    return whole.items;
}

static bool
run_local(struct arena *mem, const struct host *host, const char *const *argv,
          const struct host_command *command, struct host_result *ret_result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    AUTO_HOST_PIPE pipe;
    struct spawn_flow flow = {.context = &pipe,
                              .input = host_pipe_input,
                              .output = host_pipe_output,
                              .stall_ms = command->stall_ms};
    struct spawn_request request = {.argv = with_environment(&tmp, argv),
                                    .dir = "/",
                                    .flow = &flow,
                                    .timeout_ms = host_patience_ms(host, command),
                                    .interruptible = !command->despite_interrupt,
                                    .dies_with_parent = true};
    struct spawn_result end;

    host_pipe_init(&pipe, command);
    if (!spawn_run(&tmp, &request, &end, e))
        return false;
    host_pipe_result(mem, &pipe, end.exit_code, ret_result);
    return true;
}

const struct host_way host_way_local = {.run = run_local};
