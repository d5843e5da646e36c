#include "ops/key_removal_spans.h"

#include <string.h>

#include "etcd/key_step.h"
#include "etcd/kv.h"

void
removal_spans_clear(struct removal_spans *s)
{
    arena_release(&s->mem);
    s->count = 0;
    s->keys = 0;
    s->open = false;
    s->rest = (struct removal_span){BYTES_NONE, BYTES_NONE};
}

bool
removal_spans_are_full(const struct removal_spans *s, uint64_t keys)
{
    return s->keys >= keys || (s->count == REMOVAL_SPANS_MOST && !s->open);
}

void
removal_spans_add_part(struct removal_spans *s, struct bytes first, struct bytes end, uint64_t keys)
{
    if (!s->open)
        s->spans[s->count++].first = arena_copy(&s->mem, first);
    s->spans[s->count - 1].end = arena_copy(&s->mem, end);
    s->open = true;
    s->keys += keys;
}

void
removal_spans_add(struct removal_spans *s, const struct etcd_key_value *kv, int64_t revision)
{
    AUTO_ARENA tmp = ARENA_INIT;

    if (kv->mod_revision <= revision)
        removal_spans_add_part(s, kv->key, key_next(&tmp, kv->key), 1);
    else
        s->open = false;
}

struct etcd_txn_request
removal_spans_txn(struct arena *mem, const struct removal_spans *s, int64_t revision)
{
    struct etcd_compare *compares = arena_zero(mem, s->count * sizeof(*compares));
    struct etcd_delete_range_request *deletes = arena_zero(mem, s->count * sizeof(*deletes));
    struct etcd_request_op *ops = arena_zero(mem, s->count * sizeof(*ops));

    for (size_t i = 0; i < s->count; i++) {
        const struct removal_span *span = &s->spans[i];

        compares[i] = (struct etcd_compare){
            .result = ETCD_COMPARE_LESS,
            .target = ETCD_COMPARE_MOD,
            .key = span->first,
            .range_end = span->end,
            .mod_revision = revision + 1,
        };
        deletes[i] = (struct etcd_delete_range_request){.key = span->first, .range_end = span->end};
        ops[i].delete_range = &deletes[i];
    }
    return (struct etcd_txn_request){
        .compares = compares,
        .compare_count = s->count,
        .success = ops,
        .success_count = s->count,
    };
}

uint64_t
removal_spans_removed(const struct etcd_txn_response *response)
{
    uint64_t removed = 0;

    for (size_t i = 0; response->succeeded && i < response->response_count; i++)
        if (response->responses[i].delete_range != NULL)
            removed += (uint64_t)response->responses[i].delete_range->deleted;
    return removed;
}

bool
removal_spans_cut(struct removal_spans *s, struct etcd_client *client, int64_t revision,
                  struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct removal_spans cut = {.count = 0};
    struct bytes end = s->spans[s->count - 1].end;
    const struct etcd_range_request request = {
        .key = s->spans[0].first,
        .range_end = end,
        .keys_only = true,
    };
    struct etcd_range_response now;
    size_t taken = 0;

    if (!etcd_range(&tmp, client, &request, &now, e))
        return false;
    while (taken < now.kv_count && !removal_spans_are_full(&cut, UINT64_MAX))
        removal_spans_add(&cut, &now.kvs[taken++], revision);
    if (taken < now.kv_count || s->rest.first.size > 0)
        cut.rest = (struct removal_span){
            arena_copy(&cut.mem, taken < now.kv_count ? now.kvs[taken].key : s->rest.first),
            arena_copy(&cut.mem, s->rest.first.size > 0 ? s->rest.end : end),
        };
    arena_release(&s->mem);
    *s = cut;
    s->open = false;
    return true;
}

bool
removal_spans_take_rest(struct removal_spans *s)
{
    if (s->rest.first.size == 0)
        return false;
    s->spans[0] = s->rest;
    s->count = 1;
    s->keys = 0;
    s->rest = (struct removal_span){BYTES_NONE, BYTES_NONE};
    return true;
}
