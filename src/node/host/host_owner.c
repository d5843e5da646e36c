#include "node/host/host_owner.h"

#include <string.h>

#include "base/number.h"

/* getent's answer, or NULL where it has none. */
static bool
getent(struct arena *mem, const struct host *host, const char *database, const char *name,
       const char **ret_line, struct error *e)
{
    const char *const argv[] = {"getent", database, name, NULL};
    struct host_result result = {0};

    if (!host_run(mem, host, &(struct host_command){.argv = argv}, &result, e))
        return false;
    *ret_line = result.exit_code == 0 ? (const char *)result.out.data : NULL;
    return true;
}

static bool
number_of(struct arena *mem, const struct host *host, const struct host *from, const char *database,
          const char *name, uint32_t *ret_id, struct error *e)
{
    const char *line;
    const char *at;

    if (!getent(mem, host, database, name, &line, e))
        return false;
    at = line != NULL ? strchr(line, ':') : NULL;
    at = at != NULL ? strchr(at + 1, ':') : NULL;
    if (at == NULL)
        return error_set(e, ERROR_NOT_FOUND, "%s: there is no '%s' in '%s', as there is on %s",
                         host_name(host), name, database, host_name(from)) ||
               error_hint(e, "create it there, or install the package that does");
    return number_parse_u32(arena_printf(mem, "%.*s", (int)strcspn(at + 1, ":\n"), at + 1), ret_id,
                            e);
}

bool
host_owner_here(const struct host *host, const struct host *from, struct host_file *like,
                struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    return number_of(&tmp, host, from, "passwd", like->owner, &like->uid, e) &&
           number_of(&tmp, host, from, "group", like->group, &like->gid, e);
}

bool
host_resolve(struct arena *mem, const struct host *host, const char *name, const char **ret_address,
             struct error *e)
{
    const char *line;

    if (!getent(mem, host, "ahosts", name, &line, e))
        return false;
    if (line == NULL || line[0] == '\0')
        return error_set(e, ERROR_NOT_FOUND, "%s does not know a host '%s'", host_name(host), name);
    *ret_address = arena_printf(mem, "%.*s", (int)strcspn(line, " \t\n"), line);
    return true;
}
