/* __manual: the generated documents, for tools/make-docs and the build. */

#include <string.h>

#include "cli/app.h"
#include "cli/manual.h"

static bool
manual_run(struct app *app, struct error *e)
{
    const char *form = app_operand(app, 0);

    if (strcmp(form, "scdoc") == 0)
        manual_append_scdoc(&app->out);
    else if (strcmp(form, "markdown") == 0)
        manual_append_markdown(&app->out);
    else if (strcmp(form, "exit-codes") == 0)
        manual_append_exit_codes(&app->out);
    else if (strcmp(form, "causes") == 0)
        manual_append_causes(&app->out);
    else if (strcmp(form, "doctor") == 0)
        manual_append_doctor(&app->out);
    else
        return error_set(e, ERROR_USAGE,
                         "'%s' is not one of: scdoc markdown exit-codes causes doctor", form);
    return true;
}

const struct command command_manual = {
    .name = "__manual",
    .operands = "FORM",
    .summary = "Print the reference",
    .family = FAMILY_TOOL,
    .run = manual_run,
    .hidden = true,
};
