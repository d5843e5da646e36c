/*
 * Waiting is watching one key: the youngest of those before ours. When it goes, look again, for it
 * may have given up while older ones still wait.
 */
#include "etcd/candidate.h"

#include <inttypes.h>
#include <string.h>

#include "etcd/kv.h"
#include "etcd/watch.h"

enum { RETRY_MS = 500 };

void
etcd_candidate_range(struct arena *mem, struct bytes name, struct bytes *ret_prefix,
                     struct bytes *ret_end)
{
    uint8_t *prefix = arena_alloc(mem, name.size + 1);

    if (name.size > 0)
        memcpy(prefix, name.data, name.size);
    prefix[name.size] = '/';
    *ret_prefix = bytes_of(prefix, name.size + 1);
    *ret_end = etcd_prefix_end(mem, *ret_prefix);
}

struct etcd_range_request
etcd_candidate_first(struct bytes prefix, struct bytes prefix_end)
{
    return (struct etcd_range_request){
        .key = prefix,
        .range_end = prefix_end,
        .limit = 1,
        .sort_order = ETCD_SORT_ASCEND,
        .sort_target = ETCD_SORT_CREATE,
    };
}

static bool
still_waiting(const struct etcd_candidate *c, struct error *e)
{
    if (*c->interrupted)
        return error_set(e, ERROR_CANCELLED, "interrupted");
    if (c->session->lost) {
        *e = c->session->why;
        return false;
    }
    return true;
}

/* After a call that failed: may it be made again? Then this returns after a moment. */
static bool
call_again(struct etcd_candidate *c, struct error *e)
{
    struct etcd_client *client = c->session->client;

    if (!error_code_retryable(e->code))
        return false;
    client->preferred = (client->preferred + 1) % client->endpoint_count;
    etcd_session_wait(c->session, RETRY_MS);
    return still_waiting(c, e);
}

/* Our key, unless it is there; and who is first, in the same moment. */
static bool
place_take(struct etcd_candidate *c, struct bytes value, bool *ret_first, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_compare compare = {.target = ETCD_COMPARE_CREATE, .key = c->key};
    const struct etcd_put_request put = {.key = c->key, .value = value, .lease = c->session->lease};
    const struct etcd_range_request mine = {.key = c->key};
    const struct etcd_range_request first = etcd_candidate_first(c->prefix, c->prefix_end);
    const struct etcd_request_op success[] = {{.put = &put}, {.range = &first}};
    const struct etcd_request_op failure[] = {{.range = &mine}, {.range = &first}};
    const struct etcd_txn_request request = {&compare, 1, success, 2, failure, 2};
    const struct etcd_range_response *owner;
    struct etcd_txn_response response;

    while (!etcd_txn(&tmp, c->session->client, &request, &response, e)) {
        if (!call_again(c, e))
            return false;
    }
    if (response.response_count != 2 || response.responses[1].range == NULL ||
        (!response.succeeded &&
         (response.responses[0].range == NULL || response.responses[0].range->kv_count == 0)))
        return error_set(e, ERROR_FORMAT, "the answer to a transaction does not fit it");
    c->create_revision = response.succeeded ? response.header.revision
                                            : response.responses[0].range->kvs[0].create_revision;
    c->obtained_revision = response.header.revision;
    owner = response.responses[1].range;
    *ret_first = owner->kv_count == 0 || owner->kvs[0].create_revision == c->create_revision;
    return true;
}

/* Waiting for one key to go. */
struct departure {
    struct etcd_session *session;
    bool gone;
    bool failed;
    struct error why;
};

static void
departure_seen(void *context, const struct etcd_watch_response *response)
{
    struct departure *d = context;

    for (size_t i = 0; i < response->event_count; i++) {
        if (response->events[i].type == ETCD_EVENT_DELETE)
            d->gone = true;
    }
    if (d->gone)
        etcd_session_wake(d->session);
}

static void
departure_unseen(void *context, const struct etcd_watch_response *last UNUSED,
                 const struct error *e)
{
    struct departure *d = context;

    d->failed = true;
    d->why = *e;
    etcd_session_wake(d->session);
}

static bool
departure_wait(struct etcd_candidate *c, struct bytes key, int64_t revision, struct error *e)
{
    struct departure d = {.session = c->session};
    struct etcd_watcher watcher;
    struct etcd_watch watch;
    const struct etcd_watch_options options = {
        .key = key,
        .revision = revision,
        .on_response = departure_seen,
        .on_end = departure_unseen,
        .context = &d,
    };
    bool waiting = true;

    etcd_watcher_init(&watcher, c->session->client, NULL, NULL);
    etcd_watcher_be_patient(&watcher);
    etcd_watch_add(&watcher, &watch, &options);
    while (waiting && !d.gone && !d.failed) {
        etcd_session_wait(c->session, LOOP_FOREVER);
        waiting = still_waiting(c, e);
    }
    etcd_watcher_release(&watcher);
    if (d.gone || !waiting)
        return waiting;
    *e = d.why;
    return false;
}

/* The youngest of those before us; none: it is our turn. */
static bool
predecessor_fetch(struct arena *mem, struct etcd_candidate *c,
                  struct etcd_range_response *ret_response, struct error *e)
{
    const struct etcd_range_request request = {
        .key = c->prefix,
        .range_end = c->prefix_end,
        .limit = 1,
        .sort_order = ETCD_SORT_DESCEND,
        .sort_target = ETCD_SORT_CREATE,
        .max_create_revision = c->create_revision - 1,
    };

    while (!etcd_range(mem, c->session->client, &request, ret_response, e)) {
        if (!call_again(c, e))
            return false;
    }
    return true;
}

static bool
turn_wait(struct etcd_candidate *c, struct error *e)
{
    for (;;) {
        AUTO_ARENA tmp = ARENA_INIT;
        struct etcd_range_response before;

        if (!still_waiting(c, e) || !predecessor_fetch(&tmp, c, &before, e))
            return false;
        if (before.kv_count == 0)
            return true;
        if (!departure_wait(c, before.kvs[0].key, before.header.revision, e))
            return false;
    }
}

bool
etcd_candidate_fetch(struct arena *mem, const struct etcd_candidate *c,
                     struct etcd_range_response *ret_response, struct error *e)
{
    const struct etcd_range_request request = {.key = c->key};

    if (!etcd_range(mem, c->session->client, &request, ret_response, e))
        return false;
    if (ret_response->kv_count > 0)
        return true;
    error_set(e, ERROR_NOT_FOUND, "key '%.*s' is gone", (int)c->key.size,
              (const char *)c->key.data);
    return error_hint(e, "its lease has expired or was revoked, or somebody deleted it");
}

/* Waiting may have taken so long that our own key is gone. */
static bool
turn_check(struct etcd_candidate *c, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_range_response response;

    while (!etcd_candidate_fetch(&tmp, c, &response, e)) {
        if (!call_again(c, e))
            return false;
    }
    c->obtained_revision = response.header.revision;
    return true;
}

bool
etcd_candidate_enter(struct arena *mem, struct etcd_candidate *c, struct etcd_session *session,
                     struct bytes name, struct bytes value, const bool *interrupted,
                     struct error *e)
{
    bool first;

    *c = (struct etcd_candidate){.session = session, .interrupted = interrupted};
    etcd_candidate_range(mem, name, &c->prefix, &c->prefix_end);
    c->key = bytes_of_text(arena_printf(mem, "%.*s%" PRIx64, (int)c->prefix.size,
                                        (const char *)c->prefix.data, (uint64_t)session->lease));
    if (!still_waiting(c, e) || !place_take(c, value, &first, e))
        return false;
    return first || (turn_wait(c, e) && turn_check(c, e));
}
