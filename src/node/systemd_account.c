/* As whom a unit's processes run. */

#include <string.h>

#include "base/number.h"
#include "node/systemd_unit.h"

enum { ACCOUNT_LINES = 4 };

static bool
account_decode(struct arena *mem, struct bytes text, struct service_account *ret_account)
{
    struct error ignored = ERROR_INIT;
    char *rest = arena_text_of_bytes(mem, text);
    const char *lines[ACCOUNT_LINES];
    uint64_t uid, gid;

    for (size_t i = 0; i < ACCOUNT_LINES; i++) {
        if ((lines[i] = strsep(&rest, "\n")) == NULL)
            return false;
    }
    if (!number_parse_u64(lines[1], &uid, &ignored) ||
        !number_parse_u64(lines[2], &gid, &ignored) || uid > UINT32_MAX || gid > UINT32_MAX)
        return false;
    *ret_account = (struct service_account){
        .user = lines[0], .uid = (uid_t)uid, .gid = (gid_t)gid, .groups = lines[3]};
    return true;
}

/* A unit without User= runs as root; one without Group= in its user's own group, and it is in all groups of
 * its user besides (systemd.exec(5)). */
bool
systemd_account(struct arena *mem, const struct service *s, struct service_account *ret_account,
                struct error *e)
{
    static const char script[] =
        "user=$(systemctl show --property=User --value -- \"$1\") || exit 1\n"
        "group=$(systemctl show --property=Group --value -- \"$1\") || exit 1\n"
        "more=$(systemctl show --property=SupplementaryGroups --value -- \"$1\") || exit 1\n"
        "echo \"${user:=root}\" && id -u -- \"$user\" || exit 1\n"
        "if [ -z \"$group\" ]; then id -g -- \"$user\"; else\n"
        "    getent group -- \"$group\" | cut -d : -f 3; fi\n"
        "for g in $more; do ids=$ids,$(getent group -- \"$g\" | cut -d : -f 3); done\n"
        "echo \"$(id -G -- \"$user\" | tr ' ' ,)$ids\"\n";
    const char *const argv[] = {"sh", "-c", script, "sh", s->place, NULL};
    struct host_result result;

    if (!host_run_well(mem, s->host, &(struct host_command){.argv = argv}, &result, e))
        return error_wrap(e, "the user of unit '%s'", s->place);
    return account_decode(mem, result.out, ret_account) ||
           error_set(e, ERROR_FORMAT, "%s: the user of unit '%s' is not understood",
                     host_name(s->host), s->place);
}
