/* A judgement as a section of a report: the verdict, and its remarks as notes. */
#ifndef QUORATE_CLI_REPORT_JUDGEMENT_H
#define QUORATE_CLI_REPORT_JUDGEMENT_H

#include "cli/report.h"
#include "cluster/judgement.h"

enum mark verdict_mark(enum verdict verdict);

void report_judgement(struct report *r, const struct judgement *j);

#endif
