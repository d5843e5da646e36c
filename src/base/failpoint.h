/*
 * Failpoints: named places that a test can make fail, or at which it can kill or stop the process.
 *
 *     if (FAILPOINT(file_sync) || fsync(fd) != 0) ...
 *
 * Compiled in only with the build option 'failpoints'; otherwise FAILPOINT() is the constant false.
 * QUORATE_FAILPOINTS=NAME=ACTION[@N][,...]: at the N-th time (1 by default) that NAME is passed,
 * ACTION is done, once: 'fail' (the call fails), 'kill' (SIGKILL) or 'stop' (SIGSTOP: until SIGCONT
 * comes, then as if nothing had been). Anything else there ends the process with exit code 2. Each process counts for itself, a forked one from 0.
 */
#ifndef QUORATE_BASE_FAILPOINT_H
#define QUORATE_BASE_FAILPOINT_H

#include <stdbool.h>

enum failpoint {
#define FAILPOINT_NAME(name) FAILPOINT_##name,
#include "base/failpoints.list"
#undef FAILPOINT_NAME
    FAILPOINT_COUNT
};

#ifdef QUORATE_FAILPOINTS
bool failpoint_hit(enum failpoint point);
#define FAILPOINT(name) failpoint_hit(FAILPOINT_##name)
#else
#define FAILPOINT(name) false
#endif

#endif
