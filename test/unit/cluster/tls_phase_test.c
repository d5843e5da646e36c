#include "cluster/tls_phase.h"

#include <string.h>

#include "expect.h"

static struct error e;

static struct inventory_urls
list(struct arena *mem, const char *text)
{
    struct inventory_urls urls = {arena_zero(mem, 8 * sizeof(char *)), 0};
    char *rest = arena_text(mem, text);

    while (rest != NULL && *text != '\0')
        urls.items[urls.count++] = strsep(&rest, ",");
    return urls;
}

/* listen_peers, peers, listen_clients, clients. */
static struct tls_urls
urls(struct arena *mem, const char *listen_peers, const char *peers, const char *listen_clients,
     const char *clients)
{
    return (struct tls_urls){list(mem, listen_peers), list(mem, peers), list(mem, listen_clients),
                             list(mem, clients)};
}

static void
expect_urls(struct arena *mem, const struct inventory_urls *found, const char *wanted)
{
    assert_string_equal(tls_urls_text(mem, found), wanted);
}

static void
expect_phase(struct arena *mem, const struct tls_addresses *a, enum tls_scheme to,
             enum tls_phase phase, const char *listen_peers, const char *peers_after,
             const char *listen_clients)
{
    struct inventory_urls after = tls_phase_peers_after(mem, a, to, phase);
    struct tls_urls at;

    tls_phase_urls(mem, a, to, phase, &at);
    expect_urls(mem, &at.listen_peers, listen_peers);
    expect_urls(mem, &after, peers_after);
    expect_urls(mem, &at.listen_clients, listen_clients);
    at.peers = after;
    assert_int_equal(tls_phase_of(&at, to, TLS_CLIENTS_OVERLAP), phase);
}

static void
test_the_way_has_four_phases(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct tls_urls plain =
        urls(&mem, "http://10.0.0.1:2380", "http://10.0.0.1:2380",
             "http://10.0.0.1:2379,http://127.0.0.1:2379", "http://10.0.0.1:2379");
    struct tls_addresses a;

    (void)state;
    EXPECT_OK(tls_addresses_find(&mem, &plain, TLS_SECURE, &a, &e));
    assert_string_equal(a.peer_port, "2380");
    assert_null(a.spare_port);
    assert_false(tls_peers_arrived(&plain, TLS_SECURE));
    a.spare_port = "2382";
    expect_phase(&mem, &a, TLS_SECURE, TLS_PHASE_OLD, "http://10.0.0.1:2380",
                 "http://10.0.0.1:2380", "http://10.0.0.1:2379,http://127.0.0.1:2379");
    expect_phase(&mem, &a, TLS_SECURE, TLS_PHASE_BOTH, "http://10.0.0.1:2380,https://10.0.0.1:2382",
                 "https://10.0.0.1:2382",
                 "http://10.0.0.1:2379,http://127.0.0.1:2379,https://10.0.0.1:2379,"
                 "https://127.0.0.1:2379");
    expect_phase(&mem, &a, TLS_SECURE, TLS_PHASE_NEW, "https://10.0.0.1:2382,https://10.0.0.1:2380",
                 "https://10.0.0.1:2380", "https://10.0.0.1:2379,https://127.0.0.1:2379");
    expect_phase(&mem, &a, TLS_SECURE, TLS_PHASE_END, "https://10.0.0.1:2380",
                 "https://10.0.0.1:2380", "https://10.0.0.1:2379,https://127.0.0.1:2379");
}

/* All that a phase may look like is found again, with the same ports. */
static void
test_half_a_way_is_gone_on_with(void **state)
{
    static const struct {
        const char *listen_peers, *peers, *clients;
        const char *port, *spare;
        enum tls_phase phase;
    } cases[] = {
        {"http://[::1]:2380,https://[::1]:2381", "http://[::1]:2380", "http://[::1]:2379", "2380",
         "2381", TLS_PHASE_OLD},
        {"http://[::1]:2380,https://[::1]:2381", "https://[::1]:2381",
         "http://[::1]:2379,https://[::1]:2379", "2380", "2381", TLS_PHASE_BOTH},
        {"https://[::1]:2381,https://[::1]:2380", "https://[::1]:2381", "https://[::1]:2379",
         "2380", "2381", TLS_PHASE_NEW},
        {"https://[::1]:2381,https://[::1]:2380", "https://[::1]:2380",
         "http://[::1]:2379,https://[::1]:2379", "2380", "2381", TLS_PHASE_BOTH},
        {"https://[::1]:2380", "https://[::1]:2380", "https://[::1]:2379", "2380", NULL,
         TLS_PHASE_END},
        {"https://[::1]:2380", "https://[::1]:2380", "http://[::1]:2379", "2380", NULL,
         TLS_PHASE_OLD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct tls_urls now =
            urls(&mem, cases[i].listen_peers, cases[i].peers, cases[i].clients, cases[i].clients);
        struct tls_addresses a;

        EXPECT_OK(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e));
        assert_string_equal(a.peer_port, cases[i].port);
        if (cases[i].spare == NULL)
            assert_null(a.spare_port);
        else
            assert_string_equal(a.spare_port, cases[i].spare);
        assert_int_equal(tls_phase_of(&now, TLS_SECURE, TLS_CLIENTS_OVERLAP), cases[i].phase);
        assert_int_equal(a.listen_peers.count, 1);
        assert_string_equal(a.listen_peers.items[0], "[::1]");
        assert_int_equal(a.clients.count, 1);
    }
}

static void
test_without_a_spare_port_peers_have_arrived(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct tls_urls now = urls(&mem, "https://h:1", "https://h:1", "http://h:2,https://h:2",
                               "http://h:2,https://h:2");
    struct tls_addresses a;
    struct tls_urls at;

    (void)state;
    EXPECT_OK(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e));
    assert_true(tls_peers_arrived(&now, TLS_SECURE));
    for (enum tls_phase phase = TLS_PHASE_BOTH; phase <= TLS_PHASE_END; phase++) {
        struct inventory_urls after = tls_phase_peers_after(&mem, &a, TLS_SECURE, phase);

        tls_phase_urls(&mem, &a, TLS_SECURE, phase, &at);
        expect_urls(&mem, &at.listen_peers, "https://h:1");
        expect_urls(&mem, &after, "https://h:1");
    }
    assert_int_equal(tls_phase_of(&now, TLS_SECURE, TLS_CLIENTS_OVERLAP), TLS_PHASE_BOTH);
    assert_int_equal(tls_phase_of(&now, TLS_SECURE, TLS_CLIENTS_KEEP), TLS_PHASE_END);
}

static void
test_what_the_way_does_not_begin_at_is_refused(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct tls_urls now =
        urls(&mem, "http://h:1,http://h:3", "http://h:1", "http://h:2", "http://h:2");
    struct tls_addresses a;

    (void)state;
    EXPECT_ERROR(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e), ERROR_REFUSED,
                 "it listens for peers at several ports (http://h:1,http://h:3)");
    error_clear(&e);
    now.listen_peers = list(&mem, "http://h:1");
    now.peers = list(&mem, "https://h:4");
    EXPECT_ERROR(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e), ERROR_REFUSED,
                 "the member list has it at 'https://h:4', and it does not listen there");
    error_clear(&e);
    now.peers = list(&mem, "http://h:1");
    now.listen_clients = list(&mem, "unix:///run/etcd:0");
    EXPECT_ERROR(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e), ERROR_REFUSED,
                 "it has 'unix:///run/etcd:0' among its client listeners: neither http nor https");
    error_clear(&e);
}

/* Half a way by hand: of list and listener one was changed. The list is put right first. */
static void
test_a_member_that_is_listed_in_the_wrong_scheme_is_listed_anew(void **state)
{
    static const struct {
        const char *listen_peers, *peers, *relist, *wanted;
    } cases[] = {
        {"http://h:1", "https://h:1", "http", "http://h:1"},
        {"https://h:1", "http://h:1", "https", "https://h:1"},
        {"http://h:1,https://h:3", "https://h:1", "http", "http://h:1"},
        {"https://h:3,https://h:1", "http://h:1", "https", "https://h:1"},
        {"https://h:1", "https://h:1", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct tls_urls now =
            urls(&mem, cases[i].listen_peers, cases[i].peers, "http://h:2", "http://h:2");
        struct tls_addresses a;
        struct inventory_urls wanted;

        EXPECT_OK(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e));
        assert_int_equal(a.relist != NULL, cases[i].relist != NULL);
        if (a.relist == NULL)
            continue;
        assert_string_equal(a.relist, cases[i].relist);
        wanted = tls_peers_relisted(&mem, &a);
        expect_urls(&mem, &wanted, cases[i].wanted);
    }
}

/* Cut off by its listener's scheme: it begins where the others are. */
static void
test_a_member_that_is_cut_off_returns_to_the_old_scheme(void **state)
{
    static const struct {
        const char *peers, *relist;
    } cases[] = {{"https://h:1", "http"}, {"http://h:1", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_ARENA mem = ARENA_INIT;
        struct tls_urls now =
            urls(&mem, "https://h:1", cases[i].peers, "https://h:2", "https://h:2");
        struct tls_addresses a;

        EXPECT_OK(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e));
        assert_false(a.returns);
        EXPECT_OK(tls_addresses_find_returning(&mem, &now, TLS_SECURE, &a, &e));
        assert_true(a.returns);
        assert_string_equal(a.peer_port, "1");
        assert_null(a.spare_port);
        assert_int_equal(a.relist != NULL, cases[i].relist != NULL);
        tls_phase_urls(&mem, &a, TLS_SECURE, TLS_PHASE_OLD, &now);
        expect_urls(&mem, &now.listen_peers, "http://h:1");
    }
}

static void
test_endpoints_change_their_scheme_in_place(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct inventory_urls endpoints = list(&mem, "http://a:1,http://lb:1,b:1");
    struct inventory_urls authorities = list(&mem, "a:1,b:1");
    struct inventory_urls now = tls_urls_switch(&mem, &endpoints, &authorities, TLS_SECURE);

    (void)state;
    expect_urls(&mem, &now, "https://a:1,http://lb:1,b:1");
    now = tls_urls_switch(&mem, &now, &authorities, TLS_PLAIN);
    expect_urls(&mem, &now, "http://a:1,http://lb:1,b:1");
}

/* Until 'new' it is as it was, and then the new scheme is all. */
static void
test_a_client_port_may_change_at_once(void **state)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct tls_urls now = urls(&mem, "http://h:1", "http://h:1", "http://h:2", "http://h:2");
    struct tls_addresses a;

    (void)state;
    EXPECT_OK(tls_addresses_find(&mem, &now, TLS_SECURE, &a, &e));
    a.spare_port = "3";
    a.change = TLS_CLIENTS_FLIP;
    for (enum tls_phase phase = TLS_PHASE_OLD; phase <= TLS_PHASE_END; phase++) {
        struct tls_urls at;

        tls_phase_urls(&mem, &a, TLS_SECURE, phase, &at);
        expect_urls(&mem, &at.listen_clients, phase < TLS_PHASE_NEW ? "http://h:2" : "https://h:2");
        assert_int_equal(tls_phase_of(&at, TLS_SECURE, TLS_CLIENTS_FLIP), phase);
    }
    assert_true(tls_clients_race("3.4.23"));
    assert_false(tls_clients_race("3.4.25"));
    assert_true(tls_clients_race("3.5.7"));
    assert_false(tls_clients_race("3.5.30"));
    assert_false(tls_clients_race("3.6.0"));
    assert_true(tls_clients_race("3.3.27"));
    assert_true(tls_clients_race(NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_way_has_four_phases),
        cmocka_unit_test(test_half_a_way_is_gone_on_with),
        cmocka_unit_test(test_without_a_spare_port_peers_have_arrived),
        cmocka_unit_test(test_what_the_way_does_not_begin_at_is_refused),
        cmocka_unit_test(test_a_client_port_may_change_at_once),
        cmocka_unit_test(test_a_member_that_is_listed_in_the_wrong_scheme_is_listed_anew),
        cmocka_unit_test(test_a_member_that_is_cut_off_returns_to_the_old_scheme),
        cmocka_unit_test(test_endpoints_change_their_scheme_in_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
