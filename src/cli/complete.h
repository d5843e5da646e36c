/* What could stand where the cursor is; the completion scripts of all shells ask this. */
#ifndef QUORATE_CLI_COMPLETE_H
#define QUORATE_CLI_COMPLETE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/tool.h"

/*
 * words  what was typed behind the program's name, the last one being the one to complete; '='
 *        standing alone is how bash splits --flag=value.
 * out    gets lines "WORD<tab>description", and a last line ":file" or ":dir" (complete a path as
 *        well) or ":list" (nothing but these).
 */
void complete_append(struct arena *mem, const struct tool *tool, const char *const *words,
                     size_t count, struct buf *out);

/* The script for "bash", "zsh", "fish" or "powershell", of a program called "quorate"; NULL for any
 * other shell. */
const char *completion_script(const char *shell);

#endif
