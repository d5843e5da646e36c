/* Source: etcdctl/ctlv3/command/get_command.go, del_command.go (3.5, 3.7). */

#include "cli/key_range.h"

#include "etcd/kv.h"

/* "\0" as a range's end is "up to the last key", as its start "from the first". */
static const struct bytes NUL_KEY = {(const uint8_t *)"", 1};

struct key_operands
key_operands_of(const struct app *app)
{
    struct bytes *items = arena_alloc(app->mem, app->operand_count * sizeof(*items));

    for (size_t i = 0; i < app->operand_count; i++)
        items[i] = bytes_of_text(app->operands[i]);
    return (struct key_operands){items, app->operand_count};
}

bool
key_range_of(struct arena *mem, const struct options *o, struct key_operands operands,
             struct bytes *ret_key, struct bytes *ret_range_end, struct error *e)
{
    bool prefix = option_bool(o, "prefix");
    bool from_key = option_bool(o, "from-key");
    struct bytes key;

    if (operands.count == 0 || operands.count > 2)
        return error_set(e, ERROR_USAGE,
                         operands.count == 0 ? "the KEY is missing"
                                             : "KEY and RANGE_END are all there is");
    if (prefix && from_key)
        return error_set(e, ERROR_USAGE, "--prefix and --from-key exclude each other");
    if (operands.count > 1 && (prefix || from_key))
        return error_set(e, ERROR_USAGE,
                         "a RANGE_END ('%.*s') cannot go with --prefix or --from-key",
                         (int)operands.items[1].size, (const char *)operands.items[1].data);
    key = operands.items[0];
    *ret_range_end = operands.count > 1 ? operands.items[1] : BYTES_NONE;
    if (prefix)
        *ret_range_end = etcd_prefix_end(mem, key);
    if (from_key)
        *ret_range_end = NUL_KEY;
    *ret_key = (prefix || from_key) && key.size == 0 ? NUL_KEY : key;
    return true;
}

bool
key_range(const struct app *app, struct bytes *ret_key, struct bytes *ret_range_end,
          struct error *e)
{
    return key_range_of(app->mem, &app->options, key_operands_of(app), ret_key, ret_range_end, e);
}

bool
key_range_is_everything(struct bytes key, struct bytes range_end)
{
    return bytes_equal(key, NUL_KEY) && bytes_equal(range_end, NUL_KEY);
}
