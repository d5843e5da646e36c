/* del: one key, a range, a prefix. */

#include <inttypes.h>
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
    {"yes", OPTION_BOOL, .help = "Do not ask before all keys there are are deleted"},
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

/* The number of keys is worth a look before they go; who may not read them is asked all the same. */
static const char *
question(struct app *app, struct etcd_client *client, struct etcd_range_request range)
{
    struct etcd_range_response response;
    struct error e = ERROR_INIT;

    range.count_only = true;
    if (!etcd_range(app->mem, client, &range, &response, &e))
        return "This deletes all keys of the cluster. Go on?";
    return arena_printf(app->mem, "This deletes all %" PRId64 " keys of the cluster. Go on?",
                        response.count);
}

/* An empty variable in 'del "$DIR" --prefix' means everything. A person is asked; a script that runs
 * with a terminal for one end only is not, as etcdctl asks nobody. */
static bool
confirm_everything(struct app *app, struct etcd_client *client,
                   const struct etcd_delete_range_request *request, struct error *e)
{
    struct etcd_range_request range = {.key = request->key, .range_end = request->range_end};

    if (!key_range_is_everything(request->key, request->range_end) || !isatty(STDIN_FILENO) ||
        !isatty(STDOUT_FILENO) || option_bool(&app->options, "yes"))
        return true;
    return app_confirm(app, question(app, client, range), e);
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
    if (!app_etcd(app, &client, e) || !confirm_everything(app, client, &request, e))
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
    .description =
        "RANGE_END itself is kept. Prints how many keys were deleted. On a terminal it asks "
        "before it deletes all keys there are (--prefix \"\").",
};
