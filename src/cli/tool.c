/* The names that the program answers to. */

#include "cli/tool.h"

#include <stdlib.h>
#include <string.h>

const struct tool tool_quorate = {"quorate", IN_QUORATE, 0, false};
/* The v2 words take the place of the v3 ones; what is quorate's alone stays. */
static const struct tool tool_quorate_v2 = {"quorate", IN_QUORATE | IN_ETCDCTL_V2, IN_ETCDCTL,
                                            false};
static const struct tool tool_etcdctl = {"etcdctl", IN_ETCDCTL, 0, true};
static const struct tool tool_etcdctl_v2 = {"etcdctl", IN_ETCDCTL_V2, 0, true};
static const struct tool tool_etcdutl = {"etcdutl", IN_ETCDUTL, 0, true};

static const char *
base_name(const char *program)
{
    const char *slash = strrchr(program, '/');

    return slash != NULL ? slash + 1 : program;
}

const struct tool *
tool_of_program(const char *program)
{
    const char *name = base_name(program);
    const char *api = getenv("ETCDCTL_API");
    bool v2 = api != NULL && strcmp(api, "2") == 0;

    if (strcmp(name, "etcdutl") == 0)
        return &tool_etcdutl;
    if (strcmp(name, "etcdctl") == 0)
        return v2 ? &tool_etcdctl_v2 : &tool_etcdctl;
    return v2 ? &tool_quorate_v2 : &tool_quorate;
}

bool
tool_has(const struct tool *tool, unsigned sets)
{
    if (sets == 0)
        sets = IN_QUORATE;
    if ((sets & IN_ETCDCTL_V2) != 0 && (tool->sets & IN_ETCDCTL_V2) != 0)
        return true;
    return (sets & tool->sets) != 0 && (sets & tool->not_sets) == 0;
}

const struct tool *
tool_of_sets(unsigned sets)
{
    static const struct tool *const tools[] = {&tool_quorate, &tool_etcdctl, &tool_etcdutl};

    for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
        if (tool_has(tools[i], sets))
            return tools[i];
    return &tool_quorate_v2;
}

bool
tool_sets_are_etcd(unsigned sets)
{
    return (sets & (IN_ETCDCTL | IN_ETCDUTL | IN_ETCDCTL_V2)) != 0;
}
