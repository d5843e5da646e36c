/* Help for people. Lines are at most 80 columns, options stand under each other. */

#include "cli/help.h"

#include <string.h>

#include "base/suggest.h"

enum { OPTION_COLUMN = 34, LINE_WIDTH = 80 };

const char *
option_synopsis(struct arena *mem, const struct option_def *def)
{
    const char *arg = def->type == OPTION_CHOICE && def->choices != NULL ? def->choices : def->arg;

    if (def->type == OPTION_BOOL)
        return arena_printf(mem, "--%s", def->name);
    if (def->bare != NULL)
        return arena_printf(mem, "--%s[=%s]", def->name, arg != NULL ? arg : "VALUE");
    return arena_printf(mem, "--%s %s", def->name, arg != NULL ? arg : "VALUE");
}

const char *
option_remark(struct arena *mem, const struct option_def *def)
{
    const char *remark = "";

    if (def->required)
        remark = " [required]";
    else if (def->fallback != NULL)
        remark = arena_printf(mem, " [default: %s]", def->fallback);
    if (def->environment != NULL)
        remark = arena_printf(mem, "%s [%s]", remark, def->environment);
    return remark;
}

const char *
effect_text(enum command_effect effect)
{
    switch (effect) {
    case EFFECT_NONE:
        return NULL;
    case EFFECT_WRITES_FILES:
        return "files on this machine";
    case EFFECT_CHANGES_KEYS:
        return "the cluster's keys";
    case EFFECT_CHANGES_CLUSTER:
        return "the cluster";
    }
    return NULL;
}

/* Text broken at blanks; the first line starts at 'column', the others are indented by 'indent'. */
static void
append_wrapped(struct buf *out, const char *text, size_t column, size_t indent)
{
    bool first = true;

    while (*text != '\0') {
        size_t size = strcspn(text, " ");

        if (!first && column + 1 + size > LINE_WIDTH) {
            buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            buf_append_byte(out, ' ');
            column++;
        }
        buf_append(out, text, size);
        column += size;
        first = false;
        text += size;
        text += strspn(text, " ");
    }
    buf_append_byte(out, '\n');
}

static void
append_option(struct buf *out, const struct option_def *def)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *synopsis = option_synopsis(&tmp, def);
    const char *text = arena_printf(&tmp, "%s%s", def->help, option_remark(&tmp, def));
    char letter[8] = "    ";
    size_t column;

    if (def->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", def->letter);
    buf_printf(out, "  %s%s", letter, synopsis);
    column = 6 + strlen(synopsis);
    if (column + 2 > OPTION_COLUMN) {
        buf_append_byte(out, '\n');
        column = 0;
    }
    buf_printf(out, "%*s", (int)(OPTION_COLUMN - column), "");
    append_wrapped(out, text, OPTION_COLUMN, OPTION_COLUMN);
}

static void
append_table(struct buf *out, const struct option_def *table)
{
    for (const struct option_def *def = table; def != NULL && def->name != NULL; def++)
        if (!def->hidden)
            append_option(out, def);
}

static void
append_paragraphs(struct buf *out, const char *text)
{
    AUTO_ARENA tmp = ARENA_INIT;

    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t size = end != NULL ? (size_t)(end - text) : strlen(text);

        buf_append_byte(out, '\n');
        append_wrapped(out, arena_printf(&tmp, "%.*s", (int)size, text), 0, 0);
        text += size + (end != NULL ? 2 : 0);
    }
}

static void
append_example(struct buf *out, const char *example)
{
    buf_append_text(out, "\nExample:\n");
    while (*example != '\0') {
        size_t size = strcspn(example, "\n");

        buf_printf(out, "  %.*s\n", (int)size, example);
        example += size + (example[size] == '\n');
    }
}

void
help_append_command(struct buf *out, const struct tool *tool, const struct command *command)
{
    const char *effect = effect_text(command->effect);

    buf_printf(out, "%s.\n\nUsage: %s %s%s%s%s\n", command->summary, tool->name, command->name,
               command->options != NULL || command->plan != NULL ? " [OPTIONS]" : "",
               command->operands != NULL ? " " : "",
               command->operands != NULL ? command->operands : "");
    if (command->description != NULL)
        append_paragraphs(out, command->description);
    if (effect != NULL)
        buf_printf(out, "\nChanges %s.\n", effect);
    if (command->options != NULL || command->plan != NULL) {
        buf_append_text(out, "\nOptions:\n");
        append_table(out, command->options);
        if (command->plan != NULL)
            append_table(out, plan_options);
    }
    if (command->example != NULL)
        append_example(out, command->example);
    buf_append_text(out, "\nOptions of every command: quorate help options\n");
}

void
help_append_options(struct buf *out)
{
    buf_append_text(out, "Options of every command. They may stand anywhere; a flag beats its\n"
                         "environment variable.\n\n");
    append_table(out, global_options);
    buf_append_text(out, "  -h, --help                      Show the help of the command\n\n"
                         "Durations are written 250ms, 5s, 1m30s; sizes 4096, 64MiB, 2GB.\n");
}

static void
append_summary(struct buf *out, const struct command *command)
{
    buf_printf(out, "  %-24s%s\n", command->name, command->summary);
}

void
help_append_overview(struct buf *out, const struct tool *tool)
{
    buf_append_text(out, "quorate operates etcd clusters: looks at them, backs them up, recovers "
                         "them.\n\nUsage: quorate COMMAND [OPTIONS] [OPERANDS]\n");
    for (enum command_family family = 0; family < FAMILY_COUNT; family++) {
        bool titled = false;

        for (size_t i = 0; commands[i] != NULL; i++) {
            if (!command_is_shown(tool, commands[i]) || commands[i]->family != family)
                continue;
            if (!titled)
                buf_printf(out, "\n%s:\n", command_family_title(family));
            titled = true;
            append_summary(out, commands[i]);
        }
    }
    buf_append_text(out, "\nHelp of one command: quorate help COMMAND\n"
                         "Options of every command: quorate help options\n"
                         "The clusters meant are those of --endpoints or --cluster.\n");
}

static void
append_group(struct buf *out, const struct tool *tool, const char *words)
{
    size_t size = strlen(words);

    buf_printf(out, "Usage: %s %s COMMAND [OPTIONS] [OPERANDS]\n\nCommands:\n", tool->name, words);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (command_is_shown(tool, commands[i]) && strncmp(commands[i]->name, words, size) == 0 &&
            (commands[i]->name[size] == ' ' || commands[i]->name[size] == '\0'))
            append_summary(out, commands[i]);
    buf_printf(out, "\nHelp of one command: %s help %s COMMAND\n", tool->name, words);
}

static bool
no_help(const struct tool *tool, const char *words, struct error *e)
{
    struct suggestion s;

    suggestion_init(&s, words);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (command_is_shown(tool, commands[i]))
            suggestion_offer(&s, commands[i]->name);
    error_set_(e, ERROR_USAGE, 0, "there is no command '%s'", words);
    if (s.best != NULL)
        return error_hint(e, "did you mean '%s help %s'?", tool->name, s.best);
    return error_hint(e, "see '%s help'", tool->name);
}

/* "mem li" to "member list", as far as the words are known. */
static const char *
words_complete(struct arena *mem, const struct tool *tool, const char *typed)
{
    const char *words = "";
    size_t candidates;

    while (typed[typed[0] == ' '] != '\0') {
        size_t size;
        const char *next;

        typed += strspn(typed, " ");
        size = strcspn(typed, " ");
        next = command_words_next(mem, tool, words, arena_printf(mem, "%.*s", (int)size, typed),
                                  &candidates);
        if (next == NULL)
            return NULL;
        words = next;
        typed += size;
    }
    return words;
}

bool
help_append(struct buf *out, const struct tool *tool, const char *typed, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const char *words = words_complete(&tmp, tool, typed);
    const struct command *command = command_find(tool, words != NULL ? words : typed);

    if (typed[0] == '\0')
        (tool->etcd ? help_etcd_append_overview : help_append_overview)(out, tool);
    else if (command != NULL)
        (tool->etcd ? help_etcd_append_command : help_append_command)(out, tool, command);
    else if (strcmp(typed, "options") == 0)
        help_append_options(out);
    else if (words != NULL)
        (tool->etcd ? help_etcd_append_group : append_group)(out, tool, words);
    else
        return no_help(tool, typed, e);
    return true;
}
