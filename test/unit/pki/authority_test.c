#include "pki/authority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

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

    assert_true(authority_new("test CA", authority_days, &authority, &f->e));
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

    assert_true(authority_new("test CA", 10, &authority, &f->e));
    assert_false(
        authority_issue(authority, &request, in_dir(f, "m1.crt"), in_dir(f, "m1.key"), &f->e));
    assert_int_equal(f->e.code, ERROR_USAGE);
    assert_string_equal(f->e.text, "'a,DNS:b' is neither a DNS name nor an IP address");
    assert_false(authority_save(authority, in_dir(f, "none/ca.crt"), NULL, &f->e));
    assert_int_equal(f->e.code, ERROR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_openssl_accepts_what_is_issued),
        TEST(test_client_is_no_server),
        TEST(test_certificate_ends_with_its_authority),
        TEST(test_names_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
