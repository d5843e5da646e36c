#include "cluster/rules_hash.h"

#include <inttypes.h>

#include "base/buf.h"
#include "format/minor_version.h"

/* The first release of each minor version that leaves a tombstone out which is the compaction's own. */
enum { ALIKE_3_4 = 34, ALIKE_3_5 = 16 };

static bool
leaves_tombstone_out(const char *version)
{
    struct error ignored = ERROR_INIT;
    struct minor_version v;
    uint32_t patch;

    if (!minor_version_parse(version, &v, &ignored) || v.major != 3 || v.minor > 5)
        return true;
    if (!minor_version_patch(version, &patch))
        return false;
    return v.minor == 5 ? patch >= ALIKE_3_5 : v.minor == 4 && patch >= ALIKE_3_4;
}

/* Nothing compacted: there is no such tombstone. */
static bool
is_comparable(const struct member_hash *a, const struct member_hash *b)
{
    return a->compact_revision == b->compact_revision &&
           (a->compact_revision < 0 || leaves_tombstone_out(a->member->status.version) ==
                                           leaves_tombstone_out(b->member->status.version));
}

/* Voters with this one's hash, itself among them. */
static size_t
votes_for(const struct member_hash *of, const struct member_hash *hashes, size_t count)
{
    size_t votes = 0;

    for (size_t i = 0; i < count; i++)
        votes +=
            hashes[i].known && !hashes[i].member->member.is_learner && hashes[i].hash == of->hash;
    return votes;
}

/* Whose hash more than half of all voters have; NULL: nobody's. */
static const struct member_hash *
majority(const struct cluster_view *view, const struct member_hash *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hashes[i].known &&
            votes_for(&hashes[i], hashes, count) >= quorum_size(view_voter_count(view)))
            return &hashes[i];
    return NULL;
}

static const struct member_hash *
first_known(const struct member_hash *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hashes[i].known)
            return &hashes[i];
    return NULL;
}

static const char *
label_of(struct arena *mem, const struct cluster_view *view, const struct member_hash *h)
{
    return view_member_label(mem, view, h->member->member.id);
}

/* What keeps hashes from being compared; NULL: nothing. */
static const char *
not_comparable(struct arena *mem, const struct cluster_view *view, const struct member_hash *hashes,
               size_t count)
{
    const struct member_hash *first = first_known(hashes, count);

    for (size_t i = 0; first != NULL && i < count; i++) {
        const struct member_hash *h = &hashes[i];

        if (!h->known || is_comparable(first, h))
            continue;
        if (h->compact_revision != first->compact_revision)
            return arena_printf(mem,
                                "%s is compacted at revision %" PRId64 ", %s at %" PRId64
                                ": ask again when they have done the same",
                                label_of(mem, view, first), first->compact_revision,
                                label_of(mem, view, h), h->compact_revision);
        return arena_printf(mem,
                            "%s (%s) and %s (%s) count a deletion at the compacted revision "
                            "differently: ask again when they have one version",
                            label_of(mem, view, first), first->member->status.version,
                            label_of(mem, view, h), h->member->status.version);
    }
    return NULL;
}

static bool
all_equal(const struct member_hash *hashes, size_t count)
{
    const struct member_hash *first = first_known(hashes, count);

    for (size_t i = 0; i < count; i++)
        if (hashes[i].known && hashes[i].hash != first->hash)
            return false;
    return true;
}

/* Each hash, and who has it. */
static const char *
groups_text(struct arena *mem, const struct cluster_view *view, const struct member_hash *hashes,
            size_t count)
{
    AUTO_BUF text = BUF_INIT;

    for (size_t i = 0; i < count; i++)
        if (hashes[i].known)
            buf_printf(&text, "%s%s has %" PRIu32, text.size > 0 ? ", " : "",
                       label_of(mem, view, &hashes[i]), hashes[i].hash);
    return arena_text(mem, buf_text(&text));
}

static void
differing_judge(struct arena *mem, const struct cluster_view *view, struct member_hash *hashes,
                size_t count, struct judgement *j)
{
    const struct member_hash *right = majority(view, hashes, count);

    if (right == NULL) {
        judgement_remark(
            mem, j, VERDICT_CRITICAL,
            arena_printf(
                mem,
                "members have different data, and no majority of the voters has the same: who "
                "is right cannot be told (%s)",
                groups_text(mem, view, hashes, count)));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct member_hash *h = &hashes[i];

        if (!h->known)
            continue;
        h->ret_finding = h->hash == right->hash ? HASH_FINDING_SAME : HASH_FINDING_ODD;
        if (h->ret_finding == HASH_FINDING_ODD)
            judgement_remark(mem, j, VERDICT_CRITICAL,
                             arena_printf(mem,
                                          "%s has other data than %zu of %zu voters: hash %" PRIu32
                                          ", theirs is %" PRIu32,
                                          label_of(mem, view, h), votes_for(right, hashes, count),
                                          view_voter_count(view), h->hash, right->hash));
    }
}

static void
known_judge(struct arena *mem, const struct cluster_view *view, struct member_hash *hashes,
            size_t count, struct judgement *j)
{
    const char *why = not_comparable(mem, view, hashes, count);

    if (why != NULL) {
        judgement_remark(mem, j, VERDICT_WARNING, why);
        return;
    }
    if (!all_equal(hashes, count)) {
        differing_judge(mem, view, hashes, count, j);
        return;
    }
    for (size_t i = 0; i < count; i++)
        hashes[i].ret_finding = hashes[i].known ? HASH_FINDING_SAME : HASH_FINDING_NONE;
}

static size_t
finding_count(const struct member_hash *hashes, size_t count, enum hash_finding finding)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += hashes[i].ret_finding == finding;
    return n;
}

void
rule_judge_hashes(struct arena *mem, const struct cluster_view *view, int64_t revision,
                  struct member_hash *hashes, size_t count, struct judgement *ret_judgement)
{
    struct judgement j = {.verdict = VERDICT_WELL};

    for (size_t i = 0; i < count; i++)
        hashes[i].ret_finding = HASH_FINDING_NONE;
    known_judge(mem, view, hashes, count, &j);
    for (size_t i = 0; i < count; i++)
        if (!hashes[i].known)
            judgement_remark(mem, &j, VERDICT_WARNING,
                             arena_printf(mem, "%s is not known: %s",
                                          label_of(mem, view, &hashes[i]),
                                          hashes[i].unknown_because));
    j.summary = arena_printf(mem, "%zu of %zu members have the same keys up to revision %" PRId64,
                             finding_count(hashes, count, HASH_FINDING_SAME), count, revision);
    *ret_judgement = j;
}
