/* help: of everything, of one command, as text or JSON. */

#include "cli/app.h"
#include "cli/help.h"

static bool
help_run(struct app *app, struct error *e)
{
    const char *words = "";

    if (app->style.output == OUTPUT_JSON) {
        help_append_json(&app->out);
        return true;
    }
    for (size_t i = 0; i < app->operand_count; i++)
        words = arena_printf(app->mem, "%s%s%s", words, i > 0 ? " " : "", app->operands[i]);
    return help_append(&app->out, app->tool, words, e);
}

const struct command command_help = {
    .name = "help",
    .operands = "[COMMAND...]",
    .summary = "Show the commands, or the help of one",
    .family = FAMILY_TOOL,
    .tools = IN_QUORATE | IN_ETCDCTL | IN_ETCDUTL | IN_ETCDCTL_V2,
    .description = "With -w json all commands and options are described in one JSON object.",
    .run = help_run,
    .example = "quorate help endpoint status",
};

static bool
options_run(struct app *app, UNUSED struct error *e)
{
    help_etcd_append_options(&app->out, app->tool);
    return true;
}

const struct command command_options = {
    .name = "options",
    .summary = "Show the flags that every command has",
    .family = FAMILY_TOOL,
    .tools = IN_ETCDCTL,
    .run = options_run,
    .example = "etcdctl options",
};
