#include "pki/certificate.h"

#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/spawn.h"
#include "expect.h"
#include "pki/authority.h"
#include "scratch.h"

/* openssl's own command makes what is read here, and says what it is. */
static const char *
openssl(struct arena *mem, const char *dir, const char *command)
{
    const char *script = arena_printf(mem, "cd %s && openssl %s 2>&1", dir, command);
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct spawn_request request = {.argv = argv, .timeout_ms = 60000, .output_max = 65536};
    struct spawn_result result;
    struct error e = ERROR_INIT;

    EXPECT_OK(spawn_run(mem, &request, &result, &e));
    if (result.exit_code != 0)
        fail_msg("%s: %s", command, (const char *)result.out.data);
    return (const char *)result.out.data;
}

#define MAKE_EC                                                                                    \
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout m1.key -out m1.crt "     \
    "-days 90 -subj '/O=prod/CN=m1' -addext 'subjectAltName=DNS:db1.example.com,DNS:*.lab.test,"   \
    "IP:10.0.0.1,IP:::1,email:a@b' -addext extendedKeyUsage=serverAuth "                           \
    "-addext basicConstraints=critical,CA:FALSE"

static struct certificate
load_one(struct arena *mem, const char *dir, const char *name)
{
    struct certificates found;
    struct error e = ERROR_INIT;

    EXPECT_OK(certificates_load(mem, path_join(mem, dir, name), &found, &e));
    return found.items[0];
}

static void
test_describes_what_openssl_made(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const char *dir = scratch_dir(&mem);
    struct certificate c;
    const char *said;

    (void)state;
    openssl(&mem, dir, MAKE_EC);
    c = load_one(&mem, dir, "m1.crt");
    assert_string_equal(c.subject, "CN=m1,O=prod");
    assert_string_equal(c.issuer, "CN=m1,O=prod");
    assert_string_equal(c.common_name, "m1");
    assert_string_equal(c.key, "EC P-384");
    assert_string_equal(certificate_names_text(&mem, &c),
                        "DNS:db1.example.com, DNS:*.lab.test, IP:10.0.0.1, IP:::1");
    assert_true(c.server);
    assert_false(c.client);
    assert_false(c.is_authority);
    assert_int_equal(certificate_days_left(&c, c.not_before_s), 90);
    assert_int_equal(certificate_days_left(&c, c.not_before_s + 1), 89);
    assert_int_equal(certificate_days_left(&c, c.not_after_s), 0);
    assert_int_equal(certificate_days_left(&c, c.not_after_s + 1), -1);
    said = openssl(&mem, dir,
                   "x509 -in m1.crt -noout -fingerprint -sha256 | tr -d : | cut -d= -f2 "
                   "| tr 'A-F\\n' 'a-f '");
    assert_memory_equal(said, c.fingerprint, 64);
    said = openssl(&mem, dir, "x509 -in m1.crt -noout -serial | cut -d= -f2 | tr A-F a-f");
    assert_memory_equal(said, c.serial, strlen(c.serial));
}

static void
test_names_are_found_as_go_finds_them(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const char *dir = scratch_dir(&mem);
    struct certificate c;

    (void)state;
    openssl(&mem, dir, MAKE_EC);
    c = load_one(&mem, dir, "m1.crt");
    assert_true(certificate_covers(&c, "db1.example.com"));
    assert_true(certificate_covers(&c, "DB1.example.com"));
    assert_true(certificate_covers(&c, "x.lab.test"));
    assert_true(certificate_covers(&c, "10.0.0.1"));
    assert_true(certificate_covers(&c, "0:0:0:0:0:0:0:1"));
    assert_false(certificate_covers(&c, "x.y.lab.test"));
    assert_false(certificate_covers(&c, "lab.test"));
    assert_false(certificate_covers(&c, "10.0.0.2"));
    /* Its common name, which no Go of today looks at. */
    assert_false(certificate_covers(&c, "m1"));
}

static void
test_a_common_name_alone_is_no_name(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const char *dir = scratch_dir(&mem);
    struct certificate c;

    (void)state;
    openssl(&mem, dir, "req -x509 -newkey rsa:2048 -nodes -keyout m1.key -out m1.crt -subj /CN=m1");
    c = load_one(&mem, dir, "m1.crt");
    assert_string_equal(c.key, "RSA 2048");
    assert_false(certificate_covers(&c, "m1"));
    /* Without extended key usage any is fine. */
    assert_true(c.server && c.client && c.is_authority && c.is_self_signed);
}

static void
test_keys_and_issuers(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    AUTO_AUTHORITY authority = NULL;
    const char *dir = scratch_dir(&mem);
    const struct cert_request request = {.common_name = "m1", .server = true, .days = 3};
    struct error e = ERROR_INIT;
    struct certificate ca;
    struct certificate other;
    struct certificate m1;
    bool has;

    (void)state;
    EXPECT_OK(authority_new("test CA", 10, KEY_P256, &authority, &e));
    EXPECT_OK(authority_save(authority, path_join(&mem, dir, "ca.crt"),
                             path_join(&mem, dir, "ca.key"), &e));
    EXPECT_OK(authority_issue(authority, &request, path_join(&mem, dir, "a.crt"),
                              path_join(&mem, dir, "a.key"), &e));
    openssl(&mem, dir,
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key "
            "-out o.crt -subj '/CN=test CA'");
    ca = load_one(&mem, dir, "ca.crt");
    other = load_one(&mem, dir, "o.crt");
    m1 = load_one(&mem, dir, "a.crt");
    assert_true(certificate_signed_by(&m1, &ca));
    assert_true(certificate_signed_by(&ca, &ca));
    assert_false(certificate_signed_by(&m1, &other));
    assert_false(certificate_signed_by(&ca, &m1));
    EXPECT_OK(certificate_has_key(&m1, path_join(&mem, dir, "a.key"), &has, &e));
    assert_true(has);
    EXPECT_OK(certificate_has_key(&m1, path_join(&mem, dir, "ca.key"), &has, &e));
    assert_false(has);
    EXPECT_ERROR(certificate_has_key(&m1, "/nowhere/a.key", &has, &e), ERROR_NOT_FOUND,
                 "key file: '/nowhere/a.key': No such file or directory");
}

static void
test_files_with_several_and_with_none(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    const char *dir = scratch_dir(&mem);
    struct error e = ERROR_INIT;
    struct certificates found;

    (void)state;
    openssl(&mem, dir, MAKE_EC);
    openssl(&mem, dir,
            "version; cat m1.key m1.crt m1.crt > two.pem; head -c 300 m1.crt > cut.pem; "
            "sed 's/^M/!/' m1.crt > bad.pem");
    EXPECT_OK(certificates_load(&mem, path_join(&mem, dir, "two.pem"), &found, &e));
    assert_int_equal(found.count, 2);
    EXPECT_ERROR(certificates_load(&mem, path_join(&mem, dir, "m1.key"), &found, &e), ERROR_TLS,
                 arena_printf(&mem, "certificate file '%s/m1.key': no PEM certificate in it", dir));
    assert_false(certificates_load(&mem, path_join(&mem, dir, "cut.pem"), &found, &e));
    assert_non_null(strstr(e.text, "certificate 1 in it is damaged"));
    assert_false(certificates_load(&mem, path_join(&mem, dir, "bad.pem"), &found, &e));
    assert_non_null(strstr(e.text, "certificate 1 in it is damaged"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describes_what_openssl_made),
        cmocka_unit_test(test_names_are_found_as_go_finds_them),
        cmocka_unit_test(test_a_common_name_alone_is_no_name),
        cmocka_unit_test(test_keys_and_issuers),
        cmocka_unit_test(test_files_with_several_and_with_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
