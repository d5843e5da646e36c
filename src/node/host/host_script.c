#include "node/host/host_script.h"

#include <string.h>

bool
host_path_check(const char *path, struct error *e)
{
    const char *at = path;

    if (path[0] != '/')
        return error_set(e, ERROR_USAGE, "'%s' is not an absolute path", path);
    while (*at == '/') {
        size_t size = strcspn(++at, "/");

        if ((size == 0 && (at[0] != '\0' || at != path + 1)) || (size == 1 && at[0] == '.') ||
            (size == 2 && at[0] == '.' && at[1] == '.'))
            return error_set(e, ERROR_USAGE,
                             "'%s' is not a plain path: '.', '..' or nothing between "
                             "slashes",
                             path);
        at += size;
    }
    return true;
}

static bool
refused(const struct host *host, const char *path, int code, struct error *e)
{
    static const struct {
        enum host_refusal refusal;
        enum error_code code;
        const char *text;
        const char *hint;
    } refusals[] = {
        {HOST_IS_DIR, ERROR_REFUSED, "is a directory", ""},
        {HOST_IS_LINK, ERROR_REFUSED, "is a symbolic link", "name the file it leads to"},
        {HOST_OTHER_FILE_SYSTEM, ERROR_REFUSED, "cannot be renamed across file systems", ""},
        {HOST_IS_THERE, ERROR_EXISTS, "is there already", "move it away, or choose another name"},
        {HOST_IS_MOUNT, ERROR_REFUSED, "is a mount point",
         "it can be neither moved nor removed as a whole, but what is in it can"},
        {HOST_IS_MISSING, ERROR_NOT_FOUND, "is not there", ""},
        {HOST_NOT_KEPT, ERROR_PERMISSION, "would not keep its owner, mode or label",
         "run as root there"},
        {HOST_SHORT, ERROR_VERIFY, "did not arrive as a whole", ""},
        {HOST_OTHER_HASH, ERROR_VERIFY, "arrived with another SHA-256 than it left with",
         "look for a broken network device or disk; nothing was changed"},
    };

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if ((int)refusals[i].refusal != code)
            continue;
        error_set_(e, refusals[i].code, 0, "%s: '%s' %s", host_name(host), path, refusals[i].text);
        return error_hint(e, "%s", refusals[i].hint);
    }
    return true;
}

bool
host_script(struct arena *mem, const struct host *host, const char *script, const char *path,
            const char *const *rest, const struct host_command *command,
            struct host_result *ret_result, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    ARRAY(const char *) argv = ARRAY_INIT;
    struct host_command whole = *command;
    struct host_result result;

    if (!host_path_check(path, e))
        return false;
    *ARRAY_PUSH(&tmp, &argv) = "sh";
    *ARRAY_PUSH(&tmp, &argv) = "-c";
    *ARRAY_PUSH(&tmp, &argv) = script;
    *ARRAY_PUSH(&tmp, &argv) = "quorate";
    *ARRAY_PUSH(&tmp, &argv) = path;
    for (size_t i = 0; rest != NULL && rest[i] != NULL; i++)
        *ARRAY_PUSH(&tmp, &argv) = rest[i];
    *ARRAY_PUSH(&tmp, &argv) = NULL;
    whole.argv = argv.items;
    if (!host_run(mem, host, &whole, &result, e))
        return false;
    if (result.exit_code != 0 && !refused(host, path, result.exit_code, e))
        return false;
    if (result.exit_code != 0)
        return host_failure(host, &result, e);
    *ret_result = result;
    return true;
}
