/*
 * Rounds of two watches: while nobody is elected, of the whole election; then of the elected one's
 * key until it goes.
 */
#include "cli/election_watch.h"

#include "cli/print/print_kv.h"
#include "cli/reader.h"
#include "cli/signals.h"
#include "etcd/candidate.h"
#include "etcd/kv.h"
#include "etcd/watch.h"

struct onlooker {
    struct app *app;
    struct etcd_client *client;
    struct etcd_watcher watcher;
    struct etcd_watch watch;
    struct signals signals;
    struct reader reader;
    struct arena round; /* the elected one's key */
    struct bytes prefix;
    struct bytes prefix_end;
    struct bytes key; /* of the elected one; empty: nobody is */
    int64_t revision; /* of its last change that was shown */
    int64_t
        count; /* of candidates when the round began: etcdctl shows it with each change, up to 3.6 */
    bool interrupted;
    bool woken;
    bool failed;
    bool unread; /* failed because nobody reads what we write */
    struct error why;
};

static void
signal_came(void *context, int number UNUSED)
{
    struct onlooker *o = context;

    o->interrupted = true;
    o->woken = true;
}

static void
onlooker_fail(struct onlooker *o, const struct error *e)
{
    o->failed = true;
    o->why = *e;
    o->woken = true;
}

static void
nobody_reads(void *context, const struct error *why)
{
    struct onlooker *o = context;

    o->unread = true;
    onlooker_fail(o, why);
}

/* As etcdctl has it: the header of what told, one key, and the count of the round's first answer. */
static void
elected_show(struct onlooker *o, const struct etcd_header *header, const struct etcd_key_value *kv,
             int64_t count)
{
    const struct etcd_range_response response = {
        .header = *header, .kvs = kv, .kv_count = 1, .more = count > 1, .count = count};
    struct error e;

    print_range(&o->app->out, &o->app->style, false, &response);
    if (!app_flush(o->app, &e))
        nobody_reads(o, &e);
}

static void
elected_found(struct onlooker *o, const struct etcd_header *header, const struct etcd_key_value *kv)
{
    o->key = arena_copy(&o->round, kv->key);
    o->revision = header->revision;
    elected_show(o, header, kv, 0);
}

/* While nobody is elected: the first key that is put. Several may be in one response. */
static void
somebody_came(void *context, const struct etcd_watch_response *response)
{
    struct onlooker *o = context;

    for (size_t i = 0; i < response->event_count; i++) {
        const struct etcd_event *event = &response->events[i];
        struct etcd_header header = response->header;

        if (event->type != ETCD_EVENT_PUT || event->kv == NULL)
            continue;
        header.revision = event->kv->mod_revision;
        etcd_watch_remove(&o->watch);
        elected_found(o, &header, event->kv);
        o->woken = true;
        return;
    }
}

static void
elected_changed(void *context, const struct etcd_watch_response *response)
{
    struct onlooker *o = context;

    for (size_t i = 0; i < response->event_count; i++) {
        const struct etcd_event *event = &response->events[i];

        if (event->type == ETCD_EVENT_DELETE) {
            etcd_watch_remove(&o->watch);
            o->key = BYTES_NONE;
            o->woken = true;
            return;
        }
        if (event->kv != NULL)
            elected_show(o, &response->header, event->kv, o->count);
    }
}

static void
watch_ended(void *context, const struct etcd_watch_response *last UNUSED, const struct error *e)
{
    onlooker_fail(context, e);
}

/* Watches until something calls for a look around. */
static bool
watch_until_woken(struct onlooker *o, struct bytes key, struct bytes range_end, int64_t revision,
                  etcd_watch_received *on_response, struct error *e)
{
    const struct etcd_watch_options options = {
        .key = key,
        .range_end = range_end,
        .revision = revision,
        .on_response = on_response,
        .on_end = watch_ended,
        .context = o,
    };

    o->woken = o->interrupted || o->failed;
    etcd_watch_add(&o->watcher, &o->watch, &options);
    (void)loop_run(etcd_client_loop(o->client), &o->woken, LOOP_FOREVER);
    etcd_watch_remove(&o->watch);
    if (!o->failed)
        return true;
    *e = o->why;
    return false;
}

/* One elected one: from finding it to its end. */
static bool
round_run(struct onlooker *o, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    const struct etcd_range_request request = etcd_candidate_first(o->prefix, o->prefix_end);
    struct etcd_range_response response;

    o->key = BYTES_NONE;
    if (!etcd_range(&tmp, o->client, &request, &response, e))
        return false;
    o->count = o->app->style.compat < COMPAT_3_7 ? response.count : 0;
    if (response.kv_count > 0)
        elected_found(o, &response.header, &response.kvs[0]);
    else if (!watch_until_woken(o, o->prefix, o->prefix_end, response.header.revision,
                                somebody_came, e))
        return false;
    if (o->key.size == 0 || o->interrupted)
        return true;
    return watch_until_woken(o, o->key, BYTES_NONE, o->revision + 1, elected_changed, e);
}

bool
election_watch(struct app *app, struct bytes name, struct error *e)
{
    struct onlooker o = {.app = app, .round = ARENA_INIT};
    bool ok;

    if (!app_etcd(app, &o.client, e) ||
        !signals_begin(&o.signals, etcd_client_loop(o.client), signal_came, &o, e))
        return false;
    etcd_candidate_range(app->mem, name, &o.prefix, &o.prefix_end);
    etcd_watcher_init(&o.watcher, o.client, NULL, NULL);
    reader_begin(&o.reader, etcd_client_loop(o.client), nobody_reads, &o);
    do {
        ok = round_run(&o, e);
        arena_release(&o.round);
        o.round = (struct arena)ARENA_INIT;
    } while (ok && !o.interrupted);
    reader_end(&o.reader);
    etcd_watcher_release(&o.watcher);
    signals_end(&o.signals);
    return ok || (!o.unread && error_wrap(e, "observer lost"));
}
