/* mkdir, setdir, updatedir, rmdir, rm: directories, and what is removed. */

#include "cli/print/print_v2.h"
#include "cli/v2.h"
#include "etcd2/keys.h"

static const struct option_def dir_options[] = {
    {"ttl", OPTION_I64, .arg = "SECONDS",
     .help = "Remove it with all that is in it after this time; 0: never"},
    V2_OPTIONS,
    OPTIONS_END,
};

static const struct option_def rmdir_options[] = {V2_OPTIONS, OPTIONS_END};

static const struct option_def rm_options[] = {
    {"dir", OPTION_BOOL, .help = "Also an empty directory"},
    {"recursive", OPTION_BOOL, 'r', .help = "Also a directory, with all that is in it"},
    {"with-value", OPTION_TEXT, .arg = "TEXT", .help = "Only if this is its value"},
    {"with-index", OPTION_I64, .arg = "INDEX", .help = "Only if it was last changed at this index"},
    V2_OPTIONS,
    OPTIONS_END,
};

static bool
dir_set(struct app *app, enum etcd2_prev_exist prev_exist, struct error *e)
{
    const struct etcd2_set_options options = {
        .dir = true,
        .prev_exist = prev_exist,
        .ttl_s = option_i64(&app->options, "ttl"),
    };
    struct etcd2_client *client;
    struct etcd2_response response;

    if (!v2_client(app, V2_EXIT_SERVER, &client, e))
        return false;
    if (!etcd2_set(app->mem, client, app_operand(app, 0), BYTES_NONE, &options, &response, e))
        return v2_explain(app, e);
    if (v2_output(app) != V2_SIMPLE)
        print_v2_response(&app->out, v2_output(app), &response);
    return true;
}

static bool
mkdir_run(struct app *app, struct error *e)
{
    return dir_set(app, ETCD2_PREV_NO_EXIST, e);
}

static bool
setdir_run(struct app *app, struct error *e)
{
    return dir_set(app, ETCD2_PREV_IGNORE, e);
}

static bool
updatedir_run(struct app *app, struct error *e)
{
    return dir_set(app, ETCD2_PREV_EXIST, e);
}

static bool
remove_key(struct app *app, const struct etcd2_delete_options *options, struct error *e)
{
    struct etcd2_client *client;
    struct etcd2_response response;

    if (!v2_client(app, V2_EXIT_SERVER, &client, e))
        return false;
    if (!etcd2_delete(app->mem, client, app_operand(app, 0), options, &response, e))
        return v2_explain(app, e);
    if (!response.node->dir || v2_output(app) != V2_SIMPLE)
        print_v2_response(&app->out, v2_output(app), &response);
    return true;
}

static bool
rmdir_run(struct app *app, struct error *e)
{
    return remove_key(app, &(struct etcd2_delete_options){.dir = true}, e);
}

static bool
rm_run(struct app *app, struct error *e)
{
    const struct etcd2_delete_options options = {
        .prev_value = option_text(&app->options, "with-value"),
        .prev_index = (uint64_t)option_i64(&app->options, "with-index"),
        .dir = option_bool(&app->options, "dir"),
        .recursive = option_bool(&app->options, "recursive"),
    };

    return remove_key(app, &options, e);
}

const struct command command_v2_mkdir = {
    .name = "mkdir",
    .operands = "KEY",
    .summary = "Make a directory",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = dir_options,
    .effect = EFFECT_CHANGES_KEYS,
    .run = mkdir_run,
    .example = "ETCDCTL_API=2 quorate mkdir /config",
};

const struct command command_v2_setdir = {
    .name = "setdir",
    .operands = "KEY",
    .summary = "Make a directory, or give one another TTL",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = dir_options,
    .effect = EFFECT_CHANGES_KEYS,
    .run = setdir_run,
    .example = "ETCDCTL_API=2 quorate setdir /session --ttl 60",
};

const struct command command_v2_updatedir = {
    .name = "updatedir",
    .operands = "KEY",
    .summary = "Give a directory that exists another TTL",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = dir_options,
    .effect = EFFECT_CHANGES_KEYS,
    .run = updatedir_run,
    .example = "ETCDCTL_API=2 quorate updatedir /session --ttl 60",
};

const struct command command_v2_rmdir = {
    .name = "rmdir",
    .operands = "KEY",
    .summary = "Remove a key, or a directory that is empty",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = rmdir_options,
    .effect = EFFECT_CHANGES_KEYS,
    .run = rmdir_run,
    .example = "ETCDCTL_API=2 quorate rmdir /config",
};

const struct command command_v2_rm = {
    .name = "rm",
    .operands = "KEY",
    .summary = "Remove a key or a directory",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = rm_options,
    .effect = EFFECT_CHANGES_KEYS,
    .run = rm_run,
    .example = "ETCDCTL_API=2 quorate rm --recursive /config",
};
