/* How an error is shown: for people on two lines, for scripts (-w json) as one JSON object. */
#ifndef QUORATE_CLI_ERROR_REPORT_H
#define QUORATE_CLI_ERROR_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * "Error: text" and "Hint: remedy", or {"error":{"code":"...","text":"...","hint":"..."}}, each with
 * a line end, to the end of 'out'. Control characters are made visible. The JSON form also has what
 * there is of "cause", a word for scripts, and "evidence", an array of objects: each a finding with
 * its own "cause" and facts (docs/reference/errors.md).
 */
void error_report(const struct error *e, bool json, bool color, struct buf *out);

#endif
