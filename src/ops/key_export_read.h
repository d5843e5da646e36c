/* Reads the file of 'keys export', line by line, and finds out whether it is whole. */
#ifndef QUORATE_OPS_KEY_EXPORT_READ_H
#define QUORATE_OPS_KEY_EXPORT_READ_H

#include "format/key_export.h"

/* A lease or a key; valid until it returns. */
typedef bool key_export_visit(void *context, const struct key_export_line *line, struct error *e);

/*
 * Visits all leases and keys in the order of the file. What was visited is known to be right only when
 * it returns true: then the last line has fit the others.
 *
 * visit    may be NULL: to check
 * ret_end  what the last line says
 * e        ERROR_FORMAT: no such file, with its line; ERROR_CORRUPT: it was cut or changed.
 *          ERROR_IO, ERROR_NOT_FOUND; what visit says.
 */
MUST_CHECK bool key_export_read(const char *path, key_export_visit *visit, void *context,
                                struct key_export_end *ret_end, struct error *e);

#endif
