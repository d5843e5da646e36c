/*
 * Judgement about the hashes of members' key spaces: do all have the same data, and which one has not? Pure.
 *
 * HashKV at one revision depends on the compaction that a member has done, and on whether its release leaves out a
 * tombstone at the compacted revision (3.4.34, 3.5.16 and 3.6 do): only hashes that are alike in both can be compared.
 * Source: etcd server/storage/mvcc/hash.go.
 */
#ifndef QUORATE_CLUSTER_RULES_HASH_H
#define QUORATE_CLUSTER_RULES_HASH_H

#include "cluster/rules.h"

enum hash_finding { HASH_FINDING_NONE, HASH_FINDING_SAME, HASH_FINDING_ODD };

struct member_hash {
    const struct member_view *member;
    bool known;
    uint32_t hash;
    int64_t compact_revision;
    const char *unknown_because;   /* when not known */
    enum hash_finding ret_finding; /* what came out */
};

/*
 * The verdict: well when all members have the same; warning when it is not known of all, or cannot be compared;
 * critical when one has other data. Those that differ from what more than half of the voters have are the odd ones;
 * without such a majority nobody can tell, and that is said.
 *
 * revision  that all were asked for
 * Memory    in 'mem'
 */
void rule_judge_hashes(struct arena *mem, const struct cluster_view *view, int64_t revision,
                       struct member_hash *hashes, size_t count, struct judgement *ret_judgement);

#endif
