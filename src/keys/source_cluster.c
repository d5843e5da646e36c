/*
 * Keys of a live cluster: ranges in pages, all of one revision (etcd/range_read.h), and history by a
 * watch that begins in the past.
 *
 * Where a watch has come to now is told by a progress notification. Servers below 3.4.25 and 3.5.8
 * may send one before earlier events (etcd issue 15220); of them all keys are watched, since the
 * newest revision of all then has an event of its own.
 */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "etcd/kv.h"
#include "etcd/lease.h"
#include "etcd/maintenance.h"
#include "etcd/range_read.h"
#include "etcd/watch.h"
#include "format/backend/backend.h"
#include "format/minor_version.h"
#include "keys/kube_walk.h"
#include "keys/source.h"
#include "net/loop.h"

enum { KEYS_BETWEEN_PROGRESS = 4096, ASK_AGAIN_MS = 50, SMALL_BYTES = 16 << 20 };

struct key_cluster {
    struct key_source source;
    struct etcd_client *client;
};

/* Who gets the rows. */
struct telling {
    const struct key_source *source;
    key_row_visit *visit;
    void *context;
    uint64_t count;
    uint64_t total; /* 0: not known */
};

static struct key_cluster *
cluster_of(struct key_source *source)
{
    return (struct key_cluster *)source;
}

static bool
row_tell(struct telling *t, const struct key_row *row, struct error *e)
{
    if (++t->count % KEYS_BETWEEN_PROGRESS == 0)
        observer_progress(t->source->observer, "reading keys", "keys", t->count, t->total);
    return t->visit(t->context, row, e);
}

static struct key_row
row_of(const struct etcd_key_value *kv, bool live)
{
    return (struct key_row){
        .kv = {kv->key, kv->create_revision, kv->mod_revision, kv->version, kv->value, kv->lease},
        .revision = kv->mod_revision,
        .live = live,
    };
}

/* --- live ------------------------------------------------------------------------------------ */

static void
range_begins(void *context, const struct etcd_range_response *whole)
{
    struct telling *t = context;

    t->total = (uint64_t)whole->count;
}

static bool
range_keys(void *context, const struct etcd_key_value *kvs, size_t count, struct error *e)
{
    struct telling *t = context;

    for (size_t i = 0; i < count; i++) {
        struct key_row row = row_of(&kvs[i], true);

        if (!row_tell(t, &row, e))
            return false;
    }
    return true;
}

/* A small database is counted at once, and takes few calls. */
static bool
is_small(struct key_source *source)
{
    struct error ignored = ERROR_INIT;
    struct key_source_size size;

    return !key_source_size(source, &size, &ignored) || size.in_use_bytes < SMALL_BYTES;
}

static bool
cluster_live(struct key_source *source, const struct key_range *range, int64_t revision,
             unsigned want, key_row_visit *visit, void *context, struct error *e)
{
    struct etcd_client *client = cluster_of(source)->client;
    struct telling t = {source, visit, context, 0, 0};
    const struct etcd_range_sink sink = {range_begins, range_keys, &t};
    const struct etcd_range_request request = {
        .key = range->start,
        .range_end = range->end,
        .revision = revision,
        .keys_only = (want & KEY_READ_KEYS_ONLY) != 0,
    };

    if ((want & KEY_READ_GENTLY) != 0 && !key_range_is_single(range) && !is_small(source))
        return kube_walk(client, range, revision, request.keys_only, &sink, e);
    return etcd_range_read(client, &request, &sink, e);
}

static bool
cluster_survey(struct key_source *source, const struct key_range *range, key_row_visit *visit,
               void *const contexts[KEY_SURVEY_PARTS], struct error *e)
{
    return cluster_live(source, range, source->revision, KEY_READ_GENTLY, visit, contexts[0], e);
}

/* --- history --------------------------------------------------------------------------------- */

struct history {
    struct telling telling;
    const struct key_range *range;
    struct etcd_watcher watcher;
    struct etcd_watch watch;
    int64_t last_revision; /* up to which events are told */
    bool by_progress;      /* a progress notification tells the end; otherwise an event does */
    bool done;
    bool failed;       /* 'why' is set */
    int64_t compacted; /* the watch was refused: only what is above this can be had */
    struct error why;
};

static void
history_end(struct history *h)
{
    h->done = true;
    etcd_watcher_pause(&h->watcher);
}

static bool
event_tell(struct history *h, const struct etcd_event *event)
{
    struct key_row row = row_of(event->kv, false);

    row.tombstone = event->type == ETCD_EVENT_DELETE;
    if (row.tombstone)
        row.kv = (struct key_value){.key = event->kv->key};
    if (!key_range_holds(h->range, row.kv.key) || row_tell(&h->telling, &row, &h->why))
        return true;
    h->failed = true;
    return false;
}

static void
events_came(void *context, const struct etcd_watch_response *response)
{
    struct history *h = context;
    int64_t revision = 0;

    if (h->done)
        return;
    for (size_t i = 0; i < response->event_count; i++) {
        revision = response->events[i].kv->mod_revision;
        if (revision > h->last_revision || !event_tell(h, &response->events[i])) {
            history_end(h);
            return;
        }
    }
    if (response->event_count == 0 ? response->header.revision >= h->last_revision
                                   : revision == h->last_revision && !response->fragment)
        history_end(h);
}

static void
watch_ended(void *context, const struct etcd_watch_response *last, const struct error *e)
{
    struct history *h = context;

    h->done = true;
    h->compacted = last->compact_revision;
    h->failed = true;
    h->why = *e;
}

/* Tells the events from a revision on; ends as h->done, ->failed and ->compacted say. */
static void
history_watch(struct history *h, struct etcd_client *client, int64_t from)
{
    const struct key_range all = key_range_all();
    const struct key_range *range = h->by_progress ? h->range : &all;
    const struct etcd_watch_options options = {
        .key = range->start,
        .range_end = range->end,
        .revision = from,
        .progress_notify = true,
        .fragments = true,
        .on_response = events_came,
        .on_end = watch_ended,
        .context = h,
    };

    h->done = h->failed = false;
    h->compacted = 0;
    etcd_watcher_init(&h->watcher, client, NULL, NULL);
    etcd_watch_add(&h->watcher, &h->watch, &options);
    /* While it is behind, a server does not answer the question; so it is asked again. */
    while (!loop_run(etcd_client_loop(client), &h->done, time_monotonic_ms() + ASK_AGAIN_MS)) {
        if (h->by_progress)
            etcd_watcher_request_progress(&h->watcher);
    }
    etcd_watcher_release(&h->watcher);
}

static bool
version_tells_progress_in_order(const char *version)
{
    struct error ignored = ERROR_INIT;
    struct minor_version v;
    uint32_t patch;

    if (!minor_version_parse(version, &v, &ignored))
        return false;
    if (v.major != 3 || v.minor > 5)
        return v.major >= 3;
    return minor_version_patch(version, &patch) &&
           ((v.minor == 5 && patch >= 8) || (v.minor == 4 && patch >= 25));
}

/* Any endpoint may come to serve the watch. */
static bool
progress_is_in_order(struct etcd_client *client)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_status_answer *answers;

    etcd_status_each(&tmp, client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++)
        if (answers[i].answer.ok && !version_tells_progress_in_order(answers[i].status.version))
            return false;
    return true;
}

/* What compaction left, then what came later. */
static bool
history_behind_compaction(struct history *h, struct key_source *source, struct error *e)
{
    struct telling *t = &h->telling;

    source->compact_revision = h->compacted;
    if (!cluster_live(source, h->range, h->compacted, KEY_READ_ALL, t->visit, t->context, e))
        return false;
    h->failed = false;
    if (h->compacted < h->last_revision)
        history_watch(h, cluster_of(source)->client, h->compacted + 1);
    return true;
}

static bool
cluster_rows(struct key_source *source, const struct key_range *range, key_row_visit *visit,
             void *context, struct error *e)
{
    struct etcd_client *client = cluster_of(source)->client;
    struct history h = {
        .telling = {source, visit, context, 0, 0},
        .range = range,
        .last_revision = source->revision,
    };

    if (source->revision <= 1) /* nothing was ever written */
        return true;
    h.by_progress = progress_is_in_order(client);
    history_watch(&h, client, 1);
    if (h.compacted != 0 && !history_behind_compaction(&h, source, e))
        return false;
    if (h.failed)
        *e = h.why;
    return !h.failed;
}

/* --- the rest -------------------------------------------------------------------------------- */

/* Of the first endpoint that answers. */
static bool
cluster_size(struct key_source *source, struct key_source_size *ret_size, struct error *e)
{
    struct etcd_client *client = cluster_of(source)->client;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_status_answer *answers;

    etcd_status_each(&tmp, client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(client); i++) {
        const struct etcd_status *status = &answers[i].status;

        if (!answers[i].answer.ok)
            continue;
        *ret_size = (struct key_source_size){(uint64_t)status->db_size_bytes,
                                             (uint64_t)status->db_size_in_use_bytes};
        return true;
    }
    *e = answers[0].answer.error;
    return false;
}

static bool
cluster_leases(struct key_source *source, key_lease_visit *visit, void *context, struct error *e)
{
    struct etcd_client *client = cluster_of(source)->client;
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_lease_leases_response all;

    if (!etcd_lease_leases(&tmp, client, &all, e))
        return false;
    for (size_t i = 0; i < all.lease_count; i++) {
        AUTO_ARENA one = ARENA_INIT;
        struct etcd_lease_time_to_live_response lease;

        if (!etcd_lease_time_to_live(&one, client, all.leases[i].id, false, &lease, e))
            return false;
        if (lease.ttl >= 0 && !visit(context, all.leases[i].id, lease.granted_ttl, e))
            return false;
    }
    return true;
}

static void
cluster_close(struct key_source *source)
{
    (void)source; /* the client is the caller's */
}

static const struct key_source_face cluster_face = {cluster_live, cluster_rows,   cluster_survey,
                                                    cluster_size, cluster_leases, cluster_close};

/* What key it is does not matter, nor whether it may be read: the header tells the revision. */
static bool
revision_fetch(struct key_cluster *c, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = {.key = BYTES_LITERAL("health"), .count_only = true};
    struct etcd_range_response response;
    struct etcd_status_answer *answers;

    if (etcd_range(&tmp, c->client, &request, &response, e)) {
        c->source.revision = response.header.revision;
        return true;
    }
    if (e->code != ERROR_PERMISSION && e->code != ERROR_AUTH)
        return false;
    etcd_status_each(&tmp, c->client, &answers);
    for (size_t i = 0; i < etcd_client_endpoint_count(c->client); i++)
        if (answers[i].answer.ok && answers[i].status.header.revision > c->source.revision)
            c->source.revision = answers[i].status.header.revision;
    return c->source.revision > 0;
}

static const char *
endpoints_text(struct arena *mem, const struct etcd_client *client)
{
    const char *text = etcd_client_endpoint(client, 0);

    for (size_t i = 1; i < etcd_client_endpoint_count(client); i++)
        text = arena_printf(mem, "%s,%s", text, etcd_client_endpoint(client, i));
    return text;
}

bool
key_source_open_cluster(struct etcd_client *client, const struct observer *observer,
                        struct key_source **ret_source, struct error *e)
{
    struct arena mem = ARENA_INIT;
    struct key_cluster *c = arena_zero(&mem, sizeof(*c));
    struct key_source *source = &c->source;

    c->client = client;
    *source = (struct key_source){
        .kind = KEY_SOURCE_CLUSTER,
        .compact_revision = BACKEND_NEVER_COMPACTED,
        .face = &cluster_face,
        .observer = observer,
        .mem = mem,
    };
    source->name = endpoints_text(&source->mem, client);
    if (!revision_fetch(c, e)) {
        key_source_close(&source);
        return false;
    }
    *ret_source = source;
    return true;
}
