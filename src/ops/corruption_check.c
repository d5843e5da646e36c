#include "ops/corruption_check.h"

#include "base/evidence.h"
#include "base/time.h"
#include "etcd/maintenance.h"

/* A compaction on the way, as API servers make one every five minutes, takes a moment on each member. */
enum { TRIES = 5, WAIT_MS = 1000, CALL_TIMEOUT_MS = 120000 };

static bool
member_ask(struct arena *mem, const struct etcd_options *options, struct member_hash *h,
           int64_t revision, struct error *e)
{
    AUTO_ETCD_CLIENT client = NULL;
    struct etcd_options own = *options;
    struct etcd_hash_kv answer;

    own.endpoints = &h->member->endpoint;
    own.endpoint_count = 1;
    if (own.command_timeout_ms < CALL_TIMEOUT_MS)
        own.command_timeout_ms = CALL_TIMEOUT_MS;
    if (!etcd_client_open(&own, &client, e) ||
        !etcd_hash_kv_at(mem, client, 0, revision, &answer, e))
        return false;
    h->known = true;
    h->hash = answer.hash;
    h->compact_revision = answer.compact_revision;
    return true;
}

/* ret_again: it was compacted behind the revision, so all are to be asked for a later one. */
static void
member_hash(struct arena *mem, const struct etcd_options *options, struct member_hash *h,
            int64_t revision, bool *ret_again)
{
    struct error e = ERROR_INIT;

    if (!h->member->known) {
        h->unknown_because = h->member->unknown_because.text;
        return;
    }
    if (member_ask(mem, options, h, revision, &e))
        return;
    h->unknown_because = arena_text(mem, e.text);
    *ret_again |= error_is_caused_by(&e, "compacted");
}

static bool
compacted_alike(const struct member_hash *hashes, size_t count)
{
    const struct member_hash *first = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!hashes[i].known)
            continue;
        if (first == NULL)
            first = &hashes[i];
        if (hashes[i].compact_revision != first->compact_revision)
            return false;
    }
    return true;
}

/* ret_again: a compaction came between the answers. */
static bool
ask_all(struct arena *mem, const struct etcd_options *options, const struct observer *observer,
        struct corruption_check *c, bool *ret_again, struct error *e)
{
    *ret_again = false;
    if (!cluster_view_fetch(mem, options, &c->view, e))
        return false;
    c->revision = view_revision_of_all(&c->view);
    c->hashes = arena_zero(mem, c->view.member_count * sizeof(*c->hashes));
    for (size_t i = 0; i < c->view.member_count; i++) {
        c->hashes[i].member = &c->view.members[i];
        observer_progress(observer, "hashing", "members", i, c->view.member_count);
        member_hash(mem, options, &c->hashes[i], c->revision, ret_again);
    }
    *ret_again |= !compacted_alike(c->hashes, c->view.member_count);
    return true;
}

bool
corruption_check(struct arena *mem, const struct etcd_options *options,
                 const struct observer *observer, struct corruption_check *ret_check,
                 struct error *e)
{
    bool again = true;

    for (int try = 0; try < TRIES && again; try++) {
        if (try > 0)
            time_sleep_ms(WAIT_MS);
        if (!ask_all(mem, options, observer, ret_check, &again, e))
            return false;
    }
    rule_judge_hashes(mem, &ret_check->view, ret_check->revision, ret_check->hashes,
                      ret_check->view.member_count, &ret_check->judgement);
    return true;
}
