/* txn: compares and requests from standard input, as one transaction. */

#include <unistd.h>

#include "cli/app.h"
#include "cli/line_input.h"
#include "cli/print/print_txn.h"
#include "cli/txn_line.h"
#include "etcd/kv.h"

static const struct option_def txn_options[] = {
    {"interactive", OPTION_BOOL, 'i', .help = "Say what is expected next"},
    OPTIONS_END,
};

/* One of the three parts of a transaction. */
struct txn_part {
    const char *prompt; /* etcdctl's */
    const char *name;
};

static const struct txn_part compares_part = {"compares:", "compares"};
static const struct txn_part success_part = {"success requests (get, put, del):",
                                             "success requests"};
static const struct txn_part failure_part = {"failure requests (get, put, del):",
                                             "failure requests"};

/* The next line without blanks around it; the end of the input is an error here. */
static bool
next_line(struct line_input *in, const struct txn_part *part, struct bytes *ret_line,
          struct error *e)
{
    bool ended;

    if (!line_input_next(in, ret_line, &ended, e))
        return false;
    if (!ended)
        return true;
    error_set_(e, ERROR_INPUT, 0, "line %zu: standard input ended in the %s", in->line, part->name);
    return error_hint(e, "an empty line ends each of the three parts, the last one too");
}

static bool
begin_part(struct app *app, const struct txn_part *part, struct error *e)
{
    if (!option_bool(&app->options, "interactive"))
        return true;
    buf_printf(&app->out, "%s\n", part->prompt);
    return app_flush(app, e);
}

static bool
read_compares(struct app *app, struct line_input *in, struct etcd_txn_request *request,
              struct error *e)
{
    ARRAY(struct etcd_compare) compares = ARRAY_INIT;
    struct bytes line;

    if (!begin_part(app, &compares_part, e))
        return false;
    for (;;) {
        if (!next_line(in, &compares_part, &line, e))
            return false;
        if (line.size == 0)
            break;
        if (!txn_compare_parse(app->mem, line, ARRAY_PUSH(app->mem, &compares), e))
            return error_wrap(e, "line %zu", in->line);
    }
    request->compares = compares.items;
    request->compare_count = compares.count;
    return true;
}

static bool
read_requests(struct app *app, struct line_input *in, const struct txn_part *part,
              const struct etcd_request_op **ret_requests, size_t *ret_count, struct error *e)
{
    ARRAY(struct etcd_request_op) requests = ARRAY_INIT;
    struct bytes line;

    if (!begin_part(app, part, e))
        return false;
    for (;;) {
        if (!next_line(in, part, &line, e))
            return false;
        if (line.size == 0)
            break;
        if (!txn_request_parse(app->mem, line, ARRAY_PUSH(app->mem, &requests), e))
            return error_wrap(e, "line %zu", in->line);
    }
    *ret_requests = requests.items;
    *ret_count = requests.count;
    return true;
}

static bool
read_transaction(struct app *app, struct etcd_txn_request *request, struct error *e)
{
    struct line_input in = LINE_INPUT_INIT(STDIN_FILENO);
    bool ok =
        read_compares(app, &in, request, e) &&
        read_requests(app, &in, &success_part, &request->success, &request->success_count, e) &&
        read_requests(app, &in, &failure_part, &request->failure, &request->failure_count, e);

    line_input_release(&in);
    return ok;
}

static bool
txn_run(struct app *app, struct error *e)
{
    struct etcd_txn_request request = {.compares = NULL};
    struct etcd_txn_response response;
    struct etcd_client *client;

    if (!print_no_table(&app->style, e) || !read_transaction(app, &request, e) ||
        !app_etcd(app, &client, e) || !etcd_txn(app->mem, client, &request, &response, e))
        return false;
    print_txn(&app->out, &app->style, &response);
    return true;
}

const struct command command_txn = {
    .name = "txn",
    .summary = "Do several requests as one transaction, read from standard input",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = txn_options,
    .needs = NEEDS_ENDPOINTS,
    .effect = EFFECT_CHANGES_KEYS,
    .run = txn_run,
    .example = "quorate txn --interactive\n"
               "printf '%s\\n' 'version(\"greeting\") = \"0\"' '' 'put greeting hello' '' "
               "'get greeting' '' | quorate txn",
    .description =
        "Three parts, each ended by an empty line: compares, the requests that are done when all "
        "compares hold, and those that are done otherwise.\n\n"
        "A compare is TARGET(\"KEY\") OPERATOR \"VALUE\". TARGET is version (ver), create (c) or "
        "mod "
        "(m) for a number, value (val) for a text, or lease for an id in hex; OPERATOR is one of "
        "= != > <. A key that does not exist has zeros and an empty value.\n\n"
        "A request is get, put or del with the flags and operands of that command. Words with "
        "blanks stand in quotes: \"...\" knows the escapes \\n, \\\", \\\\, \\x00, \\u00e9 and so "
        "on, "
        "'...' none.",
};
