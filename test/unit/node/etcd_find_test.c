#include "node/etcd_find.h"

#include <string.h>

#include "expect.h"

static void
test_the_unit_of_a_control_group(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *unit;
        bool pod;
    } cases[] = {
        {"0::/system.slice/etcd.service\n", "etcd.service", false},
        {"12:pids:/\n1:name=systemd:/system.slice/system-etcd.slice/etcd@db1.service\n0::/\n",
         "etcd@db1.service", false},
        {"0::/user.slice/user-0.slice/session-3.scope\n", NULL, false},
        {"0::/user.slice/user-0.slice/user@0.service/app.slice/etcd.service\n", NULL, false},
        {"0::/machine.slice/machine-db1.scope/system.slice/etcd.service\n", NULL, false},
        {"0::/\n", NULL, false},
        {"", NULL, false},
        {"0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-12.scope\n", NULL, true},
        {"0::/kubepods/burstable/pod1/2\n", NULL, true},
        {"0::/system.slice/kubelet.service\n", "kubelet.service", true},
        {"0::/system.slice/docker-12.scope\n", NULL, false},
        {"0::/.service\n", NULL, false},
    };
    AUTO_ARENA mem = ARENA_INIT;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool pod;
        const char *unit = etcd_cgroup_unit(&mem, cases[i].text, &pod);

        if (cases[i].unit == NULL)
            assert_null(unit);
        else
            assert_string_equal(unit, cases[i].unit);
        assert_int_equal(pod, cases[i].pod);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_unit_of_a_control_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
