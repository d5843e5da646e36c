/* put: one key. */

#include "cli/app.h"
#include "cli/input.h"
#include "cli/key_request.h"
#include "cli/print/print_kv.h"
#include "etcd/kv.h"

static const struct option_def put_options[] = {
    {"lease", OPTION_HEX, .arg = "ID", .fallback = "0",
     .help = "Attach the key to this lease (hexadecimal); 0: none"},
    {"prev-kv", OPTION_BOOL, .help = "Show the key and value that were replaced"},
    {"ignore-value", OPTION_BOOL, .help = "Keep the value, change only the lease"},
    {"ignore-lease", OPTION_BOOL, .help = "Keep the lease, change only the value"},
    OPTIONS_END,
};

static bool
put_run(struct app *app, struct error *e)
{
    struct etcd_put_request request;
    struct etcd_put_response response;
    struct etcd_client *client;
    bool wants_value;

    if (!print_no_table(&app->style, e) ||
        !key_request_put(app->mem, &app->options, key_operands_of(app), &request, &wants_value,
                         e) ||
        (wants_value && !input_read_value(app, &request.value, e)) || !app_etcd(app, &client, e) ||
        !etcd_put(app->mem, client, &request, &response, e))
        return false;
    print_put(&app->out, &app->style, &response);
    return true;
}

const struct command command_put = {
    .name = "put",
    .operands = "KEY [VALUE]",
    .summary = "Write a key",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = put_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .reads_input = true,
    .run = put_run,
    .example = "quorate put greeting hello",
    .description = "Without VALUE it is read from standard input, to the last byte. Write '--' "
                   "before a value that begins with '-'.",
};
