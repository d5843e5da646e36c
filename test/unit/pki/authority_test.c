#include "pki/authority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <openssl/pem.h>

#include "base/io.h"
#include "base/spawn.h"

struct fixture {
    struct arena mem;
    const char *dir;
    struct error e;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->dir = mkdtemp(arena_text(&f->mem, "/tmp/quorate-authority-XXXXXX"));
    *state = f;
    return f->dir == NULL;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    bool removed = tree_remove(f->dir, &f->e);

    arena_release(&f->mem);
    free(f);
    return removed ? 0 : 1;
}

static const char *
in_dir(struct fixture *f, const char *name)
{
    return path_join(&f->mem, f->dir, name);
}

/* What openssl's own command says. */
static struct spawn_result
openssl(struct fixture *f, const char *const *argv)
{
    struct spawn_request request = {.argv = argv, .timeout_ms = 20000, .output_max = 65536};
    struct spawn_result result;

    if (!spawn_run(&f->mem, &request, &result, &f->e))
        fail_msg("%s", f->e.text);
    return result;
}

static bool
verifies(struct fixture *f, const char *purpose, const char *cert)
{
    const char *const argv[] = {"openssl",           "verify",        "-x509_strict",
                                "-purpose",          purpose,         "-CAfile",
                                in_dir(f, "ca.crt"), in_dir(f, cert), NULL};

    return openssl(f, argv).exit_code == 0;
}

static void
make(struct fixture *f, unsigned authority_days, const struct cert_request *request)
{
    AUTO_AUTHORITY authority = NULL;

    assert_true(authority_new("test CA", authority_days, KEY_P256, &authority, &f->e));
    assert_true(authority_save(authority, in_dir(f, "ca.crt"), in_dir(f, "ca.key"), &f->e));
    assert_true(
        authority_issue(authority, request, in_dir(f, "m1.crt"), in_dir(f, "m1.key"), &f->e));
}

static void
test_openssl_accepts_what_is_issued(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = {"localhost", "127.0.0.1", "::1"};
    const struct cert_request request = {.common_name = "m1",
                                         .names = names,
                                         .name_count = 3,
                                         .server = true,
                                         .client = true,
                                         .days = 30};
    const char *const text[] = {"openssl", "x509",  "-in", in_dir(f, "m1.crt"),
                                "-noout",  "-text", NULL};
    const char *said;
    struct stat st;

    make(f, 100, &request);
    assert_true(verifies(f, "sslserver", "m1.crt"));
    assert_true(verifies(f, "sslclient", "m1.crt"));
    said = (const char *)openssl(f, text).out.data;
    assert_non_null(
        strstr(said, "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"));
    assert_non_null(strstr(said, "ASN1 OID: prime256v1"));
    assert_non_null(strstr(said, "Subject: CN = m1"));
    assert_int_equal(stat(in_dir(f, "m1.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(in_dir(f, "ca.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_client_is_no_server(void **state)
{
    struct fixture *f = *state;
    const struct cert_request request = {.common_name = "client", .client = true, .days = 30};

    make(f, 100, &request);
    assert_true(verifies(f, "sslclient", "m1.crt"));
    assert_false(verifies(f, "sslserver", "m1.crt"));
}

static void
test_certificate_ends_with_its_authority(void **state)
{
    struct fixture *f = *state;
    const struct cert_request request = {.common_name = "m1", .server = true, .days = 30};
    const char *const ca[] = {"openssl", "x509",     "-in", in_dir(f, "ca.crt"),
                              "-noout",  "-enddate", NULL};
    const char *const m1[] = {"openssl", "x509",     "-in", in_dir(f, "m1.crt"),
                              "-noout",  "-enddate", NULL};

    make(f, 10, &request);
    assert_string_equal((const char *)openssl(f, ca).out.data,
                        (const char *)openssl(f, m1).out.data);
}

static void
test_names_that_are_none(void **state)
{
    struct fixture *f = *state;
    AUTO_AUTHORITY authority = NULL;
    const char *const names[] = {"a,DNS:b"};
    const struct cert_request request = {
        .common_name = "m1", .names = names, .name_count = 1, .server = true, .days = 30};

    assert_true(authority_new("test CA", 10, KEY_P256, &authority, &f->e));
    assert_false(
        authority_issue(authority, &request, in_dir(f, "m1.crt"), in_dir(f, "m1.key"), &f->e));
    assert_int_equal(f->e.code, ERROR_USAGE);
    assert_string_equal(f->e.text, "'a,DNS:b' is neither a DNS name nor an IP address");
    assert_false(authority_save(authority, in_dir(f, "none/ca.crt"), NULL, &f->e));
    assert_int_equal(f->e.code, ERROR_NOT_FOUND);
}

static void
save(struct fixture *f, const char *name, unsigned days)
{
    AUTO_AUTHORITY authority = NULL;

    assert_true(authority_new(name, days, KEY_P256, &authority, &f->e));
    assert_true(authority_save(authority, in_dir(f, arena_printf(&f->mem, "%s.crt", name)),
                               in_dir(f, arena_printf(&f->mem, "%s.key", name)), &f->e));
}

static void
test_goes_on_with_one_that_was_saved(void **state)
{
    struct fixture *f = *state;
    AUTO_AUTHORITY authority = NULL;
    const struct cert_request request = {.common_name = "m1", .client = true, .days = 30};

    save(f, "ca", 100);
    assert_true(authority_load(in_dir(f, "ca.crt"), in_dir(f, "ca.key"), &authority, &f->e));
    assert_true(
        authority_issue(authority, &request, in_dir(f, "m1.crt"), in_dir(f, "m1.key"), &f->e));
    assert_true(verifies(f, "sslclient", "m1.crt"));
}

static void
expect_no_authority(struct fixture *f, const char *cert, const char *key, enum error_code code,
                    const char *text)
{
    AUTO_AUTHORITY authority = NULL;

    error_clear(&f->e);
    assert_false(authority_load(in_dir(f, cert), in_dir(f, key), &authority, &f->e));
    assert_non_null(strstr(f->e.text, text));
    assert_int_equal(f->e.code, code);
    assert_null(authority);
}

/* The certificate again, with other dates, signed with its own key. */
static void
redate(struct fixture *f, const char *name, long from_s, long until_s)
{
    FILE *key_file = fopen(in_dir(f, arena_printf(&f->mem, "%s.key", name)), "r");
    FILE *cert_file = fopen(in_dir(f, arena_printf(&f->mem, "%s.crt", name)), "r+");
    EVP_PKEY *key = PEM_read_PrivateKey(key_file, NULL, NULL, NULL);
    X509 *cert = PEM_read_X509(cert_file, NULL, NULL, NULL);

    assert_true(key != NULL && cert != NULL);
    X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
    X509_gmtime_adj(X509_getm_notAfter(cert), until_s);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    rewind(cert_file);
    assert_int_equal(PEM_write_X509(cert_file, cert), 1);
    assert_true(fclose(cert_file) == 0 && fclose(key_file) == 0);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void
test_what_is_no_authority(void **state)
{
    struct fixture *f = *state;
    const struct cert_request request = {.common_name = "m1", .client = true, .days = 30};

    make(f, 100, &request);
    save(f, "other", 100);
    save(f, "old", 100);
    save(f, "young", 100);
    redate(f, "old", -1000, -10);
    redate(f, "young", 1000, 2000);
    expect_no_authority(f, "m1.crt", "m1.key", ERROR_TLS,
                        "is the certificate of 'CN=m1', which is "
                        "no authority");
    expect_no_authority(f, "ca.crt", "other.key", ERROR_TLS, "does not belong to certificate");
    expect_no_authority(f, "old.crt", "old.key", ERROR_TLS, "ended at 20");
    expect_no_authority(f, "young.crt", "young.key", ERROR_TLS, "begins at 20");
    expect_no_authority(f, "none.crt", "ca.key", ERROR_NOT_FOUND, "none.crt");
    expect_no_authority(f, "ca.crt", "none.key", ERROR_NOT_FOUND, "none.key");
    assert_int_equal(chmod(in_dir(f, "ca.key"), 0640), 0);
    expect_no_authority(f, "ca.crt", "ca.key", ERROR_PERMISSION, "mode 0640");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_openssl_accepts_what_is_issued),      TEST(test_client_is_no_server),
        TEST(test_certificate_ends_with_its_authority), TEST(test_names_that_are_none),
        TEST(test_goes_on_with_one_that_was_saved),     TEST(test_what_is_no_authority),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
