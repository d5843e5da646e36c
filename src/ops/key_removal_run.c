/*
 * Removing: the range is walked through without values, and what comes is brought together in spans, from one key to
 * another, between which there is nothing newer than the plan. A transaction removes some spans at once, if there still
 * is nothing newer; otherwise it is looked where, and they are cut there.
 *
 * A transaction of which nobody knows whether it was done is sent again: what it removed is not there any more.
 */
#include <inttypes.h>
#include <string.h>

#include "base/evidence.h"
#include "base/time.h"
#include "etcd/key_step.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "keys/kube_walk.h"
#include "ops/key_removal_state.h"

/* etcd takes 128 operations in a transaction (--max-txn-ops). */
enum { SPANS_MOST = 100 };

enum { TRIES = 12, WAIT_FIRST_MS = 100, WAIT_MOST_MS = 3000, LOOK_EVERY_US = 1000000 };

struct span {
    struct bytes first;
    struct bytes last;
};

struct removing {
    struct key_removal *m;
    struct removal_pace pace;
    struct arena mem; /* of the spans' keys */
    struct span spans[SPANS_MOST];
    size_t count;
    bool open;         /* the last span may grow */
    uint64_t keys;     /* in the spans */
    uint64_t removed;  /* by this process */
    int64_t looked_us; /* at the members */
};

static int64_t
now_us(void)
{
    return time_monotonic_us();
}

static void
spans_clear(struct removing *r)
{
    arena_release(&r->mem);
    r->count = 0;
    r->keys = 0;
    r->open = false;
}

static bool
is_full(const struct removing *r)
{
    return r->keys >= r->pace.keys || (r->count == SPANS_MOST && !r->open);
}

/* A newer key ends the span; it is in none. */
static void
span_add(struct removing *r, const struct etcd_key_value *kv)
{
    if (kv->mod_revision > r->m->revision) {
        r->open = false;
        return;
    }
    if (!r->open)
        r->spans[r->count++].first = arena_copy(&r->mem, kv->key);
    r->spans[r->count - 1].last = arena_copy(&r->mem, kv->key);
    r->open = true;
    r->keys++;
}

/* --- the members ----------------------------------------------------------------------------- */

/* How far the slowest of those that answer is behind. */
static uint64_t
members_lag(struct etcd_client *client)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_status_answer *answers;
    uint64_t most = 0;
    uint64_t least = UINT64_MAX;

    etcd_status_each(&tmp, client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        uint64_t index = answers[i].status.raft_applied_index;

        if (!answers[i].answer.ok)
            continue;
        most = index > most ? index : most;
        least = index < least ? index : least;
    }
    return most > least ? most - least : 0;
}

/* In front of a transaction: as long as the pace and the members want. */
static bool
rest(struct removing *r, struct error *e)
{
    if (now_us() - r->looked_us > LOOK_EVERY_US) {
        removal_pace_lag(&r->pace, members_lag(r->m->client));
        r->looked_us = now_us();
    }
    time_sleep_ms(r->pace.rest_ms);
    if (plan_interrupted(r->m->plan))
        return error_set(e, ERROR_CANCELLED, "interrupted");
    return true;
}

/* --- a transaction --------------------------------------------------------------------------- */

/* Nothing in the span is newer than the plan. */
static struct etcd_compare
span_condition(const struct removing *r, struct bytes first, struct bytes end)
{
    return (struct etcd_compare){
        .result = ETCD_COMPARE_LESS,
        .target = ETCD_COMPARE_MOD,
        .key = first,
        .range_end = end,
        .mod_revision = r->m->revision + 1,
    };
}

static bool
spans_remove(struct removing *r, bool *ret_held, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_compare compares[SPANS_MOST];
    struct etcd_delete_range_request deletes[SPANS_MOST];
    struct etcd_request_op ops[SPANS_MOST];
    const struct etcd_txn_request request = {
        .compares = compares, .compare_count = r->count, .success = ops, .success_count = r->count};
    struct etcd_txn_response response;

    for (size_t i = 0; i < r->count; i++) {
        struct bytes end = key_next(&tmp, r->spans[i].last);

        compares[i] = span_condition(r, r->spans[i].first, end);
        deletes[i] = (struct etcd_delete_range_request){.key = r->spans[i].first, .range_end = end};
        ops[i] = (struct etcd_request_op){.delete_range = &deletes[i]};
    }
    if (!etcd_txn(&tmp, r->m->client, &request, &response, e))
        return false;
    *ret_held = response.succeeded;
    for (size_t i = 0; response.succeeded && i < response.response_count; i++)
        if (response.responses[i].delete_range != NULL)
            r->removed += (uint64_t)response.responses[i].delete_range->deleted;
    return true;
}

/* The same spans as they are now, cut where something newer is; more than SPANS_MOST stay for another turn. */
static bool
spans_cut(struct removing *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct removing cut = {.m = r->m};
    const struct etcd_range_request request = {
        .key = r->spans[0].first,
        .range_end = key_next(&tmp, r->spans[r->count - 1].last),
        .keys_only = true,
    };
    struct etcd_range_response now;

    if (!etcd_range(&tmp, r->m->client, &request, &now, e))
        return false;
    for (size_t i = 0; i < now.kv_count && (cut.count < SPANS_MOST || cut.open); i++)
        span_add(&cut, &now.kvs[i]);
    arena_release(&r->mem);
    r->mem = cut.mem;
    memcpy(r->spans, cut.spans, cut.count * sizeof(cut.spans[0]));
    r->count = cut.count;
    r->keys = cut.keys;
    r->open = false;
    return true;
}

/* One try; ret_done: nothing of the spans is left that is to go. */
static bool
spans_try(struct removing *r, bool *ret_done, struct error *e)
{
    bool held = true;

    if (r->count > 0 && !spans_remove(r, &held, e))
        return false;
    *ret_done = held;
    return held || spans_cut(r, e);
}

/* Until nothing is left of them, whatever leader there is. */
static bool
spans_flush(struct removing *r, struct error *e)
{
    int64_t wait_ms = WAIT_FIRST_MS;
    uint64_t keys = r->keys;
    bool done = r->count == 0;

    for (unsigned tried = 0; !done; tried++) {
        int64_t began_us;

        if (!rest(r, e))
            return false;
        began_us = now_us();
        if (spans_try(r, &done, e)) {
            removal_pace_answered(&r->pace, done ? keys : 0, now_us() - began_us, now_us());
            continue;
        }
        if (!error_code_retryable(e->code) || tried == TRIES)
            return false;
        plan_note(r->m->plan, "%s; once more", e->text);
        error_clear(e);
        time_sleep_ms(wait_ms);
        wait_ms = wait_ms * 2 < WAIT_MOST_MS ? wait_ms * 2 : WAIT_MOST_MS;
    }
    spans_clear(r);
    plan_progress(r->m->plan, r->removed, r->m->keys);
    return true;
}

/* --- the walk -------------------------------------------------------------------------------- */

static bool
keys_take(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct removing *r = context;

    for (size_t i = 0; i < count; i++) {
        if (is_full(r) && !spans_flush(r, e))
            return false;
        span_add(r, &kvs[i]);
    }
    return true;
}

static bool
revision_ask(struct key_removal *m, int64_t *ret_revision, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = {.key = m->range.start, .count_only = true};
    struct etcd_range_response response;

    if (!etcd_range(&tmp, m->client, &request, &response, e))
        return false;
    *ret_revision = response.header.revision;
    return true;
}

/* As it is now: a compaction on the way, as API servers make one every five minutes, lets it begin anew. */
static bool
range_walk(struct key_removal *m, const struct etcd_range_sink *sink, void (*begin)(void *context),
           struct error *e)
{
    for (;;) {
        int64_t revision;

        begin(sink->context);
        if (!revision_ask(m, &revision, e))
            return false;
        if (kube_walk(m->reader, &m->range, revision, true, sink, e))
            return true;
        if (!error_is_caused_by(e, "compacted"))
            return false;
        error_clear(e);
    }
}

static void
removing_begin(void *context)
{
    spans_clear(context);
}

bool
key_removal_run(struct key_removal *m, struct error *e)
{
    struct removing r = {.m = m, .looked_us = now_us()};
    const struct etcd_range_sink sink = {.keys = keys_take, .context = &r};
    bool ok;

    removal_pace_init(&r.pace, m->per_second, now_us());
    ok = range_walk(m, &sink, removing_begin, e) && spans_flush(&r, e);
    spans_clear(&r);
    if (ok && r.pace.slowed > 0)
        plan_note(m->plan, "slowed down %u time%s, so that others need not wait", r.pace.slowed,
                  r.pace.slowed == 1 ? "" : "s");
    return ok;
}

struct counting {
    int64_t revision;
    struct key_removal_left left;
};

static bool
keys_count(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e UNUSED)
{
    struct counting *c = context;

    for (size_t i = 0; i < count; i++)
        (*(kvs[i].mod_revision <= c->revision ? &c->left.old : &c->left.newer))++;
    return true;
}

static void
counting_begin(void *context)
{
    struct counting *c = context;

    c->left = (struct key_removal_left){0, 0};
}

bool
key_removal_left(struct key_removal *m, struct key_removal_left *ret_left, struct error *e)
{
    struct counting c = {.revision = m->revision};
    const struct etcd_range_sink sink = {.keys = keys_count, .context = &c};

    if (!range_walk(m, &sink, counting_begin, e))
        return false;
    *ret_left = c.left;
    return true;
}
