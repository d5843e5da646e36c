/* What 'systemctl show' of systemd 252 prints, and what is made of it. */
#include "node/unit_status.h"

#include <string.h>

#include "expect.h"

static const char *
shown(struct arena *mem, const char *load, const char *active, const char *sub, int pid,
      const char *drop_ins)
{
    return arena_printf(
        mem,
        "MainPID=%d\nResult=success\nId=etcd.service\nLoadState=%s\n"
        "ActiveState=%s\nSubState=%s\nFragmentPath=/lib/systemd/system/etcd.service\n"
        "DropInPaths=%s\nUnitFileState=enabled\n",
        pid, load, active, sub, drop_ins);
}

static void
test_states(void **state)
{
    static const struct {
        const char *load, *active, *sub;
        int pid;
        const char *drop_ins;
        enum service_state state;
    } cases[] = {
        {"loaded", "active", "running", 7, "", SERVICE_RUNNING},
        {"loaded", "reloading", "reload", 7, "", SERVICE_RUNNING},
        /* Type=notify: up, without a leader so far. */
        {"loaded", "activating", "start", 7, "", SERVICE_RUNNING},
        {"loaded", "activating", "start-pre", 0, "", SERVICE_FAILED},
        {"loaded", "activating", "auto-restart", 0, "", SERVICE_FAILED},
        {"loaded", "deactivating", "stop-sigterm", 7, "", SERVICE_STOPPING},
        {"loaded", "inactive", "dead", 0, "", SERVICE_IDLE},
        {"loaded", "failed", "failed", 0, "", SERVICE_IDLE},
        {"loaded", "inactive", "dead", 0, "/etc/systemd/system/etcd.service.d/other.conf",
         SERVICE_IDLE},
        {"loaded", "inactive", "dead", 0,
         "/etc/systemd/system/etcd.service.d/00-quorate-holds-down.conf "
         "/etc/systemd/system/etcd.service.d/other.conf",
         SERVICE_STOPPED},
        {"loaded", "failed", "failed", 0,
         "/etc/systemd/system/etcd.service.d/00-quorate-holds-down.conf", SERVICE_STOPPED},
        /* Held, but not stopped yet. */
        {"loaded", "active", "running", 7,
         "/etc/systemd/system/etcd.service.d/00-quorate-holds-down.conf", SERVICE_RUNNING},
        {"masked", "inactive", "dead", 0, "", SERVICE_STOPPED},
        {"not-found", "inactive", "dead", 0, "", SERVICE_ABSENT},
    };
    AUTO_ARENA tmp = ARENA_INIT;
    struct unit_status unit;
    struct error e = ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = shown(&tmp, cases[i].load, cases[i].active, cases[i].sub, cases[i].pid,
                                 cases[i].drop_ins);

        EXPECT_OK(unit_status_decode(&tmp, bytes_of_text(text), &unit, &e));
        if (unit.state != cases[i].state)
            fail_msg("%s %s %s: %s", cases[i].load, cases[i].active, cases[i].sub,
                     service_state_word(unit.state));
        assert_string_equal(unit.id, "etcd.service");
        assert_string_equal(unit.enabled, "enabled");
        assert_string_equal(unit.fragment, "/lib/systemd/system/etcd.service");
        assert_int_equal(unit.pid, cases[i].pid);
    }
}

static void
test_not_shown(void **state)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct unit_status unit;
    struct error e = ERROR_INIT;

    (void)state;
    EXPECT_ERROR(unit_status_decode(&tmp, BYTES_LITERAL("Id=etcd.service\n"), &unit, &e),
                 ERROR_FORMAT, "'systemctl show' tells no LoadState");
    EXPECT_ERROR(unit_status_decode(&tmp, BYTES_NONE, &unit, &e), ERROR_FORMAT,
                 "'systemctl show' tells no Id");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
