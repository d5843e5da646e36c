#include "format/value/kube_created.h"

#include "base/buf.h"
#include "expect.h"

static int64_t
created(struct bytes value)
{
    int64_t ms = -1;

    return kube_created_at(value, &ms) ? ms : -1;
}

static void
test_protobuf(void **state)
{
    /* Unknown{typeMeta, raw: {metadata: {name: "x", creationTimestamp: {seconds: 1700000000}}}} */
    static const uint8_t object[] = "k8s\0"
                                    "\x0a\x02zz"
                                    "\x12\x0f"
                                    "\x0a\x0d"
                                    "\x0a\x01x"
                                    "\x42\x08"
                                    "\x08\x80\xe2\xcf\xaa\x06\x10\x00";

    (void)state;
    assert_int_equal(created(bytes_of(object, sizeof(object) - 1)), 1700000000000);
    for (size_t size = 0; size < sizeof(object) - 1; size++)
        (void)created(bytes_of(object, size));
    assert_int_equal(created(bytes_of(object, 10)), -1);
}

static void
test_json(void **state)
{
    (void)state;
    assert_int_equal(
        created(BYTES_LITERAL("{\"metadata\":{\"creationTimestamp\":\"2023-11-14T22:13:20Z\"}}")),
        1700000000000);
    assert_int_equal(created(BYTES_LITERAL("{\"creationTimestamp\":null}")), -1);
    assert_int_equal(created(BYTES_LITERAL("{\"creationTimestamp\":\"2023-11-")), -1);
    assert_int_equal(created(BYTES_LITERAL("\"creationTimestamp\":\"2023-11-14T22:13:20Z\"")), -1);
    assert_int_equal(created(BYTES_NONE), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protobuf),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
