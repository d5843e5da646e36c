#include "cluster/rules_certificate.h"

#include <string.h>

#include "base/time.h"
#include "expect.h"
#include "pki/authority.h"
#include "scratch.h"

struct made {
    struct arena mem;
    struct certificates authorities;
    struct certificates strangers;
    struct certificate server; /* both usages */
    struct certificate client;
    struct certificate server_only;
};

static const char *const names[] = {"localhost", "10.0.0.1"};

static struct certificates
load(struct arena *mem, const char *path)
{
    struct certificates found;
    struct error e = ERROR_INIT;

    EXPECT_OK(certificates_load(mem, path, &found, &e));
    return found;
}

static struct certificate
issue(struct arena *mem, const struct authority *authority, const char *dir, bool server,
      bool client)
{
    const struct cert_request request = {.common_name = "m1",
                                         .names = names,
                                         .name_count = server ? 2 : 0,
                                         .server = server,
                                         .client = client,
                                         .days = 10};
    const char *cert = path_join(mem, dir, "c.crt");
    struct error e = ERROR_INIT;

    EXPECT_OK(authority_issue(authority, &request, cert, path_join(mem, dir, "c.key"), &e));
    return load(mem, cert).items[0];
}

static int
setup(void **state)
{
    struct made *made = calloc(1, sizeof(*made));
    struct arena *mem = &made->mem;
    const char *dir = scratch_dir(mem);
    const char *ca = path_join(mem, dir, "ca.crt");
    struct error e = ERROR_INIT;
    AUTO_AUTHORITY authority = NULL;
    AUTO_AUTHORITY stranger = NULL;

    EXPECT_OK(authority_new("test CA", 100, KEY_P256, &authority, &e));
    EXPECT_OK(authority_new("test CA", 100, KEY_P256, &stranger, &e));
    EXPECT_OK(authority_save(stranger, ca, NULL, &e));
    made->strangers = load(mem, ca);
    EXPECT_OK(authority_save(authority, ca, NULL, &e));
    made->authorities = load(mem, ca);
    made->server = issue(mem, authority, dir, true, true);
    made->client = issue(mem, authority, dir, false, true);
    made->server_only = issue(mem, authority, dir, true, false);
    *state = made;
    return 0;
}

static int
teardown(void **state)
{
    struct made *made = *state;

    arena_release(&made->mem);
    free(made);
    return 0;
}

static struct certificate_wanted
wanted_of(const struct made *made)
{
    return (struct certificate_wanted){.hosts = names,
                                       .host_count = 2,
                                       .server = true,
                                       .client = true,
                                       .authorities = &made->authorities,
                                       .now_s = time_wall_ms() / 1000};
}

static void
test_a_good_one(void **state)
{
    const struct made *made = *state;
    const struct certificate_wanted wanted = wanted_of(made);
    struct error e = ERROR_INIT;

    EXPECT_OK(rule_certificate_fits(&made->server, &wanted, &e));
}

static void
expect_flaw(const struct certificate *c, const struct certificate_wanted *wanted, const char *word,
            const char *text)
{
    struct error e = ERROR_INIT;

    EXPECT_ERROR(rule_certificate_fits(c, wanted, &e), ERROR_TLS, text);
    assert_string_equal(e.cause, word);
    assert_true(e.hint[0] != '\0');
}

static void
test_each_mistake(void **state)
{
    struct made *made = *state;
    struct arena *mem = &made->mem;
    const struct certificate *c = &made->server;
    struct certificate_wanted w = wanted_of(made);
    const char *const elsewhere[] = {"10.0.0.1", "10.0.0.2", "db2"};
    bool has_key = false;

    w.now_s = c->not_after_s + 1;
    expect_flaw(c, &w, "certificate-expired",
                arena_printf(mem, "the certificate of 'CN=m1' does not do: it ended at %s",
                             time_rfc3339(mem, c->not_after_s * 1000)));
    w.now_s = c->not_before_s - 1;
    expect_flaw(c, &w, "certificate-not-yet-valid",
                arena_printf(mem,
                             "the certificate of 'CN=m1' does not do: it begins at %s, and it is "
                             "%s now",
                             time_rfc3339(mem, c->not_before_s * 1000),
                             time_rfc3339(mem, w.now_s * 1000)));
    w = wanted_of(made);
    w.authorities = &made->strangers;
    expect_flaw(c, &w, "certificate-wrong-ca",
                "the certificate of 'CN=m1' does not do: 'CN=test CA' issued it, and none of the "
                "trusted authorities is that one");
    w = wanted_of(made);
    w.has_key = &has_key;
    expect_flaw(c, &w, "certificate-key-mismatch",
                "the certificate of 'CN=m1' does not do: the key beside it is another's");
    w = wanted_of(made);
    w.hosts = elsewhere;
    w.host_count = 3;
    expect_flaw(c, &w, "certificate-name-missing",
                "the certificate of 'CN=m1' does not do: its names (DNS:localhost, IP:10.0.0.1) "
                "lack 10.0.0.2, db2");
    w = wanted_of(made);
    expect_flaw(&made->server_only, &w, "certificate-no-client-usage",
                "the certificate of 'CN=m1' does not do: its extended key usage does not allow "
                "clients (clientAuth), which peers and etcd's own gateway are");
    expect_flaw(&made->client, &w, "certificate-no-server-usage",
                "the certificate of 'CN=m1' does not do: its extended key usage does not allow "
                "servers (serverAuth)");
}

static void
test_all_at_once(void **state)
{
    struct made *made = *state;
    struct certificate_wanted w = wanted_of(made);
    struct certificate_flaws flaws;

    w.now_s = made->client.not_after_s + 1;
    w.authorities = &made->strangers;
    certificate_judge(&made->mem, &made->client, &w, &flaws);
    assert_int_equal(flaws.count, 4);
    assert_string_equal(flaws.items[3].text,
                        "it has no subject alternative names, and needs localhost, 10.0.0.1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_mistake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_at_once, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
