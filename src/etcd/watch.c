/*
 * Each watch knows where it would go on; a new stream just creates all of them again. Creations are
 * answered in the order they were sent, so that the server's ids need not be known beforehand.
 */
#include "etcd/watch.h"

#include <string.h>

#include "etcd/reasons.h"
#include "etcd/rpc_error.h"

enum {
    RETRY_FIRST_MS = 50,
    RETRY_MOST_MS = 1000,
    WORKED_MS = 2000, /* a stream that lived this long was no failure */
    LEADERLESS_MS = 5000,
};

static void stream_start(struct etcd_watcher *r);

void
etcd_watcher_init(struct etcd_watcher *r, struct etcd_client *client, etcd_watcher_lost *on_lost,
                  void *context)
{
    *r = (struct etcd_watcher){
        .client = client,
        .on_lost = on_lost,
        .context = context,
        .endpoint = client->preferred,
        .retry_pause_ms = RETRY_FIRST_MS,
    };
}

void
etcd_watcher_be_patient(struct etcd_watcher *r)
{
    r->patient = true;
}

static void
request_send(struct etcd_watcher *r, const struct etcd_watch_request *request)
{
    AUTO_BUF encoded = BUF_INIT;

    message_encode(&encoded, &etcd_watch_request_message, request);
    etcd_stream_send(&r->stream, buf_bytes(&encoded));
}

static void
create_send(struct etcd_watcher *r, struct etcd_watch *w)
{
    const struct etcd_watch_create_request create = {
        .key = w->options.key,
        .range_end = w->options.range_end,
        .start_revision = w->partial_revision > 0 ? w->partial_revision : w->next_revision,
        /* Also for those who do not want to see it: so an idle watch knows where to go on when
         * everything that it has seen was compacted. */
        .progress_notify = true,
        .prev_kv = w->options.prev_kv,
        .fragment = w->options.fragments,
    };
    const struct etcd_watch_request request = {.create_request = &create};

    w->created = false;
    w->order = ++r->asked;
    w->skip_events = w->partial_revision > 0 ? w->partial_events : 0;
    request_send(r, &request);
}

static void
cancel_send(struct etcd_watcher *r, int64_t id)
{
    const struct etcd_watch_cancel_request cancel = {.watch_id = id};
    const struct etcd_watch_request request = {.cancel_request = &cancel};

    request_send(r, &request);
}

static void
progress_send(struct etcd_watcher *r)
{
    const struct etcd_watch_progress_request progress = {.none = 0};
    const struct etcd_watch_request request = {.progress_request = &progress};

    r->progress_wanted = false;
    request_send(r, &request);
}

static void
watch_unlink(struct etcd_watch *w)
{
    struct etcd_watch **link;

    ASSERT(w->watcher != NULL);
    for (link = &w->watcher->watches; *link != w; link = &(*link)->next)
        ASSERT(*link != NULL);
    *link = w->next;
    w->watcher = NULL;
}

static void
watch_end(struct etcd_watch *w, const struct etcd_watch_response *last, const struct error *e)
{
    watch_unlink(w);
    if (w->options.on_end != NULL)
        w->options.on_end(w->options.context, last, e);
}

/* Every watch there is now; their callbacks may add new ones, which start anew. */
static void
watches_end(struct etcd_watcher *r, const struct error *e)
{
    const struct etcd_watch_response last = {.canceled = true, .cancel_reason = ""};
    size_t count = 0;

    for (const struct etcd_watch *w = r->watches; w != NULL; w = w->next)
        count++;
    while (count-- > 0 && r->watches != NULL)
        watch_end(r->watches, &last, e);
    if (r->watches != NULL && !etcd_stream_is_open(&r->stream) && r->retry.link == NULL)
        stream_start(r);
}

static void
retry_expired(void *context)
{
    stream_start(context);
}

static bool
is_leaderless(const struct error *e)
{
    return strstr(e->text, "no leader") != NULL;
}

/* Has every endpoint failed, with no hope in waiting? */
static bool
watcher_gives_up(struct etcd_watcher *r, int64_t now_ms)
{
    if (r->patient || r->failures < r->client->endpoint_count)
        return false;
    return !r->worked || (r->leaderless_ms > 0 && now_ms - r->leaderless_ms >= LEADERLESS_MS);
}

static void
retry_later(struct etcd_watcher *r, int64_t now_ms)
{
    int64_t pause_ms = 0;

    if (r->failures >= r->client->endpoint_count) {
        pause_ms = r->retry_pause_ms;
        r->retry_pause_ms = pause_ms * 2 < RETRY_MOST_MS ? pause_ms * 2 : RETRY_MOST_MS;
        error_clear(&r->why);
    }
    r->endpoint = (r->endpoint + 1) % r->client->endpoint_count;
    loop_timer_set(r->client->loop, &r->retry, now_ms + pause_ms, retry_expired, r);
}

/* No stream any more: every watch is to be created again. */
static void
watches_reset(struct etcd_watcher *r)
{
    r->asked = 0;
    r->answered = 0;
    for (struct etcd_watch *w = r->watches; w != NULL; w = w->next)
        w->created = false;
}

/* The stream is gone. */
static void
watcher_lose(struct etcd_watcher *r, const struct error *e, bool may_move)
{
    int64_t now_ms = loop_now_ms(r->client->loop);
    struct error why;

    watches_reset(r);
    if (r->created_ms > 0 && now_ms - r->created_ms >= WORKED_MS) {
        r->failures = 0;
        r->retry_pause_ms = RETRY_FIRST_MS;
        error_clear(&r->why);
    }
    r->created_ms = 0;
    r->failures++;
    if (!is_leaderless(e))
        r->leaderless_ms = 0;
    else if (r->leaderless_ms == 0)
        r->leaderless_ms = now_ms;
    reasons_add(&r->why, e);
    if (r->watches == NULL)
        return;
    why = r->why;
    if (!may_move || watcher_gives_up(r, now_ms)) {
        error_clear(&r->why);
        watches_end(r, may_move ? &why : e);
        return;
    }
    retry_later(r, now_ms);
    if (r->on_lost != NULL && r->worked)
        r->on_lost(r->context, e);
}

static void
stream_ended(void *context)
{
    struct etcd_watcher *r = context;
    struct error e;

    etcd_stream_error(&r->stream, &e);
    watcher_lose(r, &e, etcd_stream_may_move(&r->stream));
}

/* Why the server ended a watch, in its words. Source: clientv3's WatchResponse.Err. */
static void
cancel_error(const struct etcd_watcher *r, const struct etcd_watch_response *response,
             struct grpc_status *ret_status, struct error *e)
{
    const char *reason = response->cancel_reason;

    if (response->compact_revision > 0)
        reason = "etcdserver: mvcc: required revision has been compacted";
    else if (reason[0] == '\0')
        reason = "etcdserver: mvcc: required revision is a future revision";
    *ret_status = (struct grpc_status){.code = GRPC_FAILED_PRECONDITION};
    snprintf(ret_status->message, sizeof(ret_status->message), "%s", reason);
    rpc_error_set(e, ret_status, r->stream.endpoint->url);
}

/* The server ended this watch, or would not begin it. */
static void
watch_canceled(struct etcd_watcher *r, struct etcd_watch *w,
               const struct etcd_watch_response *response)
{
    struct grpc_status status;
    struct error e;

    cancel_error(r, response, &status, &e);
    if (strcmp(e.cause, "permission-denied") == 0)
        etcd_denied_note(r->client, "Watch", w->options.key, w->options.range_end);
    if ((rpc_error_flags(&status) & RPC_NEEDS_TOKEN) != 0 && r->client->user != NULL &&
        !r->token_renewed) {
        r->token_renewed = true;
        etcd_stream_forget_token(&r->stream);
        etcd_stream_release(&r->stream);
        watches_reset(r);
        loop_timer_soon(r->client->loop, &r->retry, retry_expired, r);
        return;
    }
    /* The server keeps a compacted one in its books, and then never finds all of them in step, which
     * it wants to before it answers a progress request. */
    if (w->created)
        cancel_send(r, w->id);
    watch_end(w, response, &e);
}

static struct etcd_watch *
watch_of_order(const struct etcd_watcher *r, uint64_t order)
{
    for (struct etcd_watch *w = r->watches; w != NULL; w = w->next) {
        if (w->order == order)
            return w;
    }
    return NULL;
}

static void
watch_created(struct etcd_watcher *r, const struct etcd_watch_response *response)
{
    struct etcd_watch *w = watch_of_order(r, ++r->answered);

    if (w == NULL) { /* removed meanwhile */
        if (!response->canceled)
            cancel_send(r, response->watch_id);
        return;
    }
    if (response->canceled) {
        watch_canceled(r, w, response);
        return;
    }
    w->id = response->watch_id;
    w->created = true;
    if (w->next_revision == 0)
        w->next_revision = response->header.revision + 1;
    r->worked = true;
    r->token_renewed = false;
    r->client->preferred = r->endpoint;
    if (r->created_ms == 0)
        r->created_ms = loop_now_ms(r->client->loop);
}

/* Remembers where to go on. A fragment may end in the midst of a revision's events. */
static void
watch_note_events(struct etcd_watch *w, const struct etcd_watch_response *response)
{
    for (size_t i = 0; i < response->event_count; i++) {
        int64_t revision =
            response->events[i].kv != NULL ? response->events[i].kv->mod_revision : 0;

        w->partial_events = revision == w->partial_revision ? w->partial_events + 1 : 1;
        w->partial_revision = revision;
    }
    if (!response->fragment && w->partial_revision > 0) {
        w->next_revision = w->partial_revision + 1;
        w->partial_revision = 0;
        w->partial_events = 0;
    }
}

/* Takes off the front what was delivered before the stream broke. */
static void
watch_skip_events(struct etcd_watch *w, struct etcd_watch_response *response)
{
    while (w->skip_events > 0 && response->event_count > 0 && response->events[0].kv != NULL &&
           response->events[0].kv->mod_revision == w->partial_revision) {
        w->skip_events--;
        response->events++;
        response->event_count--;
    }
    if (response->event_count > 0)
        w->skip_events = 0;
}

bool
etcd_watch_response_is_progress(const struct etcd_watch_response *response)
{
    return response->event_count == 0 && !response->canceled && !response->created &&
           response->compact_revision == 0 && response->header.revision != 0;
}

static void
watch_take_events(struct etcd_watch *w, struct etcd_watch_response *response)
{
    watch_skip_events(w, response);
    watch_note_events(w, response);
    if (response->event_count > 0)
        w->options.on_response(w->options.context, response);
}

/* 'asked' for, or the server's own periodic one: only that is sure to come behind all events. */
static void
watch_take_progress(struct etcd_watch *w, const struct etcd_watch_response *response, bool asked)
{
    if (!asked && response->header.revision >= w->next_revision && w->partial_revision == 0)
        w->next_revision = response->header.revision + 1;
    if (asked || w->options.progress_notify)
        w->options.on_response(w->options.context, response);
}

static struct etcd_watch *
watch_find(const struct etcd_watcher *r, int64_t id)
{
    for (struct etcd_watch *w = r->watches; w != NULL; w = w->next) {
        if (w->created && w->id == id)
            return w;
    }
    return NULL;
}

static struct etcd_watch *
watch_untold(const struct etcd_watcher *r)
{
    for (struct etcd_watch *w = r->watches; w != NULL; w = w->next) {
        if (w->created && w->told != r->told)
            return w;
    }
    return NULL;
}

/* A callback may remove any watch: so look again from the start each time. */
static void
progress_tell_all(struct etcd_watcher *r, const struct etcd_watch_response *response)
{
    struct etcd_watch *w;

    r->told++;
    while ((w = watch_untold(r)) != NULL) {
        w->told = r->told;
        watch_take_progress(w, response, true);
    }
}

static void
response_take(struct etcd_watcher *r, struct etcd_watch_response *response)
{
    struct etcd_watch *w;

    r->leaderless_ms = 0;
    if (response->created) {
        watch_created(r, response);
        return;
    }
    w = watch_find(r, response->watch_id);
    if (response->watch_id == ETCD_WATCH_ID_NONE && etcd_watch_response_is_progress(response))
        progress_tell_all(r, response);
    else if (w == NULL)
        return; /* removed while this was on its way */
    else if (response->canceled)
        watch_canceled(r, w, response);
    else if (etcd_watch_response_is_progress(response))
        watch_take_progress(w, response, false);
    else
        watch_take_events(w, response);
}

static void
message_received(void *context, struct bytes message)
{
    struct etcd_watcher *r = context;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_watch_response response;
    struct error e;

    if (message_decode(&tmp, &etcd_watch_response_message, message, &response, &e)) {
        response_take(r, &response);
        return;
    }
    error_wrap(&e, "endpoint '%s'", r->stream.endpoint->url);
    etcd_stream_release(&r->stream);
    watcher_lose(r, &e, true);
}

static void
stream_start(struct etcd_watcher *r)
{
    const struct etcd_stream_options options = {
        .path = "/etcdserverpb.Watch/Watch",
        .has_leader = true,
        .long_lived = true,
        .on_message = message_received,
        .on_end = stream_ended,
        .context = r,
    };

    etcd_stream_start(&r->stream, r->client, r->endpoint, &options);
    if (r->paused)
        etcd_stream_pause(&r->stream);
    for (struct etcd_watch *w = r->watches; w != NULL; w = w->next)
        create_send(r, w);
    if (r->progress_wanted)
        progress_send(r);
}

void
etcd_watch_add(struct etcd_watcher *r, struct etcd_watch *w,
               const struct etcd_watch_options *options)
{
    struct etcd_watch **link = &r->watches;

    *w = (struct etcd_watch){
        .options = *options,
        .watcher = r,
        .next_revision = options->revision,
    };
    while (*link != NULL)
        link = &(*link)->next;
    *link = w;
    if (etcd_stream_is_open(&r->stream))
        create_send(r, w);
    else if (r->retry.link == NULL)
        stream_start(r);
}

void
etcd_watch_remove(struct etcd_watch *w)
{
    struct etcd_watcher *r = w->watcher;

    if (r == NULL)
        return;
    watch_unlink(w);
    if (w->created && etcd_stream_is_open(&r->stream))
        cancel_send(r, w->id);
}

void
etcd_watcher_request_progress(struct etcd_watcher *r)
{
    if (etcd_stream_is_open(&r->stream))
        progress_send(r);
    else
        r->progress_wanted = true;
}

void
etcd_watcher_pause(struct etcd_watcher *r)
{
    r->paused = true;
    etcd_stream_pause(&r->stream);
}

void
etcd_watcher_resume(struct etcd_watcher *r)
{
    r->paused = false;
    etcd_stream_resume(&r->stream);
}

void
etcd_watcher_release(struct etcd_watcher *r)
{
    while (r->watches != NULL)
        watch_unlink(r->watches);
    loop_timer_stop(&r->retry);
    etcd_stream_release(&r->stream);
}
