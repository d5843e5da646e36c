/* watch, exec-watch: changes of the v2 key space as they happen. */

#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spawn.h"
#include "cli/print/print_v2.h"
#include "cli/v2.h"
#include "etcd2/keys.h"

#define WATCH_OPTIONS                                                                              \
    {"after-index", OPTION_I64, .arg = "INDEX", .fallback = "0",                                   \
     .help = "Begin with the changes behind this index; 0: with the next one"},                    \
    {                                                                                              \
        "recursive", OPTION_BOOL, 'r', .help = "Also all that is below KEY"                        \
    }

static const struct option_def watch_options[] = {
    {"forever", OPTION_BOOL, 'f', .help = "Go on after the first change, until Ctrl-C"},
    WATCH_OPTIONS,
    V2_OPTIONS,
    OPTIONS_END,
};

static const struct option_def exec_watch_options[] = {WATCH_OPTIONS, V2_OPTIONS, OPTIONS_END};

static struct etcd2_watch
watch_of(const struct app *app)
{
    uint64_t after = (uint64_t)option_i64(&app->options, "after-index");

    return (struct etcd2_watch){
        .key = app_operand(app, 0),
        .recursive = option_bool(&app->options, "recursive"),
        .next_index = after > 0 ? after + 1 : 0,
    };
}

/* What is done about one change; ret_done ends the watch. */
typedef bool change_taken(struct app *app, const struct etcd2_response *response, bool *ret_done,
                          struct error *e);

static bool
changes_follow(struct app *app, change_taken *take, struct error *e)
{
    struct etcd2_watch watch = watch_of(app);
    struct etcd2_client *client;
    bool done = false;

    if (!v2_client(app, V2_EXIT_SERVER, &client, e))
        return false;
    v2_end_on_interrupt();
    while (!done) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct etcd2_response response;

        if (!etcd2_watch_next(&tmp, client, &watch, &response, e))
            return v2_explain(app, e);
        if (!take(app, &response, &done, e))
            return false;
    }
    return true;
}

static bool
change_show(struct app *app, const struct etcd2_response *response, bool *ret_done, struct error *e)
{
    if (response->node->dir)
        return true;
    if (option_bool(&app->options, "recursive")) {
        buf_printf(&app->out, "[%s] ", response->action);
        buf_append_bytes(&app->out, response->node->key);
        buf_append_byte(&app->out, '\n');
    }
    print_v2_response(&app->out, v2_output(app), response);
    *ret_done = !option_bool(&app->options, "forever");
    return app_flush(app, e);
}

static bool
watch_run(struct app *app, struct error *e)
{
    return changes_follow(app, change_show, e);
}

/* ETCD_WATCH_ACTION and so on in the child's environment. */
static const char *const *
child_environment(struct arena *mem, const struct etcd2_response *r)
{
    ARRAY(const char *) env = ARRAY_INIT;

    for (char **variable = environ; *variable != NULL; variable++)
        *ARRAY_PUSH(mem, &env) = *variable;
    *ARRAY_PUSH(mem, &env) = arena_printf(mem, "ETCD_WATCH_ACTION=%s", r->action);
    *ARRAY_PUSH(mem, &env) =
        arena_printf(mem, "ETCD_WATCH_MODIFIED_INDEX=%" PRIu64, r->node->modified_index);
    *ARRAY_PUSH(mem, &env) =
        arena_printf(mem, "ETCD_WATCH_KEY=%s", arena_text_of_bytes(mem, r->node->key));
    *ARRAY_PUSH(mem, &env) =
        arena_printf(mem, "ETCD_WATCH_VALUE=%s", arena_text_of_bytes(mem, r->node->value));
    *ARRAY_PUSH(mem, &env) = NULL;
    return env.items;
}

/* Started and not waited for, as etcdctl does: a slow command delays no change. */
static bool
command_start(struct app *app, const struct etcd2_response *response, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(const char *) argv = ARRAY_INIT;
    struct spawn_child child = {
        .env = child_environment(&tmp, response),
        .stdin_fd = -1,
        .stdout_fd = STDOUT_FILENO,
        .stderr_fd = STDERR_FILENO,
    };
    pid_t pid;

    for (size_t i = 1; i < app->operand_count; i++)
        *ARRAY_PUSH(&tmp, &argv) = app_operand(app, i);
    *ARRAY_PUSH(&tmp, &argv) = NULL;
    child.argv = argv.items;
    app->failure_code = V2_EXIT_FAILED;
    if (!spawn_start(&child, &pid, e))
        return false;
    app->failure_code = V2_EXIT_SERVER;
    return true;
}

static bool
change_run(struct app *app, const struct etcd2_response *response, UNUSED bool *ret_done,
           struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    if (!response->node->dir)
        return command_start(app, response, e);
    app_say(app, "Ignored dir %s change", arena_text_of_bytes(&tmp, response->node->key));
    return true;
}

static bool
exec_watch_run(struct app *app, struct error *e)
{
    return changes_follow(app, change_run, e);
}

const struct command command_v2_watch = {
    .name = "watch",
    .operands = "KEY",
    .summary = "Wait for a change of a key and show it",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = watch_options,
    .run = watch_run,
    .example = "ETCDCTL_API=2 quorate watch --recursive --forever /config",
    .description = "When a server goes away, another one is asked from where it stopped. Changes "
                   "of directories are not shown.",
};

const struct command command_v2_exec_watch = {
    .name = "exec-watch",
    .operands = "KEY COMMAND...",
    .summary = "Run a command for each change of a key",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = exec_watch_options,
    .run = exec_watch_run,
    .example = "ETCDCTL_API=2 quorate exec-watch --recursive /config -- env",
    .description = "The command finds the change in ETCD_WATCH_ACTION, ETCD_WATCH_KEY, "
                   "ETCD_WATCH_VALUE and ETCD_WATCH_MODIFIED_INDEX. It is not waited for.",
};
