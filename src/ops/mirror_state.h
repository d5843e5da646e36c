/* What the parts of a mirror share. For mirror*.c only. */
#ifndef QUORATE_OPS_MIRROR_STATE_H
#define QUORATE_OPS_MIRROR_STATE_H

#include "net/loop.h"
#include "ops/mirror.h"
#include "ops/mirror_dest.h"

/* What is in flight is held two to three times; with the source's pages it is below 32 MiB. */
enum {
    MIRROR_FLIGHT_BYTES = 2 << 20,
    MIRROR_BATCH_BYTES = 1 << 20, /* etcd takes 1.5 MiB (--max-request-bytes) */
    MIRROR_CALLS = 16,            /* more brings nothing: the destination's one log is the limit */
    MIRROR_SINGLE_CALLS = 64,
    MIRROR_CALL_TIMEOUT_MS = 60000,
};

struct mirror {
    const struct mirror_request *request;
    struct mirror_dest *dest; /* the half at work; NULL: none */
    uint64_t done;            /* by those before it */
    int64_t revision;
    struct loop_timer tick;
    bool stop;
    bool awake;       /* for loop_run, while nothing is written */
    struct error why; /* it was stopped, when a callback failed */
};

/* mirror_check.c: refuses a mirror that would feed itself. */
MUST_CHECK bool mirror_check_loop(const struct mirror_request *request, struct error *e);

/* mirror_base.c: the copy at one revision, which it sets. */
MUST_CHECK bool mirror_base(struct mirror *m, struct error *e);

/* mirror_follow.c: all that comes after m->revision. */
MUST_CHECK bool mirror_follow(struct mirror *m, struct error *e);

#endif
