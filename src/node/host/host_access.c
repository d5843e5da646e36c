#include "node/host/host_access.h"

#include "node/host/host_script.h"

/* $2 uid, $3 gid, $4 groups. The inner script goes down the path and prints the first that blocks. */
static const char read_script[] =
    "if [ -n \"$4\" ]; then groups=--groups=$4; else groups=--clear-groups; fi\n"
    "at=$(setpriv --reuid=\"$2\" --regid=\"$3\" \"$groups\" -- sh -c '\n"
    "at= rest=${1#/}\n"
    "while [ \"$rest\" != \"${rest#*/}\" ]; do\n"
    "    at=$at/${rest%%/*} rest=${rest#*/}\n"
    "    [ -x \"$at\" ] || { printf \"%s.\" \"$at\"; exit 0; }\n"
    "done\n"
    "[ -r \"$1\" ] || printf \"%s.\" \"$1\"' sh \"$1\") || exit 1\n"
    "[ -z \"$at\" ] || stat -L -c '%n (%A %U:%G)' -- \"${at%.}\"\n";

bool
host_may_read(struct arena *mem, const struct host *host, const struct host_reader *reader,
              const char *path, const char **ret_blocker, struct error *e)
{
    const struct host_command command = {0};
    const char *const rest[] = {arena_printf(mem, "%u", reader->uid),
                                arena_printf(mem, "%u", reader->gid), reader->groups, NULL};
    struct host_result result;
    size_t size;

    if (!host_script(mem, host, read_script, path, rest, &command, &result, e))
        return false;
    size = result.out.size;
    if (size > 0 && result.out.data[size - 1] == '\n')
        size--;
    *ret_blocker = size > 0 ? arena_text_of_bytes(mem, bytes_of(result.out.data, size)) : NULL;
    return true;
}
