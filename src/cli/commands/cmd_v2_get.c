/* get, ls: what the v2 key space holds. */

#include "cli/print/print_v2.h"
#include "cli/v2.h"
#include "etcd2/keys.h"

static const struct option_def get_options[] = {
    {"sort", OPTION_BOOL, .help = "In the order of the keys"},
    {"quorum", OPTION_BOOL, 'q',
     .help = "Ask through the leader, not what the member itself knows"},
    V2_OPTIONS,
    OPTIONS_END,
};

static const struct option_def ls_options[] = {
    {"sort", OPTION_BOOL, .help = "In the order of the keys"},
    {"recursive", OPTION_BOOL, 'r', .help = "All keys below, not only the directory's own"},
    {"p", OPTION_BOOL, 'p', .help = "Write '/' behind directories"},
    {"quorum", OPTION_BOOL, 'q',
     .help = "Ask through the leader, not what the member itself knows"},
    V2_OPTIONS,
    OPTIONS_END,
};

static bool
get(struct app *app, const char *key, bool recursive, struct etcd2_response *ret_response,
    struct error *e)
{
    const struct etcd2_get_options options = {
        .recursive = recursive,
        .sorted = option_bool(&app->options, "sort"),
        .quorum = option_bool(&app->options, "quorum"),
    };
    struct etcd2_client *client;

    return v2_client(app, V2_EXIT_SERVER, &client, e) &&
           (etcd2_get(app->mem, client, key, &options, ret_response, e) || v2_explain(app, e));
}

static bool
get_run(struct app *app, struct error *e)
{
    struct etcd2_response response;

    if (!get(app, app_operand(app, 0), false, &response, e))
        return false;
    if (response.node->dir) {
        app->failure_code = V2_EXIT_FAILED;
        error_set_(e, ERROR_CONFLICT, 0, "'%s' is a directory", app_operand(app, 0));
        return error_hint(e, "'ls' shows what is in it");
    }
    print_v2_response(&app->out, v2_output(app), &response);
    return true;
}

static bool
ls_run(struct app *app, struct error *e)
{
    const char *key = app_operand(app, 0);
    struct etcd2_response response;

    if (!get(app, key != NULL ? key : "/", option_bool(&app->options, "recursive"), &response, e))
        return false;
    if (v2_output(app) == V2_SIMPLE)
        print_v2_ls(&app->out, response.node, option_bool(&app->options, "p"));
    else
        print_v2_response(&app->out, v2_output(app), &response);
    return true;
}

const struct command command_v2_get = {
    .name = "get",
    .operands = "KEY",
    .summary = "Show the value of a key",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = get_options,
    .run = get_run,
    .example = "ETCDCTL_API=2 quorate get /config/mode",
};

const struct command command_v2_ls = {
    .name = "ls",
    .operands = "[KEY]",
    .summary = "List what is in a directory",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = ls_options,
    .run = ls_run,
    .example = "ETCDCTL_API=2 quorate ls --recursive -p /config",
    .description = "Names that begin with '_' are hidden: only asking for them by name shows them.",
};
