/* del: one key, a range, a prefix. */

#include <unistd.h>

#include "base/time.h"
#include "cli/app.h"
#include "cli/key_request.h"
#include "cli/print/print_kv.h"
#include "etcd/kv.h"

static const struct option_def del_options[] = {
    {"prefix", OPTION_BOOL, .help = "All keys that begin with KEY"},
    {"from-key", OPTION_BOOL, .help = "All keys from KEY on, in byte order"},
    {"range", OPTION_BOOL,
     .help = "Say that KEY and RANGE_END mean a range: no time to reconsider"},
    {"prev-kv", OPTION_BOOL, .help = "Show the keys and values that were deleted"},
    OPTIONS_END,
};

enum { RECONSIDER_MS = 2000 };

/* 'del a b' is often meant as two keys. A person gets etcdctl's two seconds; a script does not. */
static void
let_reconsider(const struct app *app)
{
    const char *range_end = app_operand(app, 1);

    if (range_end == NULL || option_bool(&app->options, "range") || !isatty(STDIN_FILENO))
        return;
    app_warn(app,
             "all keys from '%s' up to '%s' will be deleted in 2 seconds; interrupt to keep them, "
             "or say --range to skip this",
             app_operand(app, 0), range_end);
    time_sleep_ms(RECONSIDER_MS);
}

static bool
del_run(struct app *app, struct error *e)
{
    struct etcd_delete_range_request request;
    struct etcd_delete_range_response response;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) ||
        !key_request_del(app->mem, &app->options, key_operands_of(app), &request, e))
        return false;
    if (option_bool(&app->options, "range") && request.range_end.size == 0)
        return error_set(e, ERROR_USAGE, "--range needs a RANGE_END");
    if (!app_etcd(app, &client, e))
        return false;
    let_reconsider(app);
    if (!etcd_delete_range(app->mem, client, &request, &response, e))
        return false;
    print_delete_range(&app->out, &app->style, &response);
    return true;
}

const struct command command_del = {
    .name = "del",
    .operands = "KEY [RANGE_END]",
    .summary = "Delete a key, or the keys from KEY up to RANGE_END",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = del_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = del_run,
    .example = "quorate del greeting",
    .description = "RANGE_END itself is kept. Prints how many keys were deleted.",
};
