#include "plan/state_dir.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

/* An empty variable counts as one that is not set. */
static const char *
variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool
state_dir_find(struct arena *mem, const char **ret_path, struct error *e)
{
    const char *path;

    if ((path = variable("QUORATE_STATE")) != NULL)
        return path_absolute(mem, path, ret_path, e);
    if (geteuid() == 0)
        *ret_path = "/var/lib/quorate";
    else if ((path = variable("XDG_STATE_HOME")) != NULL && path[0] == '/')
        *ret_path = path_join(mem, path, "quorate");
    else if ((path = variable("HOME")) != NULL && path[0] == '/')
        *ret_path = path_join(mem, path, ".local/state/quorate");
    else {
        error_set_(e, ERROR_USAGE, 0, "no place for state: HOME is not set");
        return error_hint(e, "set QUORATE_STATE to a folder for plans, locks and labs");
    }
    return true;
}

const char *
state_file_name(struct arena *mem, const char *name)
{
    AUTO_BUF out = BUF_INIT;

    for (const char *c = name; *c != '\0'; c++) {
        bool plain = isalnum((unsigned char)*c) || strchr("_-:", *c) != NULL;

        if (plain || (*c == '.' && c != name))
            buf_append_byte(&out, (uint8_t)*c);
        else
            buf_printf(&out, "%%%02X", (unsigned char)*c);
    }
    return arena_text(mem, buf_text(&out));
}
