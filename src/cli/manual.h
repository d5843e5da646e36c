/* The generated reference: manual page (scdoc source), Markdown, the tables of exit codes, causes and
 * doctor's rules. */
#ifndef QUORATE_CLI_MANUAL_H
#define QUORATE_CLI_MANUAL_H

#include "base/buf.h"

void manual_append_scdoc(struct buf *out);      /* quorate(1) */
void manual_append_markdown(struct buf *out);   /* docs/reference/commands.md */
void manual_append_exit_codes(struct buf *out); /* docs/exit-codes.md */
void manual_append_causes(struct buf *out);     /* docs/reference/causes.md */
void manual_append_doctor(struct buf *out);     /* docs/reference/doctor.md */

#endif
