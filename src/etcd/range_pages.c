/*
 * The pages under way are a list in the order of their keys, each with a part of the range. What a
 * page was too small for is asked for at once, behind it; so there are as many pages under way as
 * are allowed, whichever of them is the first one.
 */
#include "etcd/range_pages.h"

#include <string.h>

#include "base/time.h"

/* What a page is to hold: enough that its round trip does not matter, little enough that some of
 * them, decoded, are small. */
enum { PAGE_BYTES = 2 << 20, PAGE_MOST_KEYS = 20000 };

/* Beside key and value: revisions, version, lease and the lengths. */
enum { KEY_OVERHEAD_BYTES = 32 };

/*
 * How much farther a page reaches than one in which there was next to nothing. An empty page costs
 * the server next to nothing, one that reaches into the next directory has all of it counted: with 16
 * half as many keys again were counted of a Kubernetes-like set as with 4, and a third of the empty
 * pages was saved.
 */
enum { GAP_FACTOR = 4 };

/* A page with less than this part of what was expected is next to nothing. */
enum { GAP_PART = 16 };

/* A part that turns out to be at most so many pages is read to its end as it is. */
enum { PART_MOST_PAGES = 4 };

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

struct range_page {
    struct range_pages *pages;
    struct arena mem; /* holds the page itself and all of it */
    struct etcd_range_request request;
    struct key_width width;
    unsigned gap_steps; /* of the pages when this one was asked */
    bool continued;     /* the rest of a part: its width says nothing */
    struct etcd_call call;
    bool ended;                          /* 'call' has, well or not */
    bool answered;                       /* 'response' is there */
    bool went_on;                        /* what it left over is asked for */
    struct etcd_range_response response; /* when answered */
};

static void pages_go_on(struct range_pages *p);

static void
page_free(struct range_page *page)
{
    struct arena mem = page->mem;

    if (!page->ended)
        etcd_call_drop(&page->call);
    arena_release(&mem);
}

/* Frees the pages from place 'at' on. */
static void
drop_pages(struct range_pages *p, size_t at)
{
    for (size_t i = at; i < p->count; i++)
        page_free(p->pages[i]);
    p->count = at;
}

static void
learn_size(struct range_pages *p, const struct etcd_key_value *kvs, size_t count)
{
    size_t bytes = 0;
    int64_t keys;

    for (size_t i = 0; i < count; i++)
        bytes += kvs[i].key.size + kvs[i].value.size + KEY_OVERHEAD_BYTES;
    ASSERT(bytes > 0); /* there are keys */
    keys = (int64_t)(PAGE_BYTES * count / bytes);
    p->page_keys = keys < 1 ? 1 : keys > PAGE_MOST_KEYS ? PAGE_MOST_KEYS : keys;
}

/* A width in which a little less than a page of keys is to be expected. */
static void
learn_width(struct range_pages *p, struct key_width width, size_t count)
{
    p->gap_steps = 0;
    p->width = key_width_scale(width, (double)p->page_keys * 0.8 / (double)count);
}

/*
 * Next to nothing was in a page: a gap, perhaps one between two digits, perhaps one between two
 * directories. Pages that were asked before this was known say the same, and teach nothing.
 */
static void
learn_gap(struct range_pages *p, const struct range_page *page)
{
    if (page->gap_steps < p->gap_steps)
        return;
    p->gap_steps = page->gap_steps + 1;
    p->width = key_width_scale(page->width, GAP_FACTOR);
}

static void
learn(struct range_pages *p, const struct range_page *page)
{
    const struct etcd_range_response *r = &page->response;

    if (r->kv_count > 0)
        learn_size(p, r->kvs, r->kv_count);
    if (r->more && r->kv_count > 1)
        learn_width(p, key_width_between(r->kvs[0].key, r->kvs[r->kv_count - 1].key), r->kv_count);
    else if (page->continued || r->more)
        return;
    else if (r->kv_count * GAP_PART < (size_t)p->page_keys)
        learn_gap(p, page);
    else
        learn_width(p, page->width, r->kv_count);
}

static bool
page_decode(struct range_page *page, struct error *e)
{
    page->answered = message_decode(&page->mem, &etcd_range_response_message, page->call.response,
                                    &page->response, e);
    return page->answered || error_wrap(e, "endpoint '%s'", page->call.endpoint->url);
}

/* What did not go well is looked at when the page is the first one. */
static void
page_ended(void *context, struct etcd_call *call)
{
    struct range_page *page = context;
    struct error e = ERROR_INIT;

    page->ended = true;
    if (!call->ok || !page_decode(page, &e))
        return;
    learn(page->pages, page);
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
        .request = etcd_request_encode(&page->mem, &etcd_range_request_message, &page->request),
        .mem = &page->mem,
        .deadline_ms = time_monotonic_ms() + p->client->command_timeout_ms,
        .on_end = page_ended,
        .context = page,
    };
    etcd_call_start(&page->call);
}

/* A page for the part from 'start' up to 'end', at place 'at' of the list. */
static void
page_insert(struct range_pages *p, size_t at, struct bytes start, struct bytes end,
            struct key_width width, bool continued)
{
    struct arena mem = ARENA_INIT;
    struct range_page *page = arena_zero(&mem, sizeof(*page));

    page->pages = p;
    page->request = p->request;
    page->request.serializable = true; /* this member has answered at that revision already */
    page->request.key = arena_copy(&mem, start);
    page->request.range_end = arena_copy(&mem, end);
    page->request.limit = p->page_keys;
    if (p->request.limit > 0 && p->request.limit < p->page_keys)
        page->request.limit = p->request.limit;
    page->width = width;
    page->continued = continued;
    page->gap_steps = p->gap_steps;
    page->mem = mem;
    memmove(&p->pages[at + 1], &p->pages[at], (p->count - at) * sizeof(struct range_page *));
    p->pages[at] = page;
    p->count++;
    page_ask(p, page);
}

static void
begin_at(struct range_pages *p, struct bytes key)
{
    struct arena mem = ARENA_INIT;
    struct bytes next = arena_copy(&mem, key);

    arena_release(&p->mem);
    p->mem = mem;
    p->next = next;
    p->all_asked = false;
}

/*
 * What a full page left of its part. A part that holds many pages is not worth keeping, since each
 * of them would have the rest of it counted: all is divided anew from there on, by what is known
 * now.
 */
static void
page_go_on(struct range_pages *p, size_t at)
{
    struct range_page *page = p->pages[at];
    const struct etcd_range_response *r = &page->response;
    struct bytes next;

    page->went_on = true;
    if (!r->more || r->kv_count == 0)
        return;
    next = key_next(&page->mem, r->kvs[r->kv_count - 1].key);
    if (r->count <= (int64_t)r->kv_count * PART_MOST_PAGES) {
        page_insert(p, at + 1, next, page->request.range_end, page->width, true);
        return;
    }
    drop_pages(p, at + 1);
    begin_at(p, next);
}

/* The end of the part that begins at p->next. */
static struct bytes
next_end(struct range_pages *p, struct arena *mem)
{
    /* A second step that found nothing: the directory is at its end. */
    if (p->gap_steps == 2)
        return key_step_directory(mem, p->next, p->width.at, p->request.range_end);
    return key_step(mem, p->next, &p->width, p->request.range_end);
}

/* A part behind those that are asked for. */
static void
page_append(struct range_pages *p)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes end = next_end(p, &tmp);
    bool last = bytes_equal(end, p->request.range_end);

    page_insert(p, p->count, p->next, end, p->width, false);
    begin_at(p, end);
    p->all_asked = last;
}

/* Asks for as much as may be under way: first what answered pages left over. In a gap one page at a
 * time finds out how wide it is. */
static void
pages_go_on(struct range_pages *p)
{
    for (size_t i = 0; i < p->count && p->count < RANGE_PAGES_DEPTH; i++)
        if (p->pages[i]->answered && !p->pages[i]->went_on)
            page_go_on(p, i);
    while (p->count < (p->gap_steps > 0 ? 1 : RANGE_PAGES_DEPTH) && !p->all_asked)
        page_append(p);
}

void
range_pages_begin(struct range_pages *p, struct etcd_client *client,
                  const struct etcd_range_request *request, const struct etcd_key_value *seen,
                  size_t seen_count)
{
    *p = (struct range_pages){
        .client = client,
        .request = *request,
        .width = {SIZE_MAX, 1}, /* of the last byte, until two keys are known */
    };
    begin_at(p, request->key);
    learn_size(p, seen, seen_count);
    if (seen_count > 1)
        learn_width(p, key_width_between(seen[0].key, seen[seen_count - 1].key), seen_count);
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
    page->answered = etcd_ask_any(&page->mem, p->client, &range_local_method, &page->request,
                                  &page->response, e);
    if (page->answered || (e->cause != NULL && strcmp(e->cause, "compacted") == 0))
        return page->answered;
    page->request.serializable = p->request.serializable;
    page->answered = etcd_ask_any(&page->mem, p->client, &range_single_method, &page->request,
                                  &page->response, e);
    return page->answered;
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

/* Takes the first page off the list, all of whose answer is told now. */
static void
take_page(struct range_pages *p)
{
    struct range_page *page = p->pages[0];
    struct etcd_range_response *r = &page->response;

    if (p->request.limit > 0 && r->kv_count >= (size_t)p->request.limit) {
        r->kv_count = (size_t)p->request.limit;
        drop_pages(p, 1);
        page->went_on = true;
        p->all_asked = true;
    } else if (p->request.limit > 0) {
        p->request.limit -= (int64_t)r->kv_count;
    }
    if (!page->went_on)
        page_go_on(p, 0);
    memmove(&p->pages[0], &p->pages[1], (p->count - 1) * sizeof(struct range_page *));
    p->count--;
    p->told = page;
    pages_go_on(p);
}

bool
range_pages_next(struct range_pages *p, const struct etcd_key_value **ret_keys, size_t *ret_count,
                 struct error *e)
{
    bool never = false;

    do {
        if (p->told != NULL)
            page_free(p->told);
        p->told = NULL;
        *ret_count = 0;
        if (p->count == 0)
            return true;
        if (!page_finish(p, p->pages[0], e))
            return false;
        take_page(p);
        *ret_keys = p->told->response.kvs;
        *ret_count = p->told->response.kv_count;
    } while (*ret_count == 0);
    /* What was asked just now goes out before the caller takes its time. */
    loop_run(p->client->loop, &never, time_monotonic_ms());
    return true;
}

void
range_pages_end(struct range_pages *p)
{
    drop_pages(p, 0);
    if (p->told != NULL)
        page_free(p->told);
    p->told = NULL;
    arena_release(&p->mem);
}
