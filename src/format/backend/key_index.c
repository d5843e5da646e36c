#include "format/backend/key_index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "base/io.h"

/*
 * An entry: 23 bits of hash | 1 bit dead | 40 bits of offset. The offset is that of the length in
 * front of the key, so that key and length can be found again; it is never 0. The home of an entry
 * is told by its piece of hash alone: growing needs no key. (Beyond 2^23 slots homes lie apart, and
 * entries cluster somewhat; that is 6 million keys, and still exact.)
 */
enum { OFFSET_BITS = 40, DEAD_BIT = 40, TAG_SHIFT = 41, TAG_BITS = 23, VARINT_MOST_BYTES = 10 };
enum { FIRST_BITS = 12, GIVE_BACK_BYTES = 1 << 16, SUPERSEDED_AHEAD = 64 };

#define OFFSET_MASK ((UINT64_C(1) << OFFSET_BITS) - 1)
#define DEAD        (UINT64_C(1) << DEAD_BIT)

/* A table that is too large to be anonymous. Where there is no place for such a file, it is so all
 * the same. */
static void *
slots_of_file(size_t size)
{
    struct error ignored = ERROR_INIT;
    AUTO_FD fd = -1;

    if (!file_open_temporary(&fd, &ignored) || posix_fallocate(fd, 0, (off_t)size) != 0)
        return MAP_FAILED;
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static bool
slots_get(const struct key_index *ix, size_t count, uint64_t **ret_slots, struct error *e)
{
    size_t size = count * sizeof(**ret_slots);
    void *slots = MAP_FAILED;

    if (size > ix->anonymous_most_bytes)
        slots = slots_of_file(size);
    if (slots == MAP_FAILED)
        slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED)
        return error_set_errno(e, errno, "index of %zu keys", count);
    /* Fewer, larger pages: entries are looked at in no order. Only advice. */
    (void)madvise(slots, size, MADV_HUGEPAGE);
    *ret_slots = slots;
    return true;
}

bool
key_index_init(struct key_index *ix, struct bytes file, struct error *e)
{
    *ix = (struct key_index){
        .file = file,
        .anonymous_most_bytes = KEY_INDEX_ANONYMOUS_MOST_BYTES,
    };
    if (file.size >= KEY_INDEX_FILE_MOST_BYTES)
        return error_set(e, ERROR_LIMIT, "a database of %zu bytes, more than a TiB", file.size);
    if (!slots_get(ix, (size_t)1 << FIRST_BITS, &ix->slots, e))
        return false;
    ix->slot_bits = FIRST_BITS;
    ix->slot_count = (size_t)1 << FIRST_BITS;
    return true;
}

void
key_index_release(struct key_index *ix)
{
    if (ix->slots != NULL)
        munmap(ix->slots, ix->slot_count * sizeof(*ix->slots));
    *ix = (struct key_index){0};
}

static size_t
home_of(const struct key_index *ix, uint64_t tag)
{
    if (ix->slot_bits <= TAG_BITS)
        return (size_t)(tag >> (TAG_BITS - ix->slot_bits));
    return (size_t)(tag << (ix->slot_bits - TAG_BITS));
}

/* Where the length in front of a key starts. Its usual form is the shortest, but any is legal. A file
 * that somebody changes meanwhile may have none there: then any place will do, the reader is going
 * to find out. */
static uint64_t
place_of(const struct key_index *ix, struct bytes key)
{
    size_t at = (size_t)(key.data - ix->file.data);

    if (key.size < 0x80 && at > 0 && key.data[-1] == key.size)
        return at - 1;
    for (size_t size = 1; size <= VARINT_MOST_BYTES && size <= at; size++) {
        struct cursor c = cursor_of(bytes_of(key.data - size, size));
        uint64_t length;

        if (cursor_varint(&c, &length) && cursor_left(&c) == 0 && length == key.size)
            return at - size;
    }
    return at > 0 ? at - 1 : 0;
}

static struct bytes
key_at(const struct key_index *ix, uint64_t offset)
{
    struct cursor c = cursor_of(ix->file);
    struct bytes key = BYTES_NONE;
    uint64_t length = 0;

    if (!cursor_skip(&c, (size_t)offset) || !cursor_varint(&c, &length) ||
        !cursor_bytes(&c, (size_t)length, &key))
        return BYTES_NONE; /* no key is: the file was changed meanwhile */
    return key;
}

/* The key's slot, or the free one where it belongs. */
static uint64_t *
slot_find(const struct key_index *ix, uint64_t hash, struct bytes key)
{
    uint64_t tag = hash >> TAG_SHIFT;
    size_t mask = ix->slot_count - 1;

    for (size_t i = home_of(ix, tag);; i = (i + 1) & mask) {
        uint64_t slot = ix->slots[i];

        if (slot == 0 ||
            (slot >> TAG_SHIFT == tag && bytes_equal(key_at(ix, slot & OFFSET_MASK), key)))
            return &ix->slots[i];
    }
}

static void
slot_move(struct key_index *ix, uint64_t slot)
{
    size_t mask = ix->slot_count - 1;
    size_t i = home_of(ix, slot >> TAG_SHIFT);

    while (ix->slots[i] != 0)
        i = (i + 1) & mask;
    ix->slots[i] = slot;
}

/* Old slots are in the order of their homes, and so are the new ones: both tables are walked from
 * front to back, and what has been copied is given back at once. */
static bool
slots_double(struct key_index *ix, struct error *e)
{
    uint64_t *old = ix->slots;
    size_t old_count = ix->slot_count;
    size_t step = GIVE_BACK_BYTES / sizeof(*old);

    if (!slots_get(ix, old_count * 2, &ix->slots, e)) {
        ix->slots = old;
        return false;
    }
    ix->slot_count = old_count * 2;
    ix->slot_bits++;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] != 0)
            slot_move(ix, old[i]);
        if ((i + 1) % step == 0)
            (void)madvise(old + i + 1 - step, GIVE_BACK_BYTES, MADV_DONTNEED);
    }
    munmap(old, old_count * sizeof(*old));
    return true;
}

static void
put_empty(struct key_index *ix, const uint8_t *row, bool live)
{
    ix->live += (size_t)live;
    ix->live -= (size_t)ix->empty_live;
    ix->empty_row = row;
    ix->empty_live = live;
}

static bool
room_make(struct key_index *ix, struct error *e)
{
    return ix->used < ix->slot_count / 4 * 3 || slots_double(ix, e);
}

static bool
row_store(struct key_index *ix, const struct key_index_row *r, struct error *e)
{
    uint64_t *slot;

    if (!room_make(ix, e))
        return false;
    slot = slot_find(ix, r->hash, r->key);
    if (*slot == 0)
        ix->used++;
    else if ((*slot & DEAD) == 0)
        ix->live--;
    ix->live += (size_t)r->live;
    *slot = r->hash >> TAG_SHIFT << TAG_SHIFT | (r->live ? 0 : DEAD) | place_of(ix, r->key);
    return true;
}

/* Asks for the key that a row will be compared with; its home has been asked for. */
static void
rival_prefetch(const struct key_index *ix, uint64_t hash)
{
    uint64_t tag = hash >> TAG_SHIFT;
    size_t mask = ix->slot_count - 1;
    size_t i = home_of(ix, tag);

    while (ix->slots[i] != 0 && ix->slots[i] >> TAG_SHIFT != tag)
        i = (i + 1) & mask;
    if (ix->slots[i] != 0)
        __builtin_prefetch(ix->file.data + (ix->slots[i] & OFFSET_MASK));
}

/* What the batch will be compared with is asked for, and the batch before it, for which that was
 * done a while ago, goes into the table. */
static bool
batch_turn(struct key_index *ix, struct error *e)
{
    const struct key_index_batch *now = &ix->batches[ix->turn];
    struct key_index_batch *before = &ix->batches[1 - ix->turn];
    bool ok = true;

    for (size_t i = 0; i < now->count; i++)
        rival_prefetch(ix, now->rows[i].hash);
    for (size_t i = 0; i < before->count && ok; i++)
        ok = row_store(ix, &before->rows[i], e);
    before->count = 0;
    ix->turn = 1 - ix->turn;
    return ok;
}

bool
key_index_flush(struct key_index *ix, struct error *e)
{
    bool ok = batch_turn(ix, e);

    /* The first stores those that wait, the second those that came last. */
    return ok && batch_turn(ix, e);
}

bool
key_index_put(struct key_index *ix, struct bytes key, const uint8_t *row, bool live,
              struct error *e)
{
    struct key_index_batch *batch = &ix->batches[ix->turn];
    uint64_t hash;

    if (key.size == 0) {
        put_empty(ix, row, live);
        return true;
    }
    hash = hash64(key.data, key.size);
    __builtin_prefetch(&ix->slots[home_of(ix, hash >> TAG_SHIFT)]);
    batch->rows[batch->count++] = (struct key_index_row){hash, key, row, live};
    return batch->count < KEY_INDEX_BATCH || batch_turn(ix, e);
}

static bool
is_flushed(const struct key_index *ix)
{
    return ix->batches[0].count + ix->batches[1].count == 0;
}

/* A key that stands at the noted place is the same key: nothing needs to be compared. */
bool
key_index_is_newest(const struct key_index *ix, struct bytes key, const uint8_t *row)
{
    size_t mask = ix->slot_count - 1;
    uint64_t wanted;
    size_t i;

    ASSERT(is_flushed(ix));
    if (key.size == 0)
        return ix->empty_live && ix->empty_row == row;
    wanted = hash64(key.data, key.size) >> TAG_SHIFT;
    i = home_of(ix, wanted);
    wanted = wanted << TAG_SHIFT | place_of(ix, key);
    while (ix->slots[i] != 0 && ix->slots[i] != wanted)
        i = (i + 1) & mask;
    return ix->slots[i] == wanted;
}

bool
key_index_has(const struct key_index *ix, struct bytes key)
{
    ASSERT(is_flushed(ix));
    if (key.size == 0)
        return ix->empty_row != NULL;
    return *slot_find(ix, hash64(key.data, key.size), key) != 0;
}

/* The key is only looked at where the pieces of hash are the same. */
static bool
slot_is_in(const struct key_index *ix, uint64_t slot, const struct key_index *later)
{
    uint64_t tag = slot >> TAG_SHIFT;
    size_t mask = later->slot_count - 1;

    for (size_t i = home_of(later, tag); later->slots[i] != 0; i = (i + 1) & mask) {
        uint64_t other = later->slots[i];

        if (other >> TAG_SHIFT == tag &&
            bytes_equal(key_at(ix, slot & OFFSET_MASK), key_at(later, other & OFFSET_MASK)))
            return true;
    }
    return false;
}

/* Asks for the two keys that slot_is_in will compare. */
static void
slot_prefetch(const struct key_index *ix, uint64_t slot, const struct key_index *later)
{
    uint64_t tag = slot >> TAG_SHIFT;
    size_t mask = later->slot_count - 1;
    size_t i = home_of(later, tag);

    while (later->slots[i] != 0 && later->slots[i] >> TAG_SHIFT != tag)
        i = (i + 1) & mask;
    if (later->slots[i] == 0)
        return;
    __builtin_prefetch(later->file.data + (later->slots[i] & OFFSET_MASK));
    __builtin_prefetch(ix->file.data + (slot & OFFSET_MASK));
}

static bool
is_live(uint64_t slot)
{
    return slot != 0 && (slot & DEAD) == 0;
}

/* Both tables are in the order of the pieces of hash, so both are read from front to back; the keys
 * stand in no order. */
size_t
key_index_superseded(const struct key_index *ix, const struct key_index *later, size_t later_count)
{
    size_t count = 0;

    for (size_t n = 0; n < later_count && ix->empty_live; n++) {
        if (later[n].empty_row != NULL)
            count = 1;
    }
    for (size_t i = 0; i < ix->slot_count; i++) {
        size_t ahead = i + SUPERSEDED_AHEAD;
        bool found = false;

        if (ahead < ix->slot_count && is_live(ix->slots[ahead]) && later_count > 0)
            slot_prefetch(ix, ix->slots[ahead], &later[0]);
        for (size_t n = 0; n < later_count && !found && is_live(ix->slots[i]); n++)
            found = slot_is_in(ix, ix->slots[i], &later[n]);
        count += (size_t)found;
    }
    return count;
}

uint64_t
key_index_prefetch(const struct key_index *ix, struct bytes key)
{
    uint64_t hash = hash64(key.data, key.size);

    __builtin_prefetch(&ix->slots[home_of(ix, hash >> TAG_SHIFT)]);
    return hash;
}

void
key_index_prefetch_rival(const struct key_index *ix, uint64_t hash)
{
    rival_prefetch(ix, hash);
}
