/* From the lines of an export to the pairs that a cluster is to have. */
#include "ops/key_export_read.h"
#include "ops/key_import_state.h"

enum { KEYS_BETWEEN_PROGRESS = 4096 };

struct pairs {
    struct key_batcher batcher;
    bool with_leases;
    struct arena mem;
    struct map leases; /* by id: their time, in seconds */
    struct key_import_skipped skipped;
    const struct observer *observer;
    uint64_t seen;
};

static void
lease_note(struct pairs *p, const struct key_export_lease *lease)
{
    void **place = map_place(&p->mem, &p->leases, bytes_of(&lease->id, sizeof(lease->id)));
    int64_t *ttl_s = arena_alloc(&p->mem, sizeof(*ttl_s));

    *ttl_s = lease->ttl_s;
    *place = ttl_s;
}

static int64_t
lease_ttl(const struct pairs *p, int64_t id)
{
    const int64_t *ttl_s = map_get(&p->leases, bytes_of(&id, sizeof(id)));

    return ttl_s != NULL ? *ttl_s : 0;
}

static bool
pair_add(struct pairs *p, const struct key_value *kv, struct error *e)
{
    struct key_pair pair = {.key = kv->key, .value = kv->value};

    if (++p->seen % KEYS_BETWEEN_PROGRESS == 0 && p->observer != NULL)
        observer_progress(p->observer, "reading the file", "keys", p->seen, 0);
    if (kv->lease != 0) {
        pair.lease = kv->lease;
        pair.ttl_s = lease_ttl(p, kv->lease);
        p->skipped.leased += !p->with_leases;
        p->skipped.lease_ended += p->with_leases && pair.ttl_s == 0;
        if (!p->with_leases || pair.ttl_s == 0)
            return true;
    }
    return key_batcher_add(&p->batcher, &pair, e);
}

static bool
line_add(void *context, const struct key_export_line *line, struct error *e)
{
    struct pairs *p = context;

    if (line->type == KEY_EXPORT_KEY)
        return pair_add(p, &line->kv, e);
    lease_note(p, &line->lease);
    return true;
}

bool
key_import_file(const char *path, bool with_leases, const struct observer *observer,
                key_batch_take *take, void *context, struct key_import_skipped *ret_skipped,
                struct key_export_end *ret_end, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct pairs *p = arena_zero(&tmp, sizeof(*p));
    bool ok;

    p->batcher.take = take;
    p->batcher.context = context;
    p->with_leases = with_leases;
    p->observer = observer;
    ok = key_export_read(path, line_add, p, ret_end, e) && key_batcher_flush(&p->batcher, e);
    *ret_skipped = p->skipped;
    key_batcher_release(&p->batcher);
    arena_release(&p->mem);
    return ok;
}
