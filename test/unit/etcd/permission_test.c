/* What a request needs, what rights leave open, and how both are said. */
#include "expect.h"

#include "etcd/call.h"
#include "etcd/message/kv_message.h"
#include "etcd/permission.h"

#define B(text) BYTES_LITERAL(text)

static void
needs_are(const struct etcd_method *method, const void *request, const char *expected)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct permission_needs needs;
    const char *all = "";

    permission_needs_of(&tmp, method, etcd_request_encode(&tmp, method->request, request), &needs);
    for (size_t i = 0; i < needs.count; i++)
        all = arena_printf(&tmp, "%s%s%s", all, i > 0 ? ", " : "",
                           permission_text(&tmp, &needs.items[i]));
    assert_string_equal(needs.root ? arena_printf(&tmp, "root for %s", needs.call) : all, expected);
}

static void
test_needs_of_requests(void **state)
{
    static const struct etcd_method range = {.path = "/etcdserverpb.KV/Range",
                                             .request = &etcd_range_request_message,
                                             .response = &etcd_range_response_message};
    static const struct etcd_method del = {.path = "/etcdserverpb.KV/DeleteRange",
                                           .request = &etcd_delete_range_request_message,
                                           .response = &etcd_delete_range_response_message};
    static const struct etcd_method compact = {.path = "/etcdserverpb.KV/Compact",
                                               .request = &etcd_compact_request_message,
                                               .response = &etcd_compact_response_message};
    const struct etcd_put_request put = {.key = B("b"), .prev_kv = true};
    const struct etcd_delete_range_request erase = {.key = B("c"), .range_end = B("d")};
    const struct etcd_range_request read = {.key = B("b")};
    const struct etcd_compare compare = {.key = B("a\n")};
    const struct etcd_request_op then[] = {{.put = &put}, {.range = &read}};
    const struct etcd_txn_request inner = {.success = (struct etcd_request_op[]){{.range = &read}},
                                           .success_count = 1};
    const struct etcd_request_op otherwise[] = {{.delete_range = &erase}, {.txn = &inner}};
    const struct etcd_txn_request txn = {.compares = &compare,
                                         .compare_count = 1,
                                         .success = then,
                                         .success_count = 2,
                                         .failure = otherwise,
                                         .failure_count = 2};

    (void)state;
    needs_are(&range, &read, "read on key 'b'");
    needs_are(&etcd_put_method, &put, "read and write on key 'b'");
    needs_are(&del, &erase, "write on prefix 'c'");
    needs_are(&etcd_txn_method, &txn,
              "read on key 'a\\x0a', read and write on key 'b', write on prefix 'c'");
    needs_are(&compact, &(struct etcd_compact_request){.revision = 1}, "root for Compact");
}

static void
lacking_is(struct permission need, const struct permission *rights, size_t count,
           const char *expected)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct permission lacking;
    bool lacks = permission_is_lacking(&need, rights, count, &lacking);

    assert_string_equal(lacks ? permission_text(&tmp, &lacking) : "", expected);
}

static void
test_rights_cover_needs(void **state)
{
    const struct permission rights[] = {
        {.read = true, .key = B("m"), .range_end = B("p")},
        {.read = true, .write = true, .key = B("a"), .range_end = B("f")},
        {.read = true, .key = B("f"), .range_end = B("m")},
        {.write = true, .key = B("z")},
    };
    const struct permission rest = {.read = true, .key = B("q"), .range_end = B("\0")};

    (void)state;
    lacking_is((struct permission){.read = true, .key = B("b")}, rights, 4, "");
    lacking_is((struct permission){.read = true, .key = B("b")}, NULL, 0, "read on key 'b'");
    lacking_is((struct permission){.read = true, .write = true, .key = B("g")}, rights, 4,
               "write on key 'g'");
    /* Three ranges that join one another are one. */
    lacking_is((struct permission){.read = true, .key = B("a"), .range_end = B("p")}, rights, 4,
               "");
    lacking_is((struct permission){.read = true, .key = B("a"), .range_end = B("q")}, rights, 4,
               "read on keys from 'a' below 'q'");
    lacking_is((struct permission){.write = true, .key = B("z")}, rights, 4, "");
    lacking_is((struct permission){.write = true, .key = B("z"), .range_end = B("{")}, rights, 4,
               "write on prefix 'z'");
    lacking_is((struct permission){.read = true, .key = B("r"), .range_end = B("\0")}, &rest, 1,
               "");
    lacking_is((struct permission){.read = true, .key = B("a"), .range_end = B("\0")}, &rest, 1,
               "read on keys from 'a'");
}

static void
test_operands_for_granting(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;

    (void)state;
    assert_string_equal(
        permission_operands(&tmp, &(struct permission){.read = true, .key = B("a")}), "read 'a'");
    assert_string_equal(
        permission_operands(&tmp, &(struct permission){.write = true,
                                                       .key = B("/registry/"),
                                                       .range_end = B("/registry0")}),
        "write --prefix '/registry/'");
    assert_string_equal(permission_operands(&tmp, &(struct permission){.read = true,
                                                                       .write = true,
                                                                       .key = B("\0"),
                                                                       .range_end = B("\0")}),
                        "readwrite --prefix ''");
    assert_string_equal(
        permission_operands(
            &tmp, &(struct permission){.read = true, .key = B("a"), .range_end = B("\0")}),
        "read --from-key 'a'");
    assert_string_equal(
        permission_operands(&tmp,
                            &(struct permission){.read = true, .key = B("a"), .range_end = B("k")}),
        "read 'a' 'k'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_needs_of_requests),
        cmocka_unit_test(test_rights_cover_needs),
        cmocka_unit_test(test_operands_for_granting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
