#include "etcd/range_parts.h"

#include <string.h>

#include "etcd/kv.h"

enum { PAGE_MOST_KEYS = 20000 };

/* So many are asked for where nothing is known of how large they are: in another directory than the one
 * that follows. */
enum { STRANGE_KEYS = 512 };

/* Of a page of a survey so many are told, as a sample. */
enum { SURVEY_TOLD_KEYS = 8 };

/* Beside key and value: revisions, version, lease and the lengths. */
enum { KEY_OVERHEAD_BYTES = 32 };

/* A page with less than this part of what was expected is next to nothing. */
enum { GAP_PART = 16 };

/*
 * How much farther a page reaches than one in which there was next to nothing. An empty page costs
 * the server next to nothing, one that reaches into the next directory has all of it counted.
 */
enum { GAP_FACTOR = 4 };

/* Behind a gap, so many keys and pages are counted at most to save steps over it: which take a server
 * about as long. */
enum { GAP_MOST_KEYS = 8000, GAP_MOST_PAGES = 16 };

static void
set(struct buf *b, struct bytes value)
{
    buf_clear(b);
    buf_append_bytes(b, value);
}

/* --- the list --------------------------------------------------------------------------------- */

static struct range_part *
part_new(struct bytes start, struct bytes end)
{
    struct arena mem = ARENA_INIT;
    struct range_part *part = arena_zero(&mem, sizeof(*part));

    buf_append_bytes(&part->start, start);
    part->end = arena_copy(&mem, end);
    part->mem = mem;
    return part;
}

void
range_part_free(struct range_part *part)
{
    struct arena mem = part->mem;

    buf_release(&part->start);
    buf_release(&part->seen);
    arena_release(&mem);
}

/* In front of 'next'; NULL: at the end. */
static void
insert(struct range_parts *p, struct range_part *added, struct range_part *next)
{
    added->behind = next;
    added->before = next != NULL ? next->before : p->last;
    *(added->before != NULL ? &added->before->behind : &p->first) = added;
    *(next != NULL ? &next->before : &p->last) = added;
}

void
range_parts_take(struct range_parts *p, struct range_part *page)
{
    *(page->before != NULL ? &page->before->behind : &p->first) = page->behind;
    *(page->behind != NULL ? &page->behind->before : &p->last) = page->before;
}

static bool
is_over(const struct range_part *part)
{
    return !part->is_page && (part->asked || part->most_keys <= 0);
}

struct range_part *
range_parts_first(struct range_parts *p)
{
    while (p->first != NULL && is_over(p->first)) {
        struct range_part *over = p->first;

        range_parts_take(p, over);
        range_part_free(over);
    }
    return p->first != NULL && p->first->is_page ? p->first : NULL;
}

void
range_parts_end(struct range_parts *p)
{
    while (p->first != NULL) {
        struct range_part *part = p->first;

        range_parts_take(p, part);
        range_part_free(part);
    }
    buf_release(&p->directory);
    buf_release(&p->page_end);
    buf_release(&p->first_end);
}

/* --- what keys teach -------------------------------------------------------------------------- */

static void
learn_size(struct range_parts *p, const struct etcd_key_value *kvs, size_t count)
{
    size_t bytes = 0;
    int64_t keys;

    for (size_t i = 0; i < count; i++)
        bytes += kvs[i].key.size + kvs[i].value.size + KEY_OVERHEAD_BYTES;
    keys = (int64_t)(p->page_bytes * count / bytes);
    p->page_keys = keys < 1 ? 1 : keys > PAGE_MOST_KEYS ? PAGE_MOST_KEYS : keys;
}

static void
learn_page_end(struct range_parts *p, struct bytes last)
{
    struct bytes directory = key_directory(last);

    if (directory.size == 0 || bytes_equal(directory, buf_bytes(&p->directory)))
        return;
    set(&p->directory, directory);
    set(&p->page_end, bytes_of(last.data + directory.size, last.size - directory.size));
}

/* holds: keys in the page whose first are these */
static void
learn(struct range_parts *p, const struct etcd_key_value *kvs, size_t count, int64_t holds)
{
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        key_digits_learn(&p->digits, kvs[i].key);
    if (p->piece_keys == 0)
        learn_size(p, kvs, count);
    if (holds * 2 >= p->page_keys)
        learn_page_end(p, kvs[count - 1].key);
}

/* So wide that a little less than a page of keys is to be expected, where 'width' has 'count'. */
static struct key_width
width_for_page(const struct range_parts *p, struct key_width width, size_t count)
{
    return key_width_scale(&p->digits, width, (double)p->page_keys * 0.8 / (double)count);
}

/* The same, by how dense these keys are; of a single one that is not known. */
static struct key_width
width_of(const struct range_parts *p, const struct etcd_key_value *kvs, size_t count,
         struct key_width otherwise)
{
    if (count < 2)
        return otherwise;
    return width_for_page(p, key_width_between(&p->digits, kvs[0].key, kvs[count - 1].key), count);
}

/* --- the next page ---------------------------------------------------------------------------- */

/* Where the part's directory is at its end: a page of the one that follows. */
static bool
sibling_end(const struct range_parts *p, struct arena *mem, const struct range_part *part,
            struct bytes *ret_end)
{
    struct bytes directory = key_directory(buf_bytes(&part->seen));
    struct bytes name = buf_bytes(&p->page_end);

    if (part->gap != 1 || directory.size < 2)
        return false;
    *ret_end = key_sibling(mem, directory, name);
    return bytes_compare(buf_bytes(&part->start), *ret_end) < 0 &&
           key_is_below(*ret_end, part->end);
}

static bool
fits_into_a_page(const struct range_parts *p, const struct range_part *part)
{
    return part->most_keys <= p->page_keys + p->page_keys / 4;
}

static bool
is_short_gap(const struct range_parts *p, const struct range_part *part)
{
    return part->gap > 0 && p->piece_keys == 0 && part->most_keys <= GAP_MOST_KEYS &&
           part->most_keys <= p->page_keys * GAP_MOST_PAGES;
}

static struct bytes
page_end(const struct range_parts *p, struct arena *mem, const struct range_part *part)
{
    struct bytes end;

    if (p->first_end.size > 0)
        return buf_bytes(&p->first_end);
    if (fits_into_a_page(p, part) || is_short_gap(p, part))
        return part->end;
    if (sibling_end(p, mem, part, &end))
        return end;
    return key_step(mem, &p->digits, buf_bytes(&part->start), part->width, part->end);
}

static int64_t
page_limit(const struct range_parts *p, const struct range_part *part)
{
    if (p->piece_keys > 0)
        return part->sure ? SURVEY_TOLD_KEYS : p->page_keys;
    if (part->gap > 1 && p->page_keys > STRANGE_KEYS)
        return STRANGE_KEYS;
    return fits_into_a_page(p, part) ? part->most_keys : p->page_keys;
}

static struct range_part *
cut(struct range_parts *p, struct range_part *part)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes end = page_end(p, &tmp, part);
    struct range_part *page = part_new(buf_bytes(&part->start), end);

    page->is_page = true;
    page->from = part;
    page->limit = page_limit(p, part);
    page->width = part->width;
    page->gap = part->gap;
    part->probing = part->gap > 0;
    part->asked = bytes_equal(end, part->end);
    set(&part->start, end);
    buf_clear(&p->first_end);
    insert(p, page, part);
    return page;
}

struct range_part *
range_parts_cut(struct range_parts *p)
{
    for (struct range_part *part = p->first; part != NULL; part = part->behind) {
        if (part->is_page || is_over(part))
            continue;
        return part->probing ? NULL : cut(p, part);
    }
    return NULL;
}

/* --- what was answered ------------------------------------------------------------------------ */

/*
 * The part begins behind these keys. When they end in a directory that it goes beyond, that becomes a
 * part of its own: it is gone through by how dense its names are, and the end of it is no gap.
 */
static void
divide_at_directory(struct range_parts *p, struct range_part *part,
                    const struct etcd_key_value *kvs, size_t count)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes directory = key_directory(kvs[count - 1].key);
    struct bytes end = etcd_prefix_end(&tmp, directory);
    struct range_part *inner;
    size_t in = count;

    while (in > 0 && bytes_starts_with(kvs[in - 1].key, directory))
        in--;
    if (directory.size == 0 || !key_is_below(end, part->end) || count - in < 2 ||
        (count - in) * 8 < count)
        return;
    inner = part_new(buf_bytes(&part->start), end);
    inner->most_keys = part->most_keys;
    inner->around = part;
    inner->width = width_of(p, kvs + in, count - in, part->width);
    set(&inner->seen, kvs[count - 1].key);
    insert(p, inner, part);
    set(&part->start, end);
    part->width = key_width_unit(&p->digits, directory.size - 2);
    part->gap = 1;
}

/* What a page was too small for. */
static void
keep_rest(struct range_parts *p, struct range_part *page, const struct etcd_key_value *kvs,
          size_t kv_count, int64_t count, struct key_width width)
{
    AUTO_ARENA tmp = ARENA_INIT;
    struct bytes last = kvs[kv_count - 1].key;
    struct range_part *rest = part_new(key_next(&tmp, last), page->end);

    rest->most_keys = count - (int64_t)kv_count;
    rest->width = width;
    set(&rest->seen, last);
    insert(p, rest, page->behind);
    divide_at_directory(p, rest, kvs, kv_count);
}

/* From the end of a directory it goes on to what follows that, otherwise it goes on farther. */
static struct key_width
wider(const struct range_parts *p, const struct range_part *part, struct key_width width)
{
    struct bytes directory = key_directory(buf_bytes(&part->seen));
    struct key_width widest;

    if (part->gap == 0 && directory.size > 1 &&
        !bytes_starts_with(buf_bytes(&part->start), directory))
        return key_width_unit(&p->digits, directory.size - 2);
    width = key_width_scale(&p->digits, width, GAP_FACTOR);
    widest = key_width_unit(&p->digits, p->prefix);
    return p->prefix > 0 && key_width_is_above(width, widest) ? widest : width;
}

/* Next to nothing was in a page. Pages that were asked before this was known say the same, and teach
 * nothing. */
static void
learn_gap(const struct range_parts *p, struct range_part *part, const struct range_part *page)
{
    if (page->gap < part->gap)
        return;
    part->width = wider(p, part, part->gap == 0 ? page->width : part->width);
    part->gap = page->gap + 1;
}

static void
take_off(struct range_part *part, int64_t count)
{
    for (; part != NULL; part = part->around)
        if (part->most_keys != RANGE_KEYS_UNKNOWN)
            part->most_keys -= count;
}

/* By all keys of a page that reaches as far as it was wide; of others by the keys that came. */
static struct key_width
width_learned(const struct range_parts *p, const struct range_part *page,
              const struct etcd_key_value *kvs, size_t kv_count, int64_t count)
{
    struct key_width width = page->width;

    if (count > 0)
        width = width_for_page(p, width, (size_t)count);
    if (page->gap == 0 && page->holds > (int64_t)kv_count)
        return width;
    return width_of(p, kvs, kv_count, width);
}

void
range_parts_answered(struct range_parts *p, struct range_part *page,
                     const struct etcd_key_value *kvs, size_t kv_count, int64_t count)
{
    struct range_part *part = page->from;
    struct key_width width;
    bool more;

    page->holds = count <= p->piece_keys ? count : (int64_t)kv_count;
    more = kv_count > 0 && count > page->holds;
    take_off(part, count);
    learn(p, kvs, kv_count, page->holds);
    if (page->gap > 0)
        part->probing = false;
    if (more || page->holds * 4 > p->page_keys)
        part->sure = !more;
    width = width_learned(p, page, kvs, kv_count, count);
    if (more)
        keep_rest(p, page, kvs, kv_count, count, width);
    if (!more && page->holds * GAP_PART < p->page_keys) {
        learn_gap(p, part, page);
    } else {
        part->width = width;
        part->gap = 0;
    }
    if (kv_count > 0)
        set(&part->seen, kvs[kv_count - 1].key);
}

/* Of a range of all keys with a prefix, wherever in it 'start' is: its length. 0: it is none. */
static size_t
prefix_size(struct bytes start, struct bytes end)
{
    size_t at = 0;

    while (at < start.size && at < end.size && start.data[at] == end.data[at])
        at++;
    return at < start.size && end.size == at + 1 && end.data[at] == start.data[at] + 1 ? at + 1 : 0;
}

void
range_parts_begin(struct range_parts *p, struct bytes start, struct bytes end,
                  const struct range_ahead *ahead)
{
    struct range_part *all = part_new(start, end);

    *p = (struct range_parts){
        .page_bytes = ahead->page_bytes,
        .piece_keys = ahead->piece_keys,
        .page_keys = ahead->piece_keys > 0 ? ahead->piece_keys * 2 / 5 : STRANGE_KEYS,
        .prefix = prefix_size(start, end),
    };
    key_digits_init(&p->digits);
    learn(p, ahead->seen, ahead->seen_count, (int64_t)ahead->seen_count);
    all->most_keys = ahead->most_keys;
    all->width = width_of(p, ahead->seen, ahead->seen_count, key_width_unit(&p->digits, p->prefix));
    if (ahead->seen_count > 0)
        set(&all->seen, ahead->seen[ahead->seen_count - 1].key);
    if (bytes_compare(start, ahead->first_end) < 0 && key_is_below(ahead->first_end, end)) {
        set(&p->first_end, ahead->first_end);
        all->gap = 1;
    }
    insert(p, all, NULL);
}
