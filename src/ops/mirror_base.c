/*
 * The base copy: all keys below the prefix as they were at one revision, the newest when it began.
 * Pages are read while the batches of the page before are on their way (etcd/range_pages.h).
 */
#include "base/time.h"
#include "etcd/kv.h"
#include "etcd/range_pages.h"
#include "ops/mirror_state.h"

enum {
    FIRST_KEYS = 4, /* of any size; from them the pages learn how large they may be */
    PAUSE_MS = 500,
};

struct base {
    struct mirror *mirror;
    struct mirror_dest dest;
    struct buf next; /* the first key that is still to be copied */
    struct bytes end;
    int64_t revision; /* of all pages; 0 before the first */
    bool over;
};

static bool
source_error(struct error *e)
{
    if (e->code == ERROR_NOT_FOUND)
        error_hint(e, "the source was compacted during the copy: run it again");
    return error_wrap(e, "source");
}

/* A source that goes away in the middle is waited for; one that says no, or was never there, is not. */
static bool
page_ask(struct base *b, struct arena *mem, const struct etcd_range_request *request,
         struct etcd_range_response *ret_page, struct error *e)
{
    const struct mirror_request *r = b->mirror->request;
    int64_t give_up_ms = 0;

    while (!etcd_range(mem, r->source, request, ret_page, e)) {
        AUTO_ARENA tmp = ARENA_INIT;
        int64_t now_ms = time_monotonic_ms();

        if (!error_code_retryable(e->code) || b->revision == 0)
            return source_error(e);
        if (give_up_ms == 0) {
            give_up_ms = now_ms + r->retry_ms;
            observer_note(r->observer, "source: %s; trying again for %s", e->text,
                          duration_human(&tmp, r->retry_ms));
        }
        if (now_ms >= give_up_ms)
            return source_error(e);
        if (b->mirror->stop)
            return error_set(e, ERROR_CANCELLED, "interrupted");
        if (!etcd_pipeline_wait(&b->dest.pipeline, now_ms + PAUSE_MS, e))
            return false;
    }
    if (give_up_ms != 0)
        observer_note(r->observer, "source: it answers again");
    return true;
}

/* Sends the keys on their way; what is still to be copied begins behind them. */
static bool
keys_send(struct base *b, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_put_request *puts = arena_zero(&tmp, count * sizeof(*puts));
    struct etcd_request_op *ops = arena_zero(&tmp, count * sizeof(*ops));

    for (size_t i = 0; i < count; i++) {
        puts[i].key = mirror_name(&tmp, &b->mirror->request->names, kvs[i].key);
        puts[i].value = kvs[i].value;
        ops[i].put = &puts[i];
    }
    if (!mirror_dest_send(&b->dest, ops, count, e))
        return false;
    buf_clear(&b->next);
    buf_append_bytes(&b->next, kvs[count - 1].key);
    buf_append_byte(&b->next, 0);
    return true;
}

/* The rest in pages, to the end, or until the source is lost: then it goes on with a first page. */
static bool
rest_copy(struct base *b, struct range_pages *pages, struct error *e)
{
    const struct etcd_key_value *kvs;
    size_t count;

    while (range_pages_next(pages, &kvs, &count, e)) {
        b->over = count == 0;
        if (b->over)
            return true;
        if (!keys_send(b, kvs, count, e))
            return false;
    }
    if (!error_code_retryable(e->code))
        return source_error(e);
    error_clear(e);
    return true;
}

static bool
pages_copy(struct base *b, struct error *e)
{
    AUTO_ARENA mem = ARENA_INIT;
    struct etcd_range_request request = {
        .key = arena_copy(&mem, buf_bytes(&b->next)),
        .range_end = b->end,
        .limit = FIRST_KEYS,
        .revision = b->revision,
    };
    struct etcd_range_response first;
    struct range_ahead ahead;
    struct range_pages pages;
    bool copied;

    if (!page_ask(b, &mem, &request, &first, e))
        return false;
    if (b->revision == 0)
        b->revision = first.header.revision;
    if (first.kv_count > 0 && !keys_send(b, first.kvs, first.kv_count, e))
        return false;
    b->over = !first.more || first.kv_count == 0;
    if (b->over)
        return true;
    request.key = arena_copy(&mem, buf_bytes(&b->next));
    request.limit = 0;
    request.revision = b->revision;
    ahead = (struct range_ahead){.most_keys = first.count - (int64_t)first.kv_count,
                                 .seen = first.kvs,
                                 .seen_count = first.kv_count,
                                 .page_bytes = RANGE_PAGE_BYTES};
    range_pages_begin(&pages, b->mirror->request->source, &request, &ahead);
    copied = rest_copy(b, &pages, e);
    range_pages_end(&pages);
    return copied;
}

static bool
base_copy(struct base *b, struct error *e)
{
    while (!b->over) {
        if (!pages_copy(b, e))
            return false;
    }
    return mirror_dest_finish(&b->dest, e);
}

static void
base_begin(struct base *b, struct mirror *m, struct arena *mem)
{
    const struct mirror_request *r = m->request;
    struct bytes prefix = r->names.prefix;
    bool limited = r->max_txn_ops > 0 && r->max_txn_ops < MIRROR_MAX_TXN_OPS;
    const struct mirror_dest_options options = {
        .calls = r->single_puts ? MIRROR_SINGLE_CALLS : MIRROR_CALLS,
        .bytes = MIRROR_FLIGHT_BYTES,
        .batch_ops = r->single_puts ? 1
                     : limited      ? (size_t)r->max_txn_ops
                                    : MIRROR_MAX_TXN_OPS,
        .batch_bytes = MIRROR_BATCH_BYTES,
        .call_timeout_ms = MIRROR_CALL_TIMEOUT_MS,
        .retry_ms = r->retry_ms,
        .observer = r->observer,
        .stop = &m->stop,
    };

    *b = (struct base){.mirror = m, .end = etcd_prefix_end(mem, prefix)};
    buf_append_bytes(&b->next, prefix.size > 0 ? prefix : BYTES_LITERAL("\0"));
    mirror_dest_begin(&b->dest, r->dest, &options);
}

bool
mirror_base(struct mirror *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct base b;
    bool copied;

    base_begin(&b, m, &tmp);
    m->dest = &b.dest;
    copied = base_copy(&b, e);
    m->dest = NULL;
    m->done += b.dest.done;
    mirror_dest_end(&b.dest);
    buf_release(&b.next);
    if (copied)
        m->revision = b.revision;
    return copied;
}
