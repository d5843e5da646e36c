/*
 * The cluster's own lock: one key, under a lease of whoever changes the cluster, so that operators who
 * share no host cannot meet. What stands in it, and who may take it.
 *
 * Format: docs/formats/cluster-lock.md.
 */
#ifndef QUORATE_CLUSTER_RULES_LOCK_H
#define QUORATE_CLUSTER_RULES_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"

#define CLUSTER_LOCK_KEY "/quorate/lock"

/* Who holds it, in their own words. */
struct lock_record {
    const char *plan;  /* its id */
    const char *title; /* "grow cluster 'prod' ..." */
    const char *user;  /* the login name */
    const char *host;  /* where quorate runs: the kernel's hostname */
    int64_t pid;
    int64_t since_ms; /* wall clock of that host */
    /* Under which host lock (plan/lock.h) the plan runs: of whom has that lock now it is certain that
     * the other has ended. */
    const char *boot_id;   /* of the host's kernel */
    const char *state_dir; /* absolute */
    const char *cluster;   /* as plans say it */
};

void lock_record_encode(const struct lock_record *record, struct buf *ret_text);
/* e  ERROR_FORMAT: not what quorate writes. */
MUST_CHECK bool lock_record_decode(struct arena *mem, struct bytes text,
                                   struct lock_record *ret_record, struct error *e);

/* What was found where the lock is. */
struct lock_facts {
    bool held;
    const struct lock_record *record; /* NULL: it is not quorate's writing */
    int64_t lease;                    /* 0: none; it never ends by itself */
    int64_t ttl_s;                    /* that the lease has left; -1: not known */
    bool here;                        /* its host is this one ... */
    bool runs;                        /* ... and has such a process */
    bool ended;                       /* certainly: we have the host lock that it had */
};

/*
 * May plan 'plan' take the lock? When it is free, when it is the plan's own or its holder has ended
 * (was killed), and with 'take_over'.
 *
 * now_ms  the wall clock's.
 * e       ERROR_LOCKED: whose it is, since when, for which plan, and when it ends; the hint says what
 *         can be done.
 */
MUST_CHECK bool rule_may_take_lock(const struct lock_facts *facts, const char *plan, bool take_over,
                                   int64_t now_ms, struct error *e);

/* "plan 'ID' (grow ...) of root at db1, process 12, since 2026-..., 3 min 20 s ago"; of what is no
 * record, too. In 'mem'. */
const char *lock_holder_text(struct arena *mem, const struct lock_facts *facts, int64_t now_ms);

#endif
