#include "keys/key_diff.h"

#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "keys/key_sort.h"

struct diff {
    const struct key_diff_request *request;
    struct key_sort aside; /* the first side */
    bool has_head;         /* its first row that was not met yet */
    struct bytes key;
    struct bytes tag;
    key_diff_visit *visit;
    void *context;
    uint64_t same;
};

/* What is put aside of a row: the mod revision, the value's size and digest, and perhaps the value. */
struct aside {
    uint64_t mod_revision;
    uint64_t size;
    struct bytes digest;
    struct bytes value;
};

static bool
aside_put(void *context, const struct key_row *row, struct error *e)
{
    struct diff *d = context;
    AUTO_BUF tag = BUF_INIT;
    uint8_t digest[SHA256_SIZE];

    sha256_of(row->kv.value, digest);
    buf_append_u64le(&tag, (uint64_t)row->kv.mod_revision);
    buf_append_u64le(&tag, row->kv.value.size);
    buf_append(&tag, digest, sizeof(digest));
    if (d->request->values)
        buf_append_bytes(&tag, row->kv.value);
    return key_sort_add(&d->aside, row->kv.key, buf_bytes(&tag), e);
}

static struct aside
aside_read(struct bytes tag)
{
    struct cursor c = cursor_of(tag);
    struct aside a;

    ASSERT(cursor_u64le(&c, &a.mod_revision) && cursor_u64le(&c, &a.size) &&
           cursor_bytes(&c, SHA256_SIZE, &a.digest) && cursor_bytes(&c, cursor_left(&c), &a.value));
    return a;
}

static void
head_next(struct diff *d)
{
    d->has_head = key_sort_next(&d->aside, &d->key, &d->tag);
}

static struct key_diff_value
value_aside(const struct aside *a)
{
    return (struct key_diff_value){true, a->size, a->value, (int64_t)a->mod_revision};
}

static struct key_diff_value
value_of(const struct diff *d, const struct key_value *kv)
{
    return (struct key_diff_value){true, kv->value.size,
                                   d->request->values ? kv->value : BYTES_NONE, kv->mod_revision};
}

/* What of the first side lies in front of a key; of all there is with NULL. */
static bool
removed_tell(struct diff *d, const struct bytes *up_to, struct error *e)
{
    while (d->has_head && (up_to == NULL || bytes_compare(d->key, *up_to) < 0)) {
        const struct aside a = aside_read(d->tag);
        const struct key_difference difference = {.key = d->key, .before = value_aside(&a)};

        if (!d->visit(d->context, &difference, e))
            return false;
        head_next(d);
    }
    return true;
}

static bool
is_same(const struct aside *a, const struct key_value *kv)
{
    uint8_t digest[SHA256_SIZE];

    if (a->size != kv->value.size)
        return false;
    sha256_of(kv->value, digest);
    return memcmp(digest, a->digest.data, SHA256_SIZE) == 0;
}

static bool
row_meet(void *context, const struct key_row *row, struct error *e)
{
    struct diff *d = context;
    struct key_difference difference = {.key = row->kv.key, .after = value_of(d, &row->kv)};
    bool same = false;
    struct aside a;
    bool met;
    bool ok;

    if (!removed_tell(d, &row->kv.key, e))
        return false;
    met = d->has_head && bytes_equal(d->key, row->kv.key);
    if (met) {
        a = aside_read(d->tag);
        difference.before = value_aside(&a);
        same = is_same(&a, &row->kv);
    }
    d->same += same;
    ok = same || d->visit(d->context, &difference, e);
    if (met)
        head_next(d);
    return ok;
}

bool
key_diff(const struct key_diff_request *request, key_diff_visit *visit, void *context,
         uint64_t *ret_same, struct error *e)
{
    struct diff d = {
        .request = request, .aside = KEY_SORT_INIT, .visit = visit, .context = context};
    bool ok;

    ok = key_source_live(request->before.source, &request->range, request->before.revision,
                         KEY_READ_ALL, aside_put, &d, e) &&
         key_sort_finish(&d.aside, e);
    if (ok) {
        head_next(&d);
        ok = key_source_live(request->after.source, &request->range, request->after.revision,
                             KEY_READ_ALL, row_meet, &d, e) &&
             removed_tell(&d, NULL, e);
    }
    *ret_same = d.same;
    key_sort_release(&d.aside);
    return ok;
}
