/* What a check of a db snapshot found, as a report: 'snapshot verify' and 'backup verify' say the
 * same of the same file. */
#ifndef QUORATE_CLI_VERIFICATION_H
#define QUORATE_CLI_VERIFICATION_H

#include "base/error.h"
#include "cli/report.h"
#include "format/db_snapshot.h"

/* The verdict on a file that may be used, and what it holds. */
void verification_good(struct report *r, const struct db_snapshot_report *checked);

/* The verdict on one that may not, its first problem (e, which is cleared) and all findings. Returns
 * the exit code. */
int verification_bad(struct report *r, const struct db_snapshot_report *checked, struct error *e);

/* A section with all findings, notes included; nothing when there are none. */
void verification_findings(struct report *report, const struct db_snapshot_report *checked);

#endif
