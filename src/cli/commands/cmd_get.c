/* get: one key, a range, a prefix. */

#include <string.h>

#include "cli/app.h"
#include "cli/key_request.h"
#include "cli/print/print_kv.h"
#include "etcd/kv.h"

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
    {"stream", OPTION_BOOL, .help = "Fetch the range in pages of 1000 keys, all of one revision"},
    OPTIONS_END,
};

/* Keys in a page: at 1.5 MiB a value, etcd's own limit, a page stays below Go's 2 GiB. */
enum { PAGE_KEYS = 1000 };

static bool
check_options(const struct app *app, struct error *e)
{
    const struct options *o = &app->options;

    if (option_bool(o, "print-value-only") && app->style.output != OUTPUT_SIMPLE)
        return error_set(e, ERROR_USAGE, "--print-value-only is only for -w simple");
    if (option_bool(o, "count-only") && app->style.output == OUTPUT_SIMPLE)
        return error_set(e, ERROR_USAGE, "--count-only is only for -w fields and -w json");
    if (option_bool(o, "stream") &&
        (option_bool(o, "count-only") || option_given(o, "order") || option_given(o, "sort-by")))
        return error_set(e, ERROR_USAGE, "--stream can neither count nor sort");
    return print_no_table(&app->style, e);
}

/* The first key behind 'key' in byte order. */
static struct bytes
key_behind(struct arena *mem, struct bytes key)
{
    uint8_t *next = arena_alloc(mem, key.size + 1);

    memcpy(next, key.data, key.size);
    next[key.size] = 0;
    return bytes_of(next, key.size + 1);
}

/* Page after page, each as of the first one's revision, put together as one answer. */
static bool
fetch_pages(struct app *app, struct etcd_client *client, struct etcd_range_request request,
            struct etcd_range_response *ret_response, struct error *e)
{
    ARRAY(struct etcd_key_value) kvs = ARRAY_INIT;
    struct etcd_range_response page;
    int64_t wanted = request.limit;
    int64_t count = 0;
    bool first = true;

    do {
        int64_t left = wanted - (int64_t)kvs.count;

        request.limit = wanted > 0 && left < PAGE_KEYS ? left : PAGE_KEYS;
        if (!etcd_range(app->mem, client, &request, &page, e))
            return false;
        if (first) {
            *ret_response = page;
            count = page.count;
        }
        first = false;
        if (request.revision == 0)
            request.revision = page.header.revision;
        for (size_t i = 0; i < page.kv_count; i++)
            *ARRAY_PUSH(app->mem, &kvs) = page.kvs[i];
        if (page.kv_count > 0)
            request.key = key_behind(app->mem, page.kvs[page.kv_count - 1].key);
    } while (page.more && page.kv_count > 0 && (wanted == 0 || (int64_t)kvs.count < wanted));
    ret_response->kvs = kvs.items;
    ret_response->kv_count = kvs.count;
    ret_response->more = page.more;
    ret_response->count = count;
    return true;
}

static bool
get_run(struct app *app, struct error *e)
{
    struct etcd_range_request request;
    struct etcd_range_response response;
    struct etcd_client *client;
    bool paged = option_bool(&app->options, "stream");

    if (!check_options(app, e) ||
        !key_request_get(app->mem, &app->options, key_operands_of(app), &request, e) ||
        !app_etcd(app, &client, e))
        return false;
    if (paged && request.range_end.size > 0) {
        if (!fetch_pages(app, client, request, &response, e))
            return false;
    } else if (!etcd_range(app->mem, client, &request, &response, e)) {
        return false;
    }
    print_range(&app->out, &app->style, option_bool(&app->options, "print-value-only"), &response);
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
                   "they are, a line each; with -w json they are base64.",
};
