#include "node/unit_status.h"

#include <string.h>

#include "base/number.h"

const char unit_status_option[] = "--property=Id,LoadState,ActiveState,SubState,Result,MainPID,"
                                  "UnitFileState,FragmentPath,DropInPaths";

/* The value of "NAME=value" at the beginning of a line. */
static bool
property(struct arena *mem, const char *text, const char *name, const char **ret_value,
         struct error *e)
{
    size_t size = strlen(name);

    for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, name, size) == 0 && at[size] == '=') {
            at += size + 1;
            *ret_value = arena_text_of_bytes(mem, bytes_of(at, strcspn(at, "\n")));
            return true;
        }
    }
    return error_set(e, ERROR_FORMAT, "'systemctl show' tells no %s", name);
}

static bool
is(const char *value, const char *word)
{
    return strcmp(value, word) == 0;
}

static enum service_state
state_of(const struct unit_status *u)
{
    if (is(u->load, "not-found"))
        return SERVICE_ABSENT;
    if (is(u->active, "deactivating"))
        return SERVICE_STOPPING;
    if (is(u->active, "activating"))
        return u->pid != 0 && !is(u->sub, "auto-restart") ? SERVICE_RUNNING : SERVICE_FAILED;
    if (is(u->active, "inactive") || is(u->active, "failed"))
        return u->held ? SERVICE_STOPPED : SERVICE_IDLE;
    return SERVICE_RUNNING;
}

bool
unit_status_decode(struct arena *mem, struct bytes text, struct unit_status *ret_status,
                   struct error *e)
{
    struct unit_status u = {0};
    const char *all = arena_text_of_bytes(mem, text);
    const char *pid;

    if (!property(mem, all, "Id", &u.id, e) || !property(mem, all, "LoadState", &u.load, e) ||
        !property(mem, all, "ActiveState", &u.active, e) ||
        !property(mem, all, "SubState", &u.sub, e) || !property(mem, all, "Result", &u.result, e) ||
        !property(mem, all, "MainPID", &pid, e) ||
        !property(mem, all, "UnitFileState", &u.enabled, e) ||
        !property(mem, all, "FragmentPath", &u.fragment, e) ||
        !property(mem, all, "DropInPaths", &u.drop_ins, e) || !number_parse_i64(pid, &u.pid, e))
        return false;
    u.held = is(u.load, "masked") || strstr(u.drop_ins, "/" UNIT_HOLD_FILE) != NULL;
    u.state = state_of(&u);
    *ret_status = u;
    return true;
}
