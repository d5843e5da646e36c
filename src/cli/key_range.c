/* Source: etcdctl/ctlv3/command/get_command.go, del_command.go (3.5, 3.7). */

#include "cli/key_range.h"

#include "etcd/kv.h"

/* "\0" as a range's end is "up to the last key", as its start "from the first". */
static const struct bytes NUL_KEY = {(const uint8_t *)"", 1};

bool
key_range(const struct app *app, struct bytes *ret_key, struct bytes *ret_range_end,
          struct error *e)
{
    bool prefix = option_bool(&app->options, "prefix");
    bool from_key = option_bool(&app->options, "from-key");
    const char *range_end = app_operand(app, 1);
    struct bytes key = bytes_of_text(app_operand(app, 0));

    if (prefix && from_key)
        return error_set(e, ERROR_USAGE, "--prefix and --from-key exclude each other");
    if (range_end != NULL && (prefix || from_key))
        return error_set(e, ERROR_USAGE, "a RANGE_END ('%s') cannot go with --prefix or --from-key",
                         range_end);
    *ret_range_end = range_end != NULL ? bytes_of_text(range_end) : BYTES_NONE;
    if (prefix)
        *ret_range_end = etcd_prefix_end(app->mem, key);
    if (from_key)
        *ret_range_end = NUL_KEY;
    *ret_key = (prefix || from_key) && key.size == 0 ? NUL_KEY : key;
    return true;
}
