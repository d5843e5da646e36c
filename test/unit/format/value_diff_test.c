#include "format/value/value_diff.h"

#include "expect.h"
#include "format/value/json_tree.h"
#include "format/value/stored_value.h"
#include "scratch.h"

static bool
note(void *context, const struct value_change *change, struct error *e UNUSED)
{
    struct buf *out = context;
    struct json_writer w;

    buf_printf(out, "%s: ", change->path);
    json_writer_init(&w, out, 0);
    if (change->before != NULL)
        value_node_write(&w, change->before, false);
    buf_append_text(out, " -> ");
    w.need_comma = false;
    if (change->after != NULL)
        value_node_write(&w, change->after, false);
    buf_append_text(out, "\n");
    return true;
}

static void
check(const char *before, const char *after, const char *expected)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct value_budget budget = {.mem = &mem};
    struct value_node *a = json_tree(&budget, bytes_of_text(before));
    struct value_node *b = json_tree(&budget, bytes_of_text(after));
    struct error e = ERROR_INIT;

    assert_non_null(a);
    assert_non_null(b);
    EXPECT_OK(value_diff(a, b, note, &out, &e));
    assert_string_equal(buf_text(&out), expected);
}

static void
test_fields_are_told_by_path(void **state UNUSED)
{
    check("{\"a\":1,\"b\":{\"c\":2}}", "{\"b\":{\"c\":2},\"a\":1}", "");
    check("{\"a\":1,\"gone\":[1]}", "{\"a\":\"1\",\"new\":{}}",
          "a: 1 -> \"1\"\nnew:  -> {}\ngone: [1] -> \n");
    check("{\"a\":{\"x/y\":{\"c\":1}}}", "{\"a\":{\"x/y\":{\"c\":2}}}", "a[\"x/y\"].c: 1 -> 2\n");
}

static void
test_items_of_lists_are_matched_by_what_names_them(void **state UNUSED)
{
    check("{\"l\":[{\"name\":\"a\",\"v\":1},{\"name\":\"b\",\"v\":2}]}",
          "{\"l\":[{\"name\":\"c\",\"v\":0},{\"name\":\"b\",\"v\":3},{\"name\":\"a\",\"v\":1}]}",
          "l[name=c]:  -> {\"name\":\"c\",\"v\":0}\nl[name=b].v: 2 -> 3\n");
    check("{\"l\":[\"x\",\"y\"]}", "{\"l\":[\"y\",\"z\"]}",
          "l[\"z\"]:  -> \"z\"\nl[\"x\"]: \"x\" -> \n");
    check("{\"l\":[1,1]}", "{\"l\":[1,2,1]}", "l[1]: 1 -> 2\nl[2]:  -> 1\n");
}

static const char *
secret_of(struct arena *mem, int version)
{
    return arena_printf(mem,
                        "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{},"
                        "\"x\":[{\"name\":\"hunter2\",\"v\":%d}],\"y\":[\"hunter%d\"]}",
                        version, version);
}

/* Not in the path either. */
static void
test_what_is_hidden_names_no_item(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct stored_value a;
    struct stored_value b;

    stored_value_read(&mem, BYTES_NONE, bytes_of_text(secret_of(&mem, 1)), &a);
    stored_value_read(&mem, BYTES_NONE, bytes_of_text(secret_of(&mem, 2)), &b);
    EXPECT_OK(value_diff(a.root, b.root, note, &out, &e));
    assert_string_equal(buf_text(&out), "x[0].v: {\"hidden\":true,\"bytes\":0} -> "
                                        "{\"hidden\":true,\"bytes\":0}\n"
                                        "y[0]: {\"hidden\":true,\"bytes\":7} -> "
                                        "{\"hidden\":true,\"bytes\":7}\n");
}

static void
test_objects_of_kubernetes(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    struct error e = ERROR_INIT;
    struct stored_value a;
    struct stored_value b;

    stored_value_read(&mem, BYTES_NONE, golden_load(&mem, "kube/deployment.bin"), &a);
    stored_value_read(&mem, BYTES_NONE, golden_load(&mem, "kube/deployment-changed.bin"), &b);
    EXPECT_OK(value_diff(a.root, b.root, note, &out, &e));
    assert_string_equal(
        buf_text(&out),
        "metadata.generation: 3 -> 4\n"
        "metadata.labels.tier: \"front\" -> \"edge\"\n"
        "metadata.annotations.note: \"two\\nlines\" -> \n"
        "spec.replicas: 2 -> 3\n"
        "spec.template.spec.containers[name=web].image: \"registry.example/web:1.4\" -> "
        "\"registry.example/web:1.5\"\n"
        "status.replicas: 2 -> 3\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_told_by_path),
        cmocka_unit_test(test_items_of_lists_are_matched_by_what_names_them),
        cmocka_unit_test(test_what_is_hidden_names_no_item),
        cmocka_unit_test(test_objects_of_kubernetes),
    };

    return cmocka_run_group_tests_name("value_diff", tests, NULL, NULL);
}
