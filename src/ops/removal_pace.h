/*
 * How many keys one transaction of a large removal takes, and how long it rests behind it: as much as the members
 * take without making others wait. etcd applies a transaction as a whole, on every member, and what others write waits
 * for it. So our own answers tell how long that is, and members that fall behind tell that one of them is slower.
 *
 * Pure: who removes tells the times.
 */
#ifndef QUORATE_OPS_REMOVAL_PACE_H
#define QUORATE_OPS_REMOVAL_PACE_H

#include <stdint.h>

struct removal_pace {
    uint64_t keys;       /* of the next transaction */
    int64_t rest_ms;     /* in front of it */
    uint64_t per_second; /* keys at most; 0: as many as go */
    uint64_t removed;    /* since 'begun_us' */
    int64_t begun_us;
    int64_t quickest_us; /* of the answers; where all were slow, what counts as far away at most */
    unsigned slowed;     /* times that it went slower because others would have had to wait */
    int64_t slowed_us;   /* the last time, by an answer */
};

/* per_second  keys; 0: no limit but that of the members */
void removal_pace_init(struct removal_pace *p, uint64_t per_second, int64_t now_us);
/* A transaction over so many keys was answered. */
void removal_pace_answered(struct removal_pace *p, uint64_t keys, int64_t took_us, int64_t now_us);
/* How far the slowest member that answers is behind, in raft entries. */
void removal_pace_lag(struct removal_pace *p, uint64_t entries);

#endif
