/*
 * Following: a watch from the revision behind the copy, one transaction at the destination for each
 * revision of the source, one after the other.
 *
 * What a response of the watch brings is kept until it is written; meanwhile the watch is paused, so
 * a destination that is slower than the source costs no memory. The last revision of a piece may go
 * on in the next piece: it is written when it is known to be whole.
 */
#include "base/time.h"
#include "etcd/kv.h"
#include "etcd/watch.h"
#include "ops/mirror_state.h"

struct change {
    int64_t revision;
    struct etcd_put_request *put; /* NULL: a deletion */
    struct bytes key;             /* at the destination */
};

struct changes {
    ARRAY(struct change) list;
};

struct follow {
    struct mirror *mirror;
    struct mirror_dest dest;
    struct etcd_watcher watcher;
    struct etcd_watch watch;
    struct bytes end;
    struct arena mem; /* of the changes that wait */
    struct changes changes;
    bool whole; /* the last revision of the changes is */
    bool ended;
    int64_t compacted; /* the first revision that is left, when the watch ended by that */
    struct error why;
};

/* Changes of a revision that were kept because its end had not come; their memory is in 'mem'. */
static void
change_add(struct follow *f, const struct etcd_event *event)
{
    const struct etcd_key_value *kv = event->kv;
    struct change *change = ARRAY_PUSH(&f->mem, &f->changes.list);
    struct bytes name = mirror_name(&f->mem, &f->mirror->request->names, kv->key);

    /* A name that is the key itself would go with the response. */
    *change = (struct change){
        .revision = kv->mod_revision,
        .key = name.data == kv->key.data ? arena_copy(&f->mem, name) : name,
    };
    if (event->type == ETCD_EVENT_DELETE)
        return;
    change->put = arena_zero(&f->mem, sizeof(*change->put));
    change->put->key = change->key;
    change->put->value = arena_copy(&f->mem, kv->value);
}

static void
response_came(void *context, const struct etcd_watch_response *response)
{
    struct follow *f = context;

    for (size_t i = 0; i < response->event_count; i++)
        change_add(f, &response->events[i]);
    if (f->changes.list.count == 0)
        return;
    f->whole = !response->fragment;
    f->mirror->awake = true;
    etcd_watcher_pause(&f->watcher);
}

static void
watch_ended(void *context, const struct etcd_watch_response *last, const struct error *e)
{
    struct follow *f = context;

    f->ended = true;
    f->compacted = last->compact_revision;
    f->why = *e;
    f->mirror->awake = true;
}

static void
watch_lost(void *context, const struct error *why)
{
    const struct follow *f = context;

    observer_note(f->mirror->request->observer, "source: %s; going on as soon as it answers",
                  why->text);
}

/* One revision, in as few transactions as fit. */
static bool
revision_write(struct follow *f, const struct change *changes, size_t count, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct etcd_request_op *ops = arena_zero(&tmp, count * sizeof(*ops));

    for (size_t i = 0; i < count; i++) {
        struct etcd_delete_range_request *deletion;

        if (changes[i].put != NULL) {
            ops[i].put = changes[i].put;
            continue;
        }
        deletion = arena_zero(&tmp, sizeof(*deletion));
        deletion->key = changes[i].key;
        ops[i].delete_range = deletion;
    }
    if (!mirror_dest_send(&f->dest, ops, count, e) || !mirror_dest_finish(&f->dest, e))
        return false;
    f->mirror->revision = changes[0].revision;
    return true;
}

/* The changes from 'at' on that have its revision. */
static size_t
revision_size(const struct changes *changes, size_t at)
{
    size_t end = at;

    while (end < changes->list.count &&
           changes->list.items[end].revision == changes->list.items[at].revision)
        end++;
    return end - at;
}

/* Keeps the changes from 'at' on, in memory of their own. */
static void
changes_keep(struct follow *f, size_t at)
{
    struct arena old = f->mem;
    struct changes before = f->changes;

    f->mem = (struct arena)ARENA_INIT;
    f->changes = (struct changes){ARRAY_INIT};
    for (size_t i = at; i < before.list.count; i++) {
        const struct change *from = &before.list.items[i];
        struct change *to = ARRAY_PUSH(&f->mem, &f->changes.list);

        *to = (struct change){.revision = from->revision, .key = arena_copy(&f->mem, from->key)};
        if (from->put == NULL)
            continue;
        to->put = arena_zero(&f->mem, sizeof(*to->put));
        to->put->key = to->key;
        to->put->value = arena_copy(&f->mem, from->put->value);
    }
    arena_release(&old);
}

static bool
changes_write(struct follow *f, struct error *e)
{
    size_t at = 0;

    while (at < f->changes.list.count) {
        size_t count = revision_size(&f->changes, at);

        if (at + count == f->changes.list.count && !f->whole)
            break;
        if (!revision_write(f, &f->changes.list.items[at], count, e))
            return false;
        at += count;
    }
    changes_keep(f, at);
    return true;
}

static bool
ended_error(const struct follow *f, struct error *e)
{
    *e = f->why;
    if (f->compacted > 0)
        error_hint(e,
                   "changes from revision %lld to %lld are lost: copy anew, without --rev; keys "
                   "that were deleted meanwhile stay at the destination",
                   (long long)f->mirror->revision + 1, (long long)f->compacted - 1);
    return error_wrap(e, "source");
}

static bool
follow_run(struct follow *f, struct error *e)
{
    struct mirror *m = f->mirror;

    while (true) {
        (void)loop_run(etcd_client_loop(m->request->source), &m->awake, LOOP_FOREVER);
        m->awake = false;
        if (m->stop)
            return error_set(e, ERROR_CANCELLED, "interrupted");
        if (!changes_write(f, e))
            return false;
        if (f->ended)
            return ended_error(f, e);
        etcd_watcher_resume(&f->watcher);
    }
}

static void
follow_begin(struct follow *f, struct mirror *m, struct arena *mem)
{
    const struct mirror_request *r = m->request;
    struct bytes prefix = r->names.prefix;
    const struct mirror_dest_options options = {
        .calls = 1,
        .bytes = MIRROR_FLIGHT_BYTES,
        .batch_ops = r->max_txn_ops > 0 ? (size_t)r->max_txn_ops : SIZE_MAX,
        .batch_bytes = SIZE_MAX, /* the source took it as one, so it may fit */
        .call_timeout_ms = MIRROR_CALL_TIMEOUT_MS,
        .retry_ms = r->retry_ms,
        .observer = r->observer,
        .stop = &m->stop,
    };

    *f = (struct follow){.mirror = m, .end = etcd_prefix_end(mem, prefix)};
    mirror_dest_begin(&f->dest, r->dest, &options);
    etcd_watcher_init(&f->watcher, r->source, watch_lost, f);
}

bool
mirror_follow(struct mirror *m, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes prefix = m->request->names.prefix;
    struct follow f;
    bool followed;

    follow_begin(&f, m, &tmp);
    m->dest = &f.dest;
    etcd_watch_add(&f.watcher, &f.watch,
                   &(struct etcd_watch_options){
                       .key = prefix.size > 0 ? prefix : BYTES_LITERAL("\0"),
                       .range_end = f.end,
                       .revision = m->revision + 1,
                       .fragments = true,
                       .on_response = response_came,
                       .on_end = watch_ended,
                       .context = &f,
                   });
    followed = follow_run(&f, e);
    m->dest = NULL;
    m->done += f.dest.done;
    etcd_watcher_release(&f.watcher);
    mirror_dest_end(&f.dest);
    arena_release(&f.mem);
    return followed;
}
