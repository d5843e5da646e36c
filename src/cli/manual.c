/* Both forms are written by one walk over the command table; a markup says how things look. */

#include "cli/manual.h"

#include <string.h>

#include "cli/command.h"
#include "cli/help.h"

/* What stands around each kind of thing. */
struct markup {
    const char *section;      /* before a command's name */
    const char *option_begin; /* around an option's synopsis */
    const char *option_end;
    const char *code_begin; /* around example lines */
    const char *code_indent;
    const char *code_end;
    const char *escaped; /* characters that need a backslash */
};

static const struct markup scdoc = {
    "## ", "*", "*\n\t", "", "\t", "\n", "\\*_`#",
};
static const struct markup markdown = {
    "### ", "- `", "`: ", "```sh\n", "", "```\n", "\\*_`<>",
};

static void
append_escaped(struct buf *out, const struct markup *m, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(m->escaped, *text) != NULL)
            buf_append_byte(out, '\\');
        buf_append_byte(out, (uint8_t)*text);
    }
}

/* In Markdown an option's synopsis is code, where nothing is escaped. */
static void
append_synopsis(struct buf *out, const struct markup *m, const char *text)
{
    if (m == &markdown)
        buf_append_text(out, text);
    else
        append_escaped(out, m, text);
}

static void
append_option(struct buf *out, const struct markup *m, const struct option_def *def)
{
    AUTO_ARENA tmp = ARENA_INIT;

    buf_append_text(out, m->option_begin);
    if (def->letter != 0)
        buf_printf(out, "-%c, ", def->letter);
    append_synopsis(out, m, option_synopsis(&tmp, def));
    buf_append_text(out, m->option_end);
    append_escaped(out, m, def->help);
    append_escaped(out, m, option_remark(&tmp, def));
    buf_append_text(out, m == &markdown ? "\n" : "\n\n");
}

static void
append_table(struct buf *out, const struct markup *m, const struct option_def *table)
{
    for (const struct option_def *def = table; def != NULL && def->name != NULL; def++)
        if (!def->hidden)
            append_option(out, m, def);
}

/* scdoc takes the flags on a continued line for a list: there the line goes on in one piece. */
static const char *
joined(struct arena *mem, const char *example)
{
    const char *result = "";
    const char *cut;

    while ((cut = strstr(example, "\\\n")) != NULL) {
        result = arena_printf(mem, "%s%.*s", result, (int)(cut - example), example);
        example = cut + 2 + strspn(cut + 2, " ");
    }
    return arena_printf(mem, "%s%s", result, example);
}

static void
append_example(struct buf *out, const struct markup *m, const char *example)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (m == &scdoc)
        example = joined(&tmp, example);
    buf_append_text(out, m->code_begin);
    while (*example != '\0') {
        size_t size = strcspn(example, "\n");

        buf_append_text(out, m->code_indent);
        append_synopsis(out, m, arena_printf(&tmp, "%.*s", (int)size, example));
        buf_append_byte(out, '\n');
        example += size + (example[size] == '\n');
    }
    buf_append_text(out, m->code_end);
}

/* What has to be typed before a word that quorate does not have under its own name. */
static const char *
tool_prefix(unsigned tools)
{
    const struct tool *tool = tool_of_sets(tools);

    if (!tool->etcd)
        return "";
    return tool->sets == IN_ETCDUTL ? "etcdutl " : "etcdctl ";
}

static void
append_command(struct buf *out, const struct markup *m, const struct command *c)
{
    const char *effect = effect_text(c->effect);

    buf_printf(out, "%s%s%s%s", m->section, tool_prefix(c->tools), c->name,
               (c->tools & IN_ETCDCTL_V2) != 0 ? " (ETCDCTL_API=2)" : "");
    if (c->operands != NULL) {
        buf_append_byte(out, ' ');
        append_escaped(out, m, c->operands);
    }
    buf_append_text(out, "\n\n");
    append_escaped(out, m, c->summary);
    buf_append_text(out, ".");
    if (effect != NULL)
        buf_printf(out, " Changes %s.", effect);
    buf_append_text(out, "\n\n");
    if (c->description != NULL) {
        append_escaped(out, m, c->description);
        buf_append_text(out, "\n\n");
    }
    append_table(out, m, c->options);
    if (c->plan != NULL)
        append_table(out, m, plan_options);
    if (m == &markdown && (c->options != NULL || c->plan != NULL))
        buf_append_byte(out, '\n');
    if (c->example != NULL) {
        append_example(out, m, c->example);
        buf_append_text(out, m == &markdown ? "\n" : "");
    }
}

static void
append_commands(struct buf *out, const struct markup *m, const char *heading)
{
    for (enum command_family family = 0; family < FAMILY_COUNT; family++) {
        bool titled = false;

        for (size_t i = 0; commands[i] != NULL; i++) {
            if (commands[i]->hidden || commands[i]->family != family)
                continue;
            if (!titled)
                buf_printf(out, "%s%s\n\n", heading, command_family_title(family));
            titled = true;
            append_command(out, m, commands[i]);
        }
    }
}

static void
append_exit_codes(struct buf *out, const struct markup *m)
{
    static const char *const remedies[] = {
#define ERROR_CODE(name, word, exit_code, etcd_exit_code, retryable, hint) hint,
#include "base/error_codes.list"
#undef ERROR_CODE
    };

    for (unsigned i = 0; i < ERROR_COUNT; i++) {
        enum error_code code = (enum error_code)i;

        if (m == &markdown)
            buf_printf(out, "| %d | %d | %s | %s | %s |\n", error_code_exit(code),
                       error_code_exit_etcd(code), error_code_word(code),
                       error_code_retryable(code) ? "yes" : "no", remedies[i]);
        else
            buf_printf(out, "*%d*\n\t%s; %d from etcd's own words\n\n", error_code_exit(code),
                       error_code_word(code), error_code_exit_etcd(code));
    }
}

void
manual_append_scdoc(struct buf *out)
{
    buf_append_text(out, "quorate(1)\n\n# NAME\n\nquorate - operate etcd clusters\n\n"
                         "# SYNOPSIS\n\n*quorate* _COMMAND_ [_OPTIONS_] [_OPERANDS_]\n\n"
                         "# DESCRIPTION\n\nLooks at etcd clusters, backs them up, recovers them. "
                         "etcdctl's commands and flags have their meaning and their output.\n\n"
                         "Flags may stand anywhere. A flag beats its environment variable. "
                         "Durations are written 250ms, 5s, 1m30s; sizes 4096, 64MiB, 2GB.\n\n");
    append_commands(out, &scdoc, "# ");
    buf_append_text(out, "# OPTIONS OF EVERY COMMAND\n\n");
    append_table(out, &scdoc, global_options);
    buf_append_text(out, "# EXIT STATUS\n\n");
    append_exit_codes(out, &scdoc);
}

void
manual_append_markdown(struct buf *out)
{
    buf_append_text(out, "# Commands\n\nGenerated by `tools/make-docs` from the command table. "
                         "Durations are written 250ms, 5s, 1m30s; sizes 4096, 64MiB, 2GB.\n\n");
    append_commands(out, &markdown, "## ");
    buf_append_text(out, "## Options of every command\n\n");
    append_table(out, &markdown, global_options);
}

void
manual_append_exit_codes(struct buf *out)
{
    buf_append_text(
        out, "# Exit codes\n\nGenerated by `tools/make-docs` from "
             "src/base/error_codes.list; a promise to scripts. With `-w json` an error is "
             "`{\"error\":{\"code\":WORD,\"text\":...,\"hint\":...}}` on standard error. "
             "Retryable: the same command may succeed later.\n\n"
             "etcdctl's and etcdutl's words (`get`, `member list`, `snapshot save`, ...) end "
             "with the codes of those tools, in the second column, under whatever name "
             "quorate runs; all other words with the first.\n\n"
             "| code | etcd's words | word | retryable | general remedy |\n"
             "| ---: | ---: | --- | --- | --- |\n");
    append_exit_codes(out, &markdown);
}
