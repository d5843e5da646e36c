#include "etcd/range_read.h"

#include <inttypes.h>

#include "base/evidence.h"
#include "base/time.h"
#include "etcd/kv.h"
#include "etcd/range_pages.h"
#include "etcd/stream.h"

/* So many keys are asked for first: a screenful many times over, and little work to ask again when
 * they are too large. */
enum { FIRST_KEYS = 512 };

struct range_read {
    struct etcd_client *client;
    const struct etcd_range_sink *sink;
    struct etcd_range_request rest; /* what is still to be read; limit 0: all */
    struct arena next;              /* holds rest.key */
    int64_t told;
    int64_t count;  /* keys in the range */
    int64_t wanted; /* keys in the whole answer; RANGE_KEYS_UNKNOWN */

    /* Of the stream. */
    struct etcd_stream stream;
    struct error stream_error; /* of the sink or of a message */
    bool ended;
    bool complete; /* it went to the range's end */
};

static bool
is_divisible(const struct etcd_range_request *r)
{
    return r->range_end.size > 0 && !r->count_only && r->sort_order == ETCD_SORT_NONE &&
           r->sort_target == ETCD_SORT_KEY && r->min_mod_revision == 0 &&
           r->max_mod_revision == 0 && r->min_create_revision == 0 && r->max_create_revision == 0;
}

/* Hands keys over; the rest begins behind the last one. */
static bool
tell(struct range_read *read, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct arena next = ARENA_INIT;

    if (count == 0)
        return true;
    if (!read->sink->keys(read->sink->context, kvs, count, e))
        return false;
    read->told += (int64_t)count;
    if (read->rest.limit > 0)
        read->rest.limit -= (int64_t)count;
    read->rest.key = key_next(&next, kvs[count - 1].key);
    arena_release(&read->next);
    read->next = next;
    return true;
}

static bool
is_done(const struct range_read *read)
{
    return read->told >= read->wanted;
}

static void
stream_received(void *context, struct bytes message)
{
    struct range_read *read = context;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_stream_response piece;
    const struct etcd_range_response *r = &piece.range_response;

    if (!message_decode(&tmp, &etcd_range_stream_response_message, message, &piece,
                        &read->stream_error) ||
        !tell(read, r->kvs, r->kv_count, &read->stream_error))
        etcd_stream_cancel(&read->stream);
}

static void
stream_ended(void *context)
{
    struct range_read *read = context;

    read->ended = true;
}

/* Until the end, or until the server has been silent for as long as a call may take. */
static void
stream_run(struct range_read *read)
{
    uint64_t before;

    do {
        before = read->stream.messages;
        loop_run(read->client->loop, &read->ended,
                 time_monotonic_ms() + read->client->command_timeout_ms);
    } while (!read->ended && read->stream.messages != before);
}

/*
 * As far as a stream goes: on a server that has none (before 3.7, a proxy) not at all, and not
 * farther than its connection lives. What is missing then is for the pages.
 */
static bool
read_stream(struct range_read *read, struct error *e)
{
    const struct etcd_stream_options options = {
        .path = "/etcdserverpb.KV/RangeStream",
        .on_message = stream_received,
        .on_end = stream_ended,
        .context = read,
    };
    AUTO_ARENA tmp = ARENA_INIT;
    bool ok = true;

    error_clear(&read->stream_error);
    etcd_stream_start(&read->stream, read->client, read->client->preferred, &options);
    etcd_stream_send(&read->stream,
                     etcd_request_encode(&tmp, &etcd_range_request_message, &read->rest));
    etcd_stream_half_close(&read->stream);
    stream_run(read);
    read->complete = read->ended && etcd_stream_ok(&read->stream);
    if (read->stream_error.code != ERROR_NONE) {
        *e = read->stream_error;
        ok = false;
    } else if (read->ended && !etcd_stream_ok(&read->stream) &&
               read->stream.result.status.code != GRPC_UNIMPLEMENTED &&
               !etcd_stream_may_move(&read->stream)) {
        ok = etcd_stream_error(&read->stream, e);
    }
    etcd_stream_release(&read->stream);
    return ok;
}

static bool
read_pages(struct range_read *read, const struct range_ahead *ahead, struct error *e)
{
    struct range_pages pages;
    const struct etcd_key_value *kvs;
    size_t count;
    bool ok;

    range_pages_begin(&pages, read->client, &read->rest, ahead);
    do
        ok = range_pages_next(&pages, &kvs, &count, e) && tell(read, kvs, count, e);
    while (ok && count > 0);
    range_pages_end(&pages);
    return ok;
}

/* Behind the first keys. */
static bool
read_rest(struct range_read *read, const struct etcd_range_response *first, struct error *e)
{
    const struct range_ahead ahead = {.most_keys = read->count - read->told,
                                      .seen = first->kvs,
                                      .seen_count = first->kv_count,
                                      .page_bytes = RANGE_PAGE_BYTES};

    return read_pages(read, &ahead, e);
}

static bool
explain_compaction(const struct range_read *read, struct error *e)
{
    if (!error_is_caused_by(e, "compacted"))
        return false;
    if (read->wanted == RANGE_KEYS_UNKNOWN)
        error_wrap_(e, "revision %" PRId64 " went away after %" PRId64 " keys", read->rest.revision,
                    read->told);
    else
        error_wrap_(e, "revision %" PRId64 " went away after %" PRId64 " of %" PRId64 " keys",
                    read->rest.revision, read->told, read->wanted);
    return error_hint(e, "read them again, faster than the compaction comes");
}

/* The first keys; fewer are asked for as long as they are too large together. */
static bool
read_first(struct arena *mem, struct etcd_client *client, struct etcd_range_request request,
           struct etcd_range_response *ret_first, struct error *e)
{
    if (request.limit <= 0 || request.limit > FIRST_KEYS)
        request.limit = FIRST_KEYS;
    while (!etcd_ask_any(mem, client, &range_page_method, &request, ret_first, e)) {
        if (!error_is_caused_by(e, "too-large"))
            return false;
        if (request.limit == 1)
            return etcd_range(mem, client, &request, ret_first, e);
        request.limit = (request.limit + 7) / 8;
    }
    return true;
}

static void
begin(struct range_read *read, const struct etcd_range_response *first)
{
    struct etcd_range_response whole = *first;
    int64_t limit = read->rest.limit;

    if (limit < 0)
        read->rest.limit = 0;
    read->count = first->count;
    read->wanted = limit > 0 && limit < first->count ? limit : first->count;
    whole.more = read->wanted < first->count;
    if (read->rest.revision == 0)
        read->rest.revision = first->header.revision;
    read->sink->begin(read->sink->context, &whole);
}

static bool
read_whole(struct etcd_client *client, const struct etcd_range_request *request,
           const struct etcd_range_sink *sink, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_response response;

    if (!etcd_range(&tmp, client, request, &response, e))
        return false;
    sink->begin(sink->context, &response);
    return response.kv_count == 0 || sink->keys(sink->context, response.kvs, response.kv_count, e);
}

bool
etcd_range_read(struct etcd_client *client, const struct etcd_range_request *request,
                const struct etcd_range_sink *sink, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct range_read read = {.client = client, .sink = sink, .rest = *request};
    struct etcd_range_response first;
    bool ok;

    if (!is_divisible(request))
        return read_whole(client, request, sink, e);
    if (!read_first(&tmp, client, *request, &first, e))
        return false;
    begin(&read, &first);
    ok = tell(&read, first.kvs, first.kv_count, e) && (is_done(&read) || read_stream(&read, e)) &&
         (is_done(&read) || read_rest(&read, &first, e));
    arena_release(&read.next);
    if (!ok)
        return explain_compaction(&read, e);
    if (!is_done(&read))
        return error_set(e, ERROR_VERIFY, "the server gave %" PRId64 " of %" PRId64 " keys",
                         read.told, read.wanted);
    return true;
}

bool
etcd_range_walk(struct etcd_client *client, const struct etcd_range_request *request,
                struct bytes first_end, const struct etcd_range_sink *sink, struct error *e)
{
    struct range_read read = {
        .client = client, .sink = sink, .rest = *request, .wanted = RANGE_KEYS_UNKNOWN};
    const struct range_ahead ahead = {.most_keys = RANGE_KEYS_UNKNOWN,
                                      .first_end = first_end,
                                      .page_bytes = RANGE_GENTLE_PAGE_BYTES};
    bool ok;

    ASSERT(is_divisible(request) && request->limit == 0 && request->revision > 0);
    ok = read_stream(&read, e) && (read.complete || read_pages(&read, &ahead, e));
    arena_release(&read.next);
    if (!ok)
        return explain_compaction(&read, e);
    return true;
}

/* Hands the piece over whose keys were read last. */
static bool
piece_tell(struct range_read *read, const struct range_pages *pages, struct etcd_range_piece *piece,
           etcd_range_piece_visit *visit, void *context, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;

    piece->key_count = range_pages_piece(pages, &piece->end);
    if (piece->key_count == (int64_t)piece->kv_count)
        piece->end = key_next(&tmp, piece->kvs[piece->kv_count - 1].key);
    read->told += piece->key_count;
    return visit(context, piece, e);
}

bool
etcd_range_survey(struct etcd_client *client, const struct etcd_range_request *request,
                  struct bytes first_end, etcd_range_piece_visit *visit, void *context,
                  struct error *e)
{
    struct range_read read = {.rest = *request, .wanted = RANGE_KEYS_UNKNOWN};
    const struct range_ahead ahead = {.most_keys = RANGE_KEYS_UNKNOWN,
                                      .first_end = first_end,
                                      .page_bytes = RANGE_GENTLE_PAGE_BYTES,
                                      .piece_keys = RANGE_PIECE_KEYS};
    struct range_pages pages;
    struct etcd_range_piece piece = {.kv_count = 0};
    bool ok;

    ASSERT(is_divisible(request) && request->limit == 0 && request->revision > 0);
    range_pages_begin(&pages, client, request, &ahead);
    do
        ok = range_pages_next(&pages, &piece.kvs, &piece.kv_count, e) &&
             (piece.kv_count == 0 || piece_tell(&read, &pages, &piece, visit, context, e));
    while (ok && piece.kv_count > 0);
    range_pages_end(&pages);
    if (!ok)
        return explain_compaction(&read, e);
    return true;
}
