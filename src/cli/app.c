/* One run of the program: command line, command, results, errors, exit code. */

#include "cli/app.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/time.h"
#include "cli/cfssl_words.h"
#include "cli/error_report.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/plan_face.h"
#include "cli/print/print.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/v2.h"
#include "cluster/explain.h"
#include "etcd/client.h"

const char *
app_operand(const struct app *app, size_t index)
{
    return index < app->operand_count ? app->operands[index] : NULL;
}

/* By hand, not with fd_write_all: whoever reads us may stop reading, and that is no error text. */
bool
app_flush(struct app *app, struct error *e)
{
    size_t at = 0;

    while (at < app->out.size) {
        ssize_t written = write(STDOUT_FILENO, app->out.data + at, app->out.size - at);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            int err = errno;

            buf_clear(&app->out);
            return error_set_errno(e, err, "standard output");
        }
        at += (size_t)written;
    }
    buf_clear(&app->out);
    return true;
}

void
app_say(UNUSED const struct app *app, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void
app_warn(const struct app *app, const char *format, ...)
{
    AUTO_ARENA tmp = ARENA_INIT;
    va_list args;
    const char *text;

    va_start(args, format);
    text = arena_vprintf(&tmp, format, args);
    va_end(args);
    app_say(app, "Warning: %s", text);
}

bool
app_confirm(struct app *app, const char *text, struct error *e)
{
    if (option_exists(&app->options, "yes") && option_bool(&app->options, "yes"))
        return true;
    return prompt_yes(text, e);
}

/* -w json, from options that may never have been parsed to the end. */
static bool
wants_json(const struct app *app, int argc, char *const *argv)
{
    static const char *const words[] = {"-w=json", "-wjson", "--write-out=json"};

    if (app->style.output == OUTPUT_JSON)
        return true;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
            if (strcmp(argv[i], words[k]) == 0)
                return true;
        if (i + 1 < argc && (strcmp(argv[i], "-w") == 0 || strcmp(argv[i], "--write-out") == 0) &&
            strcmp(argv[i + 1], "json") == 0)
            return true;
    }
    return false;
}

/*
 * How results look. Without --compat they are the newest etcdctl's, but boxes only where a terminal
 * can show them; with it, they are that version's to the byte, wherever they go.
 */
static void
choose_style(struct app *app)
{
    int compat = option_choice(&app->options, "compat");
    struct output_style *style = &app->style;

    style->output = (enum output)option_choice(&app->options, "write-out");
    style->hex = option_bool(&app->options, "hex");
    style->compat = compat > 0 ? (enum compat)(compat - 1) : COMPAT_NEWEST;
    style->now_ms = time_wall_ms();
    if (app->command->report == NULL && app->command->plan == NULL &&
        (app->command->needs & NEEDS_ENDPOINTS) == 0 && style->output != OUTPUT_TABLE)
        return;
    terminal_detect(&style->terminal, (enum color_when)option_choice(&app->options, "color"));
    style->boxes = style->terminal.utf8 && style->terminal.tty;
    if (compat > 0) {
        style->boxes = style->compat >= COMPAT_3_7;
        style->wrap_cells = style->compat < COMPAT_3_7;
        style->terminal.utf8 = true;
    }
}

static bool
run_report(struct app *app, struct error *e)
{
    struct report report = {.mem = app->mem};

    if (!print_no_protobuf(&app->style, e) || !app->command->report(app, &report, e))
        return false;
    report_render(&report, &app->style, &app->out);
    return true;
}

static bool
run_command(struct app *app, struct error *e)
{
    struct plan *plan = NULL;

    log_enable(option_bool(&app->options, "debug"));
    choose_style(app);
    if (!app_meet_needs(app, e))
        return false;
    if (app->command->run != NULL)
        return app->command->run(app, e);
    if (app->command->report != NULL)
        return run_report(app, e);
    return app->command->plan(app, &plan, e) && plan_face_run(app, plan, e);
}

/* etcdctl's v2 words come with "--version" for what is a word of its own in v3. */
static bool
is_version_flag(const struct tool *tool, int argc, char *const *argv)
{
    return (tool->sets & IN_ETCDCTL_V2) != 0 && argc == 2 &&
           (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-version") == 0 ||
            strcmp(argv[1], "-v") == 0);
}

static bool
run(struct app *app, int argc, char *const *argv, struct error *e)
{
    static char version[] = "version";
    char *const as_word[] = {argc > 0 ? argv[0] : version, version, NULL};
    struct command_line line;

    app->tool = tool_of_program(argc > 0 ? argv[0] : "");
    if (is_version_flag(app->tool, argc, argv))
        argv = as_word;
    if (!command_line_parse(app->mem, app->tool, argc, argv, &line, e)) {
        app->command = line.command;
        app->options = line.options;
        return false;
    }
    app->command = line.command;
    if (line.help)
        return help_append(&app->out, app->tool, line.words, e);
    if (line.command == NULL)
        return help_append(&app->out, app->tool, line.words, e);
    app->options = line.options;
    app->operands = line.operands;
    app->operand_count = line.operand_count;
    app->dash_at = line.dash_at;
    return run_command(app, e);
}

/* What helps against a mistake in the command line, under the name that was called. */
static void
hint_at_help(const struct app *app, struct error *e)
{
    bool usage = e->code == ERROR_USAGE || e->code == ERROR_FLAG || e->code == ERROR_FEATURE;

    if (usage && e->hint[0] == '\0')
        (void)error_hint(e, "see '%s help%s%s'", app->tool->name, app->command != NULL ? " " : "",
                         app->command != NULL ? app->command->name : "");
}

static void
show_error(const struct app *app, struct error *e, int argc, char *const *argv)
{
    AUTO_BUF text = BUF_INIT;

    hint_at_help(app, e);
    error_report(e, wants_json(app, argc, argv), terminal_color(STDERR_FILENO, COLOR_AUTO), &text);
    if (e->code == ERROR_FLAG && app->tool->etcd && app->command != NULL)
        help_etcd_append_usage(&text, app->tool, app->command);
    fwrite(text.data, 1, text.size, stderr);
}

/* etcd's words end with etcd's exit codes, those of the v2 API with their own (cli/v2.h), quorate's
 * own with ours. */
static int
exit_code_of(const struct app *app, enum error_code code)
{
    unsigned sets = app->command != NULL ? app->command->tools : app->tool->sets;

    if (app->failure_code != 0)
        return app->failure_code;
    if (sets == IN_ETCDCTL_V2)
        return v2_exit_code(app, code);
    return tool_sets_are_etcd(sets) && (app->command != NULL || app->tool->etcd)
               ? error_code_exit_etcd(code)
               : error_code_exit(code);
}

int
app_main(int argc, char **argv)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct app app = {.mem = &mem};
    struct error e = ERROR_INIT;
    struct error late = ERROR_INIT;
    bool ok;

    signal(SIGPIPE, SIG_IGN);
    secrets_wipe_library();
    cfssl_words(&mem, &argc, &argv);
    ok = run(&app, argc, argv, &e);
    if (!ok && app.client != NULL)
        explain_error(app.etcd, app.client, &e);
    /* A command that failed may still have found something worth showing. */
    if (!app_flush(&app, &late) && ok) {
        e = late;
        ok = false;
    }
    /* The reader of our output left: nothing is wrong, and nobody wants to hear of it. */
    if (!ok && !(e.sys_errno == EPIPE && strncmp(e.text, "standard output", 15) == 0))
        show_error(&app, &e, argc, argv);
    etcd_client_close(&app.client);
    secret_release(&app.password);
    secret_release(&app.token);
    buf_release(&app.out);
    return ok ? app.exit_code : exit_code_of(&app, e.code);
}
