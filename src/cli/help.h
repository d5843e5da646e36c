/* Help, made from the command table: the overview, one command, a group ("member"), the options that
 * every command has, and all of it as JSON. */
#ifndef QUORATE_CLI_HELP_H
#define QUORATE_CLI_HELP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/tool.h"

void help_append_overview(struct buf *out, const struct tool *tool);
void help_append_command(struct buf *out, const struct tool *tool, const struct command *command);
void help_append_options(struct buf *out); /* the global ones */

/*
 * The help for these words: "" for the overview, "get", "member", "member list", "options".
 *
 * e  ERROR_USAGE: nothing of that name, with the nearest as hint.
 */
MUST_CHECK bool help_append(struct buf *out, const struct tool *tool, const char *words,
                            struct error *e);

/*
 * The same in the form of etcd's own tools (spf13/cobra's, which etcdctl 3.7 and etcdutl print): for
 * the names etcdctl and etcdutl. Usage is also what follows an error about a flag.
 */
void help_etcd_append_overview(struct buf *out, const struct tool *tool);
void help_etcd_append_group(struct buf *out, const struct tool *tool, const char *words);
void help_etcd_append_command(struct buf *out, const struct tool *tool,
                              const struct command *command);
void help_etcd_append_options(struct buf *out, const struct tool *tool);
void help_etcd_append_usage(struct buf *out, const struct tool *tool,
                            const struct command *command);

/* Every command with operands, options, needs and effect; docs/formats/commands.md. */
void help_append_json(struct buf *out);

/* "--write-out FORMAT", and what follows the help text: " [default: simple]". */
const char *option_synopsis(struct arena *mem, const struct option_def *def);
const char *option_remark(struct arena *mem, const struct option_def *def);
/* What the command changes, as a sentence's end; NULL for nothing. */
const char *effect_text(enum command_effect effect);

#endif
