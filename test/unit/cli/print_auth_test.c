/* The printers of auth, user and role with made-up answers; auth.bats compares them with etcdctl's. */

#include "expect.h"

#include <string.h>

#include "cli/print/print_auth.h"

static const struct output_style simple = {.output = OUTPUT_SIMPLE, .compat = COMPAT_NEWEST};
static const struct output_style json = {.output = OUTPUT_JSON, .compat = COMPAT_NEWEST};
static const struct output_style fields = {.output = OUTPUT_FIELDS, .compat = COMPAT_NEWEST};
static const struct output_style old_simple = {.output = OUTPUT_SIMPLE, .compat = COMPAT_3_5};

#define HEADER                                                                                     \
    {                                                                                              \
        .cluster_id = 0xfedcba9876543210ULL, .member_id = 1, .revision = 7, .raft_term = 2         \
    }
#define HEADER_JSON                                                                                \
    "\"header\":{\"cluster_id\":18364758544493064720,\"member_id\":1,\"revision\":7,\"raft_"       \
    "term\":2}"
#define HEADER_FIELDS                                                                              \
    "\"ClusterID\" : 18364758544493064720\n\"MemberID\" : 1\n\"Revision\" : 7\n\"RaftTerm\" : 2\n"

#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static void
printed(struct buf *out, const char *expected)
{
    assert_string_equal(buf_text(out), expected);
    buf_clear(out);
}

static const struct etcd_permission permissions[] = {
    {ETCD_PERMISSION_READ, TEXT("one"), {NULL, 0}},
    {ETCD_PERMISSION_WRITE, TEXT("a"), TEXT("b")},
    {ETCD_PERMISSION_READWRITE, TEXT("a"), TEXT("z")},
    {ETCD_PERMISSION_READ, TEXT("k"), TEXT("\0")},
    {ETCD_PERMISSION_WRITE, TEXT("\xff"), TEXT("\0")},
    {(enum etcd_permission_type)7, TEXT("odd"), {NULL, 0}},
};
static const struct etcd_role role = {
    .header = HEADER, .permissions = permissions, .permission_count = 6};
static const struct etcd_role empty_role = {.header = HEADER};

static void
a_role(void **state UNUSED)
{
    AUTO_BUF out = BUF_INIT;

    print_role(&out, &simple, "r", &role);
    printed(&out, "Role r\nKV Read:\n\tone\n\t[a, z)\n\t[k, <open ended>\nKV Write:\n"
                  "\t[a, b) (prefix a)\n\t[a, z)\n\t[\xff, <open ended> (prefix \xff)\n");
    print_role(&out, &json, "r", &empty_role);
    printed(&out, "{" HEADER_JSON "}\n");
    print_role(&out, &fields, "r", &role);
    printed(&out,
            HEADER_FIELDS "\"PermType\" :  READ\n\"Key\" : \"one\"\n\"RangeEnd\" : \"\"\n"
                          "\"PermType\" :  WRITE\n\"Key\" : \"a\"\n\"RangeEnd\" : \"b\"\n"
                          "\"PermType\" :  READWRITE\n\"Key\" : \"a\"\n\"RangeEnd\" : \"z\"\n"
                          "\"PermType\" :  READ\n\"Key\" : \"k\"\n\"RangeEnd\" : \"\\x00\"\n"
                          "\"PermType\" :  WRITE\n\"Key\" : \"\\xff\"\n\"RangeEnd\" : \"\\x00\"\n"
                          "\"PermType\" :  7\n\"Key\" : \"odd\"\n\"RangeEnd\" : \"\"\n");
}

static void
root_may_all_since_3_6(void **state UNUSED)
{
    AUTO_BUF out = BUF_INIT;

    print_role(&out, &simple, "root", &empty_role);
    printed(&out, "Role root\nKV Read:\n\t[, <open ended>\nKV Write:\n\t[, <open ended>\n");
    print_role(&out, &old_simple, "root", &empty_role);
    printed(&out, "Role root\nKV Read:\nKV Write:\n");
    print_role(&out, &simple, "other", &empty_role);
    printed(&out, "Role other\nKV Read:\nKV Write:\n");
}

static void
what_a_terminal_gets(void **state UNUSED)
{
    static const struct etcd_permission nul = {ETCD_PERMISSION_READ, TEXT("\0"), {NULL, 0}};
    static const struct etcd_role with_nul = {.permissions = &nul, .permission_count = 1};
    struct output_style terminal = simple;
    AUTO_BUF out = BUF_INIT;

    terminal.terminal.tty = true;
    print_role(&out, &terminal, "r", &with_nul);
    printed(&out, "Role r\nKV Read:\n\t\\x00\nKV Write:\n");
}

static void
lists(void **state UNUSED)
{
    static const char *const names[] = {"a", "b\"c"};
    static const struct etcd_user user = {.header = HEADER, .roles = names, .role_count = 2};
    static const struct etcd_user_list users = {.header = HEADER, .users = names, .user_count = 2};
    static const struct etcd_role_list roles = {.header = HEADER, .roles = names, .role_count = 2};
    static const struct etcd_user nobody = {.header = HEADER};
    AUTO_BUF out = BUF_INIT;

    print_user(&out, &simple, "u", &user);
    printed(&out, "User: u\nRoles: a b\"c\n");
    print_user(&out, &simple, "u", &nobody);
    printed(&out, "User: u\nRoles:\n");
    print_user(&out, &json, "u", &user);
    printed(&out, "{" HEADER_JSON ",\"roles\":[\"a\",\"b\\\"c\"]}\n");
    print_user_list(&out, &simple, &users);
    printed(&out, "a\nb\"c\n");
    print_user_list(&out, &json, &users);
    printed(&out, "{" HEADER_JSON ",\"users\":[\"a\",\"b\\\"c\"]}\n");
    print_role_list(&out, &simple, &roles);
    printed(&out, "a\nb\"c\n");
    print_role_list(&out, &fields, &roles);
    printed(&out, HEADER_FIELDS "\"Roles\" : \"a\" \"b\\\"c\"\n");
}

static void
changes(void **state UNUSED)
{
    static const struct etcd_header_only done = {.header = HEADER};
    AUTO_BUF out = BUF_INIT;

    assert_false(print_header_only(&out, &simple, &done));
    assert_int_equal(out.size, 0);
    assert_true(print_header_only(&out, &json, &done));
    printed(&out, "{" HEADER_JSON "}\n");
    assert_true(print_header_only(&out, &fields, &done));
    printed(&out, HEADER_FIELDS);
    print_role_revoked(&out, &simple, "r", "k", BYTES_NONE, &done);
    printed(&out, "Permission of key k is revoked from role r\n");
    print_role_revoked(&out, &simple, "r", "", BYTES_LITERAL("\0"), &done);
    printed(&out, "Permission of range [, <open ended> is revoked from role r\n");
    print_role_revoked(&out, &simple, "r", "k", BYTES_LITERAL("l"), &done);
    printed(&out, "Permission of range [k, l) is revoked from role r\n");
    print_role_revoked(&out, &fields, "r", "k", BYTES_LITERAL("l"), &done);
    printed(&out, HEADER_FIELDS);
}

static void
auth_status(void **state UNUSED)
{
    static const struct etcd_auth_status on = {
        .header = HEADER, .enabled = true, .auth_revision = UINT64_MAX};
    static const struct etcd_auth_status off = {.header = HEADER, .auth_revision = 1};
    AUTO_BUF out = BUF_INIT;

    print_auth_status(&out, &simple, &on);
    printed(&out, "Authentication Status: true\nAuthRevision: 18446744073709551615\n");
    print_auth_status(&out, &json, &off);
    printed(&out, "{" HEADER_JSON ",\"authRevision\":1}\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role),
        cmocka_unit_test(root_may_all_since_3_6),
        cmocka_unit_test(what_a_terminal_gets),
        cmocka_unit_test(lists),
        cmocka_unit_test(changes),
        cmocka_unit_test(auth_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
