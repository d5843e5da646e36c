#include "format/backend/backend_auth.h"

#include "expect.h"

#include "backend_sample.h"
#include "format/backend/backend.h"
#include "format/bbolt/bbolt_cursor.h"

/* The rich goldens: root with role root, app with role app-rw, which may read and write /reg/. */
static void
test_real_users_and_roles_are_read(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct bbolt db = sample_open(sample_snapshot(&tmp, "rich-3.5.30"), "rich");
    struct bbolt_bucket users;
    struct bbolt_bucket roles;
    struct backend_user user;
    struct backend_role role;
    struct bytes value;

    (void)state;
    EXPECT_OK(bbolt_bucket_find(&db, BYTES_LITERAL(BACKEND_BUCKET_AUTH_USERS), &users, &e));
    EXPECT_OK(bbolt_bucket_find(&db, BYTES_LITERAL(BACKEND_BUCKET_AUTH_ROLES), &roles, &e));
    EXPECT_OK(bbolt_bucket_get(&users, BYTES_LITERAL("app"), &value, &e));
    EXPECT_OK(backend_user_decode(&tmp, value, &user, &e));
    assert_true(bytes_equal_text(user.name, "app"));
    assert_int_equal(user.role_count, 1);
    assert_true(bytes_equal_text(user.roles[0], "app-rw"));
    assert_true(user.has_options && !user.no_password);

    EXPECT_OK(bbolt_bucket_get(&roles, BYTES_LITERAL("app-rw"), &value, &e));
    EXPECT_OK(backend_role_decode(&tmp, value, &role, &e));
    assert_true(bytes_equal_text(role.name, "app-rw"));
    assert_int_equal(role.permission_count, 1);
    assert_int_equal(role.permissions[0].type, BACKEND_PERMISSION_READWRITE);
    assert_true(bytes_equal_text(role.permissions[0].key, "/reg/"));
    assert_true(bytes_equal_text(role.permissions[0].range_end, "/reg0"));
}

static void
test_what_is_malformed_is_refused(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct backend_lease lease;
    struct backend_user user;
    struct backend_role role;

    (void)state;
    EXPECT_ERROR(backend_user_decode(&tmp, BYTES_LITERAL("\x0a\x05"), &user, &e), ERROR_FORMAT,
                 "authpb.User: malformed");
    EXPECT_ERROR(backend_user_decode(&tmp, BYTES_LITERAL("\x22\x01\xff"), &user, &e), ERROR_FORMAT,
                 "authpb.User: malformed");
    EXPECT_ERROR(backend_role_decode(&tmp, BYTES_LITERAL("\x12\x01\xff"), &role, &e), ERROR_FORMAT,
                 "authpb.Role: malformed");
    EXPECT_ERROR(backend_lease_decode(BYTES_LITERAL("\x08"), &lease, &e), ERROR_FORMAT,
                 "leasepb.Lease: malformed");
    EXPECT_OK(backend_lease_decode(BYTES_LITERAL("\x08\x05\x10\x3c\x18\x07"), &lease, &e));
    assert_int_equal(lease.id, 5);
    assert_int_equal(lease.ttl_s, 60);
    assert_int_equal(lease.remaining_ttl_s, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_users_and_roles_are_read),
        cmocka_unit_test(test_what_is_malformed_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
