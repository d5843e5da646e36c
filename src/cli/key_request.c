/* What etcdctl's getGetOp, getPutOp and getDelOp do, without their exits. */

#include "cli/key_request.h"

#include <inttypes.h>

/* etcdctl looks at revisions above 0 only. */
static int64_t
revision(const struct options *o, const char *name)
{
    int64_t value = option_i64(o, name);

    return value > 0 ? value : 0;
}

static enum etcd_sort_target
sort_target(int choice)
{
    /* In the order of --sort-by's choices. */
    static const enum etcd_sort_target targets[] = {
        ETCD_SORT_KEY, ETCD_SORT_CREATE, ETCD_SORT_MOD, ETCD_SORT_VALUE, ETCD_SORT_VERSION,
    };

    return targets[choice];
}

/* Without --order the server decides: as they come for keys, ascending for the rest. */
static enum etcd_sort_order
sort_order(const struct options *o)
{
    if (!option_given(o, "order"))
        return ETCD_SORT_NONE;
    return option_choice(o, "order") == 0 ? ETCD_SORT_ASCEND : ETCD_SORT_DESCEND;
}

static void
set_sort(const struct options *o, struct etcd_range_request *request)
{
    request->sort_order = sort_order(o);
    request->sort_target = sort_target(option_choice(o, "sort-by"));
    /* Keys come in ascending order anyway; asked to sort them, a server would ignore the limit
     * while it reads (clientv3/op.go, WithSort). */
    if (request->sort_target == ETCD_SORT_KEY && request->sort_order == ETCD_SORT_ASCEND)
        request->sort_order = ETCD_SORT_NONE;
}

static bool
set_bounds(const struct options *o, const char *min_name, const char *max_name, int64_t *ret_min,
           int64_t *ret_max, struct error *e)
{
    int64_t min = revision(o, min_name);
    int64_t max = revision(o, max_name);

    if (max > 0 && min > max)
        return error_set(e, ERROR_FEATURE, "--%s %" PRId64 " is above --%s %" PRId64, min_name, min,
                         max_name, max);
    *ret_min = min;
    *ret_max = max;
    return true;
}

bool
key_request_get(struct arena *mem, const struct options *o, struct key_operands operands,
                struct etcd_range_request *ret_request, struct error *e)
{
    struct etcd_range_request request = {
        .limit = option_i64(o, "limit"),
        .revision = revision(o, "rev"),
        .serializable = option_choice(o, "consistency") == 1,
        .keys_only = option_bool(o, "keys-only"),
        .count_only = option_bool(o, "count-only"),
    };

    if (!key_range_of(mem, o, operands, &request.key, &request.range_end, e))
        return false;
    if (request.keys_only && request.count_only)
        return error_set(e, ERROR_USAGE, "--keys-only and --count-only exclude each other");
    set_sort(o, &request);
    if (!set_bounds(o, "min-create-rev", "max-create-rev", &request.min_create_revision,
                    &request.max_create_revision, e) ||
        !set_bounds(o, "min-mod-rev", "max-mod-rev", &request.min_mod_revision,
                    &request.max_mod_revision, e))
        return false;
    *ret_request = request;
    return true;
}

bool
key_request_put(UNUSED struct arena *mem, const struct options *o, struct key_operands operands,
                struct etcd_put_request *ret_request, bool *ret_wants_value, struct error *e)
{
    struct etcd_put_request request = {
        .lease = (int64_t)option_u64(o, "lease"),
        .prev_kv = option_bool(o, "prev-kv"),
        .ignore_value = option_bool(o, "ignore-value"),
        .ignore_lease = option_bool(o, "ignore-lease"),
    };

    if (operands.count == 0)
        return error_set(e, ERROR_USAGE, "the KEY is missing");
    if (operands.count > 2)
        return error_set(e, ERROR_USAGE,
                         "KEY and VALUE are all that put takes: a value with blanks needs quotes");
    if (request.ignore_value && operands.count > 1)
        return error_set(e, ERROR_USAGE, "a value cannot go with --ignore-value");
    request.key = operands.items[0];
    if (operands.count > 1)
        request.value = operands.items[1];
    *ret_wants_value = operands.count == 1 && !request.ignore_value;
    *ret_request = request;
    return true;
}

bool
key_request_del(struct arena *mem, const struct options *o, struct key_operands operands,
                struct etcd_delete_range_request *ret_request, struct error *e)
{
    struct etcd_delete_range_request request = {.prev_kv = option_bool(o, "prev-kv")};

    if (!key_range_of(mem, o, operands, &request.key, &request.range_end, e))
        return false;
    *ret_request = request;
    return true;
}
