/* A lease's id as people type it. */
#ifndef QUORATE_CLI_LEASE_ID_H
#define QUORATE_CLI_LEASE_ID_H

#include <stdint.h>

#include "base/error.h"

/*
 * Hex without "0x", perhaps behind a sign, as Go's ParseInt(text, 16, 64) takes it.
 *
 * e  ERROR_USAGE: anything else, or more than 63 bits.
 */
MUST_CHECK bool lease_id_parse(const char *text, int64_t *ret_id, struct error *e);

#endif
