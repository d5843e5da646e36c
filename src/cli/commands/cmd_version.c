/*
 * version: ours, and the newest etcd API that we speak. Under the names of etcd's tools the first
 * lines are theirs, for the scripts that read them: the minor version is the one that is imitated.
 */

#include "base/json_writer.h"
#include "cli/app.h"

#define API_VERSION    "3.7"
#define V2_API_VERSION "2"

/* Source: etcdctl/ctlv3/command/version_command.go, 3.4 to 3.7: text, whatever -w says. */
static void
version_of_tool(struct app *app)
{
    unsigned minor = 4 + (unsigned)app->style.compat - COMPAT_3_4;
    const char *api = arena_printf(app->mem, "3.%u", minor);

    if ((app->tool->sets & IN_ETCDCTL_V2) != 0)
        api = V2_API_VERSION;
    buf_printf(&app->out,
               "%s version: 3.%u.0\nAPI version: %s\nquorate version: " QUORATE_VERSION "\n",
               app->tool->name, minor, api);
}

static bool
version_run(struct app *app, UNUSED struct error *e)
{
    const char *api = (app->tool->sets & IN_ETCDCTL_V2) != 0 ? V2_API_VERSION : API_VERSION;
    struct json_writer w;

    if (app->tool->etcd) {
        version_of_tool(app);
        return true;
    }
    if (app->style.output != OUTPUT_JSON) {
        buf_printf(&app->out, "quorate version: " QUORATE_VERSION "\nAPI version: %s\n", api);
        return true;
    }
    json_writer_init(&w, &app->out, 0);
    json_object_begin(&w);
    json_key_text(&w, "version", QUORATE_VERSION);
    json_key_text(&w, "apiVersion", api);
    json_object_end(&w);
    buf_append_byte(&app->out, '\n');
    return true;
}

const struct command command_version = {
    .name = "version",
    .summary = "Show the version of quorate",
    .family = FAMILY_TOOL,
    .tools = IN_QUORATE | IN_ETCDCTL | IN_ETCDUTL | IN_ETCDCTL_V2,
    .run = version_run,
    .example = "quorate version",
};
