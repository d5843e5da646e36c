#include "pki/cfssl_request.h"

#include <string.h>

#include "expect.h"

static bool
decode(struct arena *mem, const char *json, struct cert_request *request, struct error *e)
{
    bool has_ca;

    return cfssl_request_decode(mem, bytes_of_text(json), request, &has_ca, e);
}

static void
test_a_request(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct cert_request r;
    struct error e = ERROR_INIT;
    bool has_ca;

    (void)state;
    EXPECT_OK(cfssl_request_decode(
        &mem,
        BYTES_LITERAL("{\"CN\":\"a\",\"names\":[{\"ST\":\"s\",\"C\":\"DE\"},{\"C\":\"AT\"}],"
                      "\"hosts\":[\"h\",\"::1\"],\"key\":{\"algo\":\"rsa\",\"size\":3072},"
                      "\"ca\":{\"expiry\":\"2h\",\"pathlen\":1}}"),
        &r, &has_ca, &e));
    assert_true(has_ca);
    assert_string_equal(r.common_name, "a");
    assert_int_equal(r.part_count, 3);
    assert_string_equal(r.parts[1].value, "AT");
    assert_string_equal(r.parts[2].field, "ST");
    assert_true(r.is_authority);
    assert_int_equal(r.name_count, 2);
    assert_int_equal(r.key, KEY_RSA_3072);
    assert_int_equal(r.valid_s, 7200);
    assert_int_equal(r.path_length, 1);
    EXPECT_OK(
        decode(&mem, "{\"CN\":\"a\",\"hosts\":[\"\"],\"ca\":{\"pathlenzero\":true}}", &r, &e));
    assert_int_equal(r.name_count, 0);
    assert_int_equal(r.path_length, 0);
    assert_int_equal(r.valid_s, 5 * 8760 * 3600);
    assert_int_equal(r.key, KEY_P256);
}

static void
test_names_of_hosts_are_no_placeholders(void **state)
{
    static const char *const good[] = {"db1",  "DB1.example.com", "10.0.0.1", "FE80::1",
                                       "etcd", "*.etcd.svc"};
    AUTO_ARENA mem = ARENA_INIT;
    struct cert_request r = {0};
    struct error e = ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        EXPECT_OK(cfssl_hosts_replace(&mem, good[i], &r, &e));
    EXPECT_ERROR(cfssl_hosts_replace(&mem, "db1,ETCD_1_IP", &r, &e), ERROR_USAGE,
                 "host 'ETCD_1_IP' was not filled in");
    EXPECT_ERROR(cfssl_hosts_replace(&mem, "NODE1", &r, &e), ERROR_USAGE,
                 "host 'NODE1' was not filled in");
    EXPECT_ERROR(cfssl_hosts_replace(&mem, "[ip]", &r, &e), ERROR_USAGE,
                 "host '[ip]' was not filled in");
}

static void
test_what_is_no_request(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct cert_request r;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(decode(&mem, "[]", &r, &e), ERROR_FORMAT,
                 "it is no request: a JSON object with CN, hosts, key, names");
    EXPECT_ERROR(decode(&mem, "{}", &r, &e), ERROR_USAGE,
                 "the request names nobody: no CN, no names, no hosts");
    EXPECT_ERROR(decode(&mem, "{\"CN\":\"a\",\"key\":{\"algo\":\"dsa\",\"size\":256}}", &r, &e),
                 ERROR_USAGE, "a key of 'dsa' with size 256 is not offered");
    EXPECT_ERROR(decode(&mem, "{\"CN\":\"a\",\"ca\":{\"expiry\":\"0s\"}}", &r, &e), ERROR_USAGE,
                 "'ca': 'expiry' is 0s: nothing would be valid");
    assert_false(decode(&mem, "{\"CN\":\"a\",\"hosts\":\"b\"}", &r, &e));
    assert_false(decode(&mem, "{\"CN\":\"a\",\"names\":[{\"O\":1}]}", &r, &e));
}

#define POLICY                                                                                     \
    "{\"signing\":{\"default\":{\"expiry\":\"1h\",\"usages\":[\"client auth\"]},\"profiles\":{"    \
    "\"peer\":{\"expiry\":\"3h\",\"usages\":[\"signing\",\"digital signature\",\"server auth\","   \
    "\"client auth\"]},\"odd\":{\"usages\":[\"fishing\"]}}}}"

static void
test_policies(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const struct bytes policy = BYTES_LITERAL(POLICY);
    struct cert_request r = {0};
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(cfssl_profile_apply(&mem, policy, "peer", &r, &e));
    assert_string_equal(r.key_usage, "digitalSignature");
    assert_string_equal(r.extended_usage, "serverAuth,clientAuth");
    assert_int_equal(r.valid_s, 3 * 3600);
    EXPECT_OK(cfssl_profile_apply(&mem, policy, "", &r, &e));
    assert_string_equal(r.key_usage, "");
    assert_string_equal(r.extended_usage, "clientAuth");
    EXPECT_OK(cfssl_profile_apply(&mem, (struct bytes){0}, "", &r, &e));
    assert_int_equal(r.valid_s, 8760 * 3600);
    EXPECT_ERROR(cfssl_profile_apply(&mem, policy, "odd", &r, &e), ERROR_USAGE,
                 "profile 'odd': usage 'fishing' is not known");
    EXPECT_ERROR(cfssl_profile_apply(&mem, policy, "x", &r, &e), ERROR_NOT_FOUND,
                 "the policy has no profile 'x'");
    EXPECT_ERROR(cfssl_profile_apply(&mem, BYTES_LITERAL("{}"), "", &r, &e), ERROR_FORMAT,
                 "it is no policy: there is no 'signing'");
}

/* As the usual guides have it: only the default says how long. */
static void
test_what_a_profile_leaves_out(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const struct bytes policy =
        BYTES_LITERAL("{\"signing\":{\"default\":{\"expiry\":\"87600h\"},\"profiles\":{"
                      "\"a\":{\"usages\":[\"signing\"]},"
                      "\"b\":{\"usages\":[\"signing\"],\"backdate\":\"1h\"},"
                      "\"c\":{\"usages\":[\"cert sign\"],\"ca_constraint\":{\"is_ca\":true,"
                      "\"max_path_len\":0,\"max_path_len_zero\":true}}}}}");
    struct cert_request r = {0};
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_OK(cfssl_profile_apply(&mem, policy, "a", &r, &e));
    assert_int_equal(r.valid_s, 87600 * 3600);
    assert_false(r.is_authority);
    EXPECT_OK(cfssl_profile_apply(&mem, policy, "c", &r, &e));
    assert_true(r.is_authority);
    assert_int_equal(r.path_length, 0);
    EXPECT_ERROR(cfssl_profile_apply(&mem, policy, "b", &r, &e), ERROR_USAGE,
                 "profile 'b': 'backdate' is not offered");
}

/* Nothing is left out of a certificate without a word. */
static void
test_what_is_not_offered(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct cert_request r;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(decode(&mem, "{\"CN\":\"a\",\"serialnumber\":\"7\"}", &r, &e), ERROR_USAGE,
                 "'serialnumber' is not offered");
    EXPECT_ERROR(decode(&mem, "{\"CN\":\"a\",\"names\":[{\"E\":\"x@y\"}]}", &r, &e), ERROR_USAGE,
                 "'names': 'E' is not offered");
    EXPECT_ERROR(decode(&mem, "{\"CN\":\"a\",\"names\":[{\"ST\":\"<state>\"}]}", &r, &e),
                 ERROR_USAGE, "'names': 'ST' of a name is '<state>', which was not filled in");
    EXPECT_ERROR(decode(&mem, "{\"CN\":\"${NAME}\"}", &r, &e), ERROR_USAGE,
                 "'CN' of a name is '${NAME}', which was not filled in");
    EXPECT_OK(decode(&mem, "{\"CN\":\"a\",\"key\":{\"algo\":\"ed25519\"}}", &r, &e));
    assert_int_equal(r.key, KEY_ED25519);
    EXPECT_OK(decode(&mem, "{\"CN\":\"a\",\"key\":{\"algo\":\"ecdsa\",\"size\":521}}", &r, &e));
    assert_int_equal(r.key, KEY_P521);
    EXPECT_OK(decode(&mem, "{\"CN\":\"a\",\"key\":{\"algo\":\"rsa\",\"size\":8192}}", &r, &e));
    assert_int_equal(r.key, KEY_RSA_8192);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request),
        cmocka_unit_test(test_names_of_hosts_are_no_placeholders),
        cmocka_unit_test(test_what_is_no_request),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_what_a_profile_leaves_out),
        cmocka_unit_test(test_what_is_not_offered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
