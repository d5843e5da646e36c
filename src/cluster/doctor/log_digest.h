/* What a member's log told lately, counted by kind: the part of doctor's picture that its rules about logs read. */
#ifndef QUORATE_CLUSTER_DOCTOR_LOG_DIGEST_H
#define QUORATE_CLUSTER_DOCTOR_LOG_DIGEST_H

#include "cluster/doctor/picture.h"

enum { LOG_DIGEST_MS = 3600 * 1000 };

/*
 * Counts the lines of the last LOG_DIGEST_MS before the log's last one, as far as this process wrote them. Only how
 * an earlier process ended counts, too. A log that has been silent for that long before 'now_ms' told nothing; where
 * its lines have no time zone, that is not known.
 *
 * text    the log's last lines.
 * Memory  in 'mem'.
 */
void log_digest(struct arena *mem, const char *text, int64_t now_ms, struct log_picture *ret);

#endif
