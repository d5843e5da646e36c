/*
 * Judgement about a cluster: pure functions over a view. Each says yes, or no with a reason.
 * Every "is this safe?" of quorate is decided here and nowhere else.
 */
#ifndef QUORATE_CLUSTER_RULES_H
#define QUORATE_CLUSTER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "cluster/inventory.h"
#include "cluster/judgement.h"
#include "cluster/view.h"
#include "format/metrics_text.h"

/* A member this many raft entries behind the most advanced one is not caught up: about a second of
 * a busy cluster's writes. */
enum { CAUGHT_UP_ENTRIES = 1000 };

/* The largest quota that etcd suggests; above it warns at its start (server/storage/quota.go, 3.5 to 3.7). */
#define QUOTA_SUGGESTED_MOST_BYTES (INT64_C(8) << 30)

/*
 * The quota in bytes that a member tells: in its status from 3.6 on, before that among its figures.
 *
 * figures  NULL: they were not had
 * Returns  0: it does not tell
 */
int64_t rule_quota(const struct etcd_status *status, const struct metrics *figures);

/* Voters needed to agree, and voters that may fail (field's words: 3 gives 2 and 1). */
size_t quorum_size(size_t voters);
size_t quorum_tolerance(size_t voters);

/*
 * May a backup be taken from this member? Not from a learner (it may lack entries for ever), not from
 * one with a CORRUPT alarm, not from one that lags, not from one that does not answer.
 */
MUST_CHECK bool rule_may_back_up_from(const struct cluster_view *view,
                                      const struct member_view *member, struct error *e);

/*
 * The given members that a backup may be taken from, best first: followers before the leader (to
 * spare it), the more advanced first.
 *
 * e  ERROR_REFUSED: none; the text gives the reason of each.
 */
MUST_CHECK bool rule_backup_sources(struct arena *mem, const struct cluster_view *view,
                                    const struct member_view ***ret_sources, size_t *ret_count,
                                    struct error *e);

/*
 * May all members that the inventory has be restored at once? Not while the cluster has others: nobody would
 * stop them, and they would go on with their old data. A member is known by a peer URL.
 *
 * view  what the cluster says now; of one that says nothing no question is asked.
 * e     ERROR_REFUSED names the first of them.
 */
MUST_CHECK bool rule_may_recover(const struct cluster_view *view, const struct inventory *inventory,
                                 struct error *e);

/*
 * May this member be defragmented while it serves? Not of etcd 3.5.0 to 3.5.5: a crash meanwhile can leave revisions that
 * differ from the other members'. Source: etcd pull request 14733.
 */
MUST_CHECK bool rule_may_defragment(const struct cluster_view *view,
                                    const struct member_view *member, struct error *e);

/* From how many days before the end of a member's certificate on it is a warning, and critical. */
struct judge_days {
    int64_t warning;
    int64_t critical;
};

/* How one member is, as the view alone tells: a word, and what it is a sign of. */
struct member_health {
    enum verdict verdict;
    const char *word; /* a constant: "well", "no answer", "no leader", "NOSPACE" */
};
struct member_health rule_member_health(const struct cluster_view *view,
                                        const struct member_view *member);

/* How the cluster is, in one line and the remarks behind it. In 'mem'. */
void rule_judge(struct arena *mem, const struct cluster_view *view, struct judge_days days,
                struct judgement *ret_judgement);

#endif
