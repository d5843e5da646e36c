/*
 * A member that is a unit of a host's systemd.
 *
 * It is held down by a drop-in of ours whose assertion always fails: that works wherever the unit's file
 * is (a unit in /etc cannot be masked), it outlives a reboot, and who starts the unit meanwhile is told
 * by 'systemctl status' what holds it. Whether the unit is enabled stays as it was.
 */
#include <string.h>

#include "base/evidence.h"
#include "base/io.h"
#include "base/time.h"
#include "node/host/host_file.h"
#include "node/host/host_script.h"
#include "node/systemd_unit.h"

enum { STOP_MS = 300 * 1000, START_MS = 60 * 1000, POLL_MS = 200 };

static const char hold_text[] =
    "# quorate holds this service down while its data or membership changes; see 'quorate plan "
    "list'.\n"
    "# Without this file, and after 'systemctl daemon-reload', it can be started again.\n"
    "[Unit]\n"
    "AssertPathExists=/nonexistent/held-down-by-quorate\n";

const struct host_file systemd_file_of_root = {.kind = HOST_FILE, .mode = 0644};
const struct host_file systemd_dir_of_root = {.kind = HOST_DIR, .mode = 0755};

#define SYSTEMCTL(mem, s, timeout_ms, e, ...)                                                      \
    systemctl((mem), (s), (const char *const[]){"systemctl", __VA_ARGS__, NULL}, (timeout_ms), (e))

static bool
systemctl(struct arena *mem, const struct service *s, const char *const *argv, int64_t timeout_ms,
          struct error *e)
{
    const struct host_command command = {.argv = argv, .timeout_ms = timeout_ms};
    struct host_result result = {0};

    return host_run_well(mem, s->host, &command, &result, e) ||
           error_wrap(e, "systemctl %s", argv[1]);
}

bool
systemd_status(struct arena *mem, const struct service *s, struct unit_status *ret_status,
               struct error *e)
{
    const char *const argv[] = {"systemctl", "show", unit_status_option, "--", s->place, NULL};
    struct host_result result = {0};

    if (s->place[0] == '\0' || strchr(s->place, '/') != NULL)
        return error_set(e, ERROR_USAGE, "'%s' is no unit's name", s->place);
    return host_run_well(mem, s->host, &(struct host_command){.argv = argv}, &result, e) &&
           (unit_status_decode(mem, result.out, ret_status, e) ||
            error_wrap(e, "%s: unit '%s'", host_name(s->host), s->place));
}

bool
systemd_reload(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return SYSTEMCTL(&tmp, s, 0, e, "daemon-reload");
}

static const char *
hold_dir(struct arena *mem, const struct unit_status *unit)
{
    return arena_printf(mem, UNIT_DIR "/%s.d", unit->id);
}

bool
systemd_absent(const struct service *s, struct error *e)
{
    return error_set(e, ERROR_NOT_FOUND, "%s: there is no unit '%s'", host_name(s->host), s->place);
}

bool
systemd_hold(struct arena *mem, const struct service *s, const struct unit_status *unit,
             struct error *e)
{
    const char *dir = hold_dir(mem, unit);
    const struct host_file_new file = {.path = path_join(mem, dir, UNIT_HOLD_FILE),
                                       .like = &systemd_file_of_root};

    return host_dir_make(s->host, dir, &systemd_dir_of_root, e) &&
           host_file_replace(s->host, &file, BYTES_LITERAL(hold_text), e) && systemd_reload(s, e);
}

/* The folder goes, too, when nothing else is in it. An earlier try may have come as far as that: systemd knows of the drop-in
 * until it reads its files anew. */
static bool
hold_remove(struct arena *mem, const struct service *s, const struct unit_status *unit,
            struct error *e)
{
    static const char script[] = "[ ! -d \"$1\" ] || rmdir --ignore-fail-on-non-empty -- \"$1\"\n";
    const char *dir = hold_dir(mem, unit);
    const struct host_command command = {0};
    struct host_result result = {0};

    if (strstr(unit->drop_ins, "/" UNIT_HOLD_FILE) == NULL)
        return true;
    return host_file_remove(s->host, path_join(mem, dir, UNIT_HOLD_FILE), e) &&
           host_script(mem, s->host, script, dir, NULL, &command, &result, e) &&
           systemd_reload(s, e);
}

static bool
systemd_state(const struct service *s, enum service_state *ret_state, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct unit_status unit;

    if (!systemd_status(&tmp, s, &unit, e))
        return false;
    *ret_state = unit.state;
    return true;
}

/* Why it did not come up, and what it said last. */
static bool
start_failed(const struct service *s, const struct unit_status *unit, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct error ignored = ERROR_INIT;
    const char *said = "";

    if (!service_log_tail(&tmp, s, 1, &said, &ignored))
        said = "";
    error_set_(e, ERROR_FAILED, 0, "%s: unit '%s' did not start (%s, %s)%s%s", host_name(s->host),
               unit->id, unit->active, unit->result, said[0] != '\0' ? ": " : "", said);
    evidence_begin(e, "unit-failed");
    return error_hint(e, "see 'journalctl -u %s' there", unit->id);
}

/* Until there is a process: a unit of Type=notify is "activating" until its member has a leader. */
static bool
start_wait(struct arena *mem, const struct service *s, struct error *e)
{
    int64_t deadline = time_monotonic_ms() + START_MS;
    struct unit_status unit;

    for (;;) {
        if (!systemd_status(mem, s, &unit, e))
            return false;
        if (unit.state == SERVICE_RUNNING)
            return true;
        if (unit.state == SERVICE_FAILED || strcmp(unit.active, "failed") == 0)
            return start_failed(s, &unit, e);
        if (time_monotonic_ms() >= deadline)
            return error_set(e, ERROR_TIMEOUT, "%s: unit '%s' has no process after %d s (%s)",
                             host_name(s->host), unit.id, START_MS / 1000, unit.active);
        time_sleep_ms(POLL_MS);
    }
}

static bool
systemd_start(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct unit_status unit;

    if (!systemd_status(&tmp, s, &unit, e))
        return false;
    if (unit.state == SERVICE_ABSENT)
        return systemd_absent(s, e);
    if (strcmp(unit.load, "masked") == 0)
        return error_set(e, ERROR_CONFLICT, "%s: unit '%s' is masked", host_name(s->host),
                         unit.id) ||
               error_hint(e, "run 'systemctl unmask %s' there", unit.id);
    if (!hold_remove(&tmp, s, &unit, e))
        return false;
    if (unit.state == SERVICE_RUNNING)
        return true;
    /* Forgets that it failed before: a start limit, too, would count on. */
    return (strcmp(unit.active, "failed") != 0 ||
            SYSTEMCTL(&tmp, s, 0, e, "reset-failed", "--", unit.id)) &&
           SYSTEMCTL(&tmp, s, 0, e, "start", "--no-block", "--", unit.id) && start_wait(&tmp, s, e);
}

static bool
systemd_stop(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct unit_status unit;

    if (!systemd_status(&tmp, s, &unit, e))
        return false;
    if (unit.state == SERVICE_ABSENT)
        return true;
    if (!unit.held && !systemd_hold(&tmp, s, &unit, e))
        return false;
    if (!SYSTEMCTL(&tmp, s, STOP_MS, e, "stop", "--", unit.id) ||
        !systemd_status(&tmp, s, &unit, e))
        return false;
    if (unit.state != SERVICE_STOPPED)
        return error_set(e, ERROR_FAILED, "%s: unit '%s' is %s (%s) after its stop",
                         host_name(s->host), unit.id, unit.active, unit.sub);
    return true;
}

static bool
systemd_release(const struct service *s, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct unit_status unit;

    return systemd_status(&tmp, s, &unit, e) &&
           (unit.state == SERVICE_ABSENT || hold_remove(&tmp, s, &unit, e));
}

static bool
systemd_log_tail(struct arena *mem, const struct service *s, unsigned lines, const char **ret_text,
                 struct error *e)
{
    const char *const argv[] = {
        "journalctl",   "--unit",     s->place,  "--lines", arena_printf(mem, "%u", lines),
        "--output=cat", "--no-pager", "--quiet", NULL};
    const struct host_command command = {.argv = argv};
    struct host_result result = {0};

    if (!host_run_well(mem, s->host, &command, &result, e))
        return false;
    *ret_text = (const char *)result.out.data;
    return true;
}

const struct service_class service_systemd = {
    .word = "systemd",
    .state = systemd_state,
    .start = systemd_start,
    .stop = systemd_stop,
    .release = systemd_release,
    .log_tail = systemd_log_tail,
    .account = systemd_account,
    .settings = systemd_settings,
    .change = systemd_change,
    .put_back = systemd_put_back,
    .lay_out = systemd_lay_out,
    .may_lay_out = systemd_may_lay_out,
};
