/* Candidates come from the command table; names of clusters from quorate.yaml and the labs. */

#include "cli/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cli/command.h"
#include "cli/parse.h"
#include "cluster/config/config.h"
#include "cluster/inventory_lab.h"
#include "plan/state_dir.h"

static void
offer(struct buf *out, const char *prefix, const char *word, const char *description)
{
    if (strncmp(word, prefix, strlen(prefix)) == 0)
        buf_printf(out, "%s\t%s\n", word, description);
}

static void
offer_table(struct arena *mem, struct buf *out, const char *prefix, const struct option_def *table)
{
    for (const struct option_def *def = table; def != NULL && def->name != NULL; def++)
        if (!def->hidden)
            offer(out, prefix, arena_printf(mem, "--%s", def->name), def->help);
}

/* The next word of each command that begins with 'words'; a group's word once. */
static void
offer_command_words(struct arena *mem, const struct tool *tool, struct buf *out, const char *words,
                    const char *prefix)
{
    size_t size = strlen(words);
    const char *last = "";

    for (size_t i = 0; commands[i] != NULL; i++) {
        const char *rest = commands[i]->name + size;
        const char *word;

        if (!command_is_shown(tool, commands[i]) || strncmp(commands[i]->name, words, size) != 0 ||
            (size > 0 && *rest != ' '))
            continue;
        rest += size > 0;
        word = arena_printf(mem, "%.*s", (int)strcspn(rest, " "), rest);
        if (strcmp(word, last) == 0)
            continue;
        last = word;
        offer(out, prefix, word, strchr(rest, ' ') != NULL ? "..." : commands[i]->summary);
    }
}

static void
offer_choices(struct arena *mem, struct buf *out, const char *prefix, const char *choices)
{
    while (*choices != '\0') {
        size_t size = strcspn(choices, "|");

        offer(out, prefix, arena_printf(mem, "%.*s", (int)size, choices), "");
        choices += size + (choices[size] == '|');
    }
}

static void
offer_labs(struct arena *mem, struct buf *out, const char *prefix)
{
    struct error ignored = ERROR_INIT;
    const char *state_dir;
    const char **names;
    size_t count;

    if (!state_dir_find(mem, &state_dir, &ignored) ||
        !dir_list(mem, path_join(mem, state_dir, "labs"), &names, &count, &ignored))
        return;
    for (size_t i = 0; i < count; i++)
        offer(out, prefix, arena_printf(mem, INVENTORY_LAB_PREFIX "%s", names[i]), "a lab");
}

/* Of the file that counts without --config: what stands on the line is not read. */
static void
offer_clusters(struct arena *mem, struct buf *out, const char *prefix)
{
    struct error ignored = ERROR_INIT;
    struct config *config;
    const char *path;

    if (!config_find(mem, getenv("QUORATE_CONFIG"), &path, &ignored) || path == NULL ||
        !config_load(mem, path, &config, &ignored))
        return;
    for (size_t i = 0; i < config->clusters.count; i++)
        offer(out, prefix, config->clusters.items[i].name, "a cluster");
}

/* What else: paths, for options and operands that are files or directories. */
static const char *
offer_value(struct arena *mem, struct buf *out, const char *prefix, const struct option_def *def)
{
    if (def->type == OPTION_CHOICE) {
        offer_choices(mem, out, prefix, def->choices);
    } else if (strcmp(def->name, "cluster") == 0) {
        offer_clusters(mem, out, prefix);
        offer_labs(mem, out, prefix);
    }
    return def->type == OPTION_FILE ? ":file" : def->type == OPTION_DIR ? ":dir" : ":list";
}

static const char *
offer_operand(struct arena *mem, const struct tool *tool, struct buf *out, const char *prefix,
              const struct command_line_start *start)
{
    char name[64];

    command_operand_name(start->command, start->operand_count, name, sizeof(name));
    if (name[0] == '\0')
        command_operand_name(start->command, 0, name, sizeof(name));
    if (strcmp(name, "COMMAND") == 0)
        offer_command_words(mem, tool, out, "", prefix);
    if (strcmp(name, "SHELL") == 0)
        offer_choices(mem, out, prefix, "bash|zsh|fish|powershell");
    if (strstr(name, "FILE") != NULL || strstr(name, "PATH") != NULL)
        return ":file";
    return strstr(name, "DIR") != NULL ? ":dir" : ":list";
}

/* bash splits at '=': "--flag" "=" "val" is "--flag" "val" to us. */
static char **
without_equals(struct arena *mem, const char *const *words, size_t count, int *ret_argc)
{
    char **argv = arena_alloc(mem, (count + 3) * sizeof(*argv));
    int argc = 0;

    argv[argc++] = arena_text(mem, "quorate");
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], "=") != 0)
            argv[argc++] = arena_text(mem, words[i]);
    if (count == 0 || strcmp(words[count - 1], "=") == 0)
        argv[argc++] = arena_text(mem, "");
    argv[argc] = NULL;
    *ret_argc = argc;
    return argv;
}

void
complete_append(struct arena *mem, const struct tool *tool, const char *const *words, size_t count,
                struct buf *out)
{
    struct command_line_start start;
    const char *more = ":list";
    const char *last;
    int argc;
    char **argv = without_equals(mem, words, count, &argc);

    last = argv[argc - 1];
    command_line_start(mem, tool, argc, argv, &start);
    if (start.value_of != NULL) {
        more = offer_value(mem, out, last, start.value_of);
    } else if (last[0] == '-' && !start.flags_ended) {
        offer_table(mem, out, last, start.command != NULL ? start.command->options : NULL);
        if (start.command != NULL && start.command->plan != NULL)
            offer_table(mem, out, last, plan_options);
        offer_table(mem, out, last, global_options);
        offer(out, last, "--help", "Show the help of the command");
    } else {
        if (start.operand_count == 0)
            offer_command_words(mem, tool, out, start.words, last);
        if (start.command != NULL)
            more = offer_operand(mem, tool, out, last, &start);
    }
    buf_printf(out, "%s\n", more);
}
