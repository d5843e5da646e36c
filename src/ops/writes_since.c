#include "ops/writes_since.h"

#include "base/time.h"
#include "cluster/rules_lock.h"
#include "etcd/watch.h"

enum { TELL_TIMEOUT_MS = 30000 };

struct telling {
    int64_t now;
    bool told; /* all up to 'now', or as much as is needed */
    bool took;
    bool failed;
    struct error why;
};

static bool
is_lock(const struct etcd_event *event)
{
    return bytes_equal(event->kv->key, bytes_of_text(CLUSTER_LOCK_KEY));
}

static void
response_came(void *context, const struct etcd_watch_response *response)
{
    struct telling *t = context;

    for (size_t i = 0; i < response->event_count; i++) {
        const struct etcd_event *event = &response->events[i];

        t->took = t->took || !is_lock(event);
        t->told = t->told || t->took || event->kv->mod_revision >= t->now;
    }
}

static void
watch_over(void *context, const struct etcd_watch_response *last, const struct error *e)
{
    struct telling *t = context;

    /* Nobody compacts a cluster that has no changes: as good as a write. */
    t->took = last->compact_revision > 0;
    t->failed = !t->took;
    t->why = *e;
    t->told = true;
}

bool
cluster_took_writes(struct etcd_client *client, int64_t since, int64_t now, bool *ret_took,
                    struct error *e)
{
    struct telling t = {.now = now};
    struct etcd_watcher watcher;
    struct etcd_watch watch = {0};

    *ret_took = false;
    if (now <= since)
        return true;
    etcd_watcher_init(&watcher, client, NULL, &t);
    etcd_watch_add(&watcher, &watch,
                   &(struct etcd_watch_options){.key = BYTES_LITERAL("\0"),
                                                .range_end = BYTES_LITERAL("\0"),
                                                .revision = since + 1,
                                                .fragments = true,
                                                .on_response = response_came,
                                                .on_end = watch_over,
                                                .context = &t});
    (void)loop_run(etcd_client_loop(client), &t.told, time_monotonic_ms() + TELL_TIMEOUT_MS);
    etcd_watcher_release(&watcher);
    if (t.failed) {
        *e = t.why;
        return false;
    }
    if (!t.told)
        return error_set(e, ERROR_TIMEOUT, "what was written since revision %lld is not told",
                         (long long)since);
    *ret_took = t.took;
    return true;
}
