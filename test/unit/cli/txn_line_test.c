/* The lines of a transaction: what etcdctl accepts, and where each mistake is found. */
#include <string.h>

#include "cli/txn_line.h"
#include "expect.h"

static struct etcd_compare
compare_of(struct arena *mem, const char *line)
{
    struct etcd_compare compare = {.version = 0};
    struct error e = ERROR_INIT;

    EXPECT_OK(txn_compare_parse(mem, bytes_of_text(line), &compare, &e));
    return compare;
}

static void
test_compare_targets(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_compare c;

    c = compare_of(&mem, "mod(\"key 1\") > \"7\"");
    assert_int_equal(c.target, ETCD_COMPARE_MOD);
    assert_int_equal(c.result, ETCD_COMPARE_GREATER);
    assert_true(bytes_equal_text(c.key, "key 1"));
    assert_int_equal(c.mod_revision, 7);
    assert_int_equal(compare_of(&mem, "m(\"k\") < \"-3\"").mod_revision, -3);
    c = compare_of(&mem, "create(\"k\") = \"+5\"");
    assert_int_equal(c.target, ETCD_COMPARE_CREATE);
    assert_int_equal(c.result, ETCD_COMPARE_EQUAL);
    assert_int_equal(c.create_revision, 5);
    assert_int_equal(compare_of(&mem, "c(\"k\") = \"1\"").target, ETCD_COMPARE_CREATE);
    c = compare_of(&mem, "version(\"k\") != \"0\"");
    assert_int_equal(c.target, ETCD_COMPARE_VERSION);
    assert_int_equal(c.result, ETCD_COMPARE_NOT_EQUAL);
    assert_int_equal(compare_of(&mem, "ver(\"k\") = \"9\"").version, 9);
    c = compare_of(&mem, "value(\"k\\x00\") = \"a\\n\\x00\"");
    assert_int_equal(c.target, ETCD_COMPARE_VALUE);
    assert_true(bytes_equal(c.key, BYTES_LITERAL("k\0")));
    assert_true(bytes_equal(c.value, BYTES_LITERAL("a\n\0")));
    assert_int_equal(compare_of(&mem, "val(\"k\") < \"\"").value.size, 0);
    c = compare_of(&mem, "lease(\"k\") = \"ffffffffffffffff\"");
    assert_int_equal(c.target, ETCD_COMPARE_LEASE);
    assert_int_equal(c.lease, -1);
}

/* etcdctl wants exactly one way to write them; more is understood. */
static void
test_compare_blanks(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;

    assert_int_equal(compare_of(&mem, "mod(\"k\")>\"7\"").mod_revision, 7);
    assert_int_equal(compare_of(&mem, "mod(\"k\")!=\"7\"").result, ETCD_COMPARE_NOT_EQUAL);
    assert_int_equal(compare_of(&mem, "  mod ( \"k\" )  >\t`7`  ").mod_revision, 7);
}

static void
test_wrong_compares(UNUSED void **state)
{
    static const struct {
        const char *line;
        const char *error;
    } wrong[] = {
        {"get k", "column 1: 'get k' is no compare"},
        {"MOD(\"k\") > \"0\"",
         "column 1: 'MOD' cannot be compared: it is one of version, create, mod, "
         "value, lease"},
        {"mod(k) > \"0\"", "column 5: the key: a text in double quotes is expected here"},
        {"mod(\"k > \"0\"", "column 11: ')' is missing behind the key"},
        {"mod(\"k\" > \"0\"", "column 9: ')' is missing behind the key"},
        {"mod(\"k\")", "column 9: '' is no operator: it is one of = != > <"},
        {"mod(\"k\") >= \"0\"", "column 10: '>=' is no operator: it is one of = != > <"},
        {"mod(\"k\") == \"0\"", "column 10: '==' is no operator: it is one of = != > <"},
        {"mod(\"k\") > 0", "column 12: the value: a text in double quotes is expected here"},
        {"mod(\"k\") > \"0", "column 12: the value: the closing quote is missing"},
        {"mod(\"k\") > \"1\\q\"", "column 14: the value: '\\q' is no escape that Go knows"},
        {"mod(\"k\") > \"x\"", "column 12: 'x' is not a whole number"},
        {"mod(\"k\") > \"\"", "column 12: '' is not a whole number"},
        {"mod(\"k\") > \"1\\x00\"", "column 12: a number cannot hold a NUL"},
        {"ver(\"k\") > \"9223372036854775808\"",
         "column 12: '9223372036854775808' is too large, at most 9223372036854775807 fits"},
        {"lease(\"k\") = \"0x1\"", "column 14: '0x1' is not an id of up to 16 digits of hex"},
        {"mod(\"k\") > \"0\" && x", "column 16: '&& x' is too much: one compare a line"},
    };
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_compare compare;
    struct error e = ERROR_INIT;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        EXPECT_ERROR(txn_compare_parse(&mem, bytes_of_text(wrong[i].line), &compare, &e),
                     ERROR_INPUT, wrong[i].error);
}

static struct etcd_request_op
request_of(struct arena *mem, const char *line)
{
    struct etcd_request_op op = {NULL, NULL, NULL, NULL};
    struct error e = ERROR_INIT;

    EXPECT_OK(txn_request_parse(mem, bytes_of_text(line), &op, &e));
    return op;
}

static void
test_put(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const struct etcd_put_request *put;

    put = request_of(&mem, "put \"nul\\x00key\" 'a value' --lease=694d --prev-kv").put;
    assert_true(bytes_equal(put->key, BYTES_LITERAL("nul\0key")));
    assert_true(bytes_equal_text(put->value, "a value"));
    assert_int_equal(put->lease, 0x694d);
    assert_true(put->prev_kv);
    put = request_of(&mem, "p k -- -v").put;
    assert_true(bytes_equal_text(put->value, "-v"));
    assert_true(request_of(&mem, "put --ignore-value k").put->ignore_value);
    assert_int_equal(request_of(&mem, "put k \"\"").put->value.size, 0);
    assert_true(bytes_equal_text(request_of(&mem, "put k -").put->value, "-"));
}

static void
test_get_and_del(UNUSED void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const struct etcd_range_request *get;
    const struct etcd_delete_range_request *del;

    get = request_of(&mem, "get a c --limit 5 --rev=-1 --sort-by version --order=descend").range;
    assert_true(bytes_equal_text(get->key, "a") && bytes_equal_text(get->range_end, "c"));
    assert_int_equal(get->limit, 5);
    assert_int_equal(get->revision, 0);
    assert_int_equal(get->sort_target, ETCD_SORT_VERSION);
    assert_int_equal(get->sort_order, ETCD_SORT_DESCEND);
    get = request_of(&mem, "get \"\" --prefix --keys-only").range;
    assert_true(bytes_equal(get->key, BYTES_LITERAL("\0")));
    assert_true(bytes_equal(get->range_end, BYTES_LITERAL("\0")) && get->keys_only);
    del = request_of(&mem, "de k --prefix --prev-kv").delete_range;
    assert_true(bytes_equal_text(del->range_end, "l") && del->prev_kv);
}

static void
test_wrong_requests(UNUSED void **state)
{
    static const struct {
        const char *line;
        enum error_code code;
        const char *error;
    } wrong[] = {
        {"mod(\"k\") > \"0\"", ERROR_INPUT, "'mod(\"k\")' is no request: get, put or del"},
        {"\"\" k", ERROR_INPUT, "'' is no request: get, put or del"},
        {"delete k", ERROR_INPUT, "'delete' is no request: get, put or del"},
        {"get", ERROR_INPUT, "'get' needs a KEY"},
        {"get --prefix", ERROR_USAGE, "'get': the KEY is missing"},
        {"put --prev-kv", ERROR_USAGE, "'put': the KEY is missing"},
        {"put k", ERROR_USAGE, "'put': the VALUE is missing: \"\" is the empty one"},
        {"put k hello world", ERROR_USAGE,
         "'put': KEY and VALUE are all that put takes: a value with blanks needs quotes"},
        {"put k v --ignore-value", ERROR_USAGE, "'put': a value cannot go with --ignore-value"},
        {"put k -v", ERROR_INPUT, "'put': unknown flag '-v'"},
        {"put k v --lease", ERROR_INPUT, "'put': flag '--lease' needs a value"},
        {"put k v --lease=zz", ERROR_USAGE,
         "'put': --lease: 'zz' is not an id of up to 16 digits of hex"},
        {"get k --endpoints=x", ERROR_INPUT, "'get': unknown flag '--endpoints'"},
        {"get k --limit=x", ERROR_INPUT, "'get': --limit: 'x' is not a whole number"},
        {"get k --order=UP", ERROR_FEATURE, "'get': --order: 'UP' is not one of: ASCEND DESCEND"},
        {"get k --prefix --from-key", ERROR_USAGE,
         "'get': --prefix and --from-key exclude each other"},
        {"get k --keys-only --count-only", ERROR_USAGE,
         "'get': --keys-only and --count-only exclude each other"},
        {"get k l --prefix", ERROR_USAGE,
         "'get': a RANGE_END ('l') cannot go with --prefix or --from-key"},
        {"get k --min-mod-rev 5 --max-mod-rev 4", ERROR_FEATURE,
         "'get': --min-mod-rev 5 is above --max-mod-rev 4"},
        {"del a b c", ERROR_USAGE, "'del': KEY and RANGE_END are all there is"},
        {"del 'a", ERROR_INPUT, "column 5: the closing quote is missing"},
    };
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_request_op op;
    struct error e = ERROR_INIT;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        EXPECT_ERROR(txn_request_parse(&mem, bytes_of_text(wrong[i].line), &op, &e), wrong[i].code,
                     wrong[i].error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare_targets), cmocka_unit_test(test_compare_blanks),
        cmocka_unit_test(test_wrong_compares),  cmocka_unit_test(test_put),
        cmocka_unit_test(test_get_and_del),     cmocka_unit_test(test_wrong_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
