/*
 * Help as etcd's own tools lay it out, for the links etcdctl and etcdutl. The layout is
 * spf13/cobra's; the words are ours.
 */

#include <string.h>

#include "cli/help.h"

/* pflag's word for a value. */
static const char *
type_word(const struct option_def *def)
{
    switch (def->type) {
    case OPTION_BOOL:
        return "";
    case OPTION_I64:
        return " int";
    case OPTION_U64:
    case OPTION_SIZE:
        return " uint";
    case OPTION_DURATION:
        return " duration";
    case OPTION_TEXTS:
    case OPTION_URLS:
        return " strings";
    default:
        return " string";
    }
}

static bool
is_quoted(const struct option_def *def)
{
    switch (def->type) {
    case OPTION_BOOL:
    case OPTION_I64:
    case OPTION_U64:
    case OPTION_SIZE:
    case OPTION_DURATION:
        return false;
    default:
        return true;
    }
}

static bool
has_default(const struct option_def *def)
{
    return def->fallback != NULL && def->fallback[0] != '\0' && strcmp(def->fallback, "0") != 0 &&
           strcmp(def->fallback, "false") != 0;
}

/* Whether a global option is one of the tool's: etcdutl asks no server. */
static bool
is_shown(const struct tool *tool, const struct option_def *def)
{
    return !def->hidden && (tool->sets != IN_ETCDUTL || strcmp(def->name, "write-out") == 0);
}

static size_t
synopsis_width(const struct option_def *def)
{
    return 8 + strlen(def->name) + strlen(type_word(def));
}

static void
append_flag(struct buf *out, const struct option_def *def, size_t width)
{
    char letter[8] = "    ";

    if (def->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", def->letter);
    buf_printf(out, "  %s--%s%s%*s   %s", letter, def->name, type_word(def),
               (int)(width - synopsis_width(def)), "", def->help);
    if (has_default(def))
        buf_printf(out, is_quoted(def) ? " (default \"%s\")" : " (default %s)", def->fallback);
    buf_append_byte(out, '\n');
}

static void
append_flags(struct buf *out, const struct option_def *table, const struct option_def *help)
{
    size_t width = help != NULL ? synopsis_width(help) : 0;

    for (const struct option_def *def = table; def != NULL && def->name != NULL; def++)
        if (!def->hidden && synopsis_width(def) > width)
            width = synopsis_width(def);
    for (const struct option_def *def = table; def != NULL && def->name != NULL; def++)
        if (!def->hidden)
            append_flag(out, def, width);
    if (help != NULL)
        append_flag(out, help, width);
}

static void
append_global_flags(struct buf *out, const struct tool *tool)
{
    size_t width = 0;

    for (const struct option_def *def = global_options; def->name != NULL; def++)
        if (is_shown(tool, def) && synopsis_width(def) > width)
            width = synopsis_width(def);
    for (const struct option_def *def = global_options; def->name != NULL; def++)
        if (is_shown(tool, def))
            append_flag(out, def, width);
}

static void
append_farewell(struct buf *out, const struct tool *tool)
{
    if (tool->sets == IN_ETCDCTL)
        buf_append_text(out, "Use \"etcdctl options\" for the flags that every command has.\n");
}

static void
append_own_flags(struct buf *out, const struct tool *tool, const struct command *command)
{
    const struct option_def help = {"help", OPTION_BOOL, 'h', .help = "help for this command"};

    buf_append_text(out, "\nFlags:\n");
    append_flags(out, command->options, &help);
    if (tool->sets == IN_ETCDUTL) {
        buf_append_text(out, "\nGlobal Flags:\n");
        append_global_flags(out, tool);
    }
}

void
help_etcd_append_usage(struct buf *out, const struct tool *tool, const struct command *command)
{
    buf_printf(out, "Usage:\n  %s %s%s%s [flags]\n", tool->name, command->name,
               command->operands != NULL ? " " : "",
               command->operands != NULL ? command->operands : "");
    append_own_flags(out, tool, command);
    buf_append_byte(out, '\n');
}

void
help_etcd_append_command(struct buf *out, const struct tool *tool, const struct command *command)
{
    buf_printf(out, "%s\n\n", command->summary);
    help_etcd_append_usage(out, tool, command);
    if (command->description != NULL)
        buf_printf(out, "%s\n\n", command->description);
    append_farewell(out, tool);
}

void
help_etcd_append_options(struct buf *out, const struct tool *tool)
{
    buf_append_text(out, "The following options can be passed to any command:\n\n");
    append_global_flags(out, tool);
}

/* One line for each word behind 'words': a command with its summary, a group by its name. */
static void
append_words(struct buf *out, const struct tool *tool, const char *words, int family)
{
    size_t skip = strlen(words) + (words[0] != '\0');
    const char *last = "";

    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *c = commands[i];
        const char *word = c->name + skip;
        size_t size;

        if (!command_is_shown(tool, c) || (family >= 0 && (int)c->family != family) ||
            strncmp(c->name, words, strlen(words)) != 0 || (skip > 0 && c->name[skip - 1] != ' '))
            continue;
        size = strcspn(word, " ");
        if (strncmp(word, last, size) == 0 && (last[size] == ' ' || last[size] == '\0'))
            continue;
        last = word;
        if (word[size] == '\0')
            buf_printf(out, "  %-11s %s\n", word, c->summary);
        else
            buf_printf(out, "  %-11.*s Several commands; see \"%s %.*s --help\"\n", (int)size, word,
                       tool->name, (int)(skip + size), c->name);
    }
}

void
help_etcd_append_group(struct buf *out, const struct tool *tool, const char *words)
{
    buf_printf(out, "Commands of \"%s %s\"\n\nUsage:\n  %s %s [command]\n\nAvailable Commands:\n",
               tool->name, words, tool->name, words);
    append_words(out, tool, words, -1);
    buf_printf(out,
               "\nFlags:\n  -h, --help   help for %s\n\n"
               "Use \"%s %s [command] --help\" for more information about a command.\n",
               words, tool->name, words);
    append_farewell(out, tool);
}

static bool
family_has_words(const struct tool *tool, enum command_family family)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (command_is_shown(tool, commands[i]) && commands[i]->family == family)
            return true;
    return false;
}

void
help_etcd_append_overview(struct buf *out, const struct tool *tool)
{
    buf_printf(out, "%s, as quorate " QUORATE_VERSION " speaks it.\n\nUsage:\n  %s [command]\n",
               tool->name, tool->name);
    for (enum command_family family = 0; family < FAMILY_COUNT; family++) {
        if (!family_has_words(tool, family))
            continue;
        buf_printf(out, "\n%s\n", command_family_title(family));
        append_words(out, tool, "", (int)family);
    }
    if (tool->sets == IN_ETCDUTL) {
        buf_append_text(out, "\nFlags:\n");
        append_global_flags(out, tool);
    }
    buf_printf(out, "\nUse \"%s [command] --help\" for more information about a command.\n",
               tool->name);
    append_farewell(out, tool);
}
