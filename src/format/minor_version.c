#include "format/minor_version.h"

#include <string.h>

#include "base/arena.h"
#include "base/number.h"

bool
minor_version_parse(const char *text, struct minor_version *ret_version, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    char *major = arena_text(&tmp, text);
    char *minor = strchr(major, '.');
    char *patch;

    if (minor == NULL)
        return error_set(e, ERROR_FORMAT, "'%s' is no version", text);
    *minor++ = '\0';
    patch = strchr(minor, '.');
    if (patch != NULL)
        *patch = '\0';
    return number_parse_u64(major, &ret_version->major, e) &&
           number_parse_u64(minor, &ret_version->minor, e);
}

bool
minor_version_patch(const char *text, uint32_t *ret_patch)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *dot = strchr(text, '.');
    struct error ignored = ERROR_INIT;
    char *patch;

    dot = dot != NULL ? strchr(dot + 1, '.') : NULL;
    if (dot == NULL)
        return false;
    patch = arena_text(&tmp, dot + 1);
    patch[strcspn(patch, "-+")] = '\0';
    return number_parse_u32(patch, ret_patch, &ignored);
}

int
minor_version_compare(struct minor_version a, struct minor_version b)
{
    if (a.major != b.major)
        return a.major < b.major ? -1 : 1;
    return (a.minor > b.minor) - (a.minor < b.minor);
}
