/*
 * The base copy: all keys below the prefix as they were at one revision, the newest when it began.
 * Pages are read while the batches of the page before are on their way; their size follows that of
 * the keys, so that memory stays the same whatever is in there.
 */
#include "base/time.h"
#include "etcd/kv.h"
#include "ops/mirror_state.h"

enum {
    PAGE_KEYS_FIRST = 16, /* the largest values, 1.5 MB each, are 24 MB then */
    PAGE_KEYS_MOST = 10000,
    PAGE_GROWTH = 4, /* in one step, at most */
    PAUSE_MS = 500,
};

struct base {
    struct mirror *mirror;
    struct mirror_dest dest;
    struct buf next; /* the key that the next page begins with */
    struct bytes end;
    int64_t revision; /* of all pages; 0 before the first */
    int64_t limit;
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

static void
limit_adapt(struct base *b, const struct etcd_range_response *page)
{
    size_t bytes = 1;
    size_t wanted;

    for (size_t i = 0; i < page->kv_count; i++)
        bytes += page->kvs[i].key.size + page->kvs[i].value.size;
    wanted = MIRROR_PAGE_BYTES * page->kv_count / bytes;
    if (wanted > (size_t)b->limit * PAGE_GROWTH)
        wanted = (size_t)b->limit * PAGE_GROWTH;
    if (wanted > PAGE_KEYS_MOST)
        wanted = PAGE_KEYS_MOST;
    b->limit = wanted < 1 ? 1 : (int64_t)wanted;
}

static bool
page_next(struct base *b, struct arena *mem, struct etcd_range_response *ret_page, struct error *e)
{
    const struct etcd_range_request request = {
        .key = buf_bytes(&b->next),
        .range_end = b->end,
        .limit = b->limit,
        .revision = b->revision,
    };

    if (!page_ask(b, mem, &request, ret_page, e))
        return false;
    if (b->revision == 0)
        b->revision = ret_page->header.revision;
    b->over = !ret_page->more || ret_page->kv_count == 0;
    if (b->over)
        return true;
    buf_clear(&b->next);
    buf_append_bytes(&b->next, ret_page->kvs[ret_page->kv_count - 1].key);
    buf_append_byte(&b->next, 0); /* the first key behind it */
    limit_adapt(b, ret_page);
    return true;
}

static bool
page_send(struct base *b, struct arena *mem, const struct etcd_range_response *page,
          struct error *e)
{
    struct etcd_put_request *puts = arena_zero(mem, page->kv_count * sizeof(*puts));
    struct etcd_request_op *ops = arena_zero(mem, page->kv_count * sizeof(*ops));

    for (size_t i = 0; i < page->kv_count; i++) {
        puts[i].key = mirror_name(mem, &b->mirror->request->names, page->kvs[i].key);
        puts[i].value = page->kvs[i].value;
        ops[i].put = &puts[i];
    }
    return mirror_dest_send(&b->dest, ops, page->kv_count, e);
}

static bool
base_copy(struct base *b, struct error *e)
{
    while (!b->over) {
        AUTO_ARENA mem = ARENA_INIT;
        struct etcd_range_response page;

        if (!page_next(b, &mem, &page, e) || !page_send(b, &mem, &page, e))
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

    *b = (struct base){.mirror = m, .end = etcd_prefix_end(mem, prefix), .limit = PAGE_KEYS_FIRST};
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
