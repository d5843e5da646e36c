#include "cluster/rules_key_file.h"

#include "expect.h"

struct one {
    struct service_account account;
    struct host_file there;
    bool is_key;
    bool stays;
};

static void
test_what_is_kept(void **state)
{
    static const struct one all[] = {
        {{"etcd", 100, 101, ""},
         {.kind = HOST_FILE, .uid = 100, .gid = 7, .mode = 0400},
         true,
         true},
        {{"etcd", 100, 101, ""},
         {.kind = HOST_FILE, .uid = 0, .gid = 101, .mode = 0640},
         true,
         true},
        {{"root", 0, 0, ""}, {.kind = HOST_FILE, .uid = 0, .gid = 0, .mode = 0640}, true, true},
        {{"etcd", 100, 101, ""},
         {.kind = HOST_FILE, .uid = 0, .gid = 0, .mode = 0644},
         false,
         true},
        /* Not readable to etcd, or to too many, or theirs to change. */
        {{"etcd", 100, 101, ""},
         {.kind = HOST_FILE, .uid = 0, .gid = 0, .mode = 0600},
         true,
         false},
        {{"etcd", 100, 101, ""},
         {.kind = HOST_FILE, .uid = 100, .gid = 101, .mode = 0044},
         false,
         false},
        {{"etcd", 100, 101, ""},
         {.kind = HOST_FILE, .uid = 100, .gid = 101, .mode = 0644},
         true,
         false},
        {{"root", 0, 0, ""}, {.kind = HOST_FILE, .uid = 0, .gid = 50, .mode = 0640}, true, false},
        {{"root", 0, 0, ""}, {.kind = HOST_FILE, .uid = 0, .gid = 0, .mode = 0660}, true, false},
        {{"root", 0, 0, ""}, {.kind = HOST_FILE, .uid = 0, .gid = 0, .mode = 0666}, false, false},
        {{"etcd", 100, 101, ""}, {.kind = HOST_NOTHING}, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const struct one *one = &all[i];
        struct host_file like = rule_key_file_owner(&one->there, &one->account, one->is_key);

        assert_int_equal(like.kind, HOST_FILE);
        assert_int_equal(like.uid, one->stays ? one->there.uid : one->account.uid);
        assert_int_equal(like.gid, one->stays ? one->there.gid : one->account.gid);
        assert_int_equal(like.mode, one->stays ? one->there.mode : one->is_key ? 0600 : 0644);
        /* What was chosen is what stays the next time. */
        like = rule_key_file_owner(&like, &one->account, one->is_key);
        assert_int_equal(like.mode, one->stays ? one->there.mode : one->is_key ? 0600 : 0644);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_kept)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
