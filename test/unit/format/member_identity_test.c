#include "format/member_identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
test_ids_are_those_of_etcdutl(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct initial_cluster c;

    (void)state;
    assert_true(initial_cluster_parse(
        &tmp, "n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380,n3=http://10.0.0.3:2380", &c, &e));
    assert_int_equal(c.count, 3);
    assert_string_equal(c.members[0].name, "n1");
    assert_true(initial_cluster_identify(&c, "new-tok", &e));
    assert_string_equal(c.members[0].name, "n2");
    assert_true(c.members[0].id == UINT64_C(0x52268d43292ae2d1));
    assert_string_equal(c.members[1].name, "n3");
    assert_true(c.members[1].id == UINT64_C(0x6c6871ae65a6a396));
    assert_string_equal(c.members[2].name, "n1");
    assert_true(c.members[2].id == UINT64_C(0xbbf7cdb195c8cc69));
    assert_true(c.cluster_id == UINT64_C(0x8a88656dde3cd27c));
}

static void
test_the_default_cluster_has_the_well_known_ids(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct initial_cluster c;

    (void)state;
    assert_true(initial_cluster_parse(&tmp, "default=http://localhost:2380", &c, &e));
    assert_true(initial_cluster_identify(&c, "etcd-cluster", &e));
    assert_true(c.members[0].id == UINT64_C(0x8e9e05c52164694d));
    assert_true(c.cluster_id == UINT64_C(0xcdf818194e3a8c32));
}

static void
test_a_repeated_name_has_several_urls(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct initial_cluster c;

    (void)state;
    assert_true(initial_cluster_parse(&tmp, "b=http://b:2,a=http://a:1,,b=http://b:1,", &c, &e));
    assert_int_equal(c.count, 2);
    assert_string_equal(initial_cluster_text(&tmp, &c), "a=http://a:1,b=http://b:1,b=http://b:2");
    assert_ptr_equal(initial_cluster_find(&c, "a"), &c.members[1]);
    assert_null(initial_cluster_find(&c, "zz"));
}

static void
check_refused(const char *text, enum error_code code, const char *expected)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct initial_cluster c;

    assert_false(initial_cluster_parse(&tmp, text, &c, &e) &&
                 initial_cluster_identify(&c, "t", &e));
    assert_string_equal(e.text, expected);
    assert_int_equal(e.code, code);
}

static void
test_bad_clusters_are_refused(void **state)
{
    (void)state;
    check_refused("", ERROR_USAGE, "initial cluster has no member");
    check_refused("a", ERROR_USAGE, "URL scheme must be http, https, unix, or unixs: ");
    check_refused("a=http://h", ERROR_USAGE,
                  "URL address does not have the form \"host:port\": http://h");
    check_refused("b=http://1.1.1.1:1,a=http://1.1.1.1:1", ERROR_USAGE,
                  "initial cluster a=http://1.1.1.1:1,b=http://1.1.1.1:1 has duplicate url");
    check_refused("a=http://1.1.1.1:1,a=http://1.1.1.1:1", ERROR_USAGE,
                  "initial cluster a=http://1.1.1.1:1,a=http://1.1.1.1:1 has duplicate url");
}

static void
test_a_cluster_has_a_largest_size(void **state)
{
    AUTO_BUF text = BUF_INIT;

    (void)state;
    for (int i = 0; i <= INITIAL_MEMBERS_MAX; i++)
        buf_printf(&text, "n%d=http://h:%d,", i, i);
    check_refused(buf_text(&text), ERROR_LIMIT, "initial cluster has more than 64 members");
}

static void
test_members_that_were_put_together_by_hand_are_checked_too(void **state)
{
    struct error e = ERROR_INIT;
    const char *urls[] = {"http://a:1", "http://b:1"};
    struct initial_member members[2] = {
        {.name = "a", .urls = {&urls[0], 1}},
        {.name = "a", .urls = {&urls[1], 1}},
    };
    struct initial_cluster c = {.members = members, .count = 2};

    (void)state;
    assert_false(initial_cluster_identify(&c, "t", &e));
    assert_string_equal(e.text, "member 'a' is in the initial cluster twice");
    assert_int_equal(e.code, ERROR_USAGE);
    members[1].name = "b";
    members[1].urls.count = 0;
    assert_false(initial_cluster_identify(&c, "t", &e));
    assert_string_equal(e.text, "member 'b' has no peer URL");
}

static void
test_a_missing_name_has_etcdutls_words(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    const struct initial_member *m;
    struct initial_cluster c;

    (void)state;
    assert_true(initial_cluster_parse(&tmp, "a=http://1.1.1.1:1", &c, &e));
    assert_true(initial_cluster_require(&c, "a", &m, &e));
    assert_string_equal(m->name, "a");
    assert_false(initial_cluster_require(&c, "zz", &m, &e));
    assert_int_equal(e.code, ERROR_USAGE);
    assert_string_equal(e.text,
                        "couldn't find local name \"zz\" in the initial cluster configuration");
}

/* Words of etcdutl 3.5.30 for the same input. */
static void
check_advertised(const char *cluster, const char *advertised, const char *expected)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error e = ERROR_INIT;
    struct initial_cluster c;
    struct peer_urls urls;

    assert_true(initial_cluster_parse(&tmp, cluster, &c, &e));
    assert_true(peer_urls_parse(&tmp, advertised, &urls, &e));
    if (initial_member_check_advertised(&c.members[0], &urls, &e)) {
        assert_string_equal("", expected);
    } else {
        assert_string_equal(e.text, expected);
        assert_int_equal(e.code, ERROR_USAGE);
    }
}

static void
test_advertised_urls_must_be_the_clusters(void **state)
{
    (void)state;
    check_advertised("a=http://1.1.1.1:1", "http://1.1.1.1:1", "");
    check_advertised("a=http://1.1.1.1:2,a=http://1.1.1.1:1", "http://1.1.1.1:1,http://1.1.1.1:2",
                     "");
    check_advertised("a=http://1.1.1.1:1", "http://1.1.1.1:2",
                     "--initial-cluster has a=http://1.1.1.1:1 but missing from "
                     "--initial-advertise-peer-urls=http://1.1.1.1:2 (resolved urls: "
                     "\"http://1.1.1.1:2\" != \"http://1.1.1.1:1\")");
    check_advertised("a=http://1.1.1.1:1", "http://1.1.1.1:1,http://1.1.1.1:2",
                     "--initial-advertise-peer-urls has http://1.1.1.1:2 but missing from "
                     "--initial-cluster=a=http://1.1.1.1:1,a=http://1.1.1.1:2");
    check_advertised("a=http://1.1.1.1:1,a=http://1.1.1.1:2", "http://1.1.1.1:2",
                     "--initial-cluster has a=http://1.1.1.1:1 but missing from "
                     "--initial-advertise-peer-urls=http://1.1.1.1:2 "
                     "(len([\"http://1.1.1.1:2\"]) != len([\"http://1.1.1.1:1\" "
                     "\"http://1.1.1.1:2\"]))");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_are_those_of_etcdutl),
        cmocka_unit_test(test_the_default_cluster_has_the_well_known_ids),
        cmocka_unit_test(test_a_repeated_name_has_several_urls),
        cmocka_unit_test(test_bad_clusters_are_refused),
        cmocka_unit_test(test_a_cluster_has_a_largest_size),
        cmocka_unit_test(test_members_that_were_put_together_by_hand_are_checked_too),
        cmocka_unit_test(test_a_missing_name_has_etcdutls_words),
        cmocka_unit_test(test_advertised_urls_must_be_the_clusters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
