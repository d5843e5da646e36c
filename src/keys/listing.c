#include "keys/listing.h"

#include <string.h>

#include "format/value/kube_created.h"

struct listing {
    const struct listing_request *request;
    listing_visit *visit;
    void *context;
    struct buf directory;       /* the one that is being counted; empty: none */
    struct listing_entry entry; /* of it */
};

static void
listing_release(struct listing *l)
{
    buf_release(&l->directory);
}

/* The directory right below the prefix that a key is in; 0: none. The separator with which a rest
 * begins ends no directory: below "/registry" stands "/registry/pods/". */
static size_t
directory_size(const struct listing *l, struct bytes key)
{
    const struct listing_request *r = l->request;
    size_t from = r->prefix.size;
    const uint8_t *at;

    if (r->recursive)
        return 0;
    if (from < key.size && key.data[from] == r->separator &&
        (from == 0 || key.data[from - 1] != r->separator))
        from++;
    at = from < key.size ? memchr(key.data + from, r->separator, key.size - from) : NULL;
    return at == NULL ? 0 : (size_t)(at - key.data) + 1;
}

static bool
directory_end(struct listing *l, struct error *e)
{
    if (l->directory.size == 0)
        return true;
    l->entry.name = buf_bytes(&l->directory);
    if (!l->visit(l->context, &l->entry, e))
        return false;
    buf_clear(&l->directory);
    return true;
}

static bool
key_tell(struct listing *l, const struct key_row *row, struct error *e)
{
    const struct key_value *kv = &row->kv;
    struct listing_entry entry = {
        .name = kv->key,
        .keys = 1,
        .bytes = kv->key.size + kv->value.size,
        .mod_revision = kv->mod_revision,
        .create_revision = kv->create_revision,
        .version = kv->version,
        .lease = kv->lease,
    };

    if (!kube_created_at(kv->value, &entry.created_ms))
        entry.created_ms = 0;
    return l->visit(l->context, &entry, e);
}

static bool
row_take(void *context, const struct key_row *row, struct error *e)
{
    struct listing *l = context;
    struct bytes directory = bytes_of(row->kv.key.data, directory_size(l, row->kv.key));

    if (l->directory.size > 0 && !bytes_equal(directory, buf_bytes(&l->directory)) &&
        !directory_end(l, e))
        return false;
    if (directory.size == 0)
        return key_tell(l, row, e);
    if (l->directory.size == 0) {
        buf_append_bytes(&l->directory, directory);
        l->entry = (struct listing_entry){.is_directory = true};
    }
    l->entry.keys++;
    l->entry.bytes += row->kv.key.size + row->kv.value.size;
    if (row->kv.mod_revision > l->entry.mod_revision)
        l->entry.mod_revision = row->kv.mod_revision;
    return true;
}

bool
listing_read(struct key_source *source, const struct listing_request *request, listing_visit *visit,
             void *context, struct error *e)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct listing l = {.request = request, .visit = visit, .context = context};
    struct key_range range = key_range_prefix(&tmp, request->prefix);
    unsigned want = request->keys_only ? KEY_READ_KEYS_ONLY : KEY_READ_ALL;
    bool ok = key_source_live(source, &range, request->revision, want, row_take, &l, e) &&
              directory_end(&l, e);

    listing_release(&l);
    return ok;
}
