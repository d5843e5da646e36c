/* get: one key, a range, a prefix. */

#include "cli/app.h"
#include "cli/key_request.h"
#include "cli/print/print_kv.h"
#include "etcd/range_read.h"

static const struct option_def get_options[] = {
    {"consistency", OPTION_CHOICE, .fallback = "l", .choices = "l|s",
     .help = "l: linearizable; s: serializable, what the member itself knows"},
    {"prefix", OPTION_BOOL, .help = "All keys that begin with KEY"},
    {"from-key", OPTION_BOOL, .help = "All keys from KEY on, in byte order"},
    {"limit", OPTION_I64, .arg = "COUNT", .fallback = "0",
     .help = "At most this many keys; 0: all"},
    {"rev", OPTION_I64, .arg = "REVISION", .fallback = "0",
     .help = "As of this revision; 0: the newest"},
    {"order", OPTION_CHOICE, .arg = "ORDER", .choices = "ASCEND|DESCEND",
     .help = "Order of the results [default: ASCEND]"},
    {"sort-by", OPTION_CHOICE, .arg = "TARGET", .fallback = "KEY",
     .choices = "KEY|CREATE|MODIFY|VALUE|VERSION", .help = "What the order goes by"},
    {"keys-only", OPTION_BOOL, .help = "Keys without their values"},
    {"count-only", OPTION_BOOL, .help = "Only how many there are (with -w fields or json)"},
    {"print-value-only", OPTION_BOOL, .help = "Only the values (with -w simple)"},
    {"min-mod-rev", OPTION_I64, .arg = "REVISION", .fallback = "0",
     .help = "Only keys last changed at this revision or later; 0: all"},
    {"max-mod-rev", OPTION_I64, .arg = "REVISION", .fallback = "0",
     .help = "Only keys last changed at this revision or before; 0: all"},
    {"min-create-rev", OPTION_I64, .arg = "REVISION", .fallback = "0",
     .help = "Only keys created at this revision or later; 0: all"},
    {"max-create-rev", OPTION_I64, .arg = "REVISION", .fallback = "0",
     .help = "Only keys created at this revision or before; 0: all"},
    {"stream", OPTION_BOOL,
     .help = "As without it: a large range is streamed where the server can"},
    OPTIONS_END,
};

/* Results are written out when so much has come together. */
enum { FLUSH_BYTES = 256 << 10 };

static bool
check_options(const struct app *app, struct error *e)
{
    const struct options *o = &app->options;

    if (option_bool(o, "print-value-only") && app->style.output != OUTPUT_SIMPLE)
        return error_set(e, ERROR_USAGE, "--print-value-only is only for -w simple");
    if (option_bool(o, "count-only") && app->style.output == OUTPUT_SIMPLE)
        return error_set(e, ERROR_USAGE, "--count-only is only for -w fields and -w json");
    return print_no_table(&app->style, e);
}

/* The answer on its way to standard output: some of it at a time. */
struct get_output {
    struct app *app;
    struct range_printer printer;
    struct etcd_range_response whole;
};

static void
output_begin(void *context, const struct etcd_range_response *whole)
{
    struct get_output *o = context;

    o->whole = *whole;
    range_printer_begin(&o->printer, &o->app->out, &o->app->style,
                        option_bool(&o->app->options, "print-value-only"), whole);
}

static bool
output_keys(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct get_output *o = context;

    for (size_t i = 0; i < count; i++) {
        range_printer_key(&o->printer, &kvs[i]);
        if (o->app->out.size >= FLUSH_BYTES && !app_flush(o->app, e))
            return false;
    }
    return true;
}

static bool
get_run(struct app *app, struct error *e)
{
    struct get_output output = {.app = app};
    const struct etcd_range_sink sink = {output_begin, output_keys, &output};
    struct etcd_range_request request;
    struct etcd_client *client;

    if (!check_options(app, e) ||
        !key_request_get(app->mem, &app->options, key_operands_of(app), &request, e) ||
        !app_etcd(app, &client, e) || !etcd_range_read(client, &request, &sink, e))
        return false;
    range_printer_end(&output.printer, &output.whole);
    return true;
}

const struct command command_get = {
    .name = "get",
    .operands = "KEY [RANGE_END]",
    .summary = "Read a key, or the keys from KEY up to RANGE_END",
    .family = FAMILY_KEYS,
    .tools = IN_QUORATE | IN_ETCDCTL,
    .options = get_options,
    .needs = NEEDS_ENDPOINTS,
    .run = get_run,
    .example = "quorate get --prefix /registry/namespaces/ --keys-only",
    .description = "RANGE_END itself does not belong to the range. Keys and values are printed as "
                   "they are, a line each; with -w json they are base64.\n\n"
                   "A range of any size is read in bounded memory: what does not fit into a first "
                   "answer follows as a stream (etcd 3.7) or in pages, all of one revision.",
};
