/* set, mk, update: the value of one key. */

#include "cli/print/print_v2.h"
#include "cli/v2.h"
#include "etcd2/keys.h"

#define TTL_OPTION                                                                                 \
    {                                                                                              \
        "ttl", OPTION_I64, .arg = "SECONDS", .help = "Remove it after this time; 0: never"         \
    }

static const struct option_def set_options[] = {
    TTL_OPTION,
    {"swap-with-value", OPTION_TEXT, .arg = "TEXT", .help = "Only if this is its value"},
    {"swap-with-index", OPTION_I64, .arg = "INDEX",
     .help = "Only if it was last changed at this index"},
    V2_OPTIONS,
    OPTIONS_END,
};

static const struct option_def mk_options[] = {
    TTL_OPTION,
    {"in-order", OPTION_BOOL,
     .help = "KEY is a directory: make a key in it, later than all others"},
    V2_OPTIONS,
    OPTIONS_END,
};

static const struct option_def update_options[] = {TTL_OPTION, V2_OPTIONS, OPTIONS_END};

static bool
set(struct app *app, struct etcd2_set_options *options, struct error *e)
{
    bool in_order =
        option_exists(&app->options, "in-order") && option_bool(&app->options, "in-order");
    const char *key = app_operand(app, 0);
    struct etcd2_client *client;
    struct etcd2_response response;
    struct bytes value;

    options->ttl_s = option_i64(&app->options, "ttl");
    if (!v2_value(app, 1, &value, e) || !v2_client(app, V2_EXIT_SERVER, &client, e))
        return false;
    if (!(in_order
              ? etcd2_create_in_order(app->mem, client, key, value, options->ttl_s, &response, e)
              : etcd2_set(app->mem, client, key, value, options, &response, e)))
        return v2_explain(app, e);
    print_v2_response(&app->out, v2_output(app), &response);
    return true;
}

static bool
set_run(struct app *app, struct error *e)
{
    struct etcd2_set_options options = {
        .prev_value = option_text(&app->options, "swap-with-value"),
        .prev_index = (uint64_t)option_i64(&app->options, "swap-with-index"),
    };

    return set(app, &options, e);
}

static bool
mk_run(struct app *app, struct error *e)
{
    struct etcd2_set_options options = {.prev_exist = ETCD2_PREV_NO_EXIST};

    return set(app, &options, e);
}

static bool
update_run(struct app *app, struct error *e)
{
    struct etcd2_set_options options = {.prev_exist = ETCD2_PREV_EXIST};

    return set(app, &options, e);
}

#define VALUE_FROM                                                                                 \
    "Without VALUE it is read from standard input, to the last byte. Write '--' before a value "   \
    "that begins with '-'."

const struct command command_v2_set = {
    .name = "set",
    .operands = "KEY [VALUE]",
    .summary = "Write a key, new or not",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = set_options,
    .effect = EFFECT_CHANGES_KEYS,
    .reads_input = true,
    .run = set_run,
    .example = "ETCDCTL_API=2 quorate set /config/mode active --ttl 60",
    .description = VALUE_FROM,
};

const struct command command_v2_mk = {
    .name = "mk",
    .operands = "KEY [VALUE]",
    .summary = "Write a key that does not exist yet",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = mk_options,
    .effect = EFFECT_CHANGES_KEYS,
    .reads_input = true,
    .run = mk_run,
    .example = "ETCDCTL_API=2 quorate mk --in-order /queue job",
    .description = VALUE_FROM,
};

const struct command command_v2_update = {
    .name = "update",
    .operands = "KEY [VALUE]",
    .summary = "Write a key that exists",
    .family = FAMILY_KEYS,
    .tools = IN_ETCDCTL_V2,
    .options = update_options,
    .effect = EFFECT_CHANGES_KEYS,
    .reads_input = true,
    .run = update_run,
    .example = "ETCDCTL_API=2 quorate update /config/mode passive",
    .description = VALUE_FROM,
};
