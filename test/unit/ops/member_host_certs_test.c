#include "ops/member_host_certs.h"

#include <string.h>

#include "base/evidence.h"
#include "base/io.h"
#include "expect.h"
#include "pki/authority.h"
#include "scratch.h"

struct site_files {
    struct arena mem;
    const char *dir;
    const struct host *host;
    struct authority *authority;
    struct inventory_member member;
};

static const char *
in_dir(struct site_files *f, const char *name)
{
    return path_join(&f->mem, f->dir, name);
}

static void
issue(struct site_files *f, const char *cert, const char *name, bool client)
{
    const char *key = arena_printf(&f->mem, "%s.key", cert);
    const char *const names[] = {name};
    const struct cert_request request = {.common_name = "db1",
                                         .names = names,
                                         .name_count = 1,
                                         .server = true,
                                         .client = client,
                                         .days = 10};
    struct error e = ERROR_INIT;

    EXPECT_OK(authority_issue(f->authority, &request, in_dir(f, cert), in_dir(f, key), &e));
}

static int
setup(void **state)
{
    static const char *client_urls[] = {"https://db1.example.com:2379", "https://0.0.0.0:2379"};
    static const char *peer_urls[] = {"https://10.0.0.1:2380"};
    struct site_files *f = calloc(1, sizeof(*f));
    struct host *host;
    struct error e = ERROR_INIT;

    f->dir = scratch_dir(&f->mem);
    EXPECT_OK(host_open(&f->mem, "local:", NULL, &host, &e));
    f->host = host;
    EXPECT_OK(authority_new("CA", 100, KEY_P256, &f->authority, &e));
    EXPECT_OK(authority_save(f->authority, in_dir(f, "ca"), NULL, &e));
    f->member = (struct inventory_member){
        .name = "db1",
        .client_urls = {client_urls, 2},
        .peer_urls = {peer_urls, 1},
        .tls = {in_dir(f, "ca"), in_dir(f, "server"), in_dir(f, "server.key")},
        .peer_tls = {in_dir(f, "ca"), in_dir(f, "peer"), in_dir(f, "peer.key")},
    };
    issue(f, "server", "db1.example.com", true);
    issue(f, "peer", "10.0.0.1", true);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct site_files *f = *state;

    authority_free(f->authority);
    arena_release(&f->mem);
    free(f);
    return 0;
}

static void
test_good_ones(void **state)
{
    struct site_files *f = *state;
    const struct inventory_member plain = {.name = "db1", .client_urls = f->member.client_urls};
    struct error e = ERROR_INIT;

    EXPECT_OK(member_host_certs_check(f->host, &f->member, &e));
    EXPECT_OK(member_host_certs_check(f->host, &plain, &e));
}

static void
expect_refusal(struct site_files *f, enum error_code code, const char *file, const char *word,
               const char *why)
{
    struct error e = ERROR_INIT;

    assert_false(member_host_certs_check(f->host, &f->member, &e));
    if (strstr(e.text, why) == NULL)
        fail_msg("'%s' is not in: %s", why, e.text);
    assert_int_equal(e.code, code);
    assert_string_equal(e.cause, word);
    assert_string_equal(evidence_value(&e, "file"), in_dir(f, file));
    assert_non_null(strstr(e.text, arena_printf(&f->mem, "local: '%s' (--", in_dir(f, file))));
    assert_true(e.hint[0] != '\0');
}

static void
test_certificates_that_do_not_do(void **state)
{
    struct site_files *f = *state;
    AUTO_AUTHORITY stranger = NULL;
    struct error e = ERROR_INIT;

    issue(f, "peer", "10.0.0.2", true);
    expect_refusal(f, ERROR_TLS, "peer", "certificate-name-missing",
                   "its names (IP:10.0.0.2) lack 10.0.0.1");
    issue(f, "peer", "10.0.0.1", false);
    expect_refusal(f, ERROR_TLS, "peer", "certificate-no-client-usage",
                   "does not allow clients (clientAuth)");
    issue(f, "server", "db2.example.com", true);
    expect_refusal(f, ERROR_TLS, "server", "certificate-name-missing", "lack db1.example.com");
    issue(f, "server", "db1.example.com", false);
    expect_refusal(f, ERROR_TLS, "server", "certificate-no-client-usage", "etcd's own gateway");
    EXPECT_OK(authority_new("CA", 100, KEY_P256, &stranger, &e));
    EXPECT_OK(authority_save(stranger, in_dir(f, "ca"), NULL, &e));
    expect_refusal(f, ERROR_TLS, "server", "certificate-wrong-ca",
                   "none of the trusted authorities");
}

static void
put(struct site_files *f, const char *name, const char *text)
{
    struct error e = ERROR_INIT;

    EXPECT_OK(file_replace(in_dir(f, name), bytes_of_text(text), 0600, &e));
}

static void
test_files_that_do_not_do(void **state)
{
    struct site_files *f = *state;
    const char *key = f->member.tls.key_file;

    f->member.tls.key_file = f->member.peer_tls.key_file;
    expect_refusal(f, ERROR_TLS, "server", "certificate-key-mismatch", "(--cert-file): ");
    f->member.tls.key_file = NULL;
    {
        struct error e = ERROR_INIT;

        assert_false(member_host_certs_check(f->host, &f->member, &e));
        assert_string_equal(e.cause, "file-not-named");
        assert_non_null(strstr(e.text, "--cert-file is set and --key-file is not"));
    }
    f->member.tls.key_file = in_dir(f, "none");
    expect_refusal(f, ERROR_NOT_FOUND, "none", "file-missing", "(--key-file): there is no such");
    f->member.tls.key_file = key;
    put(f, "server.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiJ5mXbdDMKvwICCAAw\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n");
    expect_refusal(f, ERROR_TLS, "server.key", "file-damaged", "");
    put(f, "server.key", "");
    expect_refusal(f, ERROR_TLS, "server.key", "file-damaged", "no PEM private key in it");
    put(f, "peer", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    issue(f, "server", "db1.example.com", true);
    expect_refusal(f, ERROR_TLS, "peer", "file-damaged", "(--peer-cert-file): certificate 1 in it");
    put(f, "ca", "no certificate");
    expect_refusal(f, ERROR_TLS, "ca", "file-damaged", "(--trusted-ca-file): no PEM certificate");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_good_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(test_certificates_that_do_not_do, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_that_do_not_do, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
