#include "cluster/rules_joiner_host.h"

#include "expect.h"

static struct error e;

static struct peer_reach
reach_of(enum host_reached reached, bool listens)
{
    return (struct peer_reach){.from = "m1",
                               .to = "m4",
                               .url = "http://db4:2380",
                               .listens = listens,
                               .own = "10.0.0.4 fd00::4",
                               .got = {.name = "db4",
                                       .port = "2380",
                                       .reached = reached,
                                       .addresses = "10.0.0.4 ",
                                       .said = "bash: connect: No route to host "}};
}

static void
test_who_is_reached(void **state)
{
    struct peer_reach r = reach_of(REACHED_OPEN, true);

    (void)state;
    EXPECT_OK(rule_peer_is_reached(&r, &e));
    r = reach_of(REACHED_REFUSED, false); /* it does not run yet */
    EXPECT_OK(rule_peer_is_reached(&r, &e));
    r.own = NULL;
    EXPECT_OK(rule_peer_is_reached(&r, &e));
}

static void
test_who_is_not_reached(void **state)
{
    struct peer_reach r = reach_of(REACHED_REFUSED, true);

    (void)state;
    EXPECT_ERROR(rule_peer_is_reached(&r, &e), ERROR_REFUSED,
                 "from the host of 'm1' nobody listens at http://db4:2380, peer URL of 'm4'");
    assert_string_equal(e.hint, "does it listen on that address? ss -ltn 'sport = :2380'");
    r = reach_of(REACHED_SILENT, false);
    EXPECT_ERROR(rule_peer_is_reached(&r, &e), ERROR_REFUSED,
                 "the host of 'm1' does not reach http://db4:2380, peer URL of 'm4': no answer");
    assert_string_equal(e.hint,
                        "peers talk both ways: look for a firewall between the two, port 2380");
    r = reach_of(REACHED_FAILED, false);
    EXPECT_ERROR(
        rule_peer_is_reached(&r, &e), ERROR_REFUSED,
        "the host of 'm1' does not reach http://db4:2380, peer URL of 'm4': bash: connect: "
        "No route to host ");
    r = reach_of(REACHED_UNRESOLVED, false);
    EXPECT_ERROR(rule_peer_is_reached(&r, &e), ERROR_REFUSED,
                 "the host of 'm1' does not know the name in http://db4:2380, peer URL of 'm4'");
    assert_string_equal(e.hint, "see there: getent hosts db4");
}

static void
test_a_name_that_leads_elsewhere(void **state)
{
    struct peer_reach r = reach_of(REACHED_OPEN, false);

    (void)state;
    r.got.addresses = "10.0.0.4 127.0.1.1 ";
    EXPECT_ERROR(
        rule_peer_is_reached(&r, &e), ERROR_REFUSED,
        "on the host of 'm1' peer URL http://db4:2380 of 'm4' leads to 127.0.1.1, which is "
        "not an address of its host");
    assert_string_equal(e.hint, "its host has 10.0.0.4 fd00::4: mend the name there (DNS, "
                                "/etc/hosts), or give a URL with one of these");
    /* The beginning of an address is another address. */
    r.own = "10.0.0.44 10.0.0.4";
    r.got.addresses = "10.0.0.4";
    EXPECT_OK(rule_peer_is_reached(&r, &e));
    r.own = "10.0.0.44";
    assert_false(rule_peer_is_reached(&r, &e));
}

static void
test_ports(void **state)
{
    static const uint16_t ports[] = {22, 2380};
    const struct host_facts facts = {.ports = ports, .port_count = 2};

    (void)state;
    EXPECT_OK(rule_port_is_free(&facts, "m4", "client", 2379, &e));
    EXPECT_ERROR(rule_port_is_free(&facts, "m4", "peer", 2380, &e), ERROR_CONFLICT,
                 "peer port 2380 of 'm4' is taken on its host");
    assert_string_equal(e.hint, "see who listens there: ss -ltnp 'sport = :2380'");
}

static void
test_disk(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct host_disk disk = {.free_bytes = 2128000000, .exists = "/var/lib"};
    const char *warning;

    (void)state;
    EXPECT_OK(rule_disk_suffices(&disk, "m4", "/var/lib/etcd", 1000000000, &e));
    disk.free_bytes--;
    EXPECT_ERROR(rule_disk_suffices(&disk, "m4", "/var/lib/etcd", 1000000000, &e), ERROR_REFUSED,
                 "'/var/lib/etcd' of 'm4' has 2.1 GB free, and 2.1 GB are needed: the members' "
                 "database (1.0 GB) twice while it arrives, and the log");
    assert_string_equal(
        e.hint, "free space in '/var/lib' there, or make the database smaller: quorate defrag");
    EXPECT_OK(rule_disk_is_fast(&tmp, "m4", 10000, &warning, &e));
    assert_null(warning);
    EXPECT_OK(rule_disk_is_fast(&tmp, "m4", 10001, &warning, &e));
    assert_string_equal(warning,
                        "a synced write on the disk of 'm4' takes 10.001ms; etcd asks for 10 ms");
    EXPECT_ERROR(rule_disk_is_fast(&tmp, "m4", 500000, &warning, &e), ERROR_REFUSED,
                 "a synced write on the disk of 'm4' takes 500ms: it would miss elections");
}

static void
test_clocks(void **state)
{
    struct host_facts mine = {.clock_offset_ms = 700, .clock_uncertainty_ms = 5};
    struct host_facts theirs = {.clock_offset_ms = -300, .clock_uncertainty_ms = 5};

    (void)state;
    EXPECT_OK(rule_clocks_agree("m4", &mine, "m1", &theirs, &e));
    mine.clock_offset_ms = 711;
    EXPECT_ERROR(rule_clocks_agree("m4", &mine, "m1", &theirs, &e), ERROR_REFUSED,
                 "the clock of the host of 'm4' is 1011 ms before that of 'm1'");
    assert_string_equal(e.hint, "set it right: chronyc makestep, or timedatectl set-ntp true");
    EXPECT_ERROR(rule_clocks_agree("m4", &theirs, "m1", &mine, &e), ERROR_REFUSED,
                 "the clock of the host of 'm4' is 1011 ms behind that of 'm1'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_reached),
        cmocka_unit_test(test_who_is_not_reached),
        cmocka_unit_test(test_a_name_that_leads_elsewhere),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_clocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
