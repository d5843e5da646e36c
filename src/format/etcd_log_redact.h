/* A line of etcd's log as it may be shown to others: without keys, values, and what requests were about. */
#ifndef QUORATE_FORMAT_ETCD_LOG_REDACT_H
#define QUORATE_FORMAT_ETCD_LOG_REDACT_H

#include "base/arena.h"

/*
 * Of JSON the fields that are numbers, or are known to hold no more than names, addresses, times and reasons; the
 * others' values are "(left out)". Of text what stands outside of quotes. NULL: the line is of no known form, nor part
 * of a Go program's stack trace. In 'mem'.
 */
const char *etcd_log_redacted(struct arena *mem, const char *line);

#endif
