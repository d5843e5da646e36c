/*
 * Removing: in the process that has counted the keys, part by part as they were divided then (ops/removal_borders.h); in
 * another one they are counted once more, as it goes on. Parts are brought together in spans (ops/key_removal_spans.h); the
 * keys of one that is too large at the moment are read. A transaction removes some spans at once, if there still is nothing
 * newer; otherwise it is looked where, and they are cut there.
 *
 * Some transactions are on their way at a time, so that the members have something to do while an answer comes and the
 * next keys are brought together; none is while keys are read, whose time would be taken for theirs. One that
 * did not hold, or failed, is gone on with alone. One of which nobody knows whether it was done is sent again: what it
 * removed is not there any more.
 */
#include <inttypes.h>

#include "base/evidence.h"
#include "base/time.h"
#include "etcd/key_step.h"
#include "etcd/kv.h"
#include "etcd/maintenance.h"
#include "etcd/pipeline.h"
#include "keys/kube_walk.h"
#include "ops/key_removal_spans.h"
#include "ops/key_removal_state.h"

enum { TRIES = 12, WAIT_FIRST_MS = 100, WAIT_MOST_MS = 3000, LOOK_EVERY_US = 1000000 };

/*
 * While one is applied the next one is written. More make others wait for longer: with four up to 182 ms, with three 140,
 * with two 80 (a million of two million keys, etcd 3.5.30).
 */
enum { UNDER_WAY = 2 };

enum batch_state { BATCH_OPEN, BATCH_SENT, BATCH_AGAIN };

struct batch {
    struct removal_spans spans;
    enum batch_state state;
};

struct removing {
    struct key_removal *m;
    struct removal_pace pace;
    struct etcd_pipeline pipeline;
    struct batch batches[UNDER_WAY + 1];
    struct batch *filling;
    struct buf at;     /* of a survey: where the next piece begins */
    uint64_t removed;  /* by this process */
    int64_t looked_us; /* at the members */
};

static int64_t
now_us(void)
{
    return time_monotonic_us();
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

/* In front of a transaction: as long as the pace and the members want, with nothing on its way meanwhile. */
static bool
rest(struct removing *r, struct error *e)
{
    bool look = now_us() - r->looked_us > LOOK_EVERY_US;

    if ((look || r->pace.rest_ms > 0) && !etcd_pipeline_finish(&r->pipeline, e))
        return false;
    if (look) {
        removal_pace_lag(&r->pace, members_lag(r->m->client));
        r->looked_us = now_us();
    }
    time_sleep_ms(r->pace.rest_ms);
    if (plan_interrupted(r->m->plan))
        return error_set(e, ERROR_CANCELLED, "interrupted");
    return true;
}

/* --- one alone ------------------------------------------------------------------------------- */

static void
batch_done(struct removing *r, struct batch *b)
{
    removal_spans_clear(&b->spans);
    b->state = BATCH_OPEN;
    plan_progress(r->m->plan, r->removed, r->m->keys);
}

/* One try; ret_done: nothing of the spans is left that is to go. */
static bool
batch_try(struct removing *r, struct removal_spans *spans, bool *ret_done, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_txn_request request = removal_spans_txn(&tmp, spans, r->m->revision);
    struct etcd_txn_response response;

    if (!etcd_txn(&tmp, r->m->client, &request, &response, e))
        return false;
    r->removed += removal_spans_removed(&response);
    *ret_done = response.succeeded;
    return response.succeeded || removal_spans_cut(spans, r->m->client, r->m->revision, e);
}

/* Whether something of it is left to be removed. */
static bool
batch_has_more(struct batch *b, bool done)
{
    return (!done && b->spans.count > 0) || removal_spans_take_rest(&b->spans);
}

/* Until nothing is left of it, whatever leader there is. */
static bool
batch_insist(struct removing *r, struct batch *b, struct error *e)
{
    int64_t wait_ms = WAIT_FIRST_MS;
    unsigned failed = 0;
    bool done = false;

    while (batch_has_more(b, done)) {
        uint64_t keys = b->spans.keys;
        int64_t began_us;

        if (!rest(r, e))
            return false;
        began_us = now_us();
        if (batch_try(r, &b->spans, &done, e)) {
            removal_pace_answered(&r->pace, done ? keys : 0, now_us() - began_us, now_us());
            continue;
        }
        if (!error_code_retryable(e->code) || failed++ == TRIES)
            return false;
        plan_note(r->m->plan, "%s; once more", e->text);
        error_clear(e);
        time_sleep_ms(wait_ms);
        wait_ms = wait_ms * 2 < WAIT_MOST_MS ? wait_ms * 2 : WAIT_MOST_MS;
    }
    batch_done(r, b);
    return true;
}

/* --- several on their way -------------------------------------------------------------------- */

static bool
batch_answered(void *context, const struct etcd_pipeline_answer *answer, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct removing *r = context;
    struct batch *b = &r->batches[answer->tag];
    struct etcd_txn_response response = {.succeeded = false};

    b->state = BATCH_AGAIN;
    if (!answer->ok)
        return true; /* alone it is told why */
    if (!etcd_pipeline_txn_response(&tmp, answer, &response, e))
        return false;
    r->removed += removal_spans_removed(&response);
    removal_pace_answered(&r->pace, response.succeeded ? b->spans.keys : 0, answer->took_us,
                          now_us());
    if (response.succeeded)
        batch_done(r, b);
    return true;
}

/* Nothing is on its way any more, and nothing is to be done again. */
static bool
batches_settle(struct removing *r, struct error *e)
{
    if (!etcd_pipeline_finish(&r->pipeline, e))
        return false;
    for (size_t i = 0; i <= UNDER_WAY; i++)
        if (r->batches[i].state == BATCH_AGAIN && !batch_insist(r, &r->batches[i], e))
            return false;
    return true;
}

static bool
any_again(const struct removing *r)
{
    for (size_t i = 0; i <= UNDER_WAY; i++)
        if (r->batches[i].state == BATCH_AGAIN)
            return true;
    return false;
}

/* There is one more than can be on their way. */
static struct batch *
batch_open(struct removing *r)
{
    struct batch *b = r->batches;

    while (b->state != BATCH_OPEN)
        b++;
    return b;
}

/* Sends what is brought together, and begins with another. */
static bool
batch_send(struct removing *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct batch *b = r->filling;
    struct etcd_txn_request request;

    if (b->spans.count == 0)
        return true;
    if (!rest(r, e))
        return false;
    request = removal_spans_txn(&tmp, &b->spans, r->m->revision);
    b->state = BATCH_SENT;
    if (!etcd_pipeline_txn(&r->pipeline, &request, (uint64_t)(b - r->batches), e) ||
        (any_again(r) && !batches_settle(r, e)))
        return false;
    r->filling = batch_open(r);
    return true;
}

/* --- the walk -------------------------------------------------------------------------------- */

static bool
keys_take(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct removing *r = context;

    for (size_t i = 0; i < count; i++) {
        if (removal_spans_are_full(&r->filling->spans, r->pace.keys) && !batch_send(r, e))
            return false;
        removal_spans_add(&r->filling->spans, &kvs[i], r->m->revision);
    }
    return batches_settle(r, e);
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

/* A compaction on the way, as API servers make one every five minutes, is no failure: it goes on at a newer revision. */
static bool
may_go_on(struct error *e)
{
    if (!error_is_caused_by(e, "compacted"))
        return false;
    error_clear(e);
    return true;
}

/* As it is now. */
static bool
range_walk(struct key_removal *m, const struct key_range *range, const struct etcd_range_sink *sink,
           void (*begin)(void *context), struct error *e)
{
    for (;;) {
        int64_t revision;

        begin(sink->context);
        if (!revision_ask(m, &revision, e))
            return false;
        if (kube_walk(m->reader, range, revision, true, sink, e))
            return true;
        if (!may_go_on(e))
            return false;
    }
}

/* Nothing is on its way when a walk begins. */
static void
walk_begin(void *context)
{
    struct removing *r = context;

    removal_spans_clear(&r->filling->spans);
}

static bool
range_remove(struct removing *r, const struct key_range *range, struct error *e)
{
    const struct etcd_range_sink sink = {.keys = keys_take, .context = r};

    return range_walk(r->m, range, &sink, walk_begin, e);
}

/* --- parts ------------------------------------------------------------------------------------ */

static bool
part_take(struct removing *r, const struct key_range *part, uint64_t keys, struct error *e)
{
    struct removal_spans *filling = &r->filling->spans;

    if (filling->keys > 0 && filling->keys + keys > r->pace.keys && !batch_send(r, e))
        return false;
    /* Too much at once now: its keys are looked at one by one. */
    if (keys > r->pace.keys)
        return batch_send(r, e) && batches_settle(r, e) && range_remove(r, part, e);
    removal_spans_add_part(&r->filling->spans, part->start, part->end, keys);
    return true;
}

static bool
parts_remove(struct removing *r, const struct removal_borders *borders, struct error *e)
{
    struct key_range part = {.start = r->m->range.start};

    for (size_t i = 0; i < borders->count; i++) {
        part.end = borders->items[i].end;
        if (!part_take(r, &part, borders->items[i].keys, e))
            return false;
        part.start = part.end;
    }
    return true;
}

static bool
piece_take(void *context, const struct etcd_range_piece *piece, struct error *e)
{
    struct removing *r = context;
    const struct key_range part = {buf_bytes(&r->at), piece->end};

    if (!part_take(r, &part, (uint64_t)piece->key_count, e))
        return false;
    buf_clear(&r->at);
    buf_append_bytes(&r->at, piece->end);
    return true;
}

/* Nobody has divided it: it is surveyed as it is now. */
static bool
range_survey(struct removing *r, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    buf_append_bytes(&r->at, r->m->range.start);
    for (;;) {
        const struct key_range rest = {arena_copy(&tmp, buf_bytes(&r->at)), r->m->range.end};
        int64_t revision;

        if (!revision_ask(r->m, &revision, e))
            return false;
        if (kube_survey(r->m->reader, &rest, revision, piece_take, r, e))
            return true;
        if (!may_go_on(e))
            return false;
    }
}

static void
removing_begin(struct removing *r, struct key_removal *m)
{
    const struct etcd_pipeline_options options = {
        .calls = UNDER_WAY,
        .timeout_ms = m->context->etcd->command_timeout_ms,
        .answered = batch_answered,
        .context = r,
    };

    *r = (struct removing){.m = m, .looked_us = now_us(), .filling = r->batches, .at = BUF_INIT};
    removal_pace_init(&r->pace, m->per_second, now_us());
    etcd_pipeline_begin(&r->pipeline, m->client, &options);
}

static void
removing_end(struct removing *r)
{
    etcd_pipeline_end(&r->pipeline);
    for (size_t i = 0; i <= UNDER_WAY; i++)
        removal_spans_clear(&r->batches[i].spans);
    buf_release(&r->at);
}

bool
key_removal_run(struct key_removal *m, struct error *e)
{
    struct removing r;
    bool ok;

    removing_begin(&r, m);
    ok = (m->borders != NULL ? parts_remove(&r, m->borders, e) : range_survey(&r, e)) &&
         batch_send(&r, e) && batches_settle(&r, e);
    removing_end(&r);
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

    if (!range_walk(m, &m->range, &sink, counting_begin, e))
        return false;
    *ret_left = c.left;
    return true;
}
