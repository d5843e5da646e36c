/* The generated reference: manual page (scdoc source), Markdown, and the table of exit codes. */
#ifndef QUORATE_CLI_MANUAL_H
#define QUORATE_CLI_MANUAL_H

#include "base/buf.h"

void manual_append_scdoc(struct buf *out);      /* quorate(1) */
void manual_append_markdown(struct buf *out);   /* docs/reference/commands.md */
void manual_append_exit_codes(struct buf *out); /* docs/exit-codes.md */

#endif
