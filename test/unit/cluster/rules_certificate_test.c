#include "cluster/rules_certificate.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/evidence.h"
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

/* --- what no authority of ours would make --- */

/* An own key, and a certificate signed by 'issuer' with 'issuer_key', or by itself. */
struct handmade {
    const char *name;
    const char *constraints; /* "critical,CA:TRUE" */
    const char *usage;       /* extended; "": none */
    long from_s, until_s;    /* from now */
    const EVP_MD *digest;
    EVP_PKEY *key; /* taken over */
    X509 *x509;
};

static void
extend(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static struct certificate
handmade_make(struct arena *mem, struct handmade *h, const struct handmade *issuer)
{
    const struct handmade *by = issuer != NULL ? issuer : h;
    struct certificate c;

    h->x509 = X509_new();
    X509_set_version(h->x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(h->x509), 7);
    X509_gmtime_adj(X509_getm_notBefore(h->x509), h->from_s);
    X509_gmtime_adj(X509_getm_notAfter(h->x509), h->until_s);
    X509_set_pubkey(h->x509, h->key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(h->x509), "CN", MBSTRING_UTF8,
                               (const unsigned char *)h->name, -1, -1, 0);
    X509_set_issuer_name(h->x509, X509_get_subject_name(by->x509));
    extend(h->x509, NID_basic_constraints, h->constraints);
    if (h->usage[0] != '\0')
        extend(h->x509, NID_ext_key_usage, h->usage);
    extend(h->x509, NID_subject_alt_name, "DNS:localhost,IP:10.0.0.1");
    assert_true(X509_sign(h->x509, by->key, h->digest) > 0);
    certificate_describe(mem, h->x509, &c);
    return c;
}

static void
handmade_release(struct handmade *h)
{
    X509_free(h->x509);
    EVP_PKEY_free(h->key);
}

enum { DAY_S = 24 * 60 * 60 };

static struct handmade
authority_by_hand(void)
{
    return (struct handmade){.name = "hand CA",
                             .constraints = "critical,CA:TRUE",
                             .usage = "",
                             .from_s = -DAY_S,
                             .until_s = DAY_S,
                             .digest = EVP_sha256(),
                             .key = EVP_EC_gen("P-256")};
}

static struct handmade
leaf_by_hand(void)
{
    struct handmade leaf = authority_by_hand();

    leaf.name = "m1";
    leaf.constraints = "critical,CA:FALSE";
    return leaf;
}

/* The leaf of an authority, judged by it. */
static void
expect_hand_flaw(struct made *made, struct handmade authority, struct handmade leaf,
                 const char *word, const char *part)
{
    struct certificate root = handmade_make(&made->mem, &authority, NULL);
    const struct certificates authorities = {&root, 1, 1};
    struct certificate c = handmade_make(&made->mem, &leaf, &authority);
    struct certificate_wanted w = wanted_of(made);
    struct error e = ERROR_INIT;

    w.authorities = &authorities;
    if (word == NULL) {
        EXPECT_OK(rule_certificate_fits(&c, &w, &e));
    } else {
        assert_false(rule_certificate_fits(&c, &w, &e));
        assert_string_equal(e.cause, word);
        if (strstr(e.text, part) == NULL)
            fail_msg("'%s' is not in: %s", part, e.text);
        assert_true(e.hint[0] != '\0' && evidence_value(&e, "field")[0] != '\0');
    }
    handmade_release(&authority);
    handmade_release(&leaf);
}

static void
test_authorities(void **state)
{
    struct made *made = *state;
    struct handmade authority = authority_by_hand();

    expect_hand_flaw(made, authority, leaf_by_hand(), NULL, "");
    authority = authority_by_hand();
    authority.until_s = -60;
    expect_hand_flaw(made, authority, leaf_by_hand(), "authority-expired",
                     "its authority 'CN=hand CA' ended at 20");
    authority = authority_by_hand();
    authority.from_s = 3600;
    expect_hand_flaw(made, authority, leaf_by_hand(), "authority-not-yet-valid",
                     "its authority 'CN=hand CA' begins at 20");
    authority = authority_by_hand();
    authority.constraints = "critical,CA:FALSE";
    expect_hand_flaw(made, authority, leaf_by_hand(), "authority-is-none",
                     "the trusted 'CN=hand CA' signed it and is no authority");
    authority = authority_by_hand();
    authority.usage = "serverAuth";
    expect_hand_flaw(made, authority, leaf_by_hand(), "authority-no-usage",
                     "'CN=hand CA' does not allow clients (clientAuth)");
}

/* Of two with one key and name the valid one counts: an authority was renewed. */
static void
test_renewed_authority(void **state)
{
    struct made *made = *state;
    struct handmade old = authority_by_hand();
    struct handmade renewed = authority_by_hand();
    struct handmade leaf = leaf_by_hand();
    struct certificate both[2];
    const struct certificates authorities = {both, 2, 2};
    struct certificate_wanted w = wanted_of(made);
    struct certificate c;
    struct error e = ERROR_INIT;

    old.until_s = -60;
    EVP_PKEY_free(renewed.key);
    renewed.key = old.key;
    EVP_PKEY_up_ref(old.key);
    both[0] = handmade_make(&made->mem, &old, NULL);
    both[1] = handmade_make(&made->mem, &renewed, NULL);
    c = handmade_make(&made->mem, &leaf, &old);
    w.authorities = &authorities;
    EXPECT_OK(rule_certificate_fits(&c, &w, &e));
    handmade_release(&old);
    handmade_release(&renewed);
    handmade_release(&leaf);
}

static void
test_strength(void **state)
{
    struct made *made = *state;
    struct handmade leaf = leaf_by_hand();

    EVP_PKEY_free(leaf.key);
    leaf.key = EVP_RSA_gen(1024);
    expect_hand_flaw(made, authority_by_hand(), leaf, "certificate-weak-key",
                     "its key is RSA 1024");
    leaf = leaf_by_hand();
    EVP_PKEY_free(leaf.key);
    leaf.key = EVP_EC_gen("secp256k1");
    expect_hand_flaw(made, authority_by_hand(), leaf, "certificate-weak-key",
                     "its key is EC secp256k1");
    leaf = leaf_by_hand();
    leaf.digest = EVP_sha1();
    expect_hand_flaw(made, authority_by_hand(), leaf, "certificate-weak-signature",
                     "signed by ecdsa-with-SHA1");
}

/* A certificate that signed itself and is trusted by itself, as in the simplest setups. */
static void
test_trusted_itself(void **state)
{
    struct made *made = *state;
    struct handmade leaf = leaf_by_hand();
    struct certificate c = handmade_make(&made->mem, &leaf, NULL);
    const struct certificates authorities = {&c, 1, 1};
    struct certificate_wanted w = wanted_of(made);
    struct error e = ERROR_INIT;

    w.authorities = &authorities;
    EXPECT_OK(rule_certificate_fits(&c, &w, &e));
    handmade_release(&leaf);
}

static void
test_whom_peers_take(void **state)
{
    struct made *made = *state;
    const char *const others[] = {"etcd-peer", "m2"};
    const char *const own[] = {"m2", "m1"};
    const char *const host[] = {"db1"};
    struct certificate_wanted w = wanted_of(made);
    struct error e = ERROR_INIT;

    w.common_names = own;
    w.common_name_count = 2;
    EXPECT_OK(rule_certificate_fits(&made->server, &w, &e));
    w.common_names = others;
    expect_flaw(&made->server, &w, "certificate-name-not-allowed",
                "the certificate of 'CN=m1' does not do: its common name is 'm1', and peers take "
                "'etcd-peer' only");
    w.common_name_count = 0;
    w.allowed_hosts = host;
    w.allowed_host_count = 1;
    expect_flaw(&made->server, &w, "certificate-name-not-allowed",
                "the certificate of 'CN=m1' does not do: its names (DNS:localhost, IP:10.0.0.1) "
                "lack 'db1', without which peers refuse it");
}

static void
test_where_peers_see_it_from(void **state)
{
    struct made *made = *state;
    struct certificate_wanted w = wanted_of(made);
    struct error e = ERROR_INIT;

    w.sources = "10.0.0.1 ";
    EXPECT_OK(rule_certificate_fits(&made->server, &w, &e));
    w.sources = "10.0.0.1 10.0.0.99 ";
    expect_flaw(&made->server, &w, "certificate-other-address",
                "the certificate of 'CN=m1' does not do: peers see it come from 10.0.0.99, and "
                "refuse it: none of its names (DNS:localhost, IP:10.0.0.1) is that address");
    w.name_addresses = "127.0.0.1 10.0.0.99";
    EXPECT_OK(rule_certificate_fits(&made->server, &w, &e));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_mistake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_authorities, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renewed_authority, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strength, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trusted_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_whom_peers_take, setup, teardown),
        cmocka_unit_test_setup_teardown(test_where_peers_see_it_from, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
