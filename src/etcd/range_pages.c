#include "etcd/range_pages.h"

#include "base/evidence.h"
#include "base/time.h"

/* So many pages are under way, or were answered before their turn. */
enum { HELD_MOST_PAGES = 4 };

const struct etcd_method range_page_method = {
    "/etcdserverpb.KV/Range",
    &etcd_range_request_message,
    &etcd_range_response_message,
    .read_only = true,
    .receive_limit_bytes = RANGE_PAGE_MAX_BYTES,
};

/* Of any size, of a member that need not know a leader. */
static const struct etcd_method range_local_method = {
    "/etcdserverpb.KV/Range",
    &etcd_range_request_message,
    &etcd_range_response_message,
    .read_only = true,
    .local = true,
};

/* One key may be of any size. */
static const struct etcd_method range_single_method = {
    "/etcdserverpb.KV/Range",
    &etcd_range_request_message,
    &etcd_range_response_message,
    .read_only = true,
};

/* In the memory of its part. */
struct range_page {
    struct range_pages *pages;
    struct range_part *part;
    struct etcd_range_request request;
    struct etcd_call call;
    size_t held_bytes;
    bool ended;                          /* 'call' has, well or not */
    bool answered;                       /* 'response' is there */
    struct etcd_range_response response; /* when answered */
};

static void pages_go_on(struct range_pages *p);

static void
hold(struct range_page *page, size_t bytes)
{
    page->pages->held_bytes += bytes - page->held_bytes;
    page->held_bytes = bytes;
}

/* With its part; what is under way is dropped. */
static void
page_free(struct range_page *page)
{
    if (!page->ended)
        etcd_call_drop(&page->call);
    hold(page, 0);
    range_part_free(page->part);
}

static void
page_got(struct range_page *page)
{
    const struct etcd_range_response *r = &page->response;

    page->answered = true;
    range_parts_answered(&page->pages->parts, page->part, r->kvs, r->kv_count, r->count);
}

static bool
page_decode(struct range_page *page, struct error *e)
{
    if (!message_decode(&page->part->mem, &etcd_range_response_message, page->call.response,
                        &page->response, e))
        return error_wrap(e, "endpoint '%s'", page->call.endpoint->url);
    hold(page, page->call.response.size);
    page_got(page);
    return true;
}

/* What did not go well is looked at when the page is the first one. */
static void
page_ended(void *context, struct etcd_call *call)
{
    struct range_page *page = context;
    struct error e = ERROR_INIT;

    page->ended = true;
    if (call->ok && page_decode(page, &e))
        pages_go_on(page->pages);
}

static void
page_ask(struct range_pages *p, struct range_page *page)
{
    page->ended = false;
    page->call = (struct etcd_call){
        .client = p->client,
        .endpoint = &p->client->endpoints[p->client->preferred],
        .method = page->request.limit > 1 ? &range_page_method : &range_single_method,
        .request =
            etcd_request_encode(&page->part->mem, &etcd_range_request_message, &page->request),
        .mem = &page->part->mem,
        .deadline_ms = time_monotonic_ms() + p->client->command_timeout_ms,
        .on_end = page_ended,
        .context = page,
    };
    etcd_call_start(&page->call);
}

static void
page_begin(struct range_pages *p, struct range_part *part)
{
    struct range_page *page = arena_zero(&part->mem, sizeof(*page));

    part->page = page;
    page->pages = p;
    page->part = part;
    page->request = p->request;
    page->request.serializable = true; /* this member has answered at that revision already */
    page->request.key = buf_bytes(&part->start);
    page->request.range_end = part->end;
    page->request.limit = part->limit;
    if (p->request.limit > 0 && p->request.limit < part->limit)
        page->request.limit = p->request.limit;
    hold(page, p->parts.page_bytes);
    page_ask(p, page);
}

/* Asks for as much as may be under way: always for what is told next. */
static void
pages_go_on(struct range_pages *p)
{
    while (!p->over && (p->held_bytes < HELD_MOST_PAGES * p->parts.page_bytes ||
                        range_parts_first(&p->parts) == NULL)) {
        struct range_part *part = range_parts_cut(&p->parts);

        if (part == NULL)
            return;
        page_begin(p, part);
    }
}

void
range_pages_begin(struct range_pages *p, struct etcd_client *client,
                  const struct etcd_range_request *request, const struct range_ahead *ahead)
{
    *p = (struct range_pages){.client = client, .request = *request};
    range_parts_begin(&p->parts, request->key, request->range_end, ahead);
    pages_go_on(p);
}

/*
 * The same once more, of any endpoint: the connection was lost, or we were kept from reading in time.
 * Any member that has come as far as the revision gives the same answer, though there may be no
 * leader at the moment; one that has not is asked as the whole was asked for.
 */
static bool
page_repeat(struct range_pages *p, struct range_page *page, struct error *e)
{
    bool ok = etcd_ask_any(&page->part->mem, p->client, &range_local_method, &page->request,
                           &page->response, e);

    if (!ok && !error_is_caused_by(e, "compacted")) {
        page->request.serializable = p->request.serializable;
        ok = etcd_ask_any(&page->part->mem, p->client, &range_single_method, &page->request,
                          &page->response, e);
    }
    if (ok)
        page_got(page);
    return ok;
}

static bool
page_is_too_large(const struct range_page *page)
{
    return page->call.result.failure.kind == NET_FAILURE_TOO_LARGE && page->request.limit > 1;
}

/* Waits for the first page's answer; asks for less when it is too large. */
static bool
page_finish(struct range_pages *p, struct range_page *page, struct error *e)
{
    for (;;) {
        if (!page->ended)
            ASSERT(loop_run(p->client->loop, &page->ended, LOOP_FOREVER));
        if (page->answered)
            return true;
        if (page->call.ok)
            return page_decode(page, e);
        if (!page_is_too_large(page))
            return page_repeat(p, page, e);
        page->request.limit = (page->request.limit + 7) / 8;
        page_ask(p, page);
    }
}

/* Takes the first page, all of whose answer is told now; the last one holds the last wanted key. */
static void
take_page(struct range_pages *p, struct range_page *page)
{
    struct etcd_range_response *r = &page->response;

    if (p->request.limit > 0 && r->kv_count >= (size_t)p->request.limit) {
        r->kv_count = (size_t)p->request.limit;
        p->over = true;
    } else if (p->request.limit > 0) {
        p->request.limit -= (int64_t)r->kv_count;
    }
    range_parts_take(&p->parts, page->part);
    p->told = page;
    hold(page, 0);
    pages_go_on(p);
}

/* Gives back what was told; false at the end. */
static bool
next_page(struct range_pages *p, struct range_page **ret_page)
{
    struct range_part *first;

    if (p->told != NULL)
        page_free(p->told);
    p->told = NULL;
    first = p->over ? NULL : range_parts_first(&p->parts);
    *ret_page = first != NULL ? first->page : NULL;
    return first != NULL;
}

bool
range_pages_next(struct range_pages *p, const struct etcd_key_value **ret_keys, size_t *ret_count,
                 struct error *e)
{
    struct range_page *page;
    bool never = false;

    *ret_count = 0;
    while (*ret_count == 0) {
        if (!next_page(p, &page))
            return true;
        if (!page_finish(p, page, e))
            return false;
        take_page(p, page);
        *ret_keys = page->response.kvs;
        *ret_count = page->response.kv_count;
    }
    /* What was asked just now goes out before the caller takes its time. */
    loop_run(p->client->loop, &never, time_monotonic_ms());
    return true;
}

int64_t
range_pages_piece(const struct range_pages *p, struct bytes *ret_end)
{
    *ret_end = p->told->part->end;
    return p->told->part->holds;
}

void
range_pages_end(struct range_pages *p)
{
    while (p->parts.first != NULL) {
        struct range_part *part = p->parts.first;

        range_parts_take(&p->parts, part);
        if (part->page != NULL)
            page_free(part->page);
        else
            range_part_free(part);
    }
    if (p->told != NULL)
        page_free(p->told);
    p->told = NULL;
    range_parts_end(&p->parts);
}
