#include "format/value/stored_value.h"

#include <string.h>

#include "expect.h"
#include "format/proto.h"
#include "scratch.h"

/* The value's fields as JSON. */
static const char *
shown(struct arena *mem, const char *key, struct bytes value, bool show_hidden)
{
    AUTO_BUF out = BUF_INIT;
    struct stored_value v;
    struct json_writer w;

    stored_value_read(mem, bytes_of_text(key), value, &v);
    json_writer_init(&w, &out, 0);
    if (v.root == NULL)
        return stored_form_word(v.form);
    value_node_write(&w, v.root, show_hidden);
    return arena_text(mem, buf_text(&out));
}

static struct stored_value
golden(struct arena *mem, const char *name)
{
    struct stored_value v;

    stored_value_read(mem, BYTES_LITERAL("/registry/x"), golden_load(mem, name), &v);
    return v;
}

/* test/golden/kube was made by Kubernetes' own library; its README tells how. */
static void
check_golden(const char *name, enum stored_form form, const char *api_version, const char *kind)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct stored_value v = golden(&mem, arena_printf(&mem, "kube/%s", name));
    const char *is = shown(&mem, "", golden_load(&mem, arena_printf(&mem, "kube/%s", name)), false);
    struct bytes expected = golden_load(&mem, arena_printf(&mem, "kube/%s.expected", name));

    assert_int_equal(v.form, form);
    assert_true(bytes_equal_text(v.api_version, api_version));
    assert_true(bytes_equal_text(v.kind, kind));
    assert_string_equal(arena_printf(&mem, "%s\n", is), (const char *)expected.data);
}

static void
test_objects_of_kubernetes_are_read_by_name(void **state UNUSED)
{
    check_golden("deployment.bin", STORED_KUBERNETES, "apps/v1", "Deployment");
    check_golden("configmap.bin", STORED_KUBERNETES, "v1", "ConfigMap");
    check_golden("pod.bin", STORED_KUBERNETES, "v1", "Pod");
    check_golden("lease.bin", STORED_KUBERNETES, "coordination.k8s.io/v1", "Lease");
    check_golden("namespace.bin", STORED_KUBERNETES, "v1", "Namespace");
    check_golden("secret.bin", STORED_KUBERNETES, "v1", "Secret");
    check_golden("widget.json", STORED_KUBERNETES_JSON, "example.com/v1", "Widget");
}

static void
test_secrets_are_hidden_until_asked_for(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct bytes secret = golden_load(&mem, "kube/secret.bin");
    const char *json = "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"annotations\":"
                       "{\"a\":\"hunter2\"}},\"data\":{\"p\":\"aHVudGVyMg==\"},\"x\":\"hunter2\"}";

    assert_true(golden(&mem, "kube/secret.bin").hidden);
    assert_null(strstr(shown(&mem, "", secret, false), "hunter2"));
    assert_non_null(strstr(shown(&mem, "", secret, true), "hunter2hunter2"));
    assert_string_equal(shown(&mem, "", bytes_of_text(json), false),
                        "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"annotations\":{"
                        "\"a\":{\"hidden\":"
                        "true,\"bytes\":7}}},\"data\":{\"p\":{\"hidden\":true,\"bytes\":12}},\"x\":"
                        "{\"hidden\":true,"
                        "\"bytes\":7}}");
}

/* What lies among Secrets and is none that we can read is not shown either. */
static void
test_what_lies_among_secrets_is_hidden(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct bytes cut = golden_load(&mem, "kube/secret.bin");

    cut.size -= 3;
    assert_string_equal(shown(&mem, "/registry/secrets/a/b", BYTES_LITERAL("hunter2"), false),
                        "{\"hidden\":true,\"bytes\":7}");
    assert_string_equal(
        shown(&mem, "/registry/secrets/a/b", BYTES_LITERAL("{\"hunter2\":1}"), false),
        "{\"hidden\":true,\"bytes\":13}");
    assert_string_equal(shown(&mem, "/other/a/b", BYTES_LITERAL("hunter2"), false), "\"hunter2\"");
    assert_null(strstr(shown(&mem, "/registry/secrets/a/b", cut, false), "aHVudGVy"));
}

static void
test_what_is_encrypted_is_not_guessed_at(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct stored_value v = golden(&mem, "kube/encrypted.bin");

    assert_int_equal(v.form, STORED_ENCRYPTED);
    assert_null(v.root);
    assert_true(bytes_equal_text(v.provider, "aescbc:v1"));
    assert_true(bytes_equal_text(v.key_name, "key1"));
}

static void
test_other_values_are_what_they_look_like(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;

    assert_string_equal(shown(&mem, "", BYTES_NONE, false), "empty");
    assert_string_equal(shown(&mem, "", BYTES_LITERAL("two\nlines"), false), "\"two\\nlines\"");
    assert_string_equal(shown(&mem, "", BYTES_LITERAL("{\"a\":1}"), false), "{\"a\":1}");
    assert_string_equal(shown(&mem, "", BYTES_LITERAL("{\"a\":"), false), "\"{\\\"a\\\":\"");
    assert_string_equal(shown(&mem, "", BYTES_LITERAL("\x00\xff"), false), "{\"base64\":\"AP8=\"}");
    assert_string_equal(shown(&mem, "", BYTES_LITERAL("k8s\0\xff"), false),
                        "{\"base64\":\"azhzAP8=\"}");
}

/* 1: a varint twice, 2: a text, 3: a message, 4: fixed64, 5: fixed32, 6: bytes, 7: empty. */
static void
test_any_protobuf_is_shown_by_field_number(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF out = BUF_INIT;
    size_t mark;

    proto_put_u64(&out, 1, 7);
    proto_put_u64(&out, 1, UINT64_MAX);
    proto_put_text(&out, 2, "text");
    mark = proto_message_begin(&out, 3);
    proto_put_text(&out, 9, "inner");
    proto_put_u64(&out, 10, 1);
    proto_message_end(&out, mark);
    buf_append(&out, "\x21\1\0\0\0\0\0\0\0", 9);
    buf_append(&out, "\x2d\2\0\0\0", 5);
    proto_put_bytes_always(&out, 6, BYTES_LITERAL("\xff\xfe"));
    proto_put_bytes_always(&out, 7, BYTES_NONE);
    assert_string_equal(shown(&mem, "", buf_bytes(&out), false),
                        "{\"1\":[7,-1],\"2\":\"text\",\"3\":{\"9\":\"inner\",\"10\":1},"
                        "\"4\":{\"fixed64\":1},\"5\":{\"fixed32\":2},\"6\":{\"base64\":\"//4=\"},"
                        "\"7\":\"\"}");
}

/* Messages in messages, deeper than anybody means: the rest stays bytes, and the stack what it is. */
static void
test_depth_and_number_of_nodes_are_bounded(void **state UNUSED)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_BUF deep = BUF_INIT;
    AUTO_BUF wide = BUF_INIT;
    AUTO_BUF fields = BUF_INIT;
    struct stored_value v;

    proto_put_u64(&deep, 1, 1);
    for (int i = 0; i < 3000; i++) {
        AUTO_BUF outer = BUF_INIT;

        proto_put_bytes(&outer, 1, buf_bytes(&deep));
        buf_clear(&deep);
        buf_append_bytes(&deep, buf_bytes(&outer));
    }
    stored_value_read(&mem, BYTES_NONE, buf_bytes(&deep), &v);
    assert_int_equal(v.form, STORED_PROTOBUF);
    for (int i = 0; i < 300000; i++)
        proto_put_u64(&wide, 1, 1);
    stored_value_read(&mem, BYTES_NONE, buf_bytes(&wide), &v);
    assert_non_null(value_node_get(v.root, "rest"));
    assert_true(value_node_get(v.root, "1")->count < VALUE_NODES_MAX);
    for (uint32_t i = 1; i < 1000; i++)
        proto_put_u64(&fields, i, 1);
    stored_value_read(&mem, BYTES_NONE, buf_bytes(&fields), &v);
    assert_int_equal(v.root->count, 257);
    assert_non_null(value_node_get(v.root, "rest"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_of_kubernetes_are_read_by_name),
        cmocka_unit_test(test_secrets_are_hidden_until_asked_for),
        cmocka_unit_test(test_what_lies_among_secrets_is_hidden),
        cmocka_unit_test(test_what_is_encrypted_is_not_guessed_at),
        cmocka_unit_test(test_other_values_are_what_they_look_like),
        cmocka_unit_test(test_any_protobuf_is_shown_by_field_number),
        cmocka_unit_test(test_depth_and_number_of_nodes_are_bounded),
    };

    return cmocka_run_group_tests_name("stored_value", tests, NULL, NULL);
}
