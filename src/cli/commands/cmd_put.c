/* put: one key. */

#include <errno.h>
#include <unistd.h>

#include "cli/app.h"
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

/* etcd takes 1.5 MiB unless told otherwise; nobody has set --max-request-bytes to this much. */
#define VALUE_MAX_BYTES ((size_t)64 << 20)

/* An empty input is no value, as for etcdctl: it is what a script's failed command leaves. */
static bool
read_value(struct app *app, struct bytes *ret_value, struct error *e)
{
    AUTO_BUF value = BUF_INIT;
    ssize_t got;

    if (isatty(STDIN_FILENO))
        app_say(app, "Type the value; Ctrl-D ends it.");
    do {
        got = read(STDIN_FILENO, buf_reserve(&value, 65536), 65536);
        if (got < 0 && errno != EINTR)
            return error_set_errno(e, errno, "standard input");
        value.size += got > 0 ? (size_t)got : 0;
        if (value.size > VALUE_MAX_BYTES)
            return error_set(e, ERROR_LIMIT, "standard input: the value is longer than 64 MiB");
    } while (got != 0);
    if (value.size == 0) {
        error_set_(e, ERROR_USAGE, 0, "there is neither a VALUE nor one on standard input");
        return error_hint(e, "'put KEY \"\"' writes the empty value");
    }
    *ret_value = arena_copy(app->mem, buf_bytes(&value));
    return true;
}

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
        (wants_value && !read_value(app, &request.value, e)) || !app_etcd(app, &client, e) ||
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
