/* What is true of a lab now: its processes, and whether they serve. */
#ifndef QUORATE_OPS_LAB_HEALTH_H
#define QUORATE_OPS_LAB_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "ops/lab.h"

/* Asks supervisor and members once. A supervisor that does not run is a state, not an error. */
MUST_CHECK bool lab_look(struct arena *mem, const struct inventory *inventory, struct lab **ret_lab,
                         struct error *e);

/*
 * Waits until every member is healthy.
 *
 * e  ERROR_TIMEOUT: one is not in time, or keeps dying; the hint has the last line of its log.
 */
MUST_CHECK bool lab_wait(struct arena *mem, const struct inventory *inventory, int64_t timeout_ms,
                         struct lab **ret_lab, struct error *e);

#endif
