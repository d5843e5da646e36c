/*
 * Numbers from text: digits and nothing else. No blanks, no "0x", no locale, and a number
 * that does not fit is refused instead of becoming another one. The one place for it.
 *
 * Each fails with ERROR_USAGE and a text that quotes what was given: "'5x' is not a whole number",
 * "'300' is too large, at most 255 fits"; read from a file, wrap it with the place.
 */
#ifndef QUORATE_BASE_NUMBER_H
#define QUORATE_BASE_NUMBER_H

#include <stdint.h>

#include "base/error.h"

/* Decimal, without a sign. */
MUST_CHECK bool number_parse_u64(const char *text, uint64_t *ret_value, struct error *e);
MUST_CHECK bool number_parse_u32(const char *text, uint32_t *ret_value, struct error *e);
/* Decimal, perhaps behind one '-' or '+'. */
MUST_CHECK bool number_parse_i64(const char *text, int64_t *ret_value, struct error *e);
/* An id as etcd prints it: hex of either case without "0x"; leading zeros are fine. */
MUST_CHECK bool number_parse_id(const char *text, uint64_t *ret_id, struct error *e);
/* A decimal fraction as programs write them, "0.25" or "2.5e+07": not as people type them. */
MUST_CHECK bool number_parse_f64(const char *text, double *ret_value, struct error *e);

#endif
