#include "expect.h"

#include <string.h>

#include "cluster/site.h"

static struct arena mem = ARENA_INIT;

static int
group_end(void **state UNUSED)
{
    arena_release(&mem);
    return 0;
}

static struct site
site_new(const struct inventory_lab *lab)
{
    const struct inventory inventory = {.name = lab != NULL ? "lab:demo" : "prod", .lab = lab};
    struct site site;

    site_init(&site, &mem, &inventory);
    site.options.become = false; /* nobody asks for a password here */
    return site;
}

static void
test_only_hosts_are_worked_on_as_root(void **state UNUSED)
{
    const struct inventory_lab lab = {.dir = "/labs/demo"};
    const struct inventory hosts = {.name = "prod"}, here = {.name = "lab:demo", .lab = &lab};
    struct site site;

    site_init(&site, &mem, &hosts);
    assert_true(site.options.become);
    site_init(&site, &mem, &here);
    assert_false(site.options.become);
}

static void
test_members_of_a_lab_are_programs_of_its_supervisor(void **state UNUSED)
{
    struct site site = site_new(&(struct inventory_lab){.dir = "/labs/demo"});
    const struct inventory_member m = {.name = "m1", .host = "local:"};
    struct error e = ERROR_INIT;
    struct service service;

    assert_true(site_service(&site, &m, &service, &e));
    assert_ptr_equal(service.class, &service_process);
    assert_string_equal(service.place, "/labs/demo");
    assert_string_equal(service.name, "m1");
    assert_int_equal(site.hosts.count, 0);
}

static void
test_other_members_are_what_runs_says(void **state UNUSED)
{
    struct site site = site_new(NULL);
    struct inventory_member m = {.name = "m1", .host = "local:"};
    struct error e = ERROR_INIT;
    struct service unit;
    struct service pod;

    assert_true(inventory_runner_parse("systemd:etcd.service", &m.runner, &m.runner_name));
    assert_true(site_service(&site, &m, &unit, &e));
    assert_ptr_equal(unit.class, &service_systemd);
    assert_string_equal(unit.place, "etcd.service");
    m.name = "m2";
    assert_true(inventory_runner_parse("static-pod:/m/etcd.yaml", &m.runner, &m.runner_name));
    assert_true(site_service(&site, &m, &pod, &e));
    assert_ptr_equal(pod.class, &service_pod);
    assert_string_equal(pod.place, "/m/etcd.yaml");
    /* One connection for both. */
    assert_ptr_equal(pod.host, unit.host);
    assert_int_equal(site.hosts.count, 1);
}

static void
refused(struct inventory_member m, const char *text, const char *hint)
{
    struct site site = site_new(NULL);
    struct error e = ERROR_INIT;
    struct service service;

    assert_false(site_service(&site, &m, &service, &e));
    assert_int_equal(e.code, ERROR_REFUSED);
    assert_non_null(strstr(e.text, text));
    assert_non_null(strstr(e.hint, hint));
}

static void
test_what_nobody_said_is_asked_for(void **state UNUSED)
{
    refused((struct inventory_member){.name = "m1", .host = "ssh://a"}, "what starts member 'm1'",
            "cluster discover --cluster prod --host ssh://a --write");
    refused((struct inventory_member){.name = "m1",
                                      .runner = INVENTORY_RUNNER_SYSTEMD,
                                      .runner_name = "etcd.service"},
            "on which host member 'm1' runs", "cluster discover --cluster prod");
    refused(
        (struct inventory_member){
            .name = "m1", .host = "local:", .runner = INVENTORY_RUNNER_PROCESS},
        "nobody starts again", "systemd");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_hosts_are_worked_on_as_root),
        cmocka_unit_test(test_members_of_a_lab_are_programs_of_its_supervisor),
        cmocka_unit_test(test_other_members_are_what_runs_says),
        cmocka_unit_test(test_what_nobody_said_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, group_end);
}
