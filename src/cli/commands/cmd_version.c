/* version: ours, and the newest etcd API that we speak. */

#include "base/json_writer.h"
#include "cli/app.h"

#define API_VERSION "3.7"

static bool
version_run(struct app *app, UNUSED struct error *e)
{
    struct json_writer w;

    if (app->style.output != OUTPUT_JSON) {
        buf_append_text(&app->out,
                        "quorate version: " QUORATE_VERSION "\nAPI version: " API_VERSION "\n");
        return true;
    }
    json_writer_init(&w, &app->out, 0);
    json_object_begin(&w);
    json_key_text(&w, "version", QUORATE_VERSION);
    json_key_text(&w, "apiVersion", API_VERSION);
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
