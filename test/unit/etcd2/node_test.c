#include "etcd2/node.h"

#include <stdlib.h>

#include "../expect.h"
#include "base/io.h"

static struct bytes
golden(struct arena *mem, const char *name)
{
    struct error e = ERROR_INIT;
    struct bytes text;

    EXPECT_OK(file_read_all(mem, arena_printf(mem, "%s/v2/%s", getenv("QUORATE_GOLDEN"), name),
                            1 << 20, &text, &e));
    return text;
}

static void
test_a_set_with_ttl(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct etcd2_response r;

    (void)state;
    EXPECT_OK(etcd2_response_decode(&mem, golden(&mem, "set-3.5.30.json"), &r, &e));
    assert_string_equal(r.action, "set");
    assert_true(bytes_equal_text(r.node->key, "/g/a"));
    assert_true(bytes_equal_text(r.node->value, "1"));
    assert_string_equal(r.node->expiration, "2026-11-26T12:20:28.55747743Z");
    assert_int_equal(r.node->ttl_s, 3600);
    assert_int_equal(r.node->created_index, 4);
    assert_false(r.node->dir);
    assert_null(r.prev_node);
}

static void
test_a_tree(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct etcd2_response r;
    const struct etcd2_node *d;

    (void)state;
    EXPECT_OK(etcd2_response_decode(&mem, golden(&mem, "list-3.4.23.json"), &r, &e));
    assert_true(r.node->dir);
    assert_int_equal(r.node->node_count, 3);
    d = &r.node->nodes[1];
    assert_true(bytes_equal_text(d->key, "/g/d"));
    assert_int_equal(d->node_count, 3);
    assert_int_equal(d->nodes[2].value.size, 1000);
    /* A NUL, what Go's encoder escapes, and a letter that is none of ASCII. */
    assert_true(bytes_equal(r.node->nodes[2].value, bytes_of("\0<&\"\xc3\xa4", 6)));
}

static void
test_a_removal_has_what_was_there(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct etcd2_response r;

    (void)state;
    EXPECT_OK(etcd2_response_decode(&mem, golden(&mem, "remove-3.4.23.json"), &r, &e));
    assert_string_equal(r.action, "delete");
    assert_true(bytes_equal_text(r.prev_node->value, "1"));
}

static bool
decode(const char *text, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd2_response r;

    return etcd2_response_decode(&mem, bytes_of_text(text), &r, e);
}

static void
test_what_is_no_answer(void **state)
{
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(decode("{}", &e), ERROR_FORMAT, "'action' is missing");
    EXPECT_ERROR(decode("{\"action\":\"get\"}", &e), ERROR_FORMAT, "'node' is missing");
    EXPECT_ERROR(decode("{\"action\":\"get\",\"node\":1}", &e), ERROR_FORMAT,
                 "node: a node is no object");
    EXPECT_ERROR(decode("{\"action\":\"get\",\"node\":{\"nodes\":[{\"ttl\":\"x\"}]}}", &e),
                 ERROR_FORMAT, "node: nodes: 'ttl' is not a whole number");
    EXPECT_ERROR(decode("{\"action\":\"get\",\"node\":{\"createdIndex\":-1}}", &e), ERROR_FORMAT,
                 "node: 'createdIndex' is negative");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_set_with_ttl),
        cmocka_unit_test(test_a_tree),
        cmocka_unit_test(test_a_removal_has_what_was_there),
        cmocka_unit_test(test_what_is_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
