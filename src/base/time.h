/* Clocks, dates as RFC 3339, and durations as Go writes them ("1m30s"), which etcd's flags use. */
#ifndef QUORATE_BASE_TIME_H
#define QUORATE_BASE_TIME_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Milliseconds of a clock that never jumps; only differences mean something. */
int64_t time_monotonic_ms(void);
int64_t time_monotonic_us(void); /* the same clock in microseconds */
/* Milliseconds since 1970 UTC. */
int64_t time_wall_ms(void);
/* Processor time that this process has used, user and system, all threads. */
int64_t time_cpu_ms(void);
/* Sleeps through signals. */
void time_sleep_ms(int64_t ms);

/* "2026-11-23T06:15:44Z"; milliseconds are cut. */
const char *time_rfc3339(struct arena *mem, int64_t wall_ms);
/* "20261123T061544Z": sorts by time and is fit for file names. */
const char *time_compact(struct arena *mem, int64_t wall_ms);
MUST_CHECK bool time_parse_rfc3339(const char *text, int64_t *ret_wall_ms, struct error *e);

/*
 * A Go duration: a sign, then numbers with units h, m, s, ms, us, ns, and "0" alone. As etcdctl, a
 * bare number other than 0 is refused. Finer than a millisecond rounds away from 0. ERROR_USAGE,
 * also for more than some 292 years, Go's limit.
 */
MUST_CHECK bool duration_parse(const char *text, int64_t *ret_ms, struct error *e);
/* As Go prints it: "1m30s", "250ms", "0s". */
const char *duration_text(struct arena *mem, int64_t ms);
/* For people, two units at most: "350 ms", "4.2 s", "3 min 20 s", "5 h 2 min", "12 d". */
const char *duration_human(struct arena *mem, int64_t ms);

/* The same of microseconds: "742µs", "3.056ms", "1.5s". */
const char *duration_text_us(struct arena *mem, int64_t us);

/* As etcdctl prints sizes (powers of 1000): "20 kB", "2.1 MB", "9 B". */
const char *size_human(struct arena *mem, uint64_t size_bytes);

#endif
