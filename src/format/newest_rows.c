/*
 * From the last row to the first: the first row of a key that is met is its newest, so it is enough
 * to remember which keys were met. Keys are divided by the low bits of their hash; a part that does
 * not fit into the index is divided once more. What a pass that is given up has found is right, too.
 */
#include "format/newest_rows.h"

#include "base/hash.h"
#include "format/backend/key_index.h"
#include "format/bbolt/bbolt_cursor.h"
#include "format/key_row.h"

enum { WORD_BITS = 64, PARTS_MOST = 64 };

/* The keys whose hash ends with these bits. */
struct key_set {
    unsigned bit_count;
    uint64_t bits;
};

struct finder {
    struct arena *mem;
    const struct bbolt_bucket *bucket;
    int64_t revision_most;
    struct newest_rows *rows;
    struct key_index met;
    bool empty_met; /* the empty key has no place in the index */
};

static bool
is_in(const struct key_set *set, struct bytes key)
{
    uint64_t mask = ((uint64_t)1 << set->bit_count) - 1;

    return (hash64(key.data, key.size) & mask) == set->bits;
}

static void
bit_set(struct finder *f, uint64_t number)
{
    f->rows->bits.items[number / WORD_BITS] |= (uint64_t)1 << number % WORD_BITS;
}

/* Whether the key is met for the first time. */
static bool
meet(struct finder *f, const struct bbolt_row *row, struct bytes key, bool *ret_first,
     struct error *e)
{
    if (key.size == 0) {
        *ret_first = !f->empty_met;
        f->empty_met = true;
        return true;
    }
    *ret_first = !key_index_has(&f->met, key);
    return !*ret_first ||
           (key_index_put(&f->met, key, row->key.data, true, e) && key_index_flush(&f->met, e));
}

static bool
row_take(struct finder *f, const struct key_set *set, const struct bbolt_row *row, uint64_t *number,
         struct error *e)
{
    struct error problem = ERROR_INIT;
    struct key_row key_row;
    bool first = false;

    if (!key_row_decode(row, &key_row, &problem))
        return key_row_error(f->bucket->db, row, &problem, e);
    if (key_row.revision.main > f->revision_most)
        return true;
    if (*number / WORD_BITS == f->rows->bits.count)
        *ARRAY_PUSH(f->mem, &f->rows->bits) = 0;
    if (is_in(set, key_row.kv.key) && !meet(f, row, key_row.kv.key, &first, e))
        return false;
    if (first && !key_row.revision.tombstone)
        bit_set(f, *number);
    (*number)++;
    return true;
}

/* One pass; ERROR_LIMIT: the set has too many keys. */
static bool
set_find(struct finder *f, const struct key_set *set, struct error *e)
{
    struct bbolt_cursor c;
    struct bbolt_row row;
    uint64_t number = 0;

    f->empty_met = false;
    bbolt_cursor_init(&c, f->bucket);
    while (bbolt_cursor_previous(&c, &row, e)) {
        if (!row_take(f, set, &row, &number, e))
            return false;
    }
    f->rows->total = number;
    return !c.failed;
}

static bool
set_try(struct finder *f, const struct key_set *set, size_t most_slots, struct error *e)
{
    bool ok;

    if (!key_index_init(&f->met, f->bucket->db->file, e))
        return error_wrap(e, "'%s'", f->bucket->db->name);
    f->met.most_slots = most_slots;
    ok = set_find(f, set, e);
    key_index_release(&f->met);
    return ok;
}

bool
newest_rows_find(struct arena *mem, const struct bbolt_bucket *bucket, int64_t revision_most,
                 size_t most_slots, struct newest_rows *ret_rows, struct error *e)
{
    struct finder f = {
        .mem = mem, .bucket = bucket, .revision_most = revision_most, .rows = ret_rows};
    struct key_set sets[PARTS_MOST] = {{0}};
    size_t count = 1;

    *ret_rows = (struct newest_rows){.total = 0};
    while (count > 0) {
        struct key_set set = sets[count - 1];

        if (set_try(&f, &set, most_slots, e)) {
            count--;
            continue;
        }
        if (e->code != ERROR_LIMIT || count == PARTS_MOST)
            return false;
        error_clear(e);
        sets[count - 1] = (struct key_set){set.bit_count + 1, set.bits};
        sets[count++] =
            (struct key_set){set.bit_count + 1, set.bits | (uint64_t)1 << set.bit_count};
    }
    for (size_t i = 0; i < ret_rows->bits.count; i++)
        ret_rows->live += (uint64_t)__builtin_popcountll(ret_rows->bits.items[i]);
    return true;
}

/* A file that was changed meanwhile may have more rows now. */
bool
newest_rows_has(const struct newest_rows *rows, uint64_t number)
{
    uint64_t from_end;

    if (number >= rows->total)
        return false;
    from_end = rows->total - 1 - number;
    return (rows->bits.items[from_end / WORD_BITS] >> from_end % WORD_BITS & 1) != 0;
}
