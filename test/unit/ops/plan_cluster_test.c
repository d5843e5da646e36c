#include "ops/plan_cluster.h"

#include "expect.h"

#include <string.h>

#include "base/buf.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state UNUSED)
{
    arena_release(&mem);
    return 0;
}

static struct plan_cluster
there_and_back(const struct inventory *inventory, const struct plan_context *context)
{
    AUTO_BUF text = BUF_INIT;
    struct error e = ERROR_INIT;
    struct plan_cluster cluster;
    const struct json *doc;
    struct json_writer w;

    json_writer_init(&w, &text, 0);
    json_object_begin(&w);
    plan_cluster_encode(&w, inventory);
    json_object_end(&w);
    assert_true(json_parse(&mem, buf_bytes(&text), &doc, &e));
    assert_true(plan_cluster_decode(&mem, doc, context, &cluster, &e));
    return cluster;
}

static void
test_a_lab_needs_no_file(void **state UNUSED)
{
    const struct inventory_lab lab = {.dir = "/state/labs/demo"};
    const struct inventory inventory = {.name = "lab:demo", .lab = &lab, .path = "/lab.json"};
    const struct plan_cluster cluster =
        there_and_back(&inventory, &(struct plan_context){.state_dir = "/state"});

    assert_string_equal(cluster.name, "lab:demo");
    assert_string_equal(plan_cluster_lab(&cluster), "demo");
    assert_null(cluster.config);
    assert_string_equal(cluster.state_dir, "/state");
}

static void
test_a_file_is_where_it_was_unless_told_otherwise(void **state UNUSED)
{
    const struct inventory inventory = {.name = "prod", .path = "/etc/quorate/quorate.yaml"};
    const struct plan_cluster was = there_and_back(&inventory, &(struct plan_context){0});
    const struct plan_cluster moved =
        there_and_back(&inventory, &(struct plan_context){.config = "/root/quorate.yaml"});

    assert_null(plan_cluster_lab(&was));
    assert_string_equal(was.config, "/etc/quorate/quorate.yaml");
    assert_string_equal(moved.config, "/root/quorate.yaml");
}

static void
test_inputs_without_a_cluster_are_refused(void **state UNUSED)
{
    struct error e = ERROR_INIT;
    struct plan_cluster cluster;
    const struct json *doc;

    assert_true(json_parse(&mem, BYTES_LITERAL("{\"cluster\":\"prod\"}"), &doc, &e));
    assert_false(plan_cluster_decode(&mem, doc, &(struct plan_context){0}, &cluster, &e));
    assert_int_equal(e.code, ERROR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lab_needs_no_file),
        cmocka_unit_test(test_a_file_is_where_it_was_unless_told_otherwise),
        cmocka_unit_test(test_inputs_without_a_cluster_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
